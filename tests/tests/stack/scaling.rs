//! How many workers the alarms ask for.

use serde_json::Value;

use crate::template;

/// The tasks that the steps ask for at so many tasks' worth of backlog.
fn asked(steps: &[Value], wanted: f64) -> Option<u64> {
    let within = |step: &&Value| {
        let lower = step["MetricIntervalLowerBound"].as_f64().expect("a lower bound");
        let upper = step["MetricIntervalUpperBound"].as_f64().unwrap_or(f64::INFINITY);
        (lower..upper).contains(&wanted)
    };
    let mut found = steps.iter().filter(within);
    let tasks = found.next()?["ScalingAdjustment"].as_u64();
    assert!(found.next().is_none(), "two steps for {wanted}");
    tasks
}

#[test]
fn any_backlog_starts_workers_and_twice_as_many_as_wanted_at_most() {
    let template = template::read(&template::path());
    let policies = template::of_type(&template, "AWS::ApplicationAutoScaling::ScalingPolicy");
    let policy = &policies["ScaleToBacklog"]["StepScalingPolicyConfiguration"];
    assert_eq!(policy["AdjustmentType"], "ExactCapacity");
    let steps = policy["StepAdjustments"].as_array().expect("steps");
    // Application Auto Scaling takes twenty at most.
    assert!(steps.len() <= 20, "{}", steps.len());
    let most = template["Parameters"]["MaxWorkers"]["MaxValue"].as_f64().expect("a maximum");
    // One message already, and everything up to beyond the maximum.
    for hundredth in 1_i32..30_000 {
        let wanted = f64::from(hundredth) / 100.0;
        let tasks = asked(steps, wanted).unwrap_or_else(|| panic!("nothing for {wanted}"));
        let tasks = f64::from(u32::try_from(tasks).expect("a few"));
        assert!(tasks >= wanted.min(most), "{tasks} for {wanted}");
        assert!(tasks <= (2.0 * wanted).max(1.0) + 1.0, "{tasks} for {wanted}");
    }
    assert_eq!(asked(steps, 1.0 / 300.0), Some(1));
}

/// Both alarms count every message of all three queues, held ones too: a
/// worker that holds the last chunk isn't stopped.
#[test]
fn messages_that_are_held_count_and_none_is_left_out() {
    let template = template::read(&template::path());
    let alarms = template::of_type(&template, "AWS::CloudWatch::Alarm");
    for name in ["BacklogAlarm", "IdleAlarm", "StalledJobAlarm"] {
        let metrics = alarms[name]["Metrics"].as_array().expect("metrics");
        let expression = metrics.iter().find_map(|m| m["Expression"].as_str().map(str::to_owned));
        let expression = expression
            .or_else(|| metrics[0]["Expression"]["Fn::Sub"].as_str().map(str::to_owned))
            .expect("an expression");
        for queue in ["HighQueue", "NormalQueue", "LowQueue"] {
            for kind in ["Visible", "NotVisible"] {
                let metric = format!("ApproximateNumberOfMessages{kind}");
                let counted = metrics.iter().find(|m| {
                    let of = &m["MetricStat"]["Metric"];
                    of["MetricName"] == *metric
                        && of["Dimensions"][0]["Value"]["Fn::GetAtt"][0] == queue
                });
                let id = counted.and_then(|m| m["Id"].as_str());
                let id = id.unwrap_or_else(|| panic!("{name}: {metric} of {queue}"));
                assert!(expression.contains(id), "{name}: {id} isn't in {expression}");
            }
        }
    }
    assert_eq!(alarms["BacklogAlarm"]["Threshold"], 0);
    assert_eq!(alarms["IdleAlarm"]["ComparisonOperator"], "LessThanOrEqualToThreshold");
    let service = &template::of_type(&template, "AWS::ECS::Service")["WorkerService"];
    assert_eq!(service["DesiredCount"], 0);
    let targets = template::of_type(&template, "AWS::ApplicationAutoScaling::ScalableTarget");
    assert_eq!(targets["WorkerScaling"]["MinCapacity"], 0);
}
