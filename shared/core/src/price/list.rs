//! List prices by region, from a file with a date.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RestoreTier;

/// What is built in.
const BUILT_IN: &str = include_str!("prices.json");

/// Prices in US dollars, as a file holds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// The day on which they were read.
    pub as_of: String,
    /// Where they were read.
    pub source: String,
    /// By the region's name.
    pub regions: BTreeMap<String, RegionPrices>,
}

/// Prices of one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPrices {
    /// By the storage class's name; `STANDARD` must be there, and stands for
    /// classes that aren't.
    pub classes: BTreeMap<String, ClassPrices>,
    /// Per 10,000 KMS requests.
    pub kms_per_10000: f64,
    /// Per GiB that is encrypted or decrypted under DSSE-KMS. One that isn't
    /// known isn't guessed.
    #[serde(default)]
    pub dsse_per_gib: Option<f64>,
    /// S3 Batch Operations: per job.
    pub batch_operations_per_job: f64,
    /// S3 Batch Operations: per million objects.
    pub batch_operations_per_million: f64,
    /// Queue, table and files of a fleet: per million objects in chunks of
    /// 1,000, as docs/scale.md counts them.
    pub fleet_per_million: f64,
}

/// Prices of one storage class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPrices {
    /// Per 1,000 PUT, COPY, POST or LIST requests.
    pub write_per_1000: f64,
    /// Per 1,000 GET, HEAD and all other requests.
    pub read_per_1000: f64,
    /// Per GiB that is read.
    pub retrieval_per_gib: f64,
    /// Per GiB and month, of the first 50 TB.
    pub storage_per_gib_month: f64,
    /// Bringing objects back from an archive; for classes that have none, absent.
    #[serde(default)]
    pub restore: RestorePrices,
}

/// Prices of restores by their tier. One that isn't known isn't guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestorePrices {
    /// Within hours.
    pub standard: Option<RestorePrice>,
    /// Within two days.
    pub bulk: Option<RestorePrice>,
    /// Within minutes.
    pub expedited: Option<RestorePrice>,
}

/// Price of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestorePrice {
    /// Per 1,000 requests.
    pub per_1000: f64,
    /// Per GiB that is brought back.
    pub per_gib: f64,
}

impl RestorePrices {
    /// That of a tier.
    #[must_use]
    pub fn of(&self, tier: RestoreTier) -> Option<RestorePrice> {
        match tier {
            RestoreTier::Standard => self.standard,
            RestoreTier::Bulk => self.bulk,
            RestoreTier::Expedited => self.expedited,
        }
    }

    fn all(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { standard, bulk, expedited } = *self;
        let known = [standard, bulk, expedited].into_iter().flatten();
        known.flat_map(|RestorePrice { per_1000, per_gib }| [per_1000, per_gib])
    }
}

/// Why a price list can't be used. The messages say what the fields are.
#[expect(missing_docs, reason = "each field stands in its message")]
#[derive(Debug, thiserror::Error)]
pub enum PriceListError {
    #[error("no price list: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the price list has no region")]
    Empty,
    #[error("the price list has no class STANDARD in {0}")]
    NoStandard(String),
    #[error("the price list has a price in {0} that is no number of dollars from 0 up")]
    NoPrice(String),
}

impl PriceList {
    /// What is built in: list prices of a day, unchecked since.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in list is well formed")
    }

    /// From JSON, in the form of the built-in `prices.json`.
    ///
    /// # Errors
    /// When it isn't that, lacks what is needed, or holds a price below zero.
    pub fn parse(text: &str) -> Result<Self, PriceListError> {
        let list: Self = serde_json::from_str(text)?;
        if list.regions.is_empty() {
            return Err(PriceListError::Empty);
        }
        for (name, region) in &list.regions {
            if !region.classes.contains_key("STANDARD") {
                return Err(PriceListError::NoStandard(name.clone()));
            }
            if !region.all().all(|price| price.is_finite() && price >= 0.0) {
                return Err(PriceListError::NoPrice(name.clone()));
            }
        }
        Ok(list)
    }

    /// Whether it has prices of this region, and not only others that would
    /// stand in for them.
    #[must_use]
    pub fn knows(&self, region: &str) -> bool {
        self.regions.contains_key(region)
    }

    /// The prices of a region, or those of another one that is named.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<(&str, &RegionPrices)> {
        let stand_in = || self.regions.get_key_value("us-east-1").or(self.regions.iter().next());
        let found = self.regions.get_key_value(name).or_else(stand_in)?;
        Some((found.0.as_str(), found.1))
    }
}

impl RegionPrices {
    fn all(&self) -> impl Iterator<Item = f64> {
        let Self {
            classes,
            kms_per_10000,
            dsse_per_gib,
            batch_operations_per_job,
            batch_operations_per_million,
            fleet_per_million,
        } = self;
        let own = [
            *kms_per_10000,
            *batch_operations_per_job,
            *batch_operations_per_million,
            *fleet_per_million,
        ];
        let of_class = |class: &ClassPrices| {
            let ClassPrices {
                write_per_1000,
                read_per_1000,
                retrieval_per_gib,
                storage_per_gib_month,
                restore,
            } = *class;
            [write_per_1000, read_per_1000, retrieval_per_gib, storage_per_gib_month]
                .into_iter()
                .chain(restore.all())
        };
        own.into_iter().chain(*dsse_per_gib).chain(classes.values().flat_map(of_class))
    }

    /// Whether a class has prices of its own.
    #[must_use]
    pub fn knows(&self, class: &str) -> bool {
        self.classes.contains_key(class)
    }

    /// Those of a class; of STANDARD for one that isn't listed.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<ClassPrices> {
        self.classes.get(name).or_else(|| self.classes.get("STANDARD")).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_well_formed_and_names_every_class() {
        let list = PriceList::built_in();
        let (region, prices) = list.region("mars-north-1").expect("a stand-in");
        assert_eq!(region, "us-east-1");
        for class in ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "DEEP_ARCHIVE"] {
            assert!(prices.classes.contains_key(class), "{class}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let changed = |from: &str, to: &str| {
            let text = BUILT_IN.replacen(from, to, 1);
            assert_ne!(text, BUILT_IN);
            PriceList::parse(&text).map_err(|error| error.to_string())
        };
        assert!(changed("0.005", "-0.005").expect_err("below zero").contains("us-east-1"));
        assert!(
            changed("\"STANDARD\"", "\"OTHER\"").expect_err("no STANDARD").contains("STANDARD")
        );
        assert!(changed("kms_per_10000", "kms").is_err(), "a misspelt field");
        assert!(PriceList::parse(r#"{"as_of":"","source":"","regions":{}}"#).is_err());
    }
}
