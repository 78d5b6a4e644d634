//! The policies that are compared.

use crate::Second;
use crate::cloudwatch::{Alarm, Comparison};
use crate::scaling::{Action, Adjustment, Step, StepPolicy, Tracking};

/// What an alarm looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Messages to be received and in flight, over the three queues, divided by
    /// so many.
    Backlog {
        /// 1, or the template's `BacklogPerTask`.
        per: f64,
    },
    /// All of them, divided by `RunningTaskCount`.
    PerTask,
    /// All of them while no task runs; else 0.
    BacklogWithoutTasks,
}

/// An alarm and what it invokes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What the alarm looks at.
    pub metric: Metric,
    /// When it fires.
    pub alarm: Alarm,
    /// What it asks for.
    pub action: Action,
}

/// Everything that is attached to the service.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// As the table calls it.
    pub name: &'static str,
    /// `MinCapacity`
    pub min: u32,
    /// `MaxCapacity`; a scenario may say another.
    pub max: u32,
    /// `BacklogPerTask`: chunks for each worker.
    pub per_task: f64,
    /// Its alarms.
    pub rules: Vec<Rule>,
}

fn alarm(threshold: f64, comparison: Comparison, periods: usize) -> Alarm {
    Alarm { threshold, comparison, periods, datapoints: periods }
}

fn exactly(capacity: i64, cooldown: Second, bounds: [Option<f64>; 2]) -> Action {
    let [lower, upper] = bounds;
    let steps = vec![Step { lower, upper, adjustment: capacity }];
    Action::Steps(StepPolicy { adjustment: Adjustment::Exact, cooldown, steps })
}

/// Target tracking's own two alarms: three minutes above, fifteen minutes more
/// than a tenth below.
fn tracking(target: f64) -> [Rule; 2] {
    let tracking = Tracking { target, out_cooldown: 60, in_cooldown: 300 };
    [
        Rule {
            metric: Metric::PerTask,
            alarm: alarm(target, Comparison::Above, 3),
            action: Action::TrackOut(tracking.clone()),
        },
        Rule {
            metric: Metric::PerTask,
            alarm: alarm(target * 0.9, Comparison::Below, 15),
            action: Action::TrackIn(tracking),
        },
    ]
}

/// Target tracking alone, with so many workers at least and otherwise the
/// numbers of the template's policy.
#[must_use]
pub fn tracking_alone(min: u32, template: &Policy) -> Policy {
    let name = if min == 0 { "tracking, from 0" } else { "tracking, from 1" };
    Policy { name, min, rules: tracking(template.per_task).to_vec(), ..*template }
}

/// A step from 0 to 1 and another to 0, target tracking between.
#[must_use]
pub fn both(template: &Policy) -> Policy {
    let wake = Rule {
        metric: Metric::BacklogWithoutTasks,
        alarm: alarm(1.0, Comparison::AtLeast, 1),
        action: exactly(1, 60, [Some(0.0), None]),
    };
    let empty = Rule {
        metric: Metric::Backlog { per: 1.0 },
        alarm: alarm(1.0, Comparison::Below, 10),
        action: exactly(0, 60, [None, Some(0.0)]),
    };
    let rules = [wake, empty].into_iter().chain(tracking(template.per_task)).collect();
    Policy { name: "both", min: 0, rules, ..*template }
}
