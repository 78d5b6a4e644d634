//! Whom a bucket policy lets read, and whom a key policy lets decrypt.

use std::collections::BTreeSet;

use super::{Condition, Policy, Principal, Principals, Statement};

/// Somebody who reads objects, by a bucket policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Reader {
    /// Whoever asks, without credentials: within these conditions, if any.
    Anybody { conditions: Vec<String> },
    /// CloudFront's old origin access identity, or another canonical user.
    OriginAccessIdentity(String),
    /// CloudFront with origin access control, for these distributions.
    OriginAccessControl { distributions: Vec<String> },
    /// A principal of another account, or one that signs in elsewhere.
    Foreign(String),
    /// Whoever belongs to an organisation.
    Organisation(String),
    /// Another service of AWS's.
    Service(String),
}

const CLOUDFRONT: &str = "cloudfront.amazonaws.com";

/// Who else than the owner's account reads this bucket's objects.
pub(in super::super) fn readers(policy: &Policy, bucket: &str, owner: &str) -> BTreeSet<Reader> {
    let reading = policy.statements.iter().filter(|s| s.allows && s.touches_objects_of(bucket));
    let reading = reading.filter(|s| s.acts("s3:GetObject") || s.acts("s3:GetObjectVersion"));
    reading.flat_map(|statement| statement.readers(owner)).collect()
}

impl Statement {
    fn readers(&self, owner: &str) -> Vec<Reader> {
        match &self.principals {
            Principals::Everyone | Principals::EveryoneBut => self.everyone(owner),
            Principals::Named(named) => {
                named.iter().filter_map(|principal| self.reader(principal, owner)).collect()
            }
        }
    }

    /// Everyone is narrowed by conditions: to known principals, who sign their
    /// requests, or to networks and the like, where anybody may still ask.
    fn everyone(&self, owner: &str) -> Vec<Reader> {
        for condition in self.conditions.iter().filter(|c| c.narrows()) {
            let foreign = |value: &String| (!is_of(value, owner)).then(|| value.clone());
            match condition.key.as_str() {
                "aws:principalorgid" | "aws:principalorgpaths" => {
                    return condition.values.iter().cloned().map(Reader::Organisation).collect();
                }
                "aws:principalaccount" | "aws:principalarn" | "aws:userid" => {
                    let foreign = condition.values.iter().filter_map(foreign);
                    return foreign.map(Reader::Foreign).collect();
                }
                _ => {}
            }
        }
        let conditions: BTreeSet<String> = self.conditions.iter().map(|c| c.key.clone()).collect();
        vec![Reader::Anybody { conditions: conditions.into_iter().collect() }]
    }

    fn reader(&self, principal: &Principal, owner: &str) -> Option<Reader> {
        match principal {
            Principal::Aws(name) if name.contains(":iam::cloudfront:") => {
                let id = name.rsplit([' ', '/']).next().unwrap_or(name);
                Some(Reader::OriginAccessIdentity(id.to_owned()))
            }
            Principal::Aws(name) if is_of(name, owner) => None,
            // The id of a principal that was deleted: it reads no more.
            Principal::Aws(name) if is_unique_id(name) => None,
            Principal::Aws(name) | Principal::Federated(name) => {
                Some(Reader::Foreign(name.clone()))
            }
            Principal::Canonical(id) => Some(Reader::OriginAccessIdentity(id.clone())),
            Principal::Service(name) if name == CLOUDFRONT => {
                let sources = self.conditions.iter().filter(|c| c.key == "aws:sourcearn");
                let distributions = sources.flat_map(|c| c.values.iter().cloned()).collect();
                Some(Reader::OriginAccessControl { distributions })
            }
            Principal::Service(name) => Some(Reader::Service(name.clone())),
        }
    }
}

impl Condition {
    /// Whether it lets in only what it names: also without the key it names.
    fn narrows(&self) -> bool {
        matches!(
            self.operator.as_str(),
            "stringequals"
                | "stringlike"
                | "arnequals"
                | "arnlike"
                | "stringequalsignorecase"
                | "foranyvalue:stringequals"
                | "foranyvalue:stringlike"
        )
    }
}

/// Whether an account id or ARN is of this account.
fn is_of(name: &str, account: &str) -> bool {
    name == account || name.split(':').nth(4) == Some(account)
}

fn is_unique_id(name: &str) -> bool {
    ["AIDA", "AROA", "AKIA", "ANPA"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whom a key policy lets decrypt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct KeyAccess {
    /// Whether the key's own account may decide by IAM policies.
    pub(in super::super) iam_decides: bool,
    /// Everybody who is named: ARNs, account ids, organisations, services; `*`
    /// for everyone.
    pub(in super::super) named: BTreeSet<String>,
}

/// Reads a key's policy.
pub(in super::super) fn key_access(policy: &Policy, key_account: &str) -> KeyAccess {
    let mut access = KeyAccess::default();
    for statement in policy.statements.iter().filter(|s| s.allows && s.acts("kms:Decrypt")) {
        let named = match &statement.principals {
            Principals::Everyone | Principals::EveryoneBut => {
                access.named.extend(statement.narrowed_to());
                continue;
            }
            Principals::Named(named) => named,
        };
        for principal in named {
            match principal {
                Principal::Aws(name) if is_root_of(name, key_account) => access.iam_decides = true,
                Principal::Aws(name)
                | Principal::Service(name)
                | Principal::Canonical(name)
                | Principal::Federated(name) => {
                    access.named.insert(name.clone());
                }
            }
        }
    }
    access
}

fn is_root_of(name: &str, account: &str) -> bool {
    name == account || (is_of(name, account) && name.ends_with(":root"))
}

impl Statement {
    /// Whom a key policy's statement about everyone means: the accounts and
    /// organisations of its conditions, or nobody where we can't tell.
    fn narrowed_to(&self) -> Vec<String> {
        if self.conditions.is_empty() {
            return vec!["*".to_owned()];
        }
        let who = ["kms:calleraccount", "aws:principalaccount", "aws:principalorgid"];
        let narrowing = self.conditions.iter().filter(|c| c.narrows());
        let naming = narrowing.filter(|c| who.contains(&c.key.as_str()));
        naming.flat_map(|c| c.values.iter().cloned()).collect()
    }
}

impl KeyAccess {
    /// Whether the key's policy opens it to this reader, or to somebody of the
    /// reader's account. That account's own policies must allow it as well.
    pub(in super::super) fn lets_in(&self, reader: &Reader) -> bool {
        let named = |wanted: &str| self.named.contains(wanted);
        match reader {
            // KMS takes no anonymous request, whatever the policy says.
            Reader::Anybody { .. } | Reader::OriginAccessIdentity(_) => false,
            Reader::OriginAccessControl { .. } => named(CLOUDFRONT),
            Reader::Service(name) => named(name),
            Reader::Organisation(id) => named("*") || named(id),
            Reader::Foreign(name) => {
                let account = name.split(':').nth(4).unwrap_or(name);
                named("*") || self.named.iter().any(|n| n == name || is_of(n, account))
            }
        }
    }
}
