//! What the probe saw, for people and for the run.

use reseal_core::{BucketName, CanonicalId, Capabilities};
use serde::Serialize;

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was tried.
    pub(crate) tried: &'static str,
    /// Whether it works as AWS documents it.
    pub(crate) as_documented: bool,
    /// What was seen, and what the run does about it.
    pub(crate) seen: String,
}

/// What the probe saw in one bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BucketProbe {
    pub(crate) bucket: BucketName,
    /// What a run may rely on.
    pub(crate) capabilities: Capabilities,
    /// Whose the objects are that a run writes, where ACLs count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) writer: Option<CanonicalId>,
    pub(crate) findings: Vec<Finding>,
    /// Why a run with these options would be refused, each naming the flag.
    pub(crate) refusals: Vec<String>,
}

impl BucketProbe {
    pub(super) fn note(
        &mut self,
        tried: &'static str,
        as_documented: bool,
        seen: impl Into<String>,
    ) {
        self.findings.push(Finding { tried, as_documented, seen: seen.into() });
    }
}
