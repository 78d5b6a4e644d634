//! The rules of AWS's pages, each on the page's own example where it has one.

use super::*;
use crate::cloudwatch::Comparison;

fn step(lower: Option<f64>, upper: Option<f64>, adjustment: i64) -> Step {
    Step { lower, upper, adjustment }
}

fn change(cooldown: Second, steps: &[Step]) -> Action {
    Action::Steps(StepPolicy { adjustment: Adjustment::Change, cooldown, steps: steps.to_vec() })
}

fn ask(target: &mut Target, now: Second, action: &Action, metric: f64) {
    let alarm =
        Alarm { threshold: 50.0, comparison: Comparison::AtLeast, periods: 1, datapoints: 1 };
    let wish = target.wish(now, action, metric, &alarm).expect("a step");
    target.grant(now, &[wish]);
}

fn tracking(target: f64) -> Tracking {
    Tracking { target, out_cooldown: 60, in_cooldown: 300 }
}

/// The page's two tables: 50 to 60 and on, 50 down to 40 and on.
#[test]
fn a_step_owns_its_lower_bound_when_it_scales_out_and_its_upper_bound_when_in() {
    let policy = StepPolicy {
        adjustment: Adjustment::Change,
        cooldown: 0,
        steps: vec![
            step(None, Some(-10.0), -2),
            step(Some(-10.0), Some(0.0), -1),
            step(Some(0.0), Some(10.0), 1),
            step(Some(10.0), None, 2),
        ],
    };
    let of = |breach: f64, side| policy.step(breach, side).expect("a step").adjustment;
    assert_eq!([0.0, 9.9, 10.0, 1e9].map(|breach| of(breach, Side::Above)), [1, 1, 2, 2]);
    assert_eq!([0.0, -9.9, -10.0, -1e9].map(|breach| of(breach, Side::Below)), [-1, -1, -2, -2]);
    let gap = StepPolicy { steps: vec![step(Some(5.0), None, 1)], ..policy };
    assert_eq!(gap.step(4.0, Side::Above), None);
}

/// "scale out by 2 … again, but at a more aggressive step of 3 … only 1 is added".
#[test]
fn what_was_just_added_counts_towards_the_next_scale_out() {
    let two_or_three = change(300, &[step(Some(0.0), Some(10.0), 2), step(Some(10.0), None, 3)]);
    let mut target = Target::new(0, 100);
    ask(&mut target, 0, &two_or_three, 55.0);
    assert_eq!(target.desired(), 2);
    ask(&mut target, 60, &two_or_three, 55.0);
    assert_eq!(target.desired(), 2, "the same step adds nothing more");
    ask(&mut target, 120, &two_or_three, 65.0);
    assert_eq!(target.desired(), 3);
    ask(&mut target, 420, &two_or_three, 65.0);
    assert_eq!(target.desired(), 6, "the cooldown is over");
}

#[test]
fn a_scale_in_waits_for_the_cooldown_and_a_scale_out_does_not() {
    let exact = |capacity| Wish { capacity, cooldown: 300 };
    let mut target = Target::new(0, 10);
    target.grant(0, &[exact(8)]);
    target.grant(299, &[exact(2)]);
    assert_eq!(target.desired(), 8);
    target.grant(300, &[exact(2)]);
    assert_eq!(target.desired(), 2);
    target.grant(301, &[exact(5)]);
    assert_eq!(target.desired(), 5, "a scale-out ends the cooldown of a scale-in");
}

#[test]
fn bounds_hold_and_of_two_policies_the_larger_capacity_counts() {
    let exactly = |adjustment| {
        let steps = vec![step(Some(0.0), None, adjustment)];
        Action::Steps(StepPolicy { adjustment: Adjustment::Exact, cooldown: 0, steps })
    };
    let mut target = Target::new(1, 4);
    ask(&mut target, 0, &exactly(16), 50.0);
    assert_eq!(target.desired(), 4);
    ask(&mut target, 1, &exactly(0), 50.0);
    assert_eq!(target.desired(), 1);
    let wish = |capacity| Wish { capacity, cooldown: 0 };
    target.grant(2, &[wish(2), wish(3)]);
    assert_eq!(target.desired(), 3);
    target.grant(3, &[wish(1), wish(2)]);
    assert_eq!(target.desired(), 2, "scaling in, too");
}

#[test]
fn tracking_scales_in_proportion_and_rounds_towards_more_capacity() {
    let (out, into) = (Action::TrackOut(tracking(50.0)), Action::TrackIn(tracking(50.0)));
    let mut target = Target::new(1, 100);
    ask(&mut target, 0, &out, 60.0);
    assert_eq!(target.desired(), 2, "1 × 60 / 50, rounded up");
    ask(&mut target, 60, &out, 500.0);
    assert_eq!(target.desired(), 20);
    ask(&mut target, 90, &out, 500.0);
    assert_eq!(target.desired(), 20, "in the cooldown the base is what it was before");
    ask(&mut target, 400, &into, 41.0);
    assert_eq!(target.desired(), 17, "20 × 41 / 50 = 16.4");
}

#[test]
fn tracking_in_proportion_to_nothing_stays_nothing() {
    let mut target = Target::new(0, 10);
    ask(&mut target, 0, &Action::TrackOut(tracking(50.0)), 1e6);
    assert_eq!(target.desired(), 0);
}
