//! `--trust-inventory`: taking a report's row for the first look.
//!
//! A row may be days old. It is good enough to *try* on, because a copy is
//! fenced by the row's entity tag and proved by S3's own answer, and an update
//! changes nothing but the encryption and is proved by HEAD; whenever that
//! fails, HEAD decides as ever. It isn't good enough where an answer
//! would have to come from what a row doesn't say: the key, what a multipart
//! copy must restate, whether archived bytes are restored.

use reseal_core::{
    ArchiveState, Attributes, Encryption, EncryptionStatus, JobSpec, ObjectHead, ObjectLock,
    SourceRow, StorageClass, Strategy, Target,
};

/// The object as a trusted row shows it; `None` where HEAD must be asked.
pub(crate) fn trusted_head(spec: &JobSpec, row: &SourceRow) -> Option<ObjectHead> {
    let trusted = spec.behaviour.trust_inventory && row.is_latest && !row.is_delete_marker;
    // No condition fences an update: a row that is out of date could bring an
    // object under it that the user didn't select.
    let may_update = matches!(spec.target, Target::SseKms(_))
        && spec.behaviour.policy.strategy != Strategy::Copy;
    let unfenced = may_update && spec.selection.looks_at_objects();
    if !trusted || unfenced || spec.selection.source_kms_key.is_some() {
        return None;
    }
    let storage_class = row.storage_class.clone().filter(StorageClass::is_always_readable)?;
    let size = row.size.filter(|size| *size <= spec.behaviour.policy.single_copy_limit)?;
    Some(ObjectHead {
        version: row.version.clone(),
        etag: row.etag.clone()?,
        size,
        last_modified: row.last_modified?,
        encryption: encryption(row.encryption_status?, &spec.target)?,
        archive: ArchiveState::Online,
        lock: ObjectLock::default(),
        tag_count: 0,
        parts_count: None,
        // A single copy restates the class alone: S3 keeps metadata and headers by
        // itself, and preflight refuses websites, whose redirects it would lose.
        attributes: Attributes::of_class(storage_class),
    })
}

/// The row's encryption, where the target can be told from it without a key.
fn encryption(status: EncryptionStatus, target: &Target) -> Option<Encryption> {
    match (status, target) {
        (EncryptionStatus::NotSse, _) => Some(Encryption::None),
        (EncryptionStatus::SseS3, _) => Some(Encryption::SseS3),
        (EncryptionStatus::SseKms, Target::SseS3 | Target::DsseKms { .. }) => {
            Some(Encryption::SseKms { key: None, bucket_key: false })
        }
        (EncryptionStatus::DsseKms, Target::SseS3 | Target::SseKms(_)) => {
            Some(Encryption::DsseKms { key: None })
        }
        (EncryptionStatus::SseKms, Target::SseKms(_))
        | (EncryptionStatus::DsseKms, Target::DsseKms { .. })
        | (EncryptionStatus::SseC, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use reseal_core::{ETag, KmsTarget, Timestamp};
    use reseal_testkit::build::{JobBuilder, RowBuilder, key_arn};

    use super::*;

    fn spec(target: Target) -> JobSpec {
        let trusting = |spec: &mut JobSpec| spec.behaviour.trust_inventory = true;
        JobBuilder::new("j").target(target).spec(trusting).build().spec
    }

    fn kms() -> Target {
        Target::SseKms(KmsTarget { key: key_arn("k"), bucket_key: true })
    }

    fn row(status: EncryptionStatus) -> SourceRow {
        RowBuilder::new("a")
            .size(10)
            .with(|row| {
                row.etag = Some(ETag::new("e"));
                row.last_modified = Some(Timestamp::from_millis(0));
                row.storage_class = Some(StorageClass::standard());
                row.encryption_status = Some(status);
            })
            .build()
    }

    #[test]
    fn a_row_is_enough_only_where_no_key_must_be_known() {
        use EncryptionStatus as S;
        let enough = |status, target| trusted_head(&spec(target), &row(status)).is_some();
        assert!(enough(S::NotSse, kms()) && enough(S::SseS3, kms()) && enough(S::DsseKms, kms()));
        assert!(!enough(S::SseKms, kms()) && !enough(S::SseC, kms()));
        assert!(enough(S::SseS3, Target::SseS3) && enough(S::SseKms, Target::SseS3));
        let dsse = || Target::DsseKms { key: key_arn("k") };
        assert!(enough(S::SseKms, dsse()) && !enough(S::DsseKms, dsse()));
    }

    #[test]
    fn whatever_a_row_does_not_say_asks_for_a_head() {
        let changes: [fn(&mut SourceRow); 8] = [
            |row| row.etag = None,
            |row| row.size = None,
            |row| row.size = Some(6 << 30),
            |row| row.last_modified = None,
            |row| row.storage_class = None,
            |row| row.storage_class = Some(StorageClass::new("GLACIER")),
            |row| row.storage_class = Some(StorageClass::new("INTELLIGENT_TIERING")),
            |row| row.is_latest = false,
        ];
        for change in changes {
            let mut row = row(EncryptionStatus::NotSse);
            change(&mut row);
            assert_eq!(trusted_head(&spec(kms()), &row), None, "{row:?}");
        }
    }

    #[test]
    fn what_selects_by_the_object_trusts_no_row_for_an_update() {
        let narrowed = |strategy, target| {
            let mut spec = spec(target);
            spec.behaviour.policy.strategy = strategy;
            spec.selection.min_size = Some(1);
            trusted_head(&spec, &row(EncryptionStatus::SseS3)).is_some()
        };
        assert!(!narrowed(Strategy::Auto, kms()));
        assert!(narrowed(Strategy::Copy, kms()) && narrowed(Strategy::Auto, Target::SseS3));
    }

    #[test]
    fn nothing_is_trusted_unasked() {
        let mut spec = spec(kms());
        spec.behaviour.trust_inventory = false;
        assert_eq!(trusted_head(&spec, &row(EncryptionStatus::NotSse)), None);
    }
}
