//! The clock's loop: one scenario under one policy.

use crate::Second;
use crate::backlog::Scenario;
use crate::cloudwatch::{PERIOD, divide, sum};
use crate::fleet::{Fleet, Pace};
use crate::policies::{Metric, Policy};
use crate::scaling::{Target, Wish};

/// From the end of a minute until CloudWatch has its data point. An assumption.
const PUBLISHED_AFTER: Second = 60;
/// When in a minute alarms are evaluated. An assumption.
const EVALUATED_AT: Second = 15;
/// From the wish for a task until its worker asks the queue. An assumption.
pub const TASK_START: Second = 45;
/// A queue that nobody has called for so long reports nothing to CloudWatch …
const ASLEEP_AFTER: Second = 6 * 3_600;
/// … and for so long after it was called again.
const WAKES_WITHIN: Second = 15 * 60;
/// How long a world goes on after its work is done.
const AFTERWARDS: Second = 45 * 60;
/// Seconds between two points of the plot.
pub const STRIDE: Second = 10;

/// A moment of the plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Messages to be received and in flight.
    pub backlog: u64,
    /// Tasks that are billed.
    pub tasks: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// From the first message until a worker was up; `None`: never.
    pub first: Option<Second>,
    /// The most workers that were up at once.
    pub most: u32,
    /// From the first message until that many were up.
    pub most_after: Second,
    /// From the first message until all chunks were settled; `None`: never.
    pub drained: Option<Second>,
    /// From there until no task was left; `None`: never.
    pub zero: Option<Second>,
    /// Seconds billed for tasks.
    pub billed: Second,
    /// Seconds that the work itself takes workers at full speed.
    pub needed: f64,
    /// A moment for each [`STRIDE`].
    pub course: Vec<Moment>,
}

/// What CloudWatch knows, minute by minute.
#[derive(Default)]
struct Metrics {
    backlog: Vec<Option<f64>>,
    tasks: Vec<Option<f64>>,
}

impl Metrics {
    fn series(&self, metric: Metric, known: usize) -> Vec<Option<f64>> {
        let pairs = self.backlog.iter().zip(&self.tasks).take(known);
        let value = |(backlog, tasks): (&Option<f64>, &Option<f64>)| match metric {
            Metric::Backlog { per } => backlog.map(|backlog| backlog / per),
            Metric::PerTask => divide(*backlog, *tasks),
            Metric::BacklogWithoutTasks if tasks.unwrap_or(0.0) > 0.0 => Some(0.0),
            Metric::BacklogWithoutTasks => *backlog,
        };
        pairs.map(value).collect()
    }
}

/// Runs the scenario under the policy until it is over.
#[must_use]
pub fn simulate(scenario: &Scenario, policy: &Policy) -> Outcome {
    let max = scenario.max_workers.unwrap_or(policy.max);
    let pace = Pace { task_start: TASK_START, worker: scenario.worker, limit: scenario.limit };
    let (mut fleet, mut target) = (Fleet::new(pace), Target::new(policy.min, max));
    let (mut metrics, mut called, mut awake_at) = (Metrics::default(), 0, 0);
    let mut is_asleep = scenario.asleep;
    let begin = scenario.arrivals.keys().next().copied().unwrap_or(0);
    let chunks: u64 = scenario.arrivals.values().sum();
    let mut outcome = Outcome {
        first: None,
        most: 0,
        most_after: 0,
        drained: None,
        zero: None,
        billed: 0,
        needed: chunks as f64 / scenario.worker,
        course: Vec::new(),
    };
    for now in 0..scenario.horizon {
        if let Some((from, to)) = scenario.paused
            && (now == from || now == to)
        {
            fleet.pause(now == from);
        }
        let arriving = scenario.arrivals.get(&now).copied().unwrap_or(0);
        fleet.tick(now, arriving, target.desired());
        if arriving > 0 || fleet.running(now) > 0 || scenario.kept_awake {
            if is_asleep {
                (is_asleep, awake_at) = (false, now + WAKES_WITHIN);
            }
            called = now;
        }
        is_asleep |= now > called + ASLEEP_AFTER;
        if now.is_multiple_of(PERIOD) {
            let reports = !is_asleep && now >= awake_at;
            let held = fleet.not_visible();
            let visible = reports.then_some(fleet.visible() as f64);
            let held = (reports && held > 0).then_some(held as f64);
            metrics.backlog.push(sum(&[visible, held]));
            metrics.tasks.push(Some(f64::from(fleet.running(now))));
        }
        if now % PERIOD == EVALUATED_AT && now >= PUBLISHED_AFTER {
            let known = ((now - PUBLISHED_AFTER) / PERIOD + 1) as usize;
            let wishes: Vec<Wish> = policy
                .rules
                .iter()
                .filter_map(|rule| {
                    let value = rule.alarm.fires(&metrics.series(rule.metric, known))?;
                    target.wish(now, &rule.action, value, &rule.alarm)
                })
                .collect();
            target.grant(now, &wishes);
        }
        outcome.look(&fleet, now, begin, chunks);
        let since_done = outcome.drained.map(|after| now - begin - after);
        if since_done.is_some_and(|since| since > AFTERWARDS) {
            outcome.billed = fleet.billed(now);
            return outcome;
        }
    }
    outcome.billed = fleet.billed(scenario.horizon);
    outcome
}

impl Outcome {
    fn look(&mut self, fleet: &Fleet, now: Second, begin: Second, chunks: u64) {
        let running = fleet.running(now);
        let since = now.saturating_sub(begin);
        if now >= begin && running > 0 && self.first.is_none() {
            self.first = Some(since);
        }
        if running > self.most {
            (self.most, self.most_after) = (running, since);
        }
        if fleet.settled == chunks && self.drained.is_none() {
            self.drained = Some(since);
        }
        if let (Some(drained), None, 0) = (self.drained, self.zero, fleet.tasks()) {
            self.zero = Some(since - drained);
        }
        if now.is_multiple_of(STRIDE) {
            let backlog = fleet.visible() + fleet.not_visible();
            let tasks = u32::try_from(fleet.tasks()).unwrap_or(u32::MAX);
            self.course.push(Moment { backlog, tasks });
        }
    }
}

#[cfg(test)]
mod tests;
