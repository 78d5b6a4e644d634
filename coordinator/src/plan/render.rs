//! The plan as people see it, and as JSON.

use std::fmt::Write as _;

use reseal_core::{Comparison, Estimate, PriceList, PricedLine, UnpricedClass};
use serde::Serialize;

use super::census::{Census, Count, Group, Least};
use crate::cli::Limits;
use crate::hazards::Hazard;
use crate::progress::duration;

/// A plan with everything that is shown of it.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    sources: Vec<String>,
    target: String,
    /// How many objects were looked at, where the rest is extrapolated.
    #[serde(skip_serializing_if = "Option::is_none")]
    sampled: Option<u64>,
    objects: Count,
    to_re_encrypt: Count,
    left_out_by_selection: u64,
    groups: Vec<Line>,
    hazards: Vec<HazardLine>,
    estimate: Estimate,
    total_usd: f64,
    seconds_at_least: u64,
    bound_by: Least,
}

/// At whose prices, and what else costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priced<'a> {
    pub(crate) list: &'a PriceList,
    pub(crate) region: &'a str,
    pub(crate) fleet: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    group: Group,
    #[serde(flatten)]
    count: Count,
}

#[derive(Debug, Serialize)]
struct HazardLine {
    #[serde(flatten)]
    hazard: Hazard,
    text: String,
}

impl Shown {
    pub(crate) fn new(
        sources: Vec<String>,
        target: String,
        census: &Census,
        left_out: u64,
        mut hazards: Vec<Hazard>,
        limits: &Limits,
        priced: Priced<'_>,
    ) -> Self {
        hazards.extend(census.hazards());
        let lines = census.groups().map(|(g, c)| Line { group: g.clone(), count: *c });
        let Priced { list, region, fleet } = priced;
        let estimate = Estimate::new(census.bill(), list, region, census.batch_jobs(), fleet);
        let least = census.duration(limits);
        Self {
            sources,
            target,
            sampled: None,
            objects: census.total(),
            to_re_encrypt: census.acting(),
            left_out_by_selection: left_out,
            groups: lines.collect(),
            hazards: hazards
                .into_iter()
                .map(|hazard| HazardLine { text: hazard.text(), hazard })
                .collect(),
            total_usd: estimate.total_usd(),
            estimate,
            seconds_at_least: least.duration().as_secs(),
            bound_by: least,
        }
    }

    /// The estimate.
    pub(crate) fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// All objects.
    pub(crate) fn objects(&self) -> u64 {
        self.objects.objects
    }

    /// Says that it is extrapolated from so many objects.
    pub(crate) fn sampled(self, objects: u64) -> Self {
        Self { sampled: (objects < self.objects.objects).then_some(objects), ..self }
    }
}

/// For people.
pub(crate) fn text(plan: &Shown) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write(&mut out, plan);
    out
}

fn write(out: &mut String, plan: &Shown) -> std::fmt::Result {
    for source in &plan.sources {
        writeln!(out, "source   {source}")?;
    }
    writeln!(out, "target   {}", plan.target)?;
    writeln!(
        out,
        "objects  {} ({}), of which {} ({}) would be re-encrypted",
        plan.objects.objects,
        bytes(plan.objects.bytes),
        plan.to_re_encrypt.objects,
        bytes(plan.to_re_encrypt.bytes)
    )?;
    if plan.left_out_by_selection > 0 {
        writeln!(out, "         {} more are outside the selection", plan.left_out_by_selection)?;
    }
    if let Some(sampled) = plan.sampled {
        writeln!(out, "         (extrapolated from {sampled} objects that were looked at)")?;
    }
    table(out, &plan.groups)?;
    price(out, &plan.estimate)?;
    let least = std::time::Duration::from_secs(plan.seconds_at_least);
    let Least { what, count, per_second } = plan.bound_by;
    writeln!(out, "time     at least {}: {count} {what}, {per_second} a second", duration(least))?;
    for hazard in &plan.hazards {
        writeln!(out, "hazard   {}", hazard.text)?;
    }
    Ok(())
}

/// Below it a figure isn't worth a line.
const A_CENT: f64 = 0.01;

/// Requests whole, GiB with two digits.
fn amount(quantity: f64) -> String {
    if quantity.fract() == 0.0 { format!("{quantity:.0}") } else { format!("{quantity:.2}") }
}

fn price(out: &mut String, estimate: &Estimate) -> std::fmt::Result {
    let Estimate {
        region, as_of, s3_usd, kms, kms_usd_at_most, retrieval_usd, restore_usd, ..
    } = estimate;
    writeln!(
        out,
        "price    ${:.2} by list prices of {region}, {as_of} (--prices takes others): S3 requests ${s3_usd:.2}, KMS ${kms_usd_at_most:.2}, retrieval ${retrieval_usd:.2}, restores ${restore_usd:.2}, DSSE ${:.2}, early deletion ${:.2}, fleet ${:.2}",
        estimate.total_usd(),
        estimate.dsse_usd,
        estimate.early_deletion_usd,
        estimate.fleet_usd
    )?;
    if let Some(asked) = &estimate.stands_in_for {
        writeln!(out, "         (no prices of {asked} are known; these stand in for them)")?;
    }
    if estimate.not_looked_at > 0 {
        let unseen = estimate.not_looked_at;
        writeln!(
            out,
            "         (without what {unseen} objects cost, which couldn't be looked at)"
        )?;
    }
    for UnpricedClass { class, objects, bytes: size } in &estimate.unpriced_classes {
        let size = bytes(*size);
        writeln!(
            out,
            "         (no price of {class} is known: {objects} objects, {size}, priced as STANDARD; --prices FILE says it)"
        )?;
    }
    if estimate.unpriced_restores > 0 {
        let restores = estimate.unpriced_restores;
        writeln!(
            out,
            "         (without the restore of {restores} objects, whose price isn't known)"
        )?;
    }
    if estimate.unpriced_dsse_bytes > 0 {
        let size = bytes(estimate.unpriced_dsse_bytes);
        writeln!(
            out,
            "         (without what DSSE-KMS costs by the byte for {size}, which isn't known; dsse_per_gib in --prices FILE says it)"
        )?;
    }
    let (shown, small): (Vec<_>, Vec<_>) =
        estimate.lines.iter().partition(|line| line.usd >= A_CENT);
    for PricedLine { work, class, what, quantity, usd_each, per, usd } in shown {
        let work = serde_json::to_value(work).unwrap_or_default();
        let work = work.as_str().unwrap_or_default();
        let class = class.as_ref().map(|class| format!(", {class}")).unwrap_or_default();
        let per = if *per == 1.0 { String::new() } else { format!(" per {per}") };
        writeln!(
            out,
            "           {work}{class}: {} {what} at ${usd_each}{per} = ${usd:.2}",
            amount(*quantity)
        )?;
    }
    if !small.is_empty() {
        writeln!(out, "           {} figures below a cent (--output json has them)", small.len())?;
    }
    if *kms > 0 {
        let with = estimate.kms_usd_with_bucket_keys;
        writeln!(
            out,
            "           {kms} KMS requests in all = ${kms_usd_at_most:.2}; with what bucket keys save about ${with:.2}"
        )?;
    }
    if estimate.superseded_bytes > 0 {
        let (kept, usd) = (bytes(estimate.superseded_bytes), estimate.superseded_usd_per_month);
        writeln!(out, "         old versions that stay: {kept}, ${usd:.2} a month on top")?;
    }
    if estimate.backup_bytes > 0 {
        let (kept, usd) = (bytes(estimate.backup_bytes), estimate.backup_usd_per_month);
        writeln!(out, "         backups that stay: {kept}, ${usd:.2} a month on top")?;
    }
    let Comparison { jobs, objects, too_large, fees_usd, total_usd } = estimate.batch_operations;
    if jobs > 0 {
        write!(
            out,
            "         S3 Batch Operations: ${total_usd:.2}, of which ${fees_usd:.2} for {jobs} jobs on {objects} objects"
        )?;
        let beyond = if too_large > 0 {
            format!("; {too_large} are too large for its copy")
        } else {
            String::new()
        };
        writeln!(out, "{beyond}")?;
    }
    Ok(())
}

fn table(out: &mut String, lines: &[Line]) -> std::fmt::Result {
    const HEAD: [&str; 6] = ["bucket", "encryption", "class", "decision", "objects", "size"];
    let rows: Vec<[String; 6]> = lines
        .iter()
        .map(|Line { group, count }| {
            [
                group.bucket.to_string(),
                group.encryption.to_owned(),
                group.storage_class.clone(),
                group.decision.clone(),
                count.objects.to_string(),
                bytes(count.bytes),
            ]
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut line = |cells: [&str; 6]| {
        let mut text = String::from(" ");
        for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Numbers to the right.
            let cell =
                if index < 4 { format!(" {cell:<width$}") } else { format!(" {cell:>width$}") };
            text.push_str(&cell);
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(HEAD)?;
    for row in &rows {
        line([&row[0], &row[1], &row[2], &row[3], &row[4], &row[5]])?;
    }
    Ok(())
}

/// Bytes for people.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}
