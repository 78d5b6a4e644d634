//! What a run would do to whatever else lives off its buckets. None of it is
//! refused: a run is safe without, and its owner may want it so.

use std::collections::BTreeMap;

use reseal_core::ports::{
    BucketFacts, LifecycleRule, Neighbourhood, ReplicationRule, Setting, Told,
};
use reseal_core::{BucketName, Encryption, KmsTarget, StoreError, Strategy, Target, Versioning};

use super::policy::{self, Certainty, Denial, Ours, Policy};
use super::readers::{BucketReaders, Key};
use super::{PreflightError, bucket_error};
use crate::cloud::Cloud;
use crate::hazards::{Hazard, NeighbourHazard, PolicyHazard};

/// What decides which neighbours a run disturbs.
pub(super) struct Around<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) target: &'a Target,
    /// Whether AWS manages the target's key.
    pub(super) aws_managed: bool,
    pub(super) strategy: Strategy,
}

/// One bucket with all that was read of it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) bucket: &'a BucketName,
    pub(super) facts: &'a BucketFacts,
    pub(super) around: &'a Neighbourhood,
    /// Its policy, understood; absent where there is none, or none that tells.
    pub(super) policy: Option<&'a Policy>,
}

impl Around<'_> {
    /// The hazards of all buckets.
    ///
    /// # Errors
    /// When S3 or KMS don't answer; not when they don't tell.
    pub(super) async fn hazards(
        &self,
        buckets: &BTreeMap<BucketName, BucketFacts>,
    ) -> Result<Vec<Hazard>, PreflightError> {
        let mut hazards = Vec::new();
        let key = Key::look(self.cloud, self.target, self.aws_managed).await?;
        if let Some(key) = &key {
            hazards.extend(key.hazards());
        }
        for (bucket, facts) in buckets {
            let patience = self.cloud.patience();
            let around = patience.retry(|| self.cloud.neighbours.look_around(bucket)).await;
            let around = around.map_err(|error| bucket_error(self.cloud, bucket, error))?;
            let mut found = Vec::new();
            let policy = told(bucket, &around.policy, "what its policy says", &mut found)
                .and_then(|text| text.as_deref())
                .and_then(|text| parsed(bucket, text, &mut found));
            let seen = Seen { bucket, facts, around: &around, policy: policy.as_ref() };
            self.neighbours(seen, &mut found);
            hazards.extend(found.into_iter().map(Hazard::from));
            if let Some(key) = &key {
                let readers =
                    BucketReaders { seen, owner: self.cloud.owner_of(bucket).as_str(), key };
                hazards.extend(readers.hazards());
            }
        }
        Ok(hazards)
    }

    fn neighbours(&self, seen: Seen<'_>, found: &mut Vec<NeighbourHazard>) {
        let Seen { bucket, around, .. } = seen;
        if let Some(default) =
            told(bucket, &around.default_encryption, "the default encryption", found)
        {
            found.extend(self.default_differs(bucket, default.as_ref()));
        }
        if let Some(rules) =
            told(bucket, &around.replication, "whether objects are replicated", found)
        {
            self.replication(bucket, rules, found);
        }
        let copies = self.strategy != Strategy::Update;
        let listeners = told(bucket, &around.listeners, "who hears of new objects", found);
        if let Some(listeners) = listeners.filter(|all| copies && !all.is_empty()) {
            let listeners = listeners.clone();
            found.push(NeighbourHazard::EventsFire { bucket: bucket.clone(), listeners });
        }
        let rules = told(bucket, &around.lifecycle, "the lifecycle rules", found);
        if let Some(rules) = rules.filter(|_| copies) {
            lifecycle(seen, rules, found);
        }
        match &around.requester_pays {
            Setting::No => {}
            Setting::Yes => {
                found.push(NeighbourHazard::RequesterPays { bucket: bucket.clone() });
            }
            Setting::Unreadable(why) => {
                found.push(cannot_tell(bucket, "who pays for requests", why));
            }
        }
        if let Some(policy) = seen.policy {
            found.extend(self.denials(bucket, policy));
        }
    }

    fn default_differs(
        &self,
        bucket: &BucketName,
        default: Option<&Encryption>,
    ) -> Option<NeighbourHazard> {
        if default.is_some_and(|default| self.target.is_met_by(default)) {
            return None;
        }
        let default = match default {
            None => "unencrypted objects".to_owned(),
            Some(Encryption::SseKms { key, bucket_key }) => format!(
                "SSE-KMS under {}, {} bucket key",
                key.as_deref().unwrap_or("aws/s3"),
                if *bucket_key { "with" } else { "without" }
            ),
            Some(Encryption::DsseKms { key }) => {
                format!("DSSE-KMS under {}", key.as_deref().unwrap_or("aws/s3"))
            }
            Some(other) => other.to_string(),
        };
        Some(NeighbourHazard::DefaultEncryptionDiffers { bucket: bucket.clone(), default })
    }

    fn replication(
        &self,
        bucket: &BucketName,
        rules: &[ReplicationRule],
        found: &mut Vec<NeighbourHazard>,
    ) {
        if rules.is_empty() {
            return;
        }
        let bucket = || bucket.clone();
        let mut destinations: Vec<_> = rules.iter().map(|rule| rule.destination.clone()).collect();
        destinations.sort();
        destinations.dedup();
        if self.strategy != Strategy::Update {
            let destinations = destinations.clone();
            found.push(NeighbourHazard::CopiesReplicate { bucket: bucket(), destinations });
        }
        if matches!(self.target, Target::SseKms(_)) && self.strategy != Strategy::Copy {
            found.push(NeighbourHazard::ReplicasKeepEncryption { bucket: bucket(), destinations });
        }
        let behind = rules.iter().filter(|rule| !rule.replicates_kms || rule.replica_key.is_none());
        let rules: Vec<_> = behind.map(|rule| named_rule(&rule.id)).collect();
        if self.target.key().is_some() && !rules.is_empty() {
            found.push(NeighbourHazard::ReplicationStops { bucket: bucket(), rules });
        }
    }

    fn denials(&self, bucket: &BucketName, policy: &Policy) -> Vec<NeighbourHazard> {
        let mut actions = vec!["s3:GetObject"];
        if self.strategy != Strategy::Update {
            actions.extend(["s3:PutObject", "s3:GetObjectTagging", "s3:PutObjectTagging"]);
        }
        if matches!(self.target, Target::SseKms(_)) && self.strategy != Strategy::Copy {
            actions.push("s3:UpdateObjectEncryption");
        }
        let ours = Ours {
            tls: self.cloud.endpoint.as_deref().is_none_or(|url| url.starts_with("https:")),
            algorithm: match self.target {
                Target::SseS3 => "AES256",
                Target::SseKms(KmsTarget { .. }) => "aws:kms",
                Target::DsseKms { .. } => "aws:kms:dsse",
            },
            key: self.target.key().map(reseal_core::KeyArn::as_str),
        };
        let owner = self.cloud.owner_of(bucket).as_str();
        let denials = policy::denials(policy, bucket.as_str(), owner, &actions, &ours);
        let hazard = |denial: Denial| {
            let Denial { statement, actions, resources, certainty } = denial;
            let hazard = PolicyHazard { bucket: bucket.clone(), statement, actions, resources };
            match certainty {
                Certainty::Certain => NeighbourHazard::PolicyDenies(hazard),
                Certainty::Possible => NeighbourHazard::PolicyMayDeny(hazard),
            }
        };
        denials.into_iter().map(hazard).collect()
    }
}

fn lifecycle(seen: Seen<'_>, rules: &[LifecycleRule], found: &mut Vec<NeighbourHazard>) {
    let days = |rule: &LifecycleRule| {
        let expires = rule.expires.map(|days| format!("removed after {days} days"));
        let moves = rule.moves.iter().map(|(days, class)| format!("{class} after {days} days"));
        let all: Vec<String> = expires.into_iter().chain(moves).collect();
        (!all.is_empty()).then(|| format!("{} ({})", named_rule(&rule.id), all.join(", ")))
    };
    let restarting: Vec<String> = rules.iter().filter_map(days).collect();
    let bucket = || seen.bucket.clone();
    if !restarting.is_empty() {
        found.push(NeighbourHazard::LifecycleRestarts { bucket: bucket(), rules: restarting });
    }
    let old = |rule: &LifecycleRule| {
        let days = rule.old_versions_expire?;
        Some(format!("{} (after {days} days)", named_rule(&rule.id)))
    };
    let old: Vec<String> = rules.iter().filter_map(old).collect();
    if !old.is_empty() && seen.facts.versioning != Versioning::Never {
        found.push(NeighbourHazard::OldVersionsExpire { bucket: bucket(), rules: old });
    }
}

fn named_rule(id: &str) -> String {
    if id.is_empty() { "a rule without a name".to_owned() } else { format!("rule {id}") }
}

/// The fact, or a hazard that says that it isn't known.
fn told<'a, T>(
    bucket: &BucketName,
    fact: &'a Told<T>,
    what: &'static str,
    found: &mut Vec<NeighbourHazard>,
) -> Option<&'a T> {
    match fact {
        Told::Known(fact) => Some(fact),
        Told::Unreadable(why) => {
            found.push(cannot_tell(bucket, what, why));
            None
        }
    }
}

pub(super) fn cannot_tell(bucket: &BucketName, what: &'static str, why: &str) -> NeighbourHazard {
    NeighbourHazard::CannotTell { about: format!("in {bucket}"), what, why: why.to_owned() }
}

fn parsed(bucket: &BucketName, text: &str, found: &mut Vec<NeighbourHazard>) -> Option<Policy> {
    let policy = Policy::parse(text);
    if policy.is_none() {
        let why = "it isn't written as reseal understands policies";
        found.push(cannot_tell(bucket, "what its policy says", why));
    }
    policy
}

/// A key that can't be asked about, as preflight says it.
pub(super) fn key_error(error: StoreError) -> PreflightError {
    PreflightError::Unreachable { what: "asking KMS for the key's policy".to_owned(), error }
}
