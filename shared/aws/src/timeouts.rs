//! How long one attempt of each operation may take. The SDK has no limit of
//! its own, and a call that hangs would hold its slot for ever.
//!
//! Nothing here is a promise of AWS's: each limit is generous against what is
//! commonly seen, because one that is too short turns slow successes into
//! ambiguous outcomes, while one that is too long only delays a retry.

use std::time::Duration;

/// To open a connection: what the SDK itself uses by default since its
/// behaviour version of January 2026.
pub(crate) const CONNECT: Duration = Duration::from_millis(3_100);

/// HEAD, tags, bucket settings, DescribeKey, GetCallerIdentity: answers from
/// metadata alone, commonly within 100 ms.
pub(crate) const LOOK: Duration = Duration::from_secs(10);

/// A request to the ledger's table: commonly answered within 10 ms. Short,
/// since a renewal that hangs must not outlive its lease.
pub(crate) const LEDGER: Duration = Duration::from_secs(5);

/// A request to a queue, which may wait 20 s for a message.
pub(crate) const QUEUE: Duration = Duration::from_secs(30);

/// One page of a listing. Buckets full of delete markers are known to take
/// many seconds for a page.
pub(crate) const LIST: Duration = Duration::from_secs(30);

/// UpdateObjectEncryption, starting or aborting an upload: a metadata write
/// with calls to KMS behind it.
pub(crate) const CHANGE: Duration = Duration::from_secs(30);

/// Scratch objects of a few bytes, written, read and deleted.
pub(crate) const SCRATCH: Duration = Duration::from_secs(30);

/// A part of a report: at most some tens of megabytes, over whatever line the
/// user has.
pub(crate) const DEPOSIT: Duration = Duration::from_secs(300);

/// CompleteMultipartUpload: "several minutes" by S3's documentation, during
/// which it sends white space to keep the connection open.
pub(crate) const COMPLETE: Duration = Duration::from_secs(600);

/// Before the first byte moves: S3 answers a copy only when it is done.
const COPY_BASE: Duration = Duration::from_secs(60);
/// Bytes per second that S3 surely copies inside a region, a third or less of
/// what is commonly seen.
const COPY_RATE: u64 = 50_000_000;
/// No copy is worth waiting for longer.
const COPY_CAP: Duration = Duration::from_secs(900);

/// A copy of so many bytes.
pub(crate) fn copy_of(bytes: u64) -> Duration {
    COPY_BASE.saturating_add(Duration::from_secs(bytes / COPY_RATE)).min(COPY_CAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_get_time_by_their_size_up_to_the_cap() {
        assert_eq!(copy_of(0), Duration::from_secs(60));
        assert_eq!(copy_of(512 * 1024 * 1024), Duration::from_secs(70));
        assert_eq!(copy_of(5 * 1024 * 1024 * 1024), Duration::from_secs(167));
        assert_eq!(copy_of(u64::MAX), Duration::from_secs(900));
    }
}
