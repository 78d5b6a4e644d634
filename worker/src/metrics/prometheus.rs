//! Prometheus' text exposition format, version 0.0.4.

use std::fmt::{Display, Write as _};

use reseal_core::ports::{BudgetKey, WHOLE};

use super::Snapshot;
use crate::MeterReading;
use crate::meter::HistogramReading;

/// What the rendering is, for HTTP.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All that is known, as text.
#[must_use]
pub fn render(snapshot: &Snapshot) -> String {
    let Snapshot { counts, held, backlog, shares } = snapshot;
    let mut page = Page::default();
    page.counts(counts);
    page.family("reseal_chunks_held", "gauge", "Chunks that this worker holds.");
    page.sample("reseal_chunks_held", &[], held);
    if let Some(backlog) = backlog {
        let help = "Messages that wait for any worker of the fleet, about.";
        page.family("reseal_queue_backlog", "gauge", help);
        page.sample("reseal_queue_backlog", &[], backlog);
    }
    if !shares.is_empty() {
        let help = "What this worker may use of a budget, from 0 to 1.";
        page.family("reseal_budget_share_ratio", "gauge", help);
    }
    for (key, share) in shares {
        let share = f64::from(*share) / f64::from(WHOLE);
        let (job, bucket) = match key {
            BudgetKey::Job(job) => (job, ""),
            BudgetKey::Bucket(job, bucket) => (job, bucket.as_str()),
        };
        let labels = [("job", job.as_str()), ("bucket", bucket)];
        page.sample("reseal_budget_share_ratio", &labels, share);
    }
    page.0
}

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page(pub(super) String);

impl Page {
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
        let outcomes = [
            ("re-encrypted", *re_encrypted),
            ("already-compliant", *already_compliant),
            ("skipped", *skipped),
            ("failed", *failed),
        ];
        self.counter("reseal_objects_total", "Objects settled.", "outcome", &outcomes);
        self.alone("reseal_object_bytes_total", "Bytes of re-encrypted objects.", *bytes);
        self.alone("reseal_requests_total", "Requests sent to S3.", *requests);
        let throttles = [("s3", *throttles), ("kms", *key_throttles)];
        let help = "Answers that asked to slow down.";
        self.counter("reseal_throttles_total", help, "service", &throttles);
        let ends = [
            ("done", *chunks_done),
            ("quarantined", *chunks_quarantined),
            ("released", *chunks_released),
        ];
        self.counter("reseal_chunks_total", "Chunks that are held no more.", "end", &ends);
        let help = "Queue messages that point to no chunk.";
        self.alone("reseal_refused_messages_total", help, *hostile_messages);
        let help = "Messages of jobs that this worker's connection doesn't reach.";
        self.alone("reseal_foreign_messages_total", help, *foreign_messages);
        let name = "reseal_request_duration_seconds";
        self.family(name, "histogram", "From sending a request to S3 to its answer.");
        self.histogram(name, "read", reads);
        self.histogram(name, "write", writes);
    }

    fn counter(&mut self, name: &str, help: &str, label: &str, counts: &[(&str, u64)]) {
        self.family(name, "counter", help);
        for (value, count) in counts {
            self.sample(name, &[(label, value)], count);
        }
    }

    fn alone(&mut self, name: &str, help: &str, count: u64) {
        self.family(name, "counter", help);
        self.sample(name, &[], count);
    }

    fn histogram(&mut self, name: &str, kind: &str, reading: &HistogramReading) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in reading.cumulative() {
            let bound = (bound as f64 / 1e3).to_string();
            self.sample(&bucket, &[("kind", kind), ("le", &bound)], count);
        }
        self.sample(&bucket, &[("kind", kind), ("le", "+Inf")], reading.count());
        self.sample(&format!("{name}_sum"), &[("kind", kind)], reading.sum_seconds());
        self.sample(&format!("{name}_count"), &[("kind", kind)], reading.count());
    }

    // Writing to a String can't fail.

    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            let text = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
            let _ = write!(self.0, "{open}{label}=\"{text}\"");
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{close} {value}");
    }
}
