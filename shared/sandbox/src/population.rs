//! A world to try things in: two buckets full of objects, the same for the same seed.

mod hostile;
mod shapes;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{
    Caller, Fault, Model, Moment, Request, SeedEncryption, SeedKey, SeedObject, StorageClass,
    Versioning,
};
use shapes::Dice;

/// The bucket without versions.
pub const BUCKET_A: &str = "reseal-demo-a";

/// The bucket with versions.
pub const BUCKET_B: &str = "reseal-demo-b";

/// The key that much of the population is encrypted under.
pub const OLD_KEY: &str = "alias/old";

/// The key that a demo re-encrypts to.
pub const NEW_KEY: &str = "alias/reseal-demo";

/// How much to put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Ordinary objects, over both buckets. The special ones come on top.
    pub objects: u64,
    /// What everything about them follows from.
    pub seed: u64,
}

/// What was put in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The buckets.
    pub buckets: Vec<String>,
    /// ARN of [`OLD_KEY`].
    pub old_key: String,
    /// ARN of [`NEW_KEY`].
    pub new_key: String,
    /// Current objects.
    pub objects: u64,
    /// Versions that are no longer current.
    pub noncurrent: u64,
    /// Delete markers.
    pub delete_markers: u64,
    /// Bytes of the current objects, hardly any of them stored.
    pub bytes: u64,
    /// Current objects by the word that S3 Inventory uses for their encryption.
    pub by_encryption: BTreeMap<String, u64>,
}

/// Every so many objects of the versioned bucket have an older version.
const NONCURRENT_EVERY: u64 = 10;

/// Every so many of its objects were deleted since.
const DELETED_EVERY: u64 = 40;

const SIX_GIB: u64 = 6 << 30;

/// Fills the model by the plan.
///
/// # Errors
/// If the model holds things already that are in the way.
pub fn populate(model: &mut Model, plan: Plan, now: Moment) -> Result<Summary, Fault> {
    let mut filling = Filling { summary: prepare(model, now)?, model, now };
    let mut dice = Dice::new(plan.seed);
    for number in 0..plan.objects {
        let bucket = if number % 2 == 0 { BUCKET_A } else { BUCKET_B };
        filling.ordinary(bucket, number, &mut dice)?;
    }
    for (bucket, salt) in [(BUCKET_A, 0), (BUCKET_B, 1)] {
        for (key, number) in hostile::keys().into_iter().zip(salt..) {
            let encryption = shapes::encryption(number * 3 % shapes::ENCRYPTION_SIDES);
            filling.add(SeedObject::new(bucket, key, 1000 + number).encrypted(encryption))?;
        }
    }
    let huge = SeedObject::new(BUCKET_A, "huge/6-GiB.bin", SIX_GIB);
    filling.add(huge.encrypted(SeedEncryption::None))?;
    Ok(filling.summary)
}

/// Makes buckets and keys, or takes those of an earlier population.
fn prepare(model: &mut Model, now: Moment) -> Result<Summary, Fault> {
    model.seed_bucket(BUCKET_A, None, None, now);
    model.seed_bucket(BUCKET_B, None, Some(Versioning::Enabled), now);
    for bucket in [BUCKET_A, BUCKET_B] {
        let tags = vec![("__Inventory".to_owned(), "true".to_owned())];
        let request = Request::PutBucketTagging { bucket: bucket.to_owned(), tags };
        model.apply(&Caller::default(), request, now)?;
    }
    let mut key = |alias: &str| match model.key_arn(alias) {
        Some(arn) => Ok(arn.to_string()),
        None => {
            let seed = SeedKey { alias: Some(alias.to_owned()), ..SeedKey::default() };
            model.seed_key(seed, now).map(|arn| arn.to_string())
        }
    };
    Ok(Summary {
        old_key: key(OLD_KEY)?,
        new_key: key(NEW_KEY)?,
        buckets: vec![BUCKET_A.to_owned(), BUCKET_B.to_owned()],
        ..Summary::default()
    })
}

struct Filling<'m> {
    model: &'m mut Model,
    summary: Summary,
    now: Moment,
}

impl Filling<'_> {
    /// One ordinary object, in the versioned bucket perhaps with a past or deleted since.
    fn ordinary(&mut self, bucket: &str, number: u64, dice: &mut Dice) -> Result<(), Fault> {
        let seed = shapes::object(bucket, number, self.now, dice);
        if bucket == BUCKET_B && number / 2 % NONCURRENT_EVERY == 3 {
            let mut past = seed.clone();
            past.encryption = SeedEncryption::None;
            past.storage_class = StorageClass::Standard;
            self.model.seed_object(past, self.now)?;
            self.summary.noncurrent += 1;
        }
        let (key, date) = (seed.key.clone(), seed.last_modified.unwrap_or(self.now));
        if bucket == BUCKET_B && number / 2 % DELETED_EVERY == 17 {
            self.model.seed_object(seed, self.now)?;
            self.model.seed_marker(bucket, &key, date)?;
            self.summary.noncurrent += 1;
            self.summary.delete_markers += 1;
            return Ok(());
        }
        self.add(seed)
    }

    /// One current object, counted.
    fn add(&mut self, seed: SeedObject) -> Result<(), Fault> {
        let Summary { objects, bytes, by_encryption, .. } = &mut self.summary;
        *objects += 1;
        *bytes += seed.content.len();
        *by_encryption.entry(seed.encryption.inventory_status().to_owned()).or_default() += 1;
        self.model.seed_object(seed, self.now)?;
        Ok(())
    }
}
