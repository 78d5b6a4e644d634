//! A bill at list prices, each figure with what it is made of.

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
    /// The storage class.
    pub class: String,
    /// What is counted: writes, reads, GiB read, GiB-months billed after the end.
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
    /// Every figure of S3.
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
    /// Objects whose restore has no price in the list; not in the total.
    pub unpriced_restores: u64,
    /// Days that classes bill although the object was replaced, in US dollars.
    pub early_deletion_usd: f64,
    /// Queue, table and files of a fleet, in US dollars.
    pub fleet_usd: f64,
    /// Bytes of old versions that stay.
    pub superseded_bytes: u64,
    /// What they cost a month until somebody removes them; not in the total.
    pub superseded_usd_per_month: f64,
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
        let (mut superseded_usd_per_month, mut unpriced_restores) = (0.0, 0);
        let kept = region_prices.class("STANDARD").map_or(0.0, |price| price.storage_per_gib_month);
        for (work, class, all) in bill.entries() {
            let Some(price) = region_prices.class(class.as_str()) else { continue };
            lines.extend(of_entry(work, class.as_str(), all, price));
            match work.tier().map(|tier| price.restore.of(tier)) {
                Some(Some(price)) => {
                    lines.extend(of_restore(work, class.as_str(), all, price, kept));
                }
                Some(None) => unpriced_restores += all.restores,
                None => {}
            }
            superseded_usd_per_month +=
                all.superseded_bytes as f64 / GIB * price.storage_per_gib_month;
        }
        let sum_of = |wanted: &[&str]| -> f64 {
            let counted = lines.iter().filter(|line| wanted.contains(&line.what));
            // The sum of nothing would be -0.
            counted.fold(0.0, |sum, line| sum + line.usd)
        };
        let sum = bill.sum();
        let kms_usd = |requests: f64| requests / 10_000.0 * region_prices.kms_per_10000;
        let kms = sum.kms + sum.kms_through_bucket_keys;
        let saved = sum.kms as f64 + sum.kms_through_bucket_keys as f64 * LEFT_BY_BUCKET_KEYS;
        let objects: u64 = bill
            .entries()
            .filter(|(work, ..)| *work == Work::Look)
            .map(|(_, _, all)| all.objects)
            .sum();
        let fleet_usd = objects as f64 / 1e6 * region_prices.fleet_per_million;
        let kms_usd_at_most = kms_usd(kms as f64);
        Self {
            region: name.to_owned(),
            stands_in_for: (name != region).then(|| region.to_owned()),
            as_of: prices.as_of.clone(),
            s3_usd: sum_of(&[WRITES, READS]),
            kms,
            kms_usd_at_most,
            kms_usd_with_bucket_keys: kms_usd(saved),
            retrieval_usd: sum_of(&[RETRIEVED]),
            restore_usd: sum_of(&[RESTORES, RESTORED, KEPT]),
            unpriced_restores,
            early_deletion_usd: sum_of(&[EARLY]),
            fleet_usd: if fleet { fleet_usd } else { 0.0 },
            superseded_bytes: sum.superseded_bytes,
            superseded_usd_per_month,
            batch_operations: compare(bill, &lines, region_prices, jobs, kms_usd_at_most),
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
            unpriced_restores: 0,
            early_deletion_usd: 0.0,
            fleet_usd: 0.0,
            superseded_bytes: 0,
            superseded_usd_per_month: 0.0,
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
            + self.early_deletion_usd
            + self.fleet_usd
    }
}

const WRITES: &str = "writes";
const READS: &str = "reads";
const RETRIEVED: &str = "GiB read";
const EARLY: &str = "GiB-months billed after the end";
const RESTORES: &str = "restores";
const RESTORED: &str = "GiB restored";
const KEPT: &str = "GiB-months of restored copies";

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
    lines(work, class, figures)
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
    lines(work, class, figures)
}

fn lines<const N: usize>(
    work: Work,
    class: &str,
    figures: [(&'static str, f64, f64, f64); N],
) -> impl Iterator<Item = PricedLine> + use<N> {
    let class = class.to_owned();
    let counted = figures.into_iter().filter(|(_, quantity, ..)| *quantity > 0.0);
    counted.map(move |(what, quantity, usd_each, per)| {
        let usd = quantity / per * usd_each;
        PricedLine { work, class: class.clone(), what, quantity, usd_each, per, usd }
    })
}

/// Batch Operations reads the object list from a report, copies up to 5 GiB
/// and looks at nothing.
fn compare(
    bill: &Bill,
    lines: &[PricedLine],
    prices: &RegionPrices,
    jobs: u64,
    kms_usd: f64,
) -> Comparison {
    let does = |work: Work| matches!(work, Work::Update | Work::Copy) || work.tier().is_some();
    let count = |wanted: &dyn Fn(Work) -> bool| -> u64 {
        bill.entries().filter(|(work, ..)| wanted(*work)).map(|(.., all)| all.objects).sum()
    };
    let objects = count(&does);
    let fees_usd = jobs as f64 * prices.batch_operations_per_job
        + objects as f64 / 1e6 * prices.batch_operations_per_million;
    let same: f64 =
        lines.iter().filter(|line| does(line.work) && line.what != READS).map(|l| l.usd).sum();
    Comparison {
        jobs,
        objects,
        too_large: count(&|work| work == Work::MultipartCopy),
        fees_usd,
        total_usd: fees_usd + same + kms_usd,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bill::{BilledTerms, Restated};
    use super::*;
    use crate::{
        Action, ArchiveState, Attributes, ETag, Encryption, KmsTarget, ObjectHead, ObjectLock,
        RestoreTerms, RestoreTier, StorageClass, Target, Timestamp,
    };

    const DAY: i64 = 86_400_000;

    fn head(class: &str, size: u64, days_old: i64, encryption: Encryption) -> ObjectHead {
        ObjectHead {
            version: None,
            etag: ETag::new("e"),
            size,
            last_modified: Timestamp::from_millis((100 - days_old) * DAY),
            encryption,
            archive: ArchiveState::Online,
            lock: ObjectLock::default(),
            tag_count: 0,
            parts_count: None,
            attributes: Attributes::of_class(StorageClass::new(class)),
        }
    }

    fn terms(target: &Target, keeps_versions: bool) -> BilledTerms<'_> {
        BilledTerms {
            target,
            restated: Restated::default(),
            keeps_versions,
            backed_up: false,
            now: Timestamp::from_millis(100 * DAY),
        }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    fn price(bill: &Bill, jobs: u64, fleet: bool) -> Estimate {
        Estimate::new(bill, &PriceList::built_in(), "us-east-1", jobs, fleet)
    }

    #[test]
    fn a_million_plain_copies_cost_what_the_price_list_says() {
        let object = head("STANDARD", 1, 0, Encryption::SseS3);
        let mut bill = Bill::default();
        bill.look(&StorageClass::standard());
        bill.action(&Action::Copy, &object, &terms(&Target::SseS3, true));
        let estimate = price(&bill.scale(1e6), 1, true);
        // A million copies at $5, a million looks at $0.40, the fleet's $0.042.
        assert!(close(estimate.s3_usd, 5.4), "{estimate:?}");
        assert!(close(estimate.total_usd(), 5.442), "{estimate:?}");
        assert!(close(estimate.batch_operations.total_usd, 0.25 + 1.0 + 5.0), "{estimate:?}");
        for line in &estimate.lines {
            assert!(close(line.usd, line.quantity / line.per * line.usd_each), "{line:?}");
        }
    }

    #[test]
    fn bucket_keys_save_what_they_wrap_only() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/k".parse().expect("an ARN");
        let target = Target::SseKms(KmsTarget { key, bucket_key: true });
        let without = Encryption::SseKms { key: None, bucket_key: false };
        let mut bill = Bill::default();
        bill.action(&Action::Copy, &head("STANDARD", 1, 0, without), &terms(&target, true));
        let estimate = price(&bill.scale(10_000.0), 1, false);
        assert_eq!(estimate.kms, 20_000);
        assert!(close(estimate.kms_usd_at_most, 0.06), "{estimate:?}");
        assert!(close(estimate.kms_usd_with_bucket_keys, 0.0303), "{estimate:?}");
    }

    #[test]
    fn a_copy_from_an_infrequent_class_pays_for_reading_and_for_leaving_early() {
        let gib = 1024 * 1024 * 1024;
        let young = head("STANDARD_IA", gib, 10, Encryption::None);
        let mut replaced = Bill::default();
        replaced.action(&Action::Copy, &young, &terms(&Target::SseS3, false));
        let estimate = price(&replaced, 1, false);
        assert!(close(estimate.retrieval_usd, 0.01), "{estimate:?}");
        // Twenty of thirty days are left.
        assert!(close(estimate.early_deletion_usd, 0.0125 * 20.0 / 30.0), "{estimate:?}");
        let mut kept = Bill::default();
        kept.action(&Action::Copy, &young, &terms(&Target::SseS3, true));
        let estimate = price(&kept, 1, false);
        assert!(close(estimate.early_deletion_usd, 0.0) && estimate.superseded_bytes == gib);
        assert!(close(estimate.superseded_usd_per_month, 0.0125), "{estimate:?}");
    }

    #[test]
    fn a_restore_costs_by_its_tier_and_for_the_days_that_its_copy_is_kept() {
        let gib = 1024 * 1024 * 1024;
        let restore = |class: &str, tier: RestoreTier| {
            let terms = RestoreTerms { days: 15, tier, class: StorageClass::standard() };
            let mut bill = Bill::default();
            let archived = head(class, gib, 0, Encryption::None);
            bill.action(&Action::Restore(terms), &archived, &terms_of_restores());
            price(&bill.scale(1_000.0), 1, false)
        };
        // Half a month of 1,000 GiB in STANDARD, beside what the tier costs.
        let kept = 500.0 * 0.023;
        for (class, tier, usd) in [
            ("GLACIER", RestoreTier::Standard, 0.05 + 10.0 + kept),
            ("GLACIER", RestoreTier::Bulk, kept),
            ("GLACIER", RestoreTier::Expedited, 10.0 + 30.0 + kept),
            ("DEEP_ARCHIVE", RestoreTier::Standard, 0.1 + 20.0 + kept),
            ("DEEP_ARCHIVE", RestoreTier::Bulk, 0.025 + 2.5 + kept),
            ("INTELLIGENT_TIERING", RestoreTier::Bulk, 0.0),
            ("INTELLIGENT_TIERING", RestoreTier::Expedited, 10.0 + 30.0),
        ] {
            let estimate = restore(class, tier);
            assert!(close(estimate.restore_usd, usd), "{class} {tier:?}: {estimate:?}");
            assert!(close(estimate.total_usd(), usd) && estimate.unpriced_restores == 0);
        }
        assert_eq!(restore("DEEP_ARCHIVE", RestoreTier::Expedited).unpriced_restores, 1_000);
    }

    fn terms_of_restores() -> BilledTerms<'static> {
        terms(&Target::SseS3, true)
    }

    #[test]
    fn a_tag_on_what_is_at_the_target_costs_a_write() {
        let mut bill = Bill::default();
        bill.look(&StorageClass::standard());
        bill.mark(&StorageClass::standard());
        let estimate = price(&bill.scale(1e6), 0, false);
        assert!(close(estimate.total_usd(), 5.0 + 4.0 * 0.4), "{estimate:?}");
    }

    #[test]
    fn another_regions_prices_are_said_to_be_so() {
        let estimate =
            Estimate::new(&Bill::default(), &PriceList::built_in(), "eu-west-9", 0, false);
        assert_eq!(estimate.stands_in_for.as_deref(), Some("eu-west-9"));
    }
}
