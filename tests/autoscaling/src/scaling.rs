//! Application Auto Scaling: what a policy asks for, and what becomes of it
//! under cooldowns, bounds and other policies. Each rule's page is named in
//! `docs/autoscaling.md`.

use crate::Second;
use crate::cloudwatch::{Alarm, Side};

/// How a step's number is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// `ExactCapacity`
    Exact,
    /// `ChangeInCapacity`
    Change,
}

/// One step: bounds count from the alarm's threshold, an absent one is infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `MetricIntervalLowerBound`
    pub lower: Option<f64>,
    /// `MetricIntervalUpperBound`
    pub upper: Option<f64>,
    /// `ScalingAdjustment`
    pub adjustment: i64,
}

/// A step scaling policy.
#[derive(Clone, Debug, PartialEq)]
pub struct StepPolicy {
    /// How the steps' numbers are meant.
    pub adjustment: Adjustment,
    /// `Cooldown`, in seconds.
    pub cooldown: Second,
    /// `StepAdjustments`
    pub steps: Vec<Step>,
}

impl StepPolicy {
    /// The step for a metric so far from the threshold. Of an alarm that rises
    /// above it a step owns its lower bound and not its upper; of one that falls
    /// below it is the other way round.
    #[must_use]
    pub fn step(&self, breach: f64, side: Side) -> Option<&Step> {
        self.steps.iter().find(|step| {
            let (lower, upper) =
                (step.lower.unwrap_or(f64::NEG_INFINITY), step.upper.unwrap_or(f64::INFINITY));
            match side {
                Side::Above => lower <= breach && breach < upper,
                Side::Below => lower < breach && breach <= upper,
            }
        })
    }
}

/// A target tracking policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracking {
    /// `TargetValue`
    pub target: f64,
    /// `ScaleOutCooldown`, in seconds.
    pub out_cooldown: Second,
    /// `ScaleInCooldown`, in seconds.
    pub in_cooldown: Second,
}

/// What an alarm invokes.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// By the distance from the alarm's threshold.
    Steps(StepPolicy),
    /// The high alarm of target tracking.
    TrackOut(Tracking),
    /// Its low alarm.
    TrackIn(Tracking),
}

/// What one policy asks for in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The capacity.
    pub capacity: u32,
    /// Its cooldown, should it be granted.
    pub cooldown: Second,
}

/// The scalable target.
#[derive(Clone, Debug)]
pub struct Target {
    min: u32,
    max: u32,
    desired: u32,
    /// Since when, for how long, and how much the last scale-out added.
    out: Option<(Second, Second, u32)>,
    /// Until when scale-in is blocked.
    no_scale_in_until: Second,
}

impl Target {
    /// One at its least capacity.
    #[must_use]
    pub fn new(min: u32, max: u32) -> Self {
        Self { min, max, desired: min, out: None, no_scale_in_until: 0 }
    }

    /// The tasks that ECS shall run.
    #[must_use]
    pub fn desired(&self) -> u32 {
        self.desired
    }

    /// What was added by a scale-out whose cooldown still runs: it counts
    /// towards the next one.
    fn added(&self, now: Second) -> u32 {
        self.out.map_or(0, |(at, cooldown, added)| if now < at + cooldown { added } else { 0 })
    }

    /// What an action asks for, the metric of its alarm being so much.
    #[must_use]
    pub fn wish(&self, now: Second, action: &Action, metric: f64, alarm: &Alarm) -> Option<Wish> {
        let before = self.desired - self.added(now);
        match action {
            Action::Steps(policy) => {
                let step = policy.step(metric - alarm.threshold, alarm.comparison.side())?;
                let wanted = match policy.adjustment {
                    Adjustment::Exact => step.adjustment,
                    Adjustment::Change if step.adjustment > 0 => {
                        (i64::from(before) + step.adjustment).max(i64::from(self.desired))
                    }
                    Adjustment::Change => i64::from(self.desired) + step.adjustment,
                };
                Some(Wish { capacity: self.bounded(wanted), cooldown: policy.cooldown })
            }
            Action::TrackOut(policy) => {
                let wanted = f64::from(before) * metric / policy.target;
                let wanted = (wanted.ceil() as i64).max(i64::from(self.desired));
                Some(Wish { capacity: self.bounded(wanted), cooldown: policy.out_cooldown })
            }
            Action::TrackIn(policy) => {
                let wanted = (f64::from(self.desired) * metric / policy.target).ceil() as i64;
                let wanted = wanted.min(i64::from(self.desired));
                Some(Wish { capacity: self.bounded(wanted), cooldown: policy.in_cooldown })
            }
        }
    }

    fn bounded(&self, wanted: i64) -> u32 {
        let bounded = wanted.clamp(i64::from(self.min), i64::from(self.max));
        u32::try_from(bounded).unwrap_or(self.max)
    }

    /// Of several wishes the largest capacity counts. A scale-out is granted at
    /// once; a scale-in only after the cooldown.
    pub fn grant(&mut self, now: Second, wishes: &[Wish]) {
        let Some(wish) = wishes.iter().max_by_key(|wish| wish.capacity) else { return };
        if wish.capacity > self.desired {
            let added = self.added(now) + wish.capacity - self.desired;
            self.out = Some((now, wish.cooldown, added));
        } else if wish.capacity < self.desired && now >= self.no_scale_in_until {
            self.out = None;
        } else {
            return;
        }
        self.no_scale_in_until = now + wish.cooldown;
        self.desired = wish.capacity;
    }
}

#[cfg(test)]
mod tests;
