//! What a job costs in requests.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::{Action, PartPlan, PartSizing, StorageClass, Target};

/// Prices in US dollars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceTable {
    /// The region that they hold for.
    pub region: String,
    /// The day on which they were read.
    pub as_of: String,
    /// Per 1,000 PUT, COPY, POST or LIST requests on STANDARD.
    pub put_per_1000: f64,
    /// Per 1,000 GET, HEAD and all other requests on STANDARD.
    pub get_per_1000: f64,
    /// Per 1,000 PUT, COPY, POST or LIST requests on an infrequent-access or
    /// archive class, the dearest of them.
    pub put_per_1000_other_classes: f64,
    /// Per GiB read from an infrequent-access class, the dearest of them.
    pub retrieval_per_gib: f64,
    /// Per 10,000 KMS requests.
    pub kms_per_10000: f64,
}

impl PriceTable {
    /// us-east-1, from the published price list as far as it could be read;
    /// check before you rely on it.
    #[must_use]
    pub fn us_east_1() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            as_of: "2026-11".to_owned(),
            put_per_1000: 0.005,
            get_per_1000: 0.0004,
            put_per_1000_other_classes: 0.02,
            retrieval_per_gib: 0.03,
            kms_per_10000: 0.03,
        }
    }
}

/// Requests, as they are billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// PUT-priced, on STANDARD.
    pub put: u64,
    /// PUT-priced, on other classes.
    pub put_other_classes: u64,
    /// GET-priced.
    pub get: u64,
    /// KMS, at most: bucket keys save nearly all of them.
    pub kms: u64,
    /// Bytes read from classes that charge for it.
    pub retrieved_bytes: u64,
}

/// What HEAD doesn't tell and is restated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restated {
    /// The bucket uses ACLs.
    pub acl: bool,
    /// A marker tag is wanted.
    pub marker: bool,
}

/// Reads of a copy in parts: tags four times (before, just before Complete, on
/// the copy, on the old version), the checksum twice, annotations, the HEAD that
/// proves it.
const IN_PARTS: u64 = 8;

impl RequestCounts {
    /// One look at an object.
    #[must_use]
    pub fn look() -> Self {
        Self { get: 1, ..Self::default() }
    }

    /// One action on an object, with its proof.
    #[must_use]
    pub fn action(
        action: &Action,
        size: u64,
        class: &StorageClass,
        restated: Restated,
        target: &Target,
    ) -> Self {
        let kms_writes = u64::from(target.key().is_some());
        let Restated { acl, marker } = restated;
        let (acl, marker) = (u64::from(acl), u64::from(marker));
        let (put, get, kms) = match action {
            // Re-wrapping the data key decrypts with one key and encrypts with the other.
            Action::Update(_) => (1 + marker, 1 + 2 * marker, 2),
            // What is restated is read before, on the copy and on the old version.
            Action::Copy => (1, 3 * (acl + marker), 1 + kms_writes),
            // The copy that follows belongs to a later run, and so does its price.
            Action::Restore(_) => (1, 0, 0),
            Action::Multipart => {
                let parts =
                    PartPlan::new(size, PartSizing::default()).map_or(0, |plan| plan.count());
                let parts = u64::from(parts);
                (parts + 2, IN_PARTS + 4 * acl, parts + kms_writes)
            }
        };
        let moved = matches!(action, Action::Copy | Action::Multipart);
        let retrieved_bytes = if moved && class.charges_retrieval() { size } else { 0 };
        if *class == StorageClass::standard() {
            Self { put, get, kms, retrieved_bytes, ..Self::default() }
        } else {
            Self { put_other_classes: put, get, kms, retrieved_bytes, put: 0 }
        }
    }
}

impl AddAssign for RequestCounts {
    fn add_assign(&mut self, other: Self) {
        let Self { put, put_other_classes, get, kms, retrieved_bytes } = other;
        self.put += put;
        self.put_other_classes += put_other_classes;
        self.get += get;
        self.kms += kms;
        self.retrieved_bytes += retrieved_bytes;
    }
}

/// A priced count of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The requests.
    pub requests: RequestCounts,
    /// S3 requests, in US dollars.
    pub s3_usd: f64,
    /// KMS requests, in US dollars, without the saving of bucket keys.
    pub kms_usd_at_most: f64,
    /// Retrieval from infrequent-access classes, in US dollars.
    pub retrieval_usd: f64,
    /// The prices used.
    pub prices: PriceTable,
}

impl Estimate {
    /// Prices these requests.
    #[must_use]
    pub fn new(requests: RequestCounts, prices: PriceTable) -> Self {
        const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
        let s3_usd = requests.put as f64 / 1000.0 * prices.put_per_1000
            + requests.put_other_classes as f64 / 1000.0 * prices.put_per_1000_other_classes
            + requests.get as f64 / 1000.0 * prices.get_per_1000;
        Self {
            requests,
            s3_usd,
            kms_usd_at_most: requests.kms as f64 / 10_000.0 * prices.kms_per_10000,
            retrieval_usd: requests.retrieved_bytes as f64 / GIB * prices.retrieval_per_gib,
            prices,
        }
    }

    /// All of it, in US dollars.
    #[must_use]
    pub fn total_usd(&self) -> f64 {
        self.s3_usd + self.kms_usd_at_most + self.retrieval_usd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_plain_copies_cost_what_the_price_list_says() {
        let one = RequestCounts::action(
            &Action::Copy,
            1,
            &StorageClass::standard(),
            Restated::default(),
            &Target::SseS3,
        );
        let mut all = RequestCounts::default();
        for _ in 0..1000 {
            all += one;
            all += RequestCounts::look();
        }
        let estimate = Estimate::new(all, PriceTable::us_east_1());
        // 1,000 copies at $0.005 and 1,000 looks at $0.0004 per thousand.
        assert!((estimate.s3_usd - 0.0054).abs() < 1e-9, "{estimate:?}");
    }

    #[test]
    fn a_copy_from_an_infrequent_class_pays_for_reading() {
        let class = StorageClass::new("STANDARD_IA");
        let gib = 1024 * 1024 * 1024;
        let counts =
            RequestCounts::action(&Action::Copy, gib, &class, Restated::default(), &Target::SseS3);
        assert_eq!(counts.retrieved_bytes, gib);
        assert_eq!((counts.put, counts.put_other_classes), (0, 1));
    }
}
