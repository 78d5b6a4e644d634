//! Who would be locked out: whoever reads a bucket and can't use the new key.

use std::collections::{BTreeMap, BTreeSet};

use reseal_core::ports::{Setting, Told};
use reseal_core::{KeyArn, Target};

use super::PreflightError;
use super::around::{Seen, cannot_tell, key_error};
use super::policy::{KeyAccess, Policy, Reader, key_access, readers};
use crate::cloud::Cloud;
use crate::hazards::{Hazard, KeyOpens, NeighbourHazard, ReaderHazard};

/// The target's key, and whom it lets decrypt.
pub(super) struct Key<'a> {
    arn: &'a KeyArn,
    access: Access,
}

enum Access {
    Told(KeyAccess),
    AwsManaged,
    Unreadable(String),
}

impl<'a> Key<'a> {
    /// Asks for the key's policy; `None` for targets without a key.
    ///
    /// # Errors
    /// When KMS doesn't answer.
    pub(super) async fn look(
        cloud: &Cloud,
        target: &'a Target,
        aws_managed: bool,
    ) -> Result<Option<Self>, PreflightError> {
        let Some(arn) = target.key() else { return Ok(None) };
        if aws_managed {
            return Ok(Some(Self { arn, access: Access::AwsManaged }));
        }
        let policy = cloud.patience().retry(|| cloud.key_policies.policy(arn)).await;
        let access = match policy.map_err(key_error)? {
            Told::Unreadable(why) => Access::Unreadable(why),
            Told::Known(text) => match Policy::parse(&text) {
                Some(policy) => Access::Told(key_access(&policy, arn.account().as_str())),
                None => {
                    Access::Unreadable("it isn't written as reseal understands policies".to_owned())
                }
            },
        };
        Ok(Some(Self { arn, access }))
    }

    /// What the key means to every reader.
    pub(super) fn hazards(&self) -> Vec<Hazard> {
        let key = self.arn.clone();
        let need = |iam_decides, named| ReaderHazard::ReadersNeedKey { key, iam_decides, named };
        match &self.access {
            Access::Told(KeyAccess { iam_decides, named }) => {
                vec![need(Some(*iam_decides), named.iter().cloned().collect()).into()]
            }
            Access::AwsManaged => vec![need(Some(true), Vec::new()).into()],
            Access::Unreadable(why) => {
                let unknown = NeighbourHazard::CannotTell {
                    about: format!("by the policy of {}", self.arn),
                    what: "whom the key lets decrypt",
                    why: why.clone(),
                };
                vec![need(None, Vec::new()).into(), unknown.into()]
            }
        }
    }

    fn opens(&self, reader: &Reader) -> KeyOpens {
        match &self.access {
            Access::Told(access) if access.lets_in(reader) => KeyOpens::LetsIn,
            Access::Told(_) => KeyOpens::LocksOut,
            Access::AwsManaged => KeyOpens::AwsManaged,
            Access::Unreadable(_) => KeyOpens::Unreadable,
        }
    }
}

/// One bucket's readers and the key that they would need.
pub(super) struct BucketReaders<'a> {
    pub(super) seen: Seen<'a>,
    pub(super) owner: &'a str,
    pub(super) key: &'a Key<'a>,
}

impl BucketReaders<'_> {
    /// Who would be locked out, or might be.
    pub(super) fn hazards(&self) -> Vec<Hazard> {
        let Seen { bucket, facts, around, policy } = self.seen;
        let bucket = || bucket.clone();
        let mut found = Vec::new();
        let mut all = policy.map(|p| readers(p, bucket().as_str(), self.owner)).unwrap_or_default();
        if self.keeps_strangers_out(&all, &mut found) {
            all.retain(|r| !matches!(r, Reader::Anybody { .. } | Reader::Foreign(_)));
        } else if around.policy_is_public == Setting::Yes
            && !all.iter().any(|r| matches!(r, Reader::Anybody { .. }))
        {
            let why = "S3 calls its policy public".to_owned();
            found.push(ReaderHazard::PublicReads { bucket: bucket(), why }.into());
        }
        if let Setting::Unreadable(why) = &around.policy_is_public
            && matches!(around.policy, Told::Unreadable(_))
        {
            found.push(cannot_tell(self.seen.bucket, "whether the public may read", why).into());
        }
        found.extend(self.by_policy(&all));
        match &facts.acls {
            Setting::No => {}
            Setting::Yes | Setting::Unreadable(_) => {
                found.push(ReaderHazard::AclReads { bucket: bucket() }.into());
            }
        }
        match &facts.website {
            Setting::No => {}
            Setting::Yes => found.push(ReaderHazard::WebsiteReads { bucket: bucket() }.into()),
            Setting::Unreadable(why) => {
                found.push(cannot_tell(self.seen.bucket, "whether it is a website", why).into());
            }
        }
        found
    }

    /// Whether the public access block voids what a public policy allows: to
    /// the public, and to other accounts as well.
    fn keeps_strangers_out(&self, all: &BTreeSet<Reader>, found: &mut Vec<Hazard>) -> bool {
        let public = all.iter().any(|r| matches!(r, Reader::Anybody { .. }))
            || self.seen.around.policy_is_public == Setting::Yes;
        match &self.seen.around.public_access_block {
            Told::Known(block) => public && block.restricts_public_policy,
            Told::Unreadable(why) => {
                if public {
                    let what = "whether a public access block keeps the public out";
                    found.push(cannot_tell(self.seen.bucket, what, why).into());
                }
                false
            }
        }
    }

    fn by_policy(&self, all: &BTreeSet<Reader>) -> Vec<Hazard> {
        let bucket = || self.seen.bucket.clone();
        let mut hazards: Vec<ReaderHazard> = Vec::new();
        let mut identities = Vec::new();
        // Told together where the key's policy treats them alike.
        let mut foreign: BTreeMap<KeyOpens, Vec<String>> = BTreeMap::new();
        let mut services: BTreeMap<KeyOpens, Vec<String>> = BTreeMap::new();
        for reader in all {
            let key_policy = self.key.opens(reader);
            match reader {
                Reader::Anybody { conditions } => {
                    let why = match conditions.as_slice() {
                        [] => "its policy lets anybody".to_owned(),
                        some => format!("its policy lets anybody, within {}", some.join(", ")),
                    };
                    hazards.push(ReaderHazard::PublicReads { bucket: bucket(), why });
                }
                Reader::OriginAccessIdentity(id) => identities.push(id.clone()),
                Reader::Foreign(name) => {
                    foreign.entry(key_policy).or_default().push(name.clone());
                }
                Reader::Organisation(id) => {
                    let name = format!("accounts of organisation {id}");
                    foreign.entry(key_policy).or_default().push(name);
                }
                // A service has no IAM policies: with the key's, all is well.
                _ if key_policy == KeyOpens::LetsIn => {}
                Reader::OriginAccessControl { distributions } => {
                    let (bucket, distributions) = (bucket(), distributions.clone());
                    hazards.push(ReaderHazard::OriginAccessControlReads {
                        bucket,
                        distributions,
                        key_policy,
                    });
                }
                Reader::Service(name) => {
                    services.entry(key_policy).or_default().push(name.clone());
                }
            }
        }
        if !identities.is_empty() {
            hazards.push(ReaderHazard::OriginAccessIdentityReads { bucket: bucket(), identities });
        }
        hazards.extend(foreign.into_iter().map(|(key_policy, readers)| {
            ReaderHazard::ForeignReads { bucket: bucket(), readers, key_policy }
        }));
        hazards.extend(services.into_iter().map(|(key_policy, readers)| {
            ReaderHazard::ServiceReads { bucket: bucket(), readers, key_policy }
        }));
        hazards.into_iter().map(Hazard::from).collect()
    }
}
