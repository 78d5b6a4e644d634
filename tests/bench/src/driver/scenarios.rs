//! What is measured: for each scenario its cases, its tools and its columns.

use super::args::Options;
use super::sample::Sample;
use super::server::ServerSettings;
use super::tools::Tool;

/// All scenarios, in the order of `all`.
pub(super) const NAMES: &[&str] = &["cpu", "rate", "memory", "limit", "parts"];

/// Latency of the scenarios that have one.
const LATENCY_MS: u64 = 30;
const SMALL: u64 = 1_024;
const SIX_GIB: u64 = 6 << 30;
/// By then every tool that finds a limit at all has found it.
const WARM_UP: u64 = 15;

/// A question that figures answer.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) cases: Vec<Case>,
    pub(super) columns: Vec<Column>,
    /// Whether the first column is compared with the bare loop's.
    pub(super) compared: bool,
}

/// One setting of the server, and who meets it.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) server: ServerSettings,
    pub(super) tools: Vec<Tool>,
    pub(super) repeats: u32,
    pub(super) warm_up: u64,
    /// Seconds that one run may take.
    pub(super) bound: u64,
}

/// One figure of a run.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) decimals: usize,
    pub(super) value: fn(&Sample) -> Option<f64>,
}

const fn column(title: &'static str, decimals: usize, value: fn(&Sample) -> Option<f64>) -> Column {
    Column { title, decimals, value }
}

/// The scenario of this name.
pub(super) fn scenario(name: &str, options: &Options) -> Option<Scenario> {
    Some(match name {
        "cpu" => cpu(options),
        "rate" => rate(options),
        "memory" => memory(options),
        "limit" => limit(options),
        "parts" => parts(options),
        _ => return None,
    })
}

fn cpu(options: &Options) -> Scenario {
    let tools = vec![Tool::Reseal, Tool::BareHeadCopy, Tool::ResealTrusting, Tool::BareCopy];
    Scenario {
        name: "cpu",
        title: "CPU per object, no latency, one core",
        cases: vec![case("no latency", server(options, 20_000, 0), tools, options, 600)],
        columns: vec![
            column("CPU ms an object", 3, Sample::cpu_per_object),
            column("of it in the kernel, ms", 3, |s| {
                Some(s.costs.system * 1e3 / s.counters.encrypted as f64)
            }),
            column("objects/s", 0, Sample::objects_per_second),
            column("requests an object", 2, Sample::requests_per_object),
            column("not done", 0, |s| Some(s.not_done())),
        ],
        compared: true,
    }
}

fn rate(options: &Options) -> Scenario {
    use Tool::{AwsCp, BareCopy, BareHeadCopy, Rclone, Reseal, ResealTrusting, S5cmd};
    let tools = vec![Reseal, ResealTrusting, BareHeadCopy, BareCopy, S5cmd, Rclone];
    let name = "30 ms, 256 in flight";
    let fast = case(name, server(options, 60_000, LATENCY_MS), tools, options, 600);
    // The same question with fewer objects, for want of patience.
    let slow = case(
        "30 ms, 256 in flight, fewer objects",
        server(options, 8_000, LATENCY_MS),
        vec![AwsCp],
        options,
        600,
    );
    Scenario {
        name: "rate",
        title: "Objects per second on one core, 30 ms latency, 256 in flight",
        cases: vec![fast, slow],
        columns: vec![
            column("objects/s", 0, Sample::objects_per_second),
            column("objects/s with start and end", 0, Sample::objects_per_second_overall),
            column("% of what 256 in flight allow", 1, Sample::share_of_possible),
            column("requests an object", 2, Sample::requests_per_object),
            column("CPU ms an object", 3, Sample::cpu_per_object),
            column("peak MiB", 0, |s| Some(s.peak_mib())),
            column("not done", 0, |s| Some(s.not_done())),
        ],
        compared: true,
    }
}

fn memory(options: &Options) -> Scenario {
    let peers = [Tool::S5cmd, Tool::Rclone, Tool::AwsCp];
    let with_peers = |with: bool| {
        let peers = peers.into_iter().filter(|_| with);
        std::iter::once(Tool::Reseal).chain(peers).collect::<Vec<Tool>>()
    };
    let small = server(options, 20_000, 0);
    let name = format!("{} objects", small.objects);
    let mut cases = vec![case(&name, small, with_peers(true), options, 600)];
    if !options.quick {
        let large = ServerSettings { objects: 2_000_000, ..server(options, 0, 0) };
        let mut large =
            case("2000000 objects", large, with_peers(options.peers_large), options, 7_200);
        large.repeats = options.large_repeats;
        cases.push(large);
    }
    Scenario {
        name: "memory",
        title: "Peak memory, no latency, one core",
        cases,
        columns: vec![
            column("peak MiB", 1, |s| Some(s.peak_mib())),
            column("seconds", 1, |s| Some(s.wall())),
            column("not done", 0, |s| Some(s.not_done())),
        ],
        compared: false,
    }
}

fn limit(options: &Options) -> Scenario {
    let tools = [Tool::Reseal, Tool::S5cmd, Tool::Rclone];
    let case_of = |limit: u32| {
        // Half a minute at one request an object, a minute at two.
        let objects = u64::from(limit) * 30;
        let mut settings = server(options, objects, LATENCY_MS);
        settings.rate_limit = Some(f64::from(limit));
        let name = format!("limit {limit}/s");
        let mut case = case(&name, settings, tools.to_vec(), options, 400);
        case.warm_up = if options.quick { 3 } else { WARM_UP };
        case
    };
    Scenario {
        name: "limit",
        title: "Share of a server's request limit, 30 ms latency, limit not told",
        cases: vec![case_of(1_000), case_of(200)],
        columns: vec![
            column("% of the limit, after warm-up", 1, Sample::share_of_limit),
            column("503s, % of answers, after warm-up", 2, Sample::share_refused_settled),
            column("503s, % of answers, whole run", 2, Sample::share_refused),
            column("not done", 0, |s| Some(s.not_done())),
            column("seconds", 1, |s| Some(s.wall())),
        ],
        compared: false,
    }
}

fn parts(options: &Options) -> Scenario {
    let tools = vec![Tool::Reseal, Tool::S5cmd, Tool::Rclone, Tool::AwsCp];
    let settings = ServerSettings {
        objects: 3,
        object_size: SIX_GIB,
        latency_ms: LATENCY_MS,
        rate_limit: None,
    };
    Scenario {
        name: "parts",
        title: "Three objects of 6 GiB, 30 ms latency",
        cases: vec![case("3 × 6 GiB", settings, tools, options, 300)],
        columns: vec![
            column("part copies", 0, |s| Some(s.part_copies())),
            column("requests about objects", 0, |s| Some(s.object_requests() as f64)),
            column("seconds", 2, |s| Some(s.wall())),
            column("not done", 0, |s| Some(s.not_done())),
        ],
        compared: false,
    }
}

fn server(options: &Options, objects: u64, latency_ms: u64) -> ServerSettings {
    let few = if options.quick { objects.min(3_000) } else { objects };
    let objects = options.objects.unwrap_or(few);
    ServerSettings { objects, object_size: SMALL, latency_ms, rate_limit: None }
}

fn case(
    name: &str,
    server: ServerSettings,
    tools: Vec<Tool>,
    options: &Options,
    bound: u64,
) -> Case {
    let wanted = |tool: &Tool| options.tools.is_empty() || options.tools.contains(tool);
    Case {
        name: name.to_owned(),
        server,
        tools: tools.into_iter().filter(wanted).collect(),
        repeats: if options.quick { 1 } else { options.repeats.max(1) },
        warm_up: 0,
        bound: options.timeout.unwrap_or(bound),
    }
}
