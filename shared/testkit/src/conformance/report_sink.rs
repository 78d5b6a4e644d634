//! The report sink's suite.

use std::sync::Arc;

use reseal_core::ports::{ReportSink, SegmentName};
use reseal_core::{
    ActionKind, ChunkDigest, Encryption, Epoch, FailReason, Outcome, OutcomeRow, Proof, SegmentRef,
    SkipReason, Snapshot, Timestamp, VersionId,
};

use crate::build::{HeadBuilder, OutcomeBuilder, chunk_id, job_id, key_arn, object};

/// Runs the suite, each check on a sink of its own.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn report_sink(make: impl AsyncFn() -> Arc<dyn ReportSink>) {
    rows_come_back(&*make().await).await;
    another_digest_is_refused(&*make().await).await;
    segments_are_immutable(&*make().await).await;
    claims_are_apart(&*make().await).await;
}

async fn rows_come_back(sink: &dyn ReportSink) {
    let mut rows = outcomes();
    rows.extend(hostile_keys());
    for (ordinal, rows) in (0..).zip([rows, Vec::new(), outcomes()]) {
        let name = name(1, ordinal);
        let segment = sink.append(&name, &rows).await.expect("appends");
        assert_eq!((segment.epoch, segment.ordinal), (name.epoch, ordinal));
        assert_eq!(segment.rows as usize, rows.len());
        assert_eq!(read(sink, &segment).await, Some(rows));
    }
}

async fn another_digest_is_refused(sink: &dyn ReportSink) {
    let segment = sink.append(&name(1, 0), &outcomes()).await.expect("appends");
    let other = sink.append(&name(1, 1), &hostile_keys()).await.expect("appends");
    let swapped = SegmentRef { digest: other.digest, rows: other.rows, ..segment.clone() };
    let forged = SegmentRef { digest: ChunkDigest::of(b"forged"), ..segment.clone() };
    let renamed = SegmentRef { ordinal: 1, ..segment.clone() };
    let missing = SegmentRef { ordinal: 2, ..segment.clone() };
    for wrong in [swapped, forged, renamed, missing] {
        assert_eq!(read(sink, &wrong).await, None, "{wrong:?}");
    }
    assert_eq!(read(sink, &segment).await, Some(outcomes()));
}

async fn segments_are_immutable(sink: &dyn ReportSink) {
    let segment = sink.append(&name(1, 0), &outcomes()).await.expect("appends");
    let again = sink.append(&name(1, 0), &outcomes()).await;
    assert_eq!(again.as_ref(), Ok(&segment), "the caller may repeat it");
    let rival = sink.append(&name(1, 0), &hostile_keys()).await;
    assert!(rival.is_err(), "other rows under the same name");
    assert_eq!(read(sink, &segment).await, Some(outcomes()), "the first rows stay");
}

async fn claims_are_apart(sink: &dyn ReportSink) {
    // The crashed claim of epoch 1 left a segment; epoch 2 never meets it.
    let crashed = sink.append(&name(1, 0), &hostile_keys()).await.expect("appends");
    let segment = sink.append(&name(2, 0), &outcomes()).await.expect("appends");
    assert_eq!(read(sink, &segment).await, Some(outcomes()));
    assert_eq!(read(sink, &crashed).await, Some(hostile_keys()));
    let elsewhere = SegmentName { job: job_id("job-2"), ..name(1, 0) };
    sink.append(&elsewhere, &outcomes()).await.expect("names are per job");
    let beside = SegmentName { chunk: chunk_id(0, 2), ..name(1, 0) };
    sink.append(&beside, &outcomes()).await.expect("and per chunk");
    assert_eq!(read(sink, &crashed).await, Some(hostile_keys()));
}

fn name(epoch: u64, ordinal: u32) -> SegmentName {
    let (job, chunk) = (job_id("job-1"), chunk_id(0, 1));
    SegmentName { job, chunk, epoch: Epoch(epoch), ordinal }
}

async fn read(sink: &dyn ReportSink, segment: &SegmentRef) -> Option<Vec<OutcomeRow>> {
    sink.read(&job_id("job-1"), chunk_id(0, 1), segment).await.ok()
}

/// A row with every field set, and one of each outcome.
fn outcomes() -> Vec<OutcomeRow> {
    let after = HeadBuilder::new()
        .version("v2")
        .etag("0123-17")
        .size(u64::MAX)
        .class("GLACIER_IR")
        .sse_kms(&key_arn("target"), true)
        .build();
    let full = OutcomeBuilder::new(0, Outcome::ReEncrypted).with(|row| {
        row.object.version = Some(VersionId::null());
        row.action = Some(ActionKind::Multipart);
        row.after = Some(Snapshot::from(&after));
        row.proof = Some(Proof::Head);
        (row.recovered, row.drift, row.attempts) = (true, true, u32::MAX);
        row.detail = Some("line one\nline \"two\"\u{2028}".to_owned());
        row.settled_at = Timestamp::from_millis(-1);
    });
    let encryptions = [
        Encryption::None,
        Encryption::DsseKms { key: Some(key_arn("k").as_str().to_owned()) },
        Encryption::SseKms { key: None, bucket_key: false },
        Encryption::SseC,
    ];
    let outcomes = [
        Outcome::AlreadyCompliant,
        Outcome::Skipped(SkipReason::UnreadableMetadata),
        Outcome::Failed(FailReason::NotPreserved),
        Outcome::ReEncrypted,
    ];
    let others = (1..).zip(outcomes).zip(encryptions).map(|((index, outcome), encryption)| {
        let head = HeadBuilder::new().encryption(encryption).build();
        OutcomeBuilder::new(index, outcome).with(|row| row.before = Some(Snapshot::from(&head)))
    });
    let blind =
        OutcomeBuilder::new(5, Outcome::Skipped(SkipReason::SseC)).with(|r| r.before = None);
    let built = [full].into_iter().chain(others).chain([blind]);
    built.map(OutcomeBuilder::build).collect()
}

/// Keys that must survive every hop exactly.
fn hostile_keys() -> Vec<OutcomeRow> {
    let keys = ["a\nb", "%2F+?versionId=x", "../up", "\u{1}\u{7f}", "/lead/trail/", "🚀\u{202e}"];
    let longest = "x".repeat(1_024);
    let keys = keys.into_iter().chain([longest.as_str(), " ", "\\\"'"]);
    (0..)
        .zip(keys)
        .map(|(index, key)| {
            let row = OutcomeBuilder::new(index, Outcome::AlreadyCompliant);
            row.with(|row| row.object = object("bucket", key)).build()
        })
        .collect()
}
