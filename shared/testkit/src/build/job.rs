//! Jobs.

use std::collections::BTreeMap;

use reseal_core::{
    Behaviour, BucketRoles, BucketTerms, Capabilities, JobId, JobRecord, JobSpec, JobState,
    KmsTarget, Priority, Selection, SourceSpec, Target,
};

use super::{DAY_ZERO, bucket, key_arn};

/// A job's id.
///
/// # Panics
/// When the text isn't one.
#[must_use]
pub fn job_id(text: &str) -> JobId {
    text.parse().expect("a job id")
}

/// A running job that lists `bucket` and brings it to SSE-KMS with bucket keys.
#[derive(Clone, Debug)]
pub struct JobBuilder(JobRecord);

impl JobBuilder {
    /// With this id.
    ///
    /// # Panics
    /// When the text isn't a job id.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let spec = JobSpec {
            sources: vec![SourceSpec::Listing { bucket: bucket("bucket"), prefix: String::new() }],
            target: Target::SseKms(KmsTarget { key: key_arn("target"), bucket_key: true }),
            selection: Selection::default(),
            behaviour: Behaviour::default(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            roles: BucketRoles::default(),
            chunk_rows: 1_000,
        };
        let record = JobRecord {
            id: job_id(id),
            fingerprint: spec.fingerprint().expect("a spec encodes"),
            spec,
            owner: "111122223333".parse().expect("an account"),
            buckets: BTreeMap::new(),
            priority: Priority::default(),
            created_at: DAY_ZERO,
            state: JobState::Running,
            revision: 0,
        };
        Self(record).bucket("bucket")
    }

    /// Allows this bucket too: unversioned, and with everything that AWS documents.
    #[must_use]
    pub fn bucket(self, name: &str) -> Self {
        let capabilities = Capabilities::documented();
        self.terms(name, BucketTerms { capabilities, ..BucketTerms::unknown() })
    }

    /// Allows this bucket on these terms.
    #[must_use]
    pub fn terms(mut self, name: &str, terms: BucketTerms) -> Self {
        self.0.buckets.insert(bucket(name), terms);
        self
    }

    /// In this state.
    #[must_use]
    pub fn state(mut self, state: JobState) -> Self {
        self.0.state = state;
        self
    }

    /// With this target.
    #[must_use]
    pub fn target(self, target: Target) -> Self {
        self.spec(|spec| spec.target = target)
    }

    /// With whatever else the specification shall say.
    #[must_use]
    pub fn spec(mut self, change: impl FnOnce(&mut JobSpec)) -> Self {
        change(&mut self.0.spec);
        self
    }

    /// The record.
    ///
    /// # Panics
    /// Never: every specification encodes.
    #[must_use]
    pub fn build(mut self) -> JobRecord {
        self.0.fingerprint = self.0.spec.fingerprint().expect("a spec encodes");
        self.0
    }
}
