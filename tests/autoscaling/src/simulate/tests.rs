use std::collections::BTreeMap;

use super::*;
use crate::policies::{both, tracking_alone};
use crate::template;

fn steps() -> Policy {
    template::policy(&template::tests::template()).expect("a policy")
}

fn million() -> Scenario {
    Scenario {
        name: "test",
        arrivals: BTreeMap::from([(320, 1_000)]),
        worker: 1.0,
        limit: f64::INFINITY,
        paused: None,
        asleep: false,
        kept_awake: true,
        max_workers: None,
        horizon: 12 * 3_600,
    }
}

#[test]
fn steps_leave_zero_within_minutes_and_come_back_to_it_after_ten_minutes() {
    let outcome = simulate(&million(), &steps());
    // A sample within a minute, published a minute later, an evaluation, a start.
    let first = outcome.first.expect("a worker");
    assert!((60 + TASK_START..=180 + TASK_START).contains(&first), "{first}");
    assert_eq!(outcome.most, 4);
    let zero = outcome.zero.expect("none in the end");
    assert!((10 * 60..=13 * 60).contains(&zero), "{zero}");
}

#[test]
fn a_busy_worker_is_never_ended_so_that_the_work_takes_its_time_only() {
    let outcome = simulate(&million(), &steps());
    let (first, drained) = (outcome.first.expect("one"), outcome.drained.expect("done"));
    assert_eq!(drained - first, 1_000 / 4 - 1, "four workers all the time");
}

#[test]
fn tracking_by_metric_math_never_leaves_zero() {
    let outcome = simulate(&million(), &tracking_alone(0, &steps()));
    assert_eq!((outcome.first, outcome.drained, outcome.billed), (None, None, 0));
}

#[test]
fn tracking_needs_three_minutes_above_its_target() {
    let outcome = simulate(&million(), &tracking_alone(1, &steps()));
    assert!(outcome.most_after >= 3 * 60 + TASK_START, "{}", outcome.most_after);
    assert_eq!(outcome.zero, None, "one stays");
}

#[test]
fn both_together_leave_zero_too_and_need_longer_for_the_rest() {
    let (both, steps) = (simulate(&million(), &both(&steps())), simulate(&million(), &steps()));
    assert_eq!(both.first, steps.first);
    assert!(both.drained > steps.drained, "{:?} {:?}", both.drained, steps.drained);
}

#[test]
fn a_queue_that_was_asleep_costs_a_quarter_of_an_hour() {
    let asleep = Scenario { asleep: true, kept_awake: false, ..million() };
    let (slow, quick) = (simulate(&asleep, &steps()), simulate(&million(), &steps()));
    assert_eq!(slow.first.expect("one") - quick.first.expect("one"), 15 * 60);
}

#[test]
fn a_paused_job_goes_to_zero_and_wakes_the_workers_when_it_is_resumed() {
    let paused = Scenario { paused: Some((500, 500 + 7_200)), ..million() };
    let outcome = simulate(&paused, &steps());
    let at = |second: usize| outcome.course[second / 10];
    assert!(at(500 + 30).tasks > 0);
    assert_eq!((at(500 + 3_600).tasks, at(500 + 3_600).backlog), (0, 0));
    assert!(outcome.drained.expect("done") > 7_200);
}
