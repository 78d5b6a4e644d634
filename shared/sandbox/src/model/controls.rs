//! Refusals on order and the count of what was asked: for tests and demos.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{Code, Fault};
use super::moment::Moment;
use super::request::Request;
use super::request::operation::Effect;
use super::{Model, Response};

/// How much the model serves before it answers 503 SlowDown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Mutating requests per second and bucket; absent means any number.
    pub mutations_per_second: Option<u32>,
}

/// How often an operation was asked for, and how that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests, refused ones included.
    pub requests: u64,
    /// Of these, refused for whatever reason but 503.
    pub refused: u64,
    /// Of these, answered 503 SlowDown.
    pub slow_down: u64,
}

/// Counts by operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// By the operation's name.
    pub operations: BTreeMap<&'static str, Counts>,
}

impl Stats {
    pub(super) fn count(&mut self, operation: &'static str, result: &Result<Response, Fault>) {
        let counts = self.operations.entry(operation).or_default();
        counts.requests += 1;
        match result {
            Ok(_) => {}
            Err(fault) if fault.code == Code::SlowDown => counts.slow_down += 1,
            Err(_) => counts.refused += 1,
        }
    }

    /// All 503s.
    pub fn slow_down(&self) -> u64 {
        self.operations.values().map(|counts| counts.slow_down).sum()
    }
}

/// A bucket's budget: it fills up at the limit's rate and holds a tenth of a second.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// Thousandths of a request.
    available: u64,
    filled: Moment,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Controls {
    limits: Limits,
    budgets: BTreeMap<String, Budget>,
    /// Operations by bucket; the empty name stands for every bucket and for KMS.
    denied: BTreeMap<String, BTreeSet<String>>,
    /// Whether requests count as sent without TLS.
    insecure: bool,
}

impl Controls {
    pub(super) fn admit(&mut self, request: &Request, now: Moment) -> Result<(), Fault> {
        let bucket = request.bucket().unwrap_or_default();
        if self.denies(bucket, request.operation()) {
            return Err(match request {
                Request::Kms(_) => Fault::new(Code::KmsAccessDenied, "Access denied on order"),
                _ => Fault::access_denied(),
            });
        }
        match (self.limits.mutations_per_second, request.effect()) {
            (Some(rate), Effect::Mutates) => self.spend(bucket, u64::from(rate), now),
            _ => Ok(()),
        }
    }

    pub(super) fn is_secure(&self) -> bool {
        !self.insecure
    }

    pub(super) fn denies(&self, bucket: &str, operation: &str) -> bool {
        let listed = |name| self.denied.get(name).is_some_and(|ops| ops.contains(operation));
        !self.denied.is_empty() && (listed(bucket) || listed(""))
    }

    fn spend(&mut self, bucket: &str, rate: u64, now: Moment) -> Result<(), Fault> {
        const ONE: u64 = 1000;
        let capacity = (rate * ONE / 10).max(ONE);
        if !self.budgets.contains_key(bucket) {
            let full = Budget { available: capacity, filled: now };
            self.budgets.insert(bucket.to_owned(), full);
        }
        let Some(budget) = self.budgets.get_mut(bucket) else { return Ok(()) };
        let elapsed = (now.millis() - budget.filled.millis()).max(0).unsigned_abs();
        budget.available =
            budget.available.saturating_add(elapsed.saturating_mul(rate)).min(capacity);
        budget.filled = now;
        if budget.available < ONE {
            return Err(Fault::new(Code::SlowDown, "Please reduce your request rate."));
        }
        budget.available -= ONE;
        Ok(())
    }
}

impl Model {
    /// Makes `operations` answer AccessDenied on `bucket` (`None`: on all, and in KMS),
    /// instead of whatever was denied there before.
    pub fn deny(&mut self, bucket: Option<&str>, operations: impl IntoIterator<Item = String>) {
        let operations: BTreeSet<_> = operations.into_iter().collect();
        let bucket = bucket.unwrap_or_default().to_owned();
        if operations.is_empty() {
            self.controls.denied.remove(&bucket);
        } else {
            self.controls.denied.insert(bucket, operations);
        }
    }

    /// Makes requests count as sent over TLS, as at first, or not.
    pub fn set_secure_transport(&mut self, secure: bool) {
        self.controls.insecure = !secure;
    }

    /// Sets the rate above which mutations are answered 503.
    pub fn set_limits(&mut self, limits: Limits) {
        self.controls.limits = limits;
        self.controls.budgets.clear();
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.controls.limits
    }

    /// What was asked so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }
}
