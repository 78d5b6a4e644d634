//! What ordinary objects look like: drawn from loaded dice, one throw at a time.

use super::{NEW_KEY, OLD_KEY};
use crate::model::{
    ContentHeaders, Moment, SeedContent, SeedEncryption, SeedObject, StorageClass, mix,
};

/// A source of numbers that follow from a seed.
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: mix(seed) }
    }

    /// A number from 0 up to, but without, `sides`.
    fn throw(&mut self, sides: u64) -> u64 {
        self.state = self.state.wrapping_add(1);
        mix(self.state) % sides
    }
}

/// How many different throws [`encryption`] tells apart.
pub(super) const ENCRYPTION_SIDES: u64 = 100;

/// A quarter each unencrypted and SSE-S3, a third under the old key, some done already.
pub(super) fn encryption(throw: u64) -> SeedEncryption {
    let kms = |key: &str, bucket_key| SeedEncryption::Kms { key: key.to_owned(), bucket_key };
    match throw {
        0..25 => SeedEncryption::None,
        25..50 => SeedEncryption::SseS3,
        50..75 => kms(OLD_KEY, false),
        75..83 => kms(OLD_KEY, true),
        83..93 => kms(NEW_KEY, true),
        93..97 => kms(NEW_KEY, false),
        _ => SeedEncryption::Dsse { key: OLD_KEY.to_owned() },
    }
}

fn storage_class(throw: u64) -> StorageClass {
    match throw {
        0..80 => StorageClass::Standard,
        80..88 => StorageClass::StandardIa,
        88..92 => StorageClass::IntelligentTiering,
        92..95 => StorageClass::GlacierIr,
        95..97 => StorageClass::OneZoneIa,
        97..98 => StorageClass::ReducedRedundancy,
        98..99 => StorageClass::Glacier,
        _ => StorageClass::DeepArchive,
    }
}

/// Most are small, a few are some MiB, some are empty.
fn size(dice: &mut Dice) -> u64 {
    match dice.throw(20) {
        0 => 0,
        1..12 => dice.throw(16 << 10),
        12..19 => dice.throw(512 << 10),
        _ => dice.throw(8 << 20),
    }
}

const FOLDERS: [(&str, &str, &str); 5] = [
    ("logs", "log", "text/plain; charset=utf-8"),
    ("images", "jpg", "image/jpeg"),
    ("reports", "pdf", "application/pdf"),
    ("exports", "csv.gz", "text/csv"),
    ("data", "parquet", "application/octet-stream"),
];

/// An ordinary object, some hours to two years old.
pub(super) fn object(bucket: &str, number: u64, now: Moment, dice: &mut Dice) -> SeedObject {
    let (folder, extension, content_type) = FOLDERS[dice.throw(FOLDERS.len() as u64) as usize];
    let (year, month) = (2023 + dice.throw(3), 1 + dice.throw(12));
    let key = format!("{folder}/{year}/{month:02}/{number:08}.{extension}");
    let mut seed = SeedObject::new(bucket, key, size(dice));
    seed.encryption = encryption(dice.throw(ENCRYPTION_SIDES));
    seed.storage_class = storage_class(dice.throw(100));
    seed.last_modified = Some(past(now, dice));
    if dice.throw(2) == 0 {
        seed.headers.content_type = Some(content_type.to_owned());
    }
    if dice.throw(8) == 0 {
        describe(&mut seed, dice);
    }
    if dice.throw(5) == 0 {
        tag(&mut seed, dice);
    }
    seed
}

/// S3's dates are whole seconds, and nothing here is younger than an hour.
fn past(now: Moment, dice: &mut Dice) -> Moment {
    const HOUR: u64 = 3600;
    let seconds = HOUR + dice.throw(2 * 365 * 24 * HOUR);
    Moment::from_millis(now.millis() - (seconds * 1000).cast_signed())
}

fn describe(seed: &mut SeedObject, dice: &mut Dice) {
    let ContentHeaders {
        content_type: _,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
    } = &mut seed.headers;
    *cache_control = Some("max-age=86400, public".to_owned());
    *content_language = Some("de-CH".to_owned());
    if dice.throw(2) == 0 {
        *content_encoding = Some("gzip".to_owned());
        *content_disposition = Some("attachment; filename=\"a b.bin\"".to_owned());
    }
    if dice.throw(2) == 0 {
        // Not every stored date is a date: S3 keeps the raw string.
        *expires = Some("Thu, 01 Dec 2033 16:00:00 GMT".to_owned());
    }
    seed.metadata.insert("owner".to_owned(), format!("team-{}", dice.throw(9)));
    seed.metadata.insert("note".to_owned(), "spaces, commas, and = signs".to_owned());
}

/// Now and then as many tags as S3 allows, so that a marker tag has no room.
fn tag(seed: &mut SeedObject, dice: &mut Dice) {
    let count = if dice.throw(25) == 0 { 10 } else { 1 + dice.throw(3) };
    for number in 0..count {
        seed.tags.push((format!("tag-{number}"), format!("value {}/{number}", dice.throw(1000))));
    }
}

impl SeedContent {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Generated(size) => *size,
            Self::Parts(sizes) => sizes.iter().sum(),
            Self::Inline(bytes) => bytes.len() as u64,
        }
    }
}

impl SeedEncryption {
    pub(super) fn inventory_status(&self) -> &'static str {
        match self {
            Self::None => "NOT-SSE",
            Self::SseS3 => "SSE-S3",
            Self::Kms { .. } => "SSE-KMS",
            Self::Dsse { .. } => "DSSE-KMS",
            Self::CustomerKey { .. } => "SSE-C",
        }
    }
}
