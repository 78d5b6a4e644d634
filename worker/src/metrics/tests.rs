//! What was rendered, read back by a reader that forgives nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reseal_core::ports::BudgetKey;
use reseal_core::{Outcome, StoreErrorKind, Throttler, Timestamp, WorkerId};
use reseal_testkit::build::{OutcomeBuilder, bucket, job_id};
use serde_json::Value;

use super::prometheus::Page;
use super::{Emf, Snapshot, render};
use crate::Meter;
use crate::meter::{HoldEnd, RequestKind};

const PAGE: &str = include_str!("../../../docs/observability.md");
const NOW: Timestamp = Timestamp::from_millis(1_795_219_200_000);

/// A meter on which everything has happened.
fn busy() -> Meter {
    let meter = Meter::default();
    for (outcome, times) in [(Outcome::ReEncrypted, 3), (Outcome::AlreadyCompliant, 2)] {
        (0..times).for_each(|n| meter.settled(&OutcomeBuilder::new(n, outcome).build()));
    }
    for millis in [4, 20, 20, 700, 90_000] {
        meter.request();
        meter.answered(RequestKind::Read, Duration::from_millis(millis));
    }
    meter.request();
    meter.answered(RequestKind::Write, Duration::from_millis(80));
    meter.error(StoreErrorKind::Throttled(Throttler::ObjectStore));
    meter.error(StoreErrorKind::Throttled(Throttler::KeyService));
    meter.hostile_message();
    meter.hold_ended(HoldEnd::Done);
    meter.hold_ended(HoldEnd::Released);
    meter
}

fn snapshot(meter: &Meter) -> Snapshot {
    let job = job_id("j1");
    Snapshot {
        counts: meter.read(),
        held: meter.held().now(),
        backlog: Some(17),
        shares: vec![
            (BudgetKey::Job(job.clone()), 250_000),
            (BudgetKey::Bucket(job, bucket("bucket")), 1_000_000),
        ],
    }
}

/// A family as a scraper understands it.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Reads the format by its grammar: a family's HELP, then its TYPE, then its
/// samples and nobody else's, each line ended, no sample twice.
fn parse(page: &str) -> BTreeMap<String, Family> {
    assert!(page.ends_with('\n'), "the last line must be ended");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let (mut helped, mut current) = (String::new(), String::new());
    let mut seen = BTreeSet::new();
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a text").0.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(name, helped, "HELP before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            let family = Family { kind: kind.to_owned(), samples: Vec::new() };
            assert!(families.insert(name.to_owned(), family).is_none(), "{name} twice");
            current = name.to_owned();
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            assert!(seen.insert(sample.to_owned()), "{sample} twice");
            let (name, labels) = labels(sample);
            let family = families.get_mut(&current).expect("a TYPE");
            let suffix = name.strip_prefix(current.as_str()).expect("its own family");
            let histogram = family.kind == "histogram";
            let fits = suffix.is_empty() != histogram
                && (!histogram || ["_bucket", "_sum", "_count"].contains(&suffix));
            assert!(fits, "{line} in a {}", family.kind);
            family.samples.push((suffix.to_owned(), labels, value.parse().expect("a number")));
        }
    }
    families
}

fn labels(sample: &str) -> (&str, BTreeMap<String, String>) {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let end = sample.find(|c| !legal(c)).unwrap_or(sample.len());
    let (name, mut rest) = sample.split_at(end);
    let mut labels = BTreeMap::new();
    while !rest.is_empty() && rest != "}" {
        let (label, tail) = rest[1..].split_once("=\"").expect("a label");
        assert!(label.chars().all(legal), "{label}");
        let mut value = String::new();
        let mut chars = tail.char_indices();
        loop {
            match chars.next().expect("a closing quote") {
                (at, '"') => {
                    rest = &tail[at + 1..];
                    break;
                }
                (_, '\\') => value.push(match chars.next().expect("an escape").1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    other => panic!("no such escape: {other}"),
                }),
                (_, c) => value.push(c),
            }
        }
        assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice");
    }
    (name, labels)
}

fn value(family: &Family, suffix: &str, wanted: &[(&str, &str)]) -> f64 {
    let found = family.samples.iter().find(|(found, labels, _)| {
        found == suffix
            && wanted.iter().all(|(k, v)| labels.get(*k).map(String::as_str) == Some(*v))
    });
    found.unwrap_or_else(|| panic!("no {suffix} {wanted:?}")).2
}

#[test]
fn a_scraper_reads_what_was_counted() {
    let meter = busy();
    let _held = meter.hold();
    let families = parse(&render(&snapshot(&meter)));
    let of = |name: &str, labels: &[(&str, &str)]| {
        value(families.get(name).unwrap_or_else(|| panic!("no {name}")), "", labels)
    };
    assert_eq!(of("reseal_objects_total", &[("outcome", "re-encrypted")]), 3.0);
    assert_eq!(of("reseal_objects_total", &[("outcome", "failed")]), 0.0);
    assert_eq!(of("reseal_requests_total", &[]), 6.0);
    assert_eq!(of("reseal_throttles_total", &[("service", "kms")]), 1.0);
    assert_eq!(of("reseal_chunks_total", &[("end", "released")]), 1.0);
    assert_eq!(of("reseal_chunks_held", &[]), 1.0);
    assert_eq!(of("reseal_queue_backlog", &[]), 17.0);
    assert_eq!(of("reseal_budget_share_ratio", &[("bucket", "")]), 0.25);
    assert_eq!(of("reseal_budget_share_ratio", &[("bucket", "bucket")]), 1.0);
}

#[test]
fn histogram_buckets_add_up() {
    let families = parse(&render(&snapshot(&busy())));
    let family = families.get("reseal_request_duration_seconds").expect("the family");
    for (kind, count, sum) in [("read", 5.0, 90.744), ("write", 1.0, 0.08)] {
        let of_kind = |(suffix, labels, value): &(String, BTreeMap<String, String>, f64)| {
            let bound = labels.get("le")?.parse::<f64>().expect("a bound");
            (suffix == "_bucket" && labels.get("kind")? == kind).then_some((bound, *value))
        };
        let buckets: Vec<(f64, f64)> = family.samples.iter().filter_map(of_kind).collect();
        for pair in buckets.windows(2) {
            assert!(pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1, "{pair:?}");
        }
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "+Inf holds all");
        assert_eq!(value(family, "_count", &[("kind", kind)]), count);
        assert!((value(family, "_sum", &[("kind", kind)]) - sum).abs() < 1e-9);
    }
    let half_a_second = value(family, "_bucket", &[("kind", "read"), ("le", "0.5")]);
    assert_eq!(half_a_second, 3.0);
}

#[test]
fn what_is_unknown_is_left_out_and_not_called_zero() {
    let unknown = Snapshot { backlog: None, shares: Vec::new(), ..snapshot(&Meter::default()) };
    let families = parse(&render(&unknown));
    assert!(!families.contains_key("reseal_queue_backlog"));
    assert!(!families.contains_key("reseal_budget_share_ratio"));
    let line: Value = serde_json::from_str(&emf().line(NOW, &unknown)).expect("JSON");
    for name in ["Backlog", "BudgetShare", "ReadLatencyP50", "WriteLatencyP99"] {
        assert!(line.get(name).is_none(), "{name} in {line}");
    }
    assert_eq!(line.get("ObjectsFailed"), Some(&0.into()), "none is known to have failed");
}

#[test]
fn no_text_can_break_out_of_its_place() {
    let hostile = "a\\n\n\"} 1\nforged_total 7";
    let mut page = Page::default();
    page.family("name", "gauge", hostile);
    page.sample("name", &[("label", hostile), ("other", "}")], 1);
    let families = parse(&page.0);
    assert_eq!(families.len(), 1, "{}", page.0);
    let (_, labels, _) = &families["name"].samples[0];
    assert_eq!(labels["label"], hostile);
    assert_eq!(labels["other"], "}");
}

fn emf() -> Emf {
    Emf::new("prod", WorkerId::new("w-1"))
}

/// The metrics of a line, after CloudWatch's rules for one.
fn metrics(line: &str) -> (Value, BTreeSet<String>) {
    assert!(!line.contains('\n'));
    let line: Value = serde_json::from_str(line).expect("JSON");
    let directives = line.pointer("/_aws/CloudWatchMetrics").and_then(Value::as_array);
    let [directive] = directives.expect("directives").as_slice() else { panic!("one directive") };
    assert_eq!(directive.get("Namespace"), Some(&"reseal".into()));
    assert_eq!(directive.get("Dimensions"), Some(&serde_json::json!([["Fleet"]])));
    let defined = directive.get("Metrics").and_then(Value::as_array).expect("metrics");
    assert!(defined.len() <= 100, "CloudWatch takes 100 metrics in one directive");
    let mut names = BTreeSet::new();
    for metric in defined {
        let name = metric.get("Name").and_then(Value::as_str).expect("a name");
        let unit = metric.get("Unit").and_then(Value::as_str).expect("a unit");
        assert!(["Count", "Bytes", "Milliseconds", "Percent"].contains(&unit), "{unit}");
        let value = line.get(name).unwrap_or_else(|| panic!("{name} has no value"));
        let numbers =
            value.as_array().is_some_and(|a| a.len() <= 100 && a.iter().all(Value::is_number));
        assert!(value.is_number() || numbers, "{name}: {value}");
        assert!(names.insert(name.to_owned()), "{name} twice");
    }
    (line, names)
}

#[test]
fn a_line_holds_what_happened_since_the_last_and_what_is_so_now() {
    let meter = busy();
    let mut emf = emf();
    let (first, _) = metrics(&emf.line(NOW, &snapshot(&meter)));
    assert_eq!(first.pointer("/_aws/Timestamp"), Some(&NOW.as_millis().into()));
    assert_eq!(first.get("Fleet"), Some(&"prod".into()));
    assert_eq!(first.get("ObjectsReEncrypted"), Some(&3.into()));
    assert_eq!(first.get("BudgetShare"), Some(&serde_json::json!([25.0, 100.0])));
    assert!(first.get("ReadLatencyP50").is_some());

    meter.settled(&OutcomeBuilder::new(9, Outcome::ReEncrypted).build());
    let _held = meter.hold();
    let (second, _) = metrics(&emf.line(NOW, &snapshot(&meter)));
    assert_eq!(second.get("ObjectsReEncrypted"), Some(&1.into()), "only what is new");
    assert_eq!(second.get("ObjectsAlreadyCompliant"), Some(&0.into()));
    assert_eq!(second.get("ChunksHeld"), Some(&1.into()), "a state, not a sum");
    assert!(second.get("ReadLatencyP50").is_none(), "nothing was read in between");
}

/// The names in the first column of one of the page's tables.
fn documented(section: &str) -> BTreeSet<String> {
    let section = PAGE.split(section).nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its end");
    let section = section.split("\n### ").next().expect("its end");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
    let names = cells.flat_map(|(cell, _)| cell.split(", ").map(|name| name.replace('`', "")));
    names.collect()
}

#[test]
fn the_page_names_every_metric_and_no_other() {
    let everything = snapshot(&busy());
    let prometheus: BTreeSet<String> = parse(&render(&everything)).into_keys().collect();
    assert_eq!(prometheus, documented("### Prometheus"));
    let (_, emf) = metrics(&emf().line(NOW, &everything));
    assert_eq!(emf, documented("### CloudWatch"));
}
