//! A bill at list prices, each figure with what it is made of.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::bill::{Bill, Quantities, Work};
use super::list::{ClassPrices, PriceList, RegionPrices, RestorePrice};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Days of a month, as storage is billed.
const MONTH: f64 = 30.0;

/// The share of KMS requests that bucket keys leave: AWS says "up to 99 %" are
/// saved.
const LEFT_BY_BUCKET_KEYS: f64 = 0.01;

/// One figure and its inputs: `usd` is `quantity` times `usd_each` by `per`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PricedLine {
    /// What it is for.
    pub work: Work,
    /// The storage class, but for a fleet's own cost.
    pub class: Option<String>,
    /// What is counted: writes, reads, KMS requests, GiB read, GiB-months billed
    /// after the end, and so on.
    pub what: &'static str,
    /// How many.
    pub quantity: f64,
    /// US dollars for `per` of them.
    pub usd_each: f64,
    /// How many of them the price is for.
    pub per: f64,
    /// US dollars.
    pub usd: f64,
}

/// Objects of a class that the list lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnpricedClass {
    /// Its name.
    pub class: String,
    /// How many objects of the class.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The same objects through S3 Batch Operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// One for each bucket and kind of action.
    pub jobs: u64,
    /// Objects in them.
    pub objects: u64,
    /// Of these, too large for its copy (above 5 GiB).
    pub too_large: u64,
    /// US dollars for jobs and objects.
    pub fees_usd: f64,
    /// US dollars with the same work, but without looks and copies in parts.
    pub total_usd: f64,
}

/// A priced bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Whose prices these are.
    pub region: String,
    /// Whether the list has none of the region asked for.
    pub stands_in_for: Option<String>,
    /// The day of the list.
    pub as_of: String,
    /// Every figure: their sum is the total.
    pub lines: Vec<PricedLine>,
    /// S3 requests, in US dollars.
    pub s3_usd: f64,
    /// KMS requests, at most.
    pub kms: u64,
    /// KMS requests in US dollars, without the saving of bucket keys.
    pub kms_usd_at_most: f64,
    /// The same with what bucket keys save.
    pub kms_usd_with_bucket_keys: f64,
    /// Reading from classes that charge for it, in US dollars.
    pub retrieval_usd: f64,
    /// Bringing objects back from archives, in US dollars: requests, bytes, and
    /// the copies that are kept meanwhile.
    pub restore_usd: f64,
    /// Objects that couldn't be looked at: in the total with that look alone.
    pub not_looked_at: u64,
    /// Classes that have no price in the list; in the total at STANDARD's.
    pub unpriced_classes: Vec<UnpricedClass>,
    /// Objects whose restore has no price in the list; not in the total.
    pub unpriced_restores: u64,
    /// What DSSE-KMS costs beside its KMS requests, in US dollars.
    pub dsse_usd: f64,
    /// Bytes under DSSE-KMS whose price isn't in the list; not in the total.
    pub unpriced_dsse_bytes: u64,
    /// Days that classes bill although the object was replaced, in US dollars.
    pub early_deletion_usd: f64,
    /// Queue, table and files of a fleet, in US dollars.
    pub fleet_usd: f64,
    /// Bytes of old versions that stay.
    pub superseded_bytes: u64,
    /// What they cost a month until somebody removes them; not in the total.
    pub superseded_usd_per_month: f64,
    /// Bytes of backups that stay.
    pub backup_bytes: u64,
    /// What they cost a month until somebody removes them; not in the total.
    pub backup_usd_per_month: f64,
    /// S3 Batch Operations.
    pub batch_operations: Comparison,
}

impl Estimate {
    /// Prices a bill. `jobs` is how many jobs Batch Operations would take;
    /// `fleet` whether a fleet does the work.
    #[must_use]
    pub fn new(bill: &Bill, prices: &PriceList, region: &str, jobs: u64, fleet: bool) -> Self {
        let Some((name, region_prices)) = prices.region(region) else {
            return Self::unpriced(region);
        };
        let mut lines = Vec::new();
        let (mut superseded_usd_per_month, mut backup_usd_per_month) = (0.0, 0.0);
        let mut unpriced_restores = 0;
        let kept = region_prices.class("STANDARD").map_or(0.0, |price| price.storage_per_gib_month);
        for (work, class, all) in bill.entries() {
            let Some(price) = region_prices.class(class.as_str()) else { continue };
            lines.extend(of_entry(work, class.as_str(), all, price));
            lines.extend(of_keys(work, class.as_str(), all, region_prices));
            match work.tier().map(|tier| price.restore.of(tier)) {
                Some(Some(price)) => {
                    lines.extend(of_restore(work, class.as_str(), all, price, kept));
                }
                Some(None) => unpriced_restores += all.restores,
                None => {}
            }
            let a_month = |bytes: u64| bytes as f64 / GIB * price.storage_per_gib_month;
            superseded_usd_per_month += a_month(all.superseded_bytes);
            backup_usd_per_month += a_month(all.backup_bytes);
        }
        let not_looked_at = objects_of(bill, |work| work == Work::FailedLook);
        if fleet {
            let objects = objects_of(bill, |work| work == Work::Look) + not_looked_at;
            lines.extend(of_fleet(objects, region_prices));
        }
        let sum_of = |wanted: &[&str]| -> f64 {
            let counted = lines.iter().filter(|line| wanted.contains(&line.what));
            // The sum of nothing would be -0.
            counted.fold(0.0, |sum, line| sum + line.usd)
        };
        let sum = bill.sum();
        let saved = sum.kms as f64 + sum.kms_through_bucket_keys as f64 * LEFT_BY_BUCKET_KEYS;
        Self {
            region: name.to_owned(),
            stands_in_for: (name != region).then(|| region.to_owned()),
            as_of: prices.as_of.clone(),
            s3_usd: sum_of(&[WRITES, READS]),
            kms: sum.kms + sum.kms_through_bucket_keys,
            kms_usd_at_most: sum_of(&[KMS]),
            kms_usd_with_bucket_keys: saved / 10_000.0 * region_prices.kms_per_10000,
            retrieval_usd: sum_of(&[RETRIEVED]),
            restore_usd: sum_of(&[RESTORES, RESTORED, KEPT]),
            not_looked_at,
            unpriced_classes: unpriced_classes(bill, region_prices),
            unpriced_restores,
            dsse_usd: sum_of(&[DSSE]),
            unpriced_dsse_bytes: match region_prices.dsse_per_gib {
                Some(_) => 0,
                None => sum.dsse_bytes,
            },
            early_deletion_usd: sum_of(&[EARLY]),
            fleet_usd: sum_of(&[HANDED_OUT]),
            superseded_bytes: sum.superseded_bytes,
            superseded_usd_per_month,
            backup_bytes: sum.backup_bytes,
            backup_usd_per_month,
            batch_operations: compare(bill, &lines, region_prices, jobs),
            lines,
        }
    }

    fn unpriced(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            stands_in_for: None,
            as_of: String::new(),
            lines: Vec::new(),
            s3_usd: 0.0,
            kms: 0,
            kms_usd_at_most: 0.0,
            kms_usd_with_bucket_keys: 0.0,
            retrieval_usd: 0.0,
            restore_usd: 0.0,
            not_looked_at: 0,
            unpriced_classes: Vec::new(),
            unpriced_restores: 0,
            dsse_usd: 0.0,
            unpriced_dsse_bytes: 0,
            early_deletion_usd: 0.0,
            fleet_usd: 0.0,
            superseded_bytes: 0,
            superseded_usd_per_month: 0.0,
            backup_bytes: 0,
            backup_usd_per_month: 0.0,
            batch_operations: Comparison::default(),
        }
    }

    /// All that the job itself costs, in US dollars: KMS at most, and without
    /// what old versions cost later.
    #[must_use]
    pub fn total_usd(&self) -> f64 {
        self.s3_usd
            + self.kms_usd_at_most
            + self.retrieval_usd
            + self.restore_usd
            + self.dsse_usd
            + self.early_deletion_usd
            + self.fleet_usd
    }
}

const WRITES: &str = "writes";
const READS: &str = "reads";
const KMS: &str = "KMS requests";
const DSSE: &str = "GiB under DSSE-KMS";
const RETRIEVED: &str = "GiB read";
const EARLY: &str = "GiB-months billed after the end";
const RESTORES: &str = "restores";
const RESTORED: &str = "GiB restored";
const KEPT: &str = "GiB-months of restored copies";
const HANDED_OUT: &str = "objects handed out";

fn of_entry(
    work: Work,
    class: &str,
    all: &Quantities,
    price: ClassPrices,
) -> impl Iterator<Item = PricedLine> + use<> {
    let ClassPrices {
        write_per_1000,
        read_per_1000,
        retrieval_per_gib,
        storage_per_gib_month,
        restore: _,
    } = price;
    let early = all.early_byte_days as f64 / GIB / MONTH;
    let figures = [
        (WRITES, all.writes as f64, write_per_1000, 1_000.0),
        (READS, all.reads as f64, read_per_1000, 1_000.0),
        (RETRIEVED, all.retrieved_bytes as f64 / GIB, retrieval_per_gib, 1.0),
        (EARLY, early, storage_per_gib_month, 1.0),
    ];
    lines(work, Some(class), figures)
}

/// The copies lie in STANDARD, at this price per GiB and month.
fn of_restore(
    work: Work,
    class: &str,
    all: &Quantities,
    price: RestorePrice,
    kept: f64,
) -> impl Iterator<Item = PricedLine> + use<> {
    let RestorePrice { per_1000, per_gib } = price;
    let months = all.restored_byte_days as f64 / GIB / MONTH;
    let figures = [
        (RESTORES, all.restores as f64, per_1000, 1_000.0),
        (RESTORED, all.restored_bytes as f64 / GIB, per_gib, 1.0),
        (KEPT, months, kept, 1.0),
    ];
    lines(work, Some(class), figures)
}

fn of_keys(
    work: Work,
    class: &str,
    all: &Quantities,
    prices: &RegionPrices,
) -> impl Iterator<Item = PricedLine> + use<> {
    let requests = (all.kms + all.kms_through_bucket_keys) as f64;
    let requests = (KMS, requests, prices.kms_per_10000, 10_000.0);
    let gib = all.dsse_bytes as f64 / GIB;
    let priced = prices.dsse_per_gib.map(|usd| (DSSE, gib, usd, 1.0));
    lines(work, Some(class), [Some(requests), priced].into_iter().flatten())
}

fn of_fleet(objects: u64, prices: &RegionPrices) -> impl Iterator<Item = PricedLine> + use<> {
    lines(Work::Fleet, None, [(HANDED_OUT, objects as f64, prices.fleet_per_million, 1e6)])
}

fn lines<F>(
    work: Work,
    class: Option<&str>,
    figures: F,
) -> impl Iterator<Item = PricedLine> + use<F>
where
    F: IntoIterator<Item = (&'static str, f64, f64, f64)>,
{
    let class = class.map(str::to_owned);
    let counted = figures.into_iter().filter(|(_, quantity, ..)| *quantity > 0.0);
    counted.map(move |(what, quantity, usd_each, per)| {
        let usd = quantity / per * usd_each;
        PricedLine { work, class: class.clone(), what, quantity, usd_each, per, usd }
    })
}

fn objects_of(bill: &Bill, wanted: impl Fn(Work) -> bool) -> u64 {
    bill.entries().filter(|(work, ..)| wanted(*work)).map(|(.., all)| all.objects).sum()
}

/// An object is in a class's entries once for each kind of work.
fn unpriced_classes(bill: &Bill, prices: &RegionPrices) -> Vec<UnpricedClass> {
    let mut classes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (_, class, all) in bill.entries().filter(|(_, class, _)| !prices.knows(class.as_str())) {
        let (objects, bytes) = classes.entry(class.as_str()).or_default();
        (*objects, *bytes) = ((*objects).max(all.objects), (*bytes).max(all.bytes));
    }
    let named = classes.into_iter().map(|(class, (objects, bytes))| UnpricedClass {
        class: class.to_owned(),
        objects,
        bytes,
    });
    named.collect()
}

/// Batch Operations reads the object list from a report, copies up to 5 GiB
/// and looks at nothing.
fn compare(bill: &Bill, lines: &[PricedLine], prices: &RegionPrices, jobs: u64) -> Comparison {
    let does = |work: Work| matches!(work, Work::Update | Work::Copy) || work.tier().is_some();
    let objects = objects_of(bill, does);
    let fees_usd = jobs as f64 * prices.batch_operations_per_job
        + objects as f64 / 1e6 * prices.batch_operations_per_million;
    let same: f64 =
        lines.iter().filter(|line| does(line.work) && line.what != READS).map(|l| l.usd).sum();
    Comparison {
        jobs,
        objects,
        too_large: objects_of(bill, |work| work == Work::MultipartCopy),
        fees_usd,
        total_usd: fees_usd + same,
    }
}
