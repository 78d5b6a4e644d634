//! The backlogs: one recorded from a real fleet, the others made of the rates
//! that were measured.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow, ensure};

use crate::Second;

/// Chunks of 1,000 objects that `submit` hands out in a second: a million keys
/// in 14 s (`docs/scale.md`).
const SUBMITTED: f64 = 1_000.0 / 14.0;
/// Chunks that a worker settles in a second: 1,000 objects a second
/// (`docs/scale.md` assumes 1,500 of one vCPU; this is meant to be careful).
const WORKED: f64 = 1.0;
const HOUR: Second = 3_600;
/// Not on the minute: chunks rarely come when CloudWatch looks.
const BEGIN: Second = 5 * 60 + 20;

/// What comes when, and what may be done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// As the table calls it.
    pub name: &'static str,
    /// Chunks that are handed out in a second.
    pub arrivals: BTreeMap<Second, u64>,
    /// Chunks that one worker settles in a second.
    pub worker: f64,
    /// Chunks that the job's limits let the fleet settle in a second.
    pub limit: f64,
    /// From when until when the job is paused.
    pub paused: Option<(Second, Second)>,
    /// Whether CloudWatch holds the queue for inactive at the beginning.
    pub asleep: bool,
    /// Whether somebody calls the queue all the time.
    pub kept_awake: bool,
    /// `MaxWorkers`, where not the template's.
    pub max_workers: Option<u32>,
    /// When the simulation ends at the latest.
    pub horizon: Second,
}

impl Scenario {
    fn new(name: &'static str, arrivals: BTreeMap<Second, u64>) -> Self {
        Self {
            name,
            arrivals,
            worker: WORKED,
            limit: f64::INFINITY,
            paused: None,
            asleep: false,
            kept_awake: true,
            max_workers: None,
            horizon: 12 * HOUR,
        }
    }
}

/// One job's chunks, at the rate of `submit`.
fn submitted(at: Second, chunks: u64, into: &mut BTreeMap<Second, u64>) {
    let (mut sent, mut second) = (0, 0);
    while sent < chunks {
        second += 1;
        let until = ((second as f64 * SUBMITTED) as u64).min(chunks);
        *into.entry(at + second - 1).or_default() += until - sent;
        sent = until;
    }
}

fn jobs(times: impl IntoIterator<Item = Second>, chunks: u64) -> BTreeMap<Second, u64> {
    let mut arrivals = BTreeMap::new();
    times.into_iter().for_each(|at| submitted(at, chunks, &mut arrivals));
    arrivals
}

/// One second of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// `ApproximateNumberOfMessages`
    pub visible: u64,
    /// `ApproximateNumberOfMessagesNotVisible`
    pub held: u64,
    /// Messages deleted so far.
    pub acknowledged: u64,
    /// Workers that had been started.
    pub workers: u32,
}

/// Reads a record: `second,visible,not_visible,acknowledged,workers`.
///
/// # Errors
/// When it isn't one.
pub fn record(text: &str) -> anyhow::Result<Vec<Recorded>> {
    let lines = text.lines().skip(1).enumerate();
    let read = |(number, line): (usize, &str)| {
        let fields: Result<Vec<u64>, _> = line.split(',').map(str::parse).collect();
        let fields = fields.with_context(|| format!("line {}", number + 2))?;
        let [second, visible, held, acknowledged, workers] = fields[..] else {
            return Err(anyhow!("line {}: five columns, please", number + 2));
        };
        ensure!(second == number as u64, "line {}: a second is missing", number + 2);
        Ok(Recorded { visible, held, acknowledged, workers: u32::try_from(workers)? })
    };
    lines.map(read).collect()
}

/// Chunks that arrived in each second of a record: what is there now and
/// wasn't before.
#[must_use]
pub fn arrivals(record: &[Recorded]) -> BTreeMap<Second, u64> {
    let mut most = 0;
    let mut arrivals = BTreeMap::new();
    for (second, now) in record.iter().enumerate() {
        let all = now.visible + now.held + now.acknowledged;
        if all > most {
            arrivals.insert(second as Second, all - most);
            most = all;
        }
    }
    arrivals
}

/// Chunks a second of one worker of a record, while there was one and enough
/// to do.
#[must_use]
pub fn pace(record: &[Recorded]) -> f64 {
    let alone = record.iter().filter(|now| now.workers == 1 && now.acknowledged > 0);
    let seen: Vec<_> = alone.map(|now| now.acknowledged).collect();
    let done = seen.last().zip(seen.first()).map_or(0, |(last, first)| last - first);
    done as f64 / (seen.len().max(2) - 1) as f64
}

/// All of them, the recorded one first.
#[must_use]
pub fn scenarios(record: &[Recorded]) -> Vec<Scenario> {
    let shifted = arrivals(record).into_iter().map(|(second, chunks)| (BEGIN + second, chunks));
    let recorded = Scenario {
        worker: pace(record),
        ..Scenario::new("recorded: 30,000 objects in 150 chunks", shifted.collect())
    };
    let million = || jobs([BEGIN], 1_000);
    let hundred_million = || jobs([BEGIN], 100_000);
    vec![
        recorded,
        Scenario::new("10⁶ objects, many prefixes", million()),
        Scenario { limit: 3.5, ..Scenario::new("10⁶, one prefix: 3,500/s", million()) },
        Scenario { limit: 0.5, ..Scenario::new("10⁶, `--rate 500`", million()) },
        Scenario {
            asleep: true,
            kept_awake: false,
            ..Scenario::new("10⁶, the queue asleep for CloudWatch", million())
        },
        Scenario {
            paused: Some((BEGIN + 300, BEGIN + 300 + 2 * HOUR)),
            ..Scenario::new("10⁶, paused after 5 minutes for 2 hours", million())
        },
        Scenario {
            max_workers: Some(16),
            ..Scenario::new("10⁸, many prefixes, 16 workers", hundred_million())
        },
        Scenario {
            limit: 0.5,
            horizon: 80 * HOUR,
            ..Scenario::new("10⁸, `--rate 500`", hundred_million())
        },
        Scenario::new(
            "bursts of `serve`: 3 × 300,000, 40 minutes apart",
            jobs((0..3).map(|n| BEGIN + n * 2_400), 300),
        ),
        Scenario::new("36 small jobs, one in 5 minutes", jobs((0..36).map(|n| BEGIN + n * 300), 1)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_arrives_whole_and_at_the_rate_of_submit() {
        let arrivals = jobs([100], 1_000);
        assert_eq!(arrivals.values().sum::<u64>(), 1_000);
        assert_eq!(arrivals.keys().copied().collect::<Vec<_>>(), (100..114).collect::<Vec<_>>());
    }

    #[test]
    fn a_record_is_read_and_a_torn_one_refused() {
        let text = "second,visible,not_visible,acknowledged,workers\n0,0,0,0,0\n1,5,0,0,0\n2,1,4,0,1\n3,0,4,3,1\n4,0,0,7,1\n";
        let read = record(text).expect("a record");
        assert_eq!(arrivals(&read), BTreeMap::from([(1, 5), (3, 2)]));
        assert!((pace(&read) - 4.0).abs() < 1e-9);
        assert!(record("head\n0,0,0,0,0\n2,0,0,0,0\n").is_err());
        assert!(record("head\n0,0,0,0\n").is_err());
    }
}
