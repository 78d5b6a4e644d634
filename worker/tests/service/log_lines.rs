//! Log lines and the page that names their fields.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_worker::process::JsonLines;
use reseal_worker::{Meter, stop_channel};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::world::{World, settings};

const PAGE: &str = include_str!("../../../docs/observability.md");
const FORGED: &str = "forged\n{\"level\":\"ERROR\"}\u{1b}[2J";

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// What an engine says that works these objects, down to this level.
async fn said(level: LevelFilter, world: &World) -> Vec<Value> {
    let written = Written::default();
    let layer = JsonLines::new(world.ports.clock.clone(), written.clone());
    let subscriber = tracing_subscriber::registry().with(level).with(layer);
    let _guard = tracing::subscriber::set_default(subscriber);
    let (stopper, stop) = stop_channel();
    let (meter, settings) = (Meter::default(), settings());
    tokio::select! {
        biased;
        ended = reseal_worker::run(&world.ports, &settings, &meter, &stop) => ended.expect("runs"),
        () = world.ports.clock.sleep(world.long_enough()) => {}
    }
    drop(stopper);
    assert!(world.open_chunks().await.is_empty(), "everything was worked on");
    written.lines()
}

async fn world() -> World {
    let world = World::new(Duration::from_millis(5)).await.objects(7).await;
    let world = world.unreadable(FORGED).await;
    world.queue.send_raw("{\"bucket\":\"other\"}\nforged");
    world
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line.get(field).and_then(Value::as_str).unwrap_or_else(|| panic!("no {field} in {line}"))
}

#[tokio::test(start_paused = true)]
async fn every_line_below_a_chunk_says_which_down_to_the_object() {
    let world = world().await;
    let trace = world.job.trace_id();
    let lines = said(LevelFilter::DEBUG, &world).await;
    let of_objects: Vec<_> = lines.iter().filter(|line| line.get("key").is_some()).collect();
    assert!(of_objects.len() >= 8, "a line for each object: {lines:#?}");
    let of_chunks = lines.iter().filter(|line| text(line, "message").starts_with("chunk "));
    for line in of_objects.iter().copied().chain(of_chunks) {
        assert_eq!(text(line, "job"), "j1");
        assert_eq!(text(line, "trace.id"), trace);
        assert_eq!(text(line, "worker"), "w-1");
        assert!(text(line, "chunk").starts_with("s0000-"), "{line}");
        assert_eq!(line.get("epoch").and_then(Value::as_u64), Some(1), "{line}");
    }
    assert_eq!(trace.len(), 32, "a trace id by W3C's rules");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_failed_is_named_and_cannot_forge_a_line() {
    let lines = said(LevelFilter::INFO, &world().await).await;
    let failed: Vec<_> =
        lines.iter().filter(|line| line.get("outcome").is_some_and(|o| o == "failed")).collect();
    let [failed] = failed.as_slice() else { panic!("one object failed: {lines:#?}") };
    assert_eq!(text(failed, "bucket"), "bucket");
    assert_eq!(text(failed, "key"), r#"forged\n{"level":"ERROR"}\u{1b}[2J"#);
    assert_eq!(text(failed, "reason"), "denied");
    let levels = lines.iter().filter(|line| text(line, "level") == "ERROR");
    assert_eq!(levels.count(), 0, "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn where_only_trouble_is_wanted_its_lines_say_as_much() {
    let world = world().await;
    let lines = said(LevelFilter::WARN, &world).await;
    assert!(lines.iter().any(|line| text(line, "message").starts_with("message refused")));
    for line in &lines {
        assert!(["WARN", "ERROR"].contains(&text(line, "level")), "{line}");
    }
}

/// The names in the first column of the page's table of fields.
fn documented() -> BTreeSet<String> {
    let section = PAGE.split("## Log lines").nth(1).expect("a section on log lines");
    let section = section.split("\n## ").next().expect("its end");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
    let names = cells.flat_map(|(cell, _)| cell.split(", ").map(|name| name.replace('`', "")));
    names.map(|name| name.trim().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_page_names_every_field_that_an_engine_writes() {
    let lines = said(LevelFilter::TRACE, &world().await).await;
    let objects = lines.iter().filter_map(Value::as_object);
    let written: BTreeSet<String> = objects.flat_map(|line| line.keys().cloned()).collect();
    let documented = documented();
    let unnamed: Vec<_> = written.difference(&documented).collect();
    assert!(unnamed.is_empty(), "not on the page: {unnamed:?}");
    for field in ["timestamp", "job", "trace.id", "chunk", "epoch", "worker", "key"] {
        assert!(written.contains(field), "{field} is on the page and in no line");
    }
}
