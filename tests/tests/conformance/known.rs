//! What each world is known not to confirm.

use reseal_testkit::conformance::object_store::{Known, Stand};

/// Our model behind the ports, in process.
pub(crate) const IN_PROCESS: &[Known] = &[];

/// Our model over HTTP, behind the real adapter.
pub(crate) const OVER_HTTP: &[Known] = &[];

const UPDATE: Stand = Stand::Differs("takes an update for an upload of its XML");
const KEYS: Stand = Stand::Differs("keys aren't looked at");
const OWNERS: Stand = Stand::Differs("the expected owner isn't looked at");

/// ministack 1.5.33 over HTTP, behind the real adapter.
pub(crate) const MINISTACK: &[Known] = &[
    ("copy-destination-etag", Stand::Differs("the condition is ignored")),
    ("copy-never-recreates", Stand::Differs("the condition is ignored")),
    ("copy-to-dsse", Stand::Differs("refuses DSSE-KMS")),
    ("copy-bucket-key", Stand::Differs("HEAD never tells a bucket key")),
    ("copy-resets-redirect", Stand::Differs("keeps the source's")),
    ("copy-resets-lock", Stand::Differs("keeps the source's retention and hold")),
    ("parts-restate-lock", Stand::Differs("an upload has no lock")),
    ("copy-size-limit", Stand::CannotBeAsked("bytes take memory there")),
    ("copy-key-disabled", KEYS),
    ("copy-key-pending-deletion", KEYS),
    ("copy-key-unknown", KEYS),
    ("copy-source-key-disabled", KEYS),
    ("copy-source-owner", OWNERS),
    ("copy-destination-owner", OWNERS),
    ("parts-whole-checksum", Stand::Differs("an upload has no checksum of the whole")),
    ("complete-small-part", Stand::Differs("completes all the same")),
    ("complete-twice", Stand::Differs("completes again")),
    ("upload-key-disabled", KEYS),
    ("parts-restate-tags", Stand::Differs("drops the tags of an upload")),
    ("parts-inherit-nothing", Stand::Differs("the key's old tags stay")),
    ("parts-composite-checksum", Stand::Differs("an upload by copies has no checksum")),
    ("update-changes-encryption-alone", UPDATE),
    ("update-bucket-key", UPDATE),
    ("update-of-a-version", UPDATE),
    ("update-of-archived", UPDATE),
    ("update-of-unencrypted", UPDATE),
    ("update-of-dsse", Stand::CannotBeAsked("refuses DSSE-KMS")),
    ("update-of-locked", UPDATE),
    ("update-foreign-key", UPDATE),
    ("update-key-disabled", UPDATE),
    ("update-of-nothing", UPDATE),
    ("head-tells-tag-count", Stand::Differs("not told")),
    ("head-foreign-owner", OWNERS),
    ("first-part", Stand::Differs("the number of parts isn't told")),
    ("version-null", Stand::Differs("HEAD names no version")),
    ("copy-of-archived", Stand::Differs("copies it")),
    ("describe-signing", Stand::CannotBeAsked("makes none without another package")),
];
