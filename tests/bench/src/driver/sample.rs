//! One run of one tool, and the figures that follow from it.

use serde::Serialize;

use super::measure::Costs;
use super::server::{Counters, ServerSettings};
use super::tools::{IN_FLIGHT, Tool};

/// One run, as the kernel and the server saw it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sample {
    pub(super) tool: Tool,
    pub(super) objects: u64,
    pub(super) latency_ms: u64,
    pub(super) rate_limit: Option<f64>,
    /// Seconds at the beginning that don't count towards the share of a limit.
    pub(super) warm_up: u64,
    pub(super) costs: Costs,
    pub(super) counters: Counters,
}

impl Sample {
    pub(super) fn new(
        tool: Tool,
        settings: &ServerSettings,
        warm_up: u64,
        costs: Costs,
        counters: Counters,
    ) -> Self {
        let ServerSettings { objects, latency_ms, rate_limit, .. } = *settings;
        Self { tool, objects, latency_ms, rate_limit, warm_up, costs, counters }
    }

    /// CPU milliseconds, user and system, for each object that was
    /// re-encrypted: start, listing and report included.
    pub(super) fn cpu_per_object(&self) -> Option<f64> {
        self.per_object((self.costs.user + self.costs.system) * 1e3)
    }

    /// Objects per second from the first listing to the last answer about an
    /// object: without start, preflight and the writing of reports.
    pub(super) fn objects_per_second(&self) -> Option<f64> {
        let Counters { first_list, first_data, last_data, encrypted, .. } = &self.counters;
        let began = first_list.or(*first_data)?;
        let seconds = (*last_data)? - began;
        (seconds > 0.0).then(|| *encrypted as f64 / seconds)
    }

    /// Objects per second of the process's whole life.
    pub(super) fn objects_per_second_overall(&self) -> Option<f64> {
        (self.costs.wall > 0.0).then(|| self.counters.encrypted as f64 / self.costs.wall)
    }

    /// Requests about objects, for each object.
    pub(super) fn requests_per_object(&self) -> Option<f64> {
        self.per_object(self.object_requests() as f64)
    }

    /// Share of what latency and objects in flight allow with as many
    /// requests as were made, in percent.
    pub(super) fn share_of_possible(&self) -> Option<f64> {
        let latency = self.latency_ms as f64 / 1e3;
        let possible = f64::from(IN_FLIGHT) / (latency * self.requests_per_object()?);
        possible.is_finite().then_some(100.0 * self.objects_per_second()? / possible)
    }

    pub(super) fn peak_mib(&self) -> f64 {
        self.costs.peak_kib as f64 / 1024.0
    }

    /// Objects that aren't re-encrypted at the end, by the server's count.
    pub(super) fn not_done(&self) -> f64 {
        self.objects.saturating_sub(self.counters.encrypted) as f64
    }

    /// Accepted requests as a share of what the limit admits, after the
    /// warm-up and without the last, begun second; in percent.
    pub(super) fn share_of_limit(&self) -> Option<f64> {
        let limit = self.rate_limit?;
        let accepted: Vec<u64> = self.settled_seconds().map(|(accepted, _)| accepted).collect();
        let seconds = accepted.len() as f64;
        let total = accepted.iter().sum::<u64>() as f64;
        (seconds > 0.0).then(|| 100.0 * total / (seconds * limit))
    }

    /// 503s as a share of all answers about objects, whole run; in percent.
    pub(super) fn share_refused(&self) -> Option<f64> {
        let all = self.object_requests() as f64;
        (all > 0.0).then(|| 100.0 * self.counters.refused as f64 / all)
    }

    /// The same after the warm-up.
    pub(super) fn share_refused_settled(&self) -> Option<f64> {
        let (accepted, refused) = self
            .settled_seconds()
            .fold((0, 0), |sums, second| (sums.0 + second.0, sums.1 + second.1));
        let all = (accepted + refused) as f64;
        (all > 0.0).then(|| 100.0 * refused as f64 / all)
    }

    pub(super) fn wall(&self) -> f64 {
        self.costs.wall
    }

    pub(super) fn part_copies(&self) -> f64 {
        self.counters.requests.get("UploadPartCopy").copied().unwrap_or(0) as f64
    }

    pub(super) fn object_requests(&self) -> u64 {
        let beside = ["ListObjectsV2", "Bucket", "Scratch", "Service"];
        let requests = self.counters.requests.iter();
        requests.filter(|(name, _)| !beside.contains(&name.as_str())).map(|(_, count)| count).sum()
    }

    fn settled_seconds(&self) -> impl Iterator<Item = (u64, u64)> {
        let seconds = &self.counters.seconds;
        let whole = seconds.len().saturating_sub(1);
        let warm_up = usize::try_from(self.warm_up).unwrap_or(usize::MAX);
        let settled = seconds.iter().take(whole).skip(warm_up);
        settled.map(|second| (second.accepted, second.refused))
    }

    fn per_object(&self, total: f64) -> Option<f64> {
        let done = self.counters.encrypted;
        (done > 0).then(|| total / done as f64)
    }
}
