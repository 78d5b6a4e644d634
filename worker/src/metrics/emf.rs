//! CloudWatch's embedded metric format: a log line that CloudWatch Logs makes
//! metrics of, so that a worker needs neither an agent nor a permission.

use reseal_core::ports::WHOLE;
use reseal_core::{Timestamp, WorkerId};
use serde_json::{Map, Value, json};

use super::Snapshot;
use crate::MeterReading;
use crate::meter::HistogramReading;

/// Where the metrics are found in CloudWatch.
const NAMESPACE: &str = "reseal";
/// The only dimension: one more, of the worker, would make every restart a
/// set of metrics of its own, each billed.
const DIMENSION: &str = "Fleet";
/// Values that CloudWatch takes in one array.
const MAX_VALUES: usize = 100;

/// Makes lines, and knows what the last one said.
#[derive(Clone, Debug)]
pub struct Emf {
    fleet: String,
    worker: WorkerId,
    before: MeterReading,
}

impl Emf {
    /// For a worker of this fleet that has counted nothing yet.
    #[must_use]
    pub fn new(fleet: impl Into<String>, worker: WorkerId) -> Self {
        Self { fleet: fleet.into(), worker, before: MeterReading::default() }
    }

    /// What happened since the last line, and what is so now, as one line
    /// without its end.
    pub fn line(&mut self, now: Timestamp, snapshot: &Snapshot) -> String {
        let Snapshot { counts, held, backlog, shares } = snapshot;
        let mut metrics = Metrics::default();
        metrics.counts(&counts.since(&self.before));
        self.before = *counts;
        metrics.put("ChunksHeld", "Count", *held);
        if let Some(backlog) = backlog {
            metrics.put("Backlog", "Count", *backlog);
        }
        if !shares.is_empty() {
            let percent = |share: u32| f64::from(share) * 100.0 / f64::from(WHOLE);
            let shares = shares.iter().map(|(_, share)| percent(*share)).take(MAX_VALUES);
            metrics.put("BudgetShare", "Percent", shares.collect::<Vec<f64>>());
        }
        let Metrics { definitions, mut values } = metrics;
        values.insert(DIMENSION.to_owned(), self.fleet.as_str().into());
        values.insert("Worker".to_owned(), self.worker.as_str().into());
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": definitions,
        });
        let aws = json!({ "Timestamp": now.as_millis(), "CloudWatchMetrics": [directive] });
        values.insert("_aws".to_owned(), aws);
        Value::Object(values).to_string()
    }
}

/// Metrics and what they are, by the same names.
#[derive(Default)]
struct Metrics {
    definitions: Vec<Value>,
    values: Map<String, Value>,
}

impl Metrics {
    fn put(&mut self, name: &str, unit: &str, value: impl Into<Value>) {
        self.definitions.push(json!({ "Name": name, "Unit": unit }));
        self.values.insert(name.to_owned(), value.into());
    }

    fn counts(&mut self, counts: &MeterReading) {
        let MeterReading {
            re_encrypted,
            already_compliant,
            skipped,
            failed,
            bytes,
            requests,
            throttles,
            key_throttles,
            hostile_messages,
            foreign_messages,
            chunks_done,
            chunks_quarantined,
            chunks_released,
            reads,
            writes,
        } = counts;
        for (name, count) in [
            ("ObjectsReEncrypted", re_encrypted),
            ("ObjectsAlreadyCompliant", already_compliant),
            ("ObjectsSkipped", skipped),
            ("ObjectsFailed", failed),
            ("Requests", requests),
            ("S3Throttles", throttles),
            ("KmsThrottles", key_throttles),
            ("RefusedMessages", hostile_messages),
            ("ForeignMessages", foreign_messages),
            ("ChunksDone", chunks_done),
            ("ChunksQuarantined", chunks_quarantined),
            ("ChunksReleased", chunks_released),
        ] {
            self.put(name, "Count", *count);
        }
        self.put("BytesReEncrypted", "Bytes", *bytes);
        self.latency("Read", reads);
        self.latency("Write", writes);
    }

    /// Nothing where nothing was asked: a zero would be a lie.
    fn latency(&mut self, kind: &str, reading: &HistogramReading) {
        for (percentile, share) in [("50", 0.5), ("90", 0.9), ("99", 0.99)] {
            if let Some(millis) = reading.quantile_millis(share) {
                self.put(&format!("{kind}LatencyP{percentile}"), "Milliseconds", millis);
            }
        }
    }
}
