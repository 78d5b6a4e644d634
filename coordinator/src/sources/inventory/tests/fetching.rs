//! Reports on S3, over answers that break off.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reseal_core::ports::{Blob, BlobBody, BlobPin, BlobRequest, Blobs};
use reseal_core::{ETag, StoreError, StoreErrorKind};

use async_trait::async_trait;

use super::*;
use crate::fakes::{FakeCloud, Quirks};

/// Objects by key; every answer breaks off after so many bytes.
struct Brittle {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    breaks_after: usize,
    /// Replaces the object when it is first opened at another place than 0.
    swaps: bool,
}

impl Brittle {
    fn objects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.objects.lock().expect("not poisoned")
    }
}

struct Body {
    bytes: Vec<u8>,
    breaks: bool,
}

#[async_trait]
impl BlobBody for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let piece = std::mem::take(&mut self.bytes);
        match piece.is_empty() {
            false => Ok(Some(piece)),
            true if self.breaks => {
                Err(StoreError::new(StoreErrorKind::Unavailable, "NoAnswer", "broke off"))
            }
            true => Ok(None),
        }
    }
}

#[async_trait]
impl Blobs for Brittle {
    async fn open(&self, request: &BlobRequest<'_>) -> Result<Blob, StoreError> {
        let refused = |kind, code| Err(StoreError::new(kind, code, "refused"));
        let key = request.object.key.as_str();
        if self.swaps && request.from > 0 {
            self.objects().insert(key.to_owned(), vec![0; 1_000]);
        }
        let Some(bytes) = self.objects().get(key).cloned() else {
            return refused(StoreErrorKind::Gone, "NoSuchKey");
        };
        let etag = ETag::new(&md5(&bytes));
        assert!(request.from == 0 || request.pin.is_some(), "goes on without a pin");
        if request.pin.is_some_and(|pin| pin.etag != etag) {
            return refused(StoreErrorKind::PreconditionFailed, "PreconditionFailed");
        }
        let size = bytes.len() as u64;
        if size > request.limit {
            return refused(StoreErrorKind::Invalid, "TooLarge");
        }
        let mut rest = bytes[usize::try_from(request.from).expect("small")..].to_vec();
        let breaks = rest.len() > self.breaks_after;
        rest.truncate(self.breaks_after);
        let pin = BlobPin { etag, version: None };
        Ok(Blob { pin, size, body: Box::new(Body { bytes: rest, breaks }) })
    }
}

struct World {
    folder: Folder,
    blobs: Arc<Brittle>,
    cloud: Cloud,
}

impl World {
    fn new(breaks_after: usize, swaps: bool) -> Self {
        let rows: String = (0..500).map(|n| format!("stock,{}\n", md5(&[n as u8]))).collect();
        let file = ("all/data/0.gz".to_owned(), gzip(rows.as_bytes()));
        let (text, checksum) = manifest("Bucket, Key", std::slice::from_ref(&file));
        let objects = BTreeMap::from([
            ("all/dated/manifest.json".to_owned(), text.into_bytes()),
            ("all/dated/manifest.checksum".to_owned(), checksum.into_bytes()),
            file,
        ]);
        let blobs = Arc::new(Brittle { objects: Mutex::new(objects), breaks_after, swaps });
        let cloud = Cloud { blobs: blobs.clone(), ..FakeCloud::new(Quirks::default()).cloud() };
        Self { folder: Folder::new(), blobs, cloud }
    }

    async fn fetch(&self) -> Result<Report, SourceError> {
        self.fetch_that(None).await
    }

    async fn fetch_that(&self, digest: Option<&str>) -> Result<Report, SourceError> {
        let bucket = "reports".parse().expect("a bucket");
        let key = ObjectKey::new("all/dated/manifest.json").expect("a key");
        Report::on_s3(&self.cloud, &bucket, &key, digest, &self.folder.0).await
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_break_off_are_gone_on_with_where_they_did() {
    for breaks_after in [usize::MAX, 100, 7] {
        let report = World::new(breaks_after, false).fetch().await.expect("is whole");
        assert_eq!(report.files[0].rows, 500);
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_replaced_meanwhile_is_refused() {
    let error = World::new(100, true).fetch().await.expect_err("refused").to_string();
    assert!(error.contains("manifest.json: it changed while it was read"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn where_a_digest_is_named_no_other_report_will_do() {
    let world = World::new(usize::MAX, false);
    let digest = world.fetch().await.expect("is whole").manifest.digest.clone();
    assert!(world.fetch_that(Some(&digest)).await.is_ok());
    let another = world.fetch_that(Some("another")).await.expect_err("it isn't that one");
    assert!(matches!(another, SourceError::Replaced { .. }), "{another}");
    // In the middle of being replaced.
    let checksum = "all/dated/manifest.checksum".to_owned();
    world.blobs.objects().insert(checksum, b"0123456789abcdef0123456789abcdef".to_vec());
    let half = world.fetch_that(Some(&digest)).await.expect_err("it isn't whole");
    assert!(matches!(half, SourceError::Replaced { .. }), "{half}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_gets_anywhere_is_given_up() {
    let error = World::new(0, false).fetch().await.expect_err("given up");
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_never_kept_nor_used() {
    let world = World::new(usize::MAX, false);
    let good = world.blobs.objects()["all/data/0.gz"].clone();
    let mut bad = good.clone();
    bad[20] ^= 1;
    world.blobs.objects().insert("all/data/0.gz".to_owned(), bad.clone());
    let error = world.fetch().await.expect_err("refused").to_string();
    assert!(error.contains("s3://reports/all/data/0.gz: its MD5 is"), "{error}");
    world.blobs.objects().insert("all/data/0.gz".to_owned(), good);
    let report = world.fetch().await.expect("is whole");
    // Now the spool has it, and S3 isn't asked again.
    let kept = world.blobs.objects().remove("all/data/0.gz").expect("was there");
    assert!(world.fetch().await.is_ok());
    std::fs::write(&report.files[0].path, bad).expect("writes");
    let error = world.fetch().await.expect_err("refused").to_string();
    assert!(error.contains("does not exist"), "{error}");
    world.blobs.objects().insert("all/data/0.gz".to_owned(), kept);
    assert!(world.fetch().await.is_ok());
}
