//! The policy of `infra/reseal.yaml`: alarms, steps, bounds. Whatever it holds
//! that isn't modelled is refused, so that the simulation can't pass over it.

use std::collections::BTreeSet;

use anyhow::{Context, anyhow, bail, ensure};
use saphyr::{LoadableYamlNode, Yaml};

use crate::Second;
use crate::cloudwatch::{Alarm, Comparison};
use crate::policies::{Metric, Policy, Rule};
use crate::scaling::{Action, Adjustment, Step, StepPolicy};

const VISIBLE: &str = "ApproximateNumberOfMessagesVisible";
const HELD: &str = "ApproximateNumberOfMessagesNotVisible";
const DIVIDED: &str = ") / ${BacklogPerTask}";
const QUEUES: [&str; 3] = ["HighQueue", "LowQueue", "NormalQueue"];

/// A node and where it stands, for messages.
#[derive(Clone)]
struct Node<'a> {
    yaml: &'a Yaml<'a>,
    path: String,
}

impl<'a> Node<'a> {
    fn maybe(&self, key: &str) -> Option<Self> {
        let yaml = untagged(self.yaml).as_mapping_get(key)?;
        Some(Self { yaml, path: format!("{}.{key}", self.path) })
    }

    fn at(&self, path: &str) -> anyhow::Result<Self> {
        path.split('.').try_fold(self.clone(), |node, key| {
            node.maybe(key).with_context(|| format!("{}: {key} is missing", node.path))
        })
    }

    fn text(&self) -> anyhow::Result<&'a str> {
        untagged(self.yaml).as_str().with_context(|| format!("{}: a text, please", self.path))
    }

    fn number(&self) -> anyhow::Result<f64> {
        let yaml = untagged(self.yaml);
        let number = yaml.as_floating_point().or_else(|| yaml.as_integer().map(|n| n as f64));
        number.with_context(|| format!("{}: a number, please", self.path))
    }

    fn whole(&self) -> anyhow::Result<u64> {
        let number = self.number()?;
        ensure!(number >= 0.0 && number.fract() == 0.0, "{}: {number} is no count", self.path);
        Ok(number as u64)
    }

    fn items(&self) -> anyhow::Result<Vec<Self>> {
        let items = untagged(self.yaml).as_vec();
        let items = items.with_context(|| format!("{}: a list, please", self.path))?;
        let node = |(n, yaml)| Self { yaml, path: format!("{}[{n}]", self.path) };
        Ok(items.iter().enumerate().map(node).collect())
    }

    fn says(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let node = self.at(path)?;
        let found = node.text()?;
        ensure!(found == text, "{}: {found} isn't modelled, only {text}", node.path);
        Ok(())
    }
}

/// `!Ref X` is the text X, `!GetAtt X.Arn` that text, and so is `!Sub`'s.
fn untagged<'a>(yaml: &'a Yaml<'a>) -> &'a Yaml<'a> {
    match yaml {
        Yaml::Tagged(_, inner) => inner,
        plain => plain,
    }
}

/// The stack's policy.
///
/// # Errors
/// When the template lacks it, or holds what isn't modelled.
pub fn policy(template: &str) -> anyhow::Result<Policy> {
    let documents = Yaml::load_from_str(template).context("no YAML")?;
    let yaml = documents.first().ok_or_else(|| anyhow!("an empty template"))?;
    let root = Node { yaml, path: "template".to_owned() };
    let of = |parameter: &str| root.at(&format!("Parameters.{parameter}.Default"))?.whole();
    let (max, per_task) = (of("MaxWorkers")?, of("BacklogPerTask")? as f64);
    let resources = root.at("Resources")?;
    let bounds = resources.at("WorkerScaling.Properties")?;
    let min = bounds.at("MinCapacity")?.whole()?;
    bounds.says("MaxCapacity", "MaxWorkers")?;
    bounds.says("ScalableDimension", "ecs:service:DesiredCount")?;
    let mut rules = Vec::new();
    for (alarm, policy) in [("BacklogAlarm", "ScaleToBacklog"), ("IdleAlarm", "ScaleToZero")] {
        let properties = resources.at(&format!("{alarm}.Properties"))?;
        let actions = properties.at("AlarmActions")?;
        let invoked: Vec<_> = actions.items()?.iter().map(Node::text).collect::<Result<_, _>>()?;
        ensure!(invoked == [policy], "{}: {invoked:?} isn't modelled", actions.path);
        let divisor = if looks_at_tasks_wanted(&properties)? { per_task } else { 1.0 };
        rules.push(Rule {
            metric: Metric::Backlog { per: divisor },
            alarm: read_alarm(&properties)?,
            action: Action::Steps(read_steps(&resources.at(&format!("{policy}.Properties"))?)?),
        });
    }
    let is_scaling = |node: &Node| {
        node.maybe("Type").is_some_and(|t| {
            t.text().is_ok_and(|text| text == "AWS::ApplicationAutoScaling::ScalingPolicy")
        })
    };
    let all = untagged(resources.yaml).as_mapping().context("no resources")?;
    let count = all.iter().filter(|(_, yaml)| is_scaling(&Node { yaml, path: String::new() }));
    ensure!(count.count() == 2, "another scaling policy than the two that are modelled");
    let (min, max) = (u32::try_from(min)?, u32::try_from(max)?);
    Ok(Policy { name: "steps", min, max, per_task, rules })
}

fn read_alarm(alarm: &Node<'_>) -> anyhow::Result<Alarm> {
    let comparison = alarm.at("ComparisonOperator")?;
    let comparison = match comparison.text()? {
        "GreaterThanOrEqualToThreshold" => Comparison::AtLeast,
        "GreaterThanThreshold" => Comparison::Above,
        "LessThanThreshold" => Comparison::Below,
        "LessThanOrEqualToThreshold" => Comparison::AtMost,
        other => bail!("{}: {other} isn't modelled", comparison.path),
    };
    alarm.says("TreatMissingData", "notBreaching")?;
    let periods = alarm.at("EvaluationPeriods")?.whole()?;
    let datapoints = alarm.maybe("DatapointsToAlarm").map_or(Ok(periods), |node| node.whole())?;
    Ok(Alarm {
        threshold: alarm.at("Threshold")?.number()?,
        comparison,
        periods: usize::try_from(periods)?,
        datapoints: usize::try_from(datapoints)?,
    })
}

fn read_steps(policy: &Node<'_>) -> anyhow::Result<StepPolicy> {
    policy.says("PolicyType", "StepScaling")?;
    let settings = policy.at("StepScalingPolicyConfiguration")?;
    settings.says("MetricAggregationType", "Maximum")?;
    let kind = settings.at("AdjustmentType")?;
    let adjustment = match kind.text()? {
        "ExactCapacity" => Adjustment::Exact,
        "ChangeInCapacity" => Adjustment::Change,
        other => bail!("{}: {other} isn't modelled", kind.path),
    };
    let bound = |step: &Node<'_>, name: &str| -> anyhow::Result<Option<f64>> {
        step.maybe(name).map(|node| node.number()).transpose()
    };
    let steps = settings.at("StepAdjustments")?.items()?;
    let steps = steps.iter().map(|step| {
        Ok(Step {
            lower: bound(step, "MetricIntervalLowerBound")?,
            upper: bound(step, "MetricIntervalUpperBound")?,
            adjustment: step.at("ScalingAdjustment")?.number()? as i64,
        })
    });
    let steps = steps.collect::<anyhow::Result<Vec<_>>>()?;
    let cooldown: Second = settings.at("Cooldown")?.whole()?;
    Ok(StepPolicy { adjustment, cooldown, steps })
}

/// Both counts of all three queues, added, each minute; true where the sum is
/// divided by `BacklogPerTask`.
fn looks_at_tasks_wanted(alarm: &Node<'_>) -> anyhow::Result<bool> {
    let metrics = alarm.at("Metrics")?;
    let (mut seen, mut ids, mut expression) = (BTreeSet::new(), BTreeSet::new(), None);
    for metric in metrics.items()? {
        let id = metric.at("Id")?.text()?;
        if let Some(sum) = metric.maybe("Expression") {
            ensure!(expression.is_none(), "{}: a second expression", metric.path);
            expression = Some(sum.text()?);
            continue;
        }
        let stat = metric.at("MetricStat")?;
        ensure!(stat.at("Period")?.whole()? == 60, "{}: not a minute", stat.path);
        stat.says("Stat", "Maximum")?;
        stat.says("Metric.Namespace", "AWS/SQS")?;
        let dimensions = stat.at("Metric.Dimensions")?.items()?;
        let [dimension] = &dimensions[..] else { bail!("{}: one dimension", stat.path) };
        let queue = dimension.at("Value")?.text()?;
        let queue = queue.strip_suffix(".QueueName").unwrap_or(queue);
        seen.insert((stat.at("Metric.MetricName")?.text()?, queue));
        ids.insert(id);
    }
    let wanted = QUEUES.iter().flat_map(|queue| [(VISIBLE, *queue), (HELD, *queue)]);
    ensure!(seen == wanted.collect(), "{}: not the whole backlog: {seen:?}", metrics.path);
    let expression = expression.with_context(|| format!("{}: no expression", metrics.path))?;
    let divided = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(DIVIDED));
    let terms: BTreeSet<_> = divided.unwrap_or(expression).split('+').map(str::trim).collect();
    ensure!(terms == ids, "{}: not the sum of all: {expression}", metrics.path);
    Ok(divided.is_some())
}

#[cfg(test)]
pub(crate) mod tests;
