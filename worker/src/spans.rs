//! What log lines say of where they come from: the same names everywhere, so
//! that one query follows a job from its submission to an object.

use reseal_core::ports::ChunkRecord;
use reseal_core::{JobId, ObjectRef, OutcomeRow, WorkerId, escape_control};
use tracing::field::Empty;
use tracing::{Level, Span};

// Spans are at the level of errors: they must be there whatever lines are
// wanted, or those would say less of where they come from.

/// Around whatever is done for a job.
#[must_use]
pub fn job_span(job: &JobId) -> Span {
    tracing::error_span!("job", job = %job, trace.id = job.trace_id())
}

/// Around whatever a worker does.
#[must_use]
pub fn worker_span(worker: &WorkerId) -> Span {
    tracing::error_span!("worker", worker = %worker)
}

/// Around the work on a chunk; the claim puts its epoch in.
pub(crate) fn chunk_span(chunk: &ChunkRecord, worker: &WorkerId) -> Span {
    tracing::error_span!(
        "chunk",
        job = %chunk.job,
        trace.id = chunk.job.trace_id(),
        chunk = %chunk.id,
        worker = %worker,
        epoch = Empty,
    )
}

/// A line for an object that ended so. The report has a row for each; the
/// lines are for whoever watches.
pub(crate) fn settled(row: &OutcomeRow) {
    if !tracing::enabled!(Level::INFO) {
        return;
    }
    let OutcomeRow { object, outcome, detail, attempts, drift, .. } = row;
    let Written { bucket, key, version } = written(object);
    let (word, reason) = (outcome.word(), outcome.reason());
    let detail = detail.as_deref().map(escape_control);
    if matches!(outcome, reseal_core::Outcome::Failed(_)) || *drift {
        tracing::info!(
            bucket,
            key,
            version,
            outcome = word,
            reason,
            attempts,
            drift,
            detail,
            "object needs a look"
        );
    } else {
        tracing::debug!(bucket, key, version, outcome = word, reason, attempts, "object settled");
    }
}

/// A line for an attempt that S3 or KMS didn't grant.
pub(crate) fn refused(object: &ObjectRef, error: &reseal_core::StoreError) {
    if !tracing::enabled!(Level::DEBUG) {
        return;
    }
    let Written { bucket, key, version } = written(object);
    let error = escape_control(&error.to_string());
    tracing::debug!(bucket, key, version, error, "request failed");
}

/// An object's name as lines show it: a key can't forge one.
struct Written<'a> {
    bucket: &'a str,
    key: String,
    version: Option<&'a str>,
}

fn written(object: &ObjectRef) -> Written<'_> {
    let ObjectRef { bucket, key, version } = object;
    Written {
        bucket: bucket.as_str(),
        key: escape_control(key.as_str()),
        version: version.as_ref().map(|version| version.as_str()),
    }
}
