//! Roles, who has assumed them, and what keys say about them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fault::{Code, Fault};
use super::moment::Moment;

/// A role that somebody acts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSession {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub role: Arc<str>,
    /// What the session is called.
    pub name: Arc<str>,
}

impl RoleSession {
    /// The account that the role belongs to.
    pub fn account(&self) -> &str {
        self.role.split(':').nth(4).unwrap_or_default()
    }

    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, as answers name the caller.
    pub fn arn(&self) -> String {
        // A role's path isn't part of its sessions' names.
        let role = self.role.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{}:assumed-role/{role}/{}", self.account(), self.name)
    }
}

/// Whether a string is the ARN of a role.
pub(crate) fn is_role_arn(text: &str) -> bool {
    let fields: Vec<_> = text.splitn(6, ':').collect();
    match fields[..] {
        ["arn", partition, "iam", "", account, name] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && name.strip_prefix("role/").is_some_and(|name| !name.is_empty())
        }
        _ => false,
    }
}

/// What a key says about roles. Callers who act in none are no concern of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleRules {
    /// ARNs of roles that may not decrypt.
    pub denied: BTreeSet<String>,
    /// If set, ARNs of the only roles that may, of whatever account.
    pub only: Option<BTreeSet<String>>,
}

impl RoleRules {
    /// Whether sessions of `role` may decrypt; `None` if nothing is said about them.
    pub(crate) fn allow(&self, role: &str) -> Option<bool> {
        if self.denied.contains(role) {
            return Some(false);
        }
        self.only.as_ref().map(|only| only.contains(role))
    }
}

/// Temporary credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// The access key's id, by which later requests are recognised.
    pub access_key: String,
    /// The role and the session.
    pub session: RoleSession,
    /// Until when they are good.
    pub expiry: Moment,
}

/// All roles, and all sessions ever opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    known: BTreeSet<String>,
    sessions: BTreeMap<String, AssumedRole>,
}

impl Roles {
    pub(crate) fn add(&mut self, arn: String) {
        self.known.insert(arn);
    }

    pub(crate) fn is_known(&self, arn: &str) -> bool {
        self.known.contains(arn)
    }

    pub(crate) fn open(&mut self, session: AssumedRole) {
        self.sessions.insert(session.access_key.clone(), session);
    }

    /// Whoever signs with `access_key`.
    pub(crate) fn session(&self, access_key: &str, now: Moment) -> Result<RoleSession, Fault> {
        match self.sessions.get(access_key) {
            None => Err(Fault::new(
                Code::InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .with("AWSAccessKeyId", access_key)),
            Some(assumed) if assumed.expiry <= now => {
                Err(Fault::new(Code::ExpiredToken, "The provided token has expired."))
            }
            Some(assumed) => Ok(assumed.session.clone()),
        }
    }
}
