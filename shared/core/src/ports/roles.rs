//! Reading as somebody else: how a run finds out that readers stay served.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;

use crate::{AccountId, ObjectRef, StoreError};

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleArn(String);

impl RoleArn {
    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the ARN of a role that can be assumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a role's ARN such as arn:aws:iam::111122223333:role/NAME")]
pub struct NotARole(String);

impl FromStr for RoleArn {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let named = |resource: &str| {
            let name = resource.strip_prefix("role/");
            name.is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
        };
        let fits = matches!(parts.as_slice(), ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws")
                && AccountId::from_str(account).is_ok()
                && named(resource)
                && resource.bytes().all(|byte| byte.is_ascii_graphic()));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotARole(text.to_owned())) }
    }
}

/// Becomes other roles. One attempt per call; the caller retries.
#[async_trait]
pub trait Roles: Send + Sync {
    /// AssumeRole, for the shortest time there is. The reader that comes of it
    /// can do nothing but read.
    async fn assume(&self, role: &RoleArn) -> Result<Box<dyn ScratchReader>, StoreError>;
}

/// Reads scratch objects, as whoever it was made for. An adapter refuses any
/// key outside [`SCRATCH_PREFIX`](super::SCRATCH_PREFIX).
#[async_trait]
pub trait ScratchReader: Send + Sync {
    /// Reads the whole object.
    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roles_that_can_be_assumed_are_taken() {
        for good in [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws-cn:iam::111122223333:role/team/reader",
        ] {
            assert_eq!(good.parse::<RoleArn>().map(|arn| arn.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "reader",
            "arn:aws:iam::111122223333:user/reader",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/team/",
            "arn:aws:iam::1111:role/reader",
            "arn:aws:sts::111122223333:assumed-role/reader/session",
            "arn:aws:iam::111122223333:role/re ader",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
    }
}
