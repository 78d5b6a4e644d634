use super::*;

const SUM: &str = "v1 + v2 + v3 + n1 + n2 + n3";

fn metrics(expression: &str) -> String {
    let mut text = format!("        - {{ Id: all, Expression: {expression} }}\n");
    for (number, queue) in ["High", "Normal", "Low"].into_iter().enumerate() {
        for (id, name) in [("v", VISIBLE), ("n", HELD)] {
            let id = format!("{id}{}", number + 1);
            text.push_str(&format!(
                "        - {{ Id: {id}, MetricStat: {{ Period: 60, Stat: Maximum, Metric: {{ Namespace: AWS/SQS, MetricName: {name}, Dimensions: [{{ Name: QueueName, Value: !GetAtt {queue}Queue.QueueName }}] }} }} }}\n"
            ));
        }
    }
    text
}

/// An alarm, its comparison, periods and expression; its policy and steps.
fn part(names: [&str; 2], comparison: &str, periods: u32, watched: &str, steps: &str) -> String {
    let ([alarm, policy], metrics) = (names, metrics(watched));
    format!(
        "  {policy}:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyType: StepScaling
      StepScalingPolicyConfiguration:
        AdjustmentType: ExactCapacity
        MetricAggregationType: Maximum
        Cooldown: 60
        StepAdjustments: {steps}
  {alarm}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ComparisonOperator: {comparison}
      Threshold: 0
      EvaluationPeriods: {periods}
      TreatMissingData: notBreaching
      AlarmActions: [!Ref {policy}]
      Metrics:
{metrics}"
    )
}

pub(crate) fn template() -> String {
    let backlog = part(
        ["BacklogAlarm", "ScaleToBacklog"],
        "GreaterThanThreshold",
        1,
        &format!("!Sub '({SUM}) / ${{BacklogPerTask}}'"),
        "[{ MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 1, ScalingAdjustment: 1 }, { MetricIntervalLowerBound: 1, ScalingAdjustment: 4 }]",
    );
    let empty = part(
        ["IdleAlarm", "ScaleToZero"],
        "LessThanOrEqualToThreshold",
        10,
        SUM,
        "[{ MetricIntervalUpperBound: 0, ScalingAdjustment: 0 }]",
    );
    format!(
        "Parameters:
  MaxWorkers: {{ Type: Number, Default: 4 }}
  BacklogPerTask: {{ Type: Number, Default: 300 }}
Resources:
  WorkerScaling:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ScalableDimension: ecs:service:DesiredCount
      ResourceId: !Sub service/${{Cluster}}/${{WorkerService.Name}}
      MinCapacity: 0
      MaxCapacity: !Ref MaxWorkers
{backlog}{empty}"
    )
}

#[test]
fn alarms_steps_and_bounds_are_read() {
    let read = policy(&template()).expect("a policy");
    assert_eq!((read.min, read.max, read.per_task, read.rules.len()), (0, 4, 300.0, 2));
    let [backlog, idle] = &read.rules[..] else { panic!("two rules") };
    assert_eq!((backlog.alarm.comparison, backlog.alarm.periods), (Comparison::Above, 1));
    assert_eq!((idle.alarm.comparison, idle.alarm.datapoints), (Comparison::AtMost, 10));
    assert_eq!(backlog.metric, Metric::Backlog { per: 300.0 });
    assert_eq!(idle.metric, Metric::Backlog { per: 1.0 });
    let Action::Steps(steps) = &backlog.action else { panic!("steps") };
    assert_eq!((steps.adjustment, steps.cooldown), (Adjustment::Exact, 60));
    let second = Step { lower: Some(1.0), upper: None, adjustment: 4 };
    assert_eq!(steps.steps[1], second);
}

#[test]
fn what_is_not_modelled_is_refused() {
    let whole = template();
    for (was, becomes, told) in [
        (SUM, "v1 + v2 + v3", "not the sum of all"),
        (SUM, "FILL(v1, 0) + v2 + v3 + n1 + n2 + n3", "not the sum of all"),
        ("/ ${BacklogPerTask}", "/ 300", "not the sum of all"),
        ("LowQueue", "HighQueue", "not the whole backlog"),
        ("notBreaching", "breaching", "breaching isn't modelled"),
        ("Period: 60", "Period: 300", "not a minute"),
        ("PolicyType: StepScaling", "PolicyType: TargetTrackingScaling", "isn't modelled"),
        ("ExactCapacity", "PercentChangeInCapacity", "isn't modelled"),
        ("[!Ref ScaleToBacklog]", "[!Ref ScaleToZero]", "isn't modelled"),
        ("MaxCapacity: !Ref MaxWorkers", "MaxCapacity: !Ref Most", "isn't modelled"),
        ("EvaluationPeriods: 10", "Comment: none", "EvaluationPeriods is missing"),
    ] {
        assert!(whole.contains(was), "{was}");
        let refused = policy(&whole.replace(was, becomes)).expect_err(becomes).to_string();
        assert!(refused.contains(told), "{becomes}: {refused}");
    }
    let third = format!("{whole}  More:\n    Type: AWS::ApplicationAutoScaling::ScalingPolicy\n");
    assert!(policy(&third).expect_err("a third").to_string().contains("another scaling policy"));
}
