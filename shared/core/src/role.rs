//! Roles of other accounts, and which buckets are reached through which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AccountId, BucketName};

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    arn: String,
    account: AccountId,
}

impl RoleArn {
    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The account whose role it is.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl From<RoleArn> for String {
    fn from(role: RoleArn) -> Self {
        role.arn
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
                && resource.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let account = match parts.as_slice() {
            ["arn", partition, "iam", "", account, resource]
                if partition.starts_with("aws") && named(resource) =>
            {
                account.parse().ok()
            }
            _ => None,
        };
        let account = account.ok_or_else(|| NotARole(text.to_owned()))?;
        Ok(Self { arn: text.to_owned(), account })
    }
}

impl TryFrom<String> for RoleArn {
    type Error = NotARole;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Names of buckets, with `*` for any characters, none included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketPattern(String);

impl BucketPattern {
    /// The pattern that every bucket fits.
    #[must_use]
    pub fn all() -> Self {
        Self("*".to_owned())
    }

    /// Whether the bucket's whole name fits.
    #[must_use]
    pub fn fits(&self, bucket: &BucketName) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = bucket.as_str().strip_prefix(first) else { return false };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            let Some(at) = rest.find(piece) else { return false };
            rest = rest.get(at + piece.len()..).unwrap_or_default();
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for BucketPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<BucketPattern> for String {
    fn from(pattern: BucketPattern) -> Self {
        pattern.0
    }
}

/// No pattern that a bucket's name could fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no pattern of bucket names such as team-a-*")]
pub struct NotAPattern(String);

impl FromStr for BucketPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
        let fits = (1..=255).contains(&text.len()) && text.chars().all(may);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAPattern(text.to_owned())) }
    }
}

impl TryFrom<String> for BucketPattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Buckets that are reached through a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketRole {
    /// Which buckets. They must belong to the role's account.
    pub buckets: BucketPattern,
    /// Through which role.
    pub role: RoleArn,
}

/// `PATTERN=ARN`, or an ARN alone for every bucket.
impl FromStr for BucketRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // ARNs of roles may hold "=" in their names; patterns never do.
        let (pattern, role) = match text.split_once('=') {
            Some((pattern, role)) if !pattern.starts_with("arn:") => (pattern.parse(), role),
            _ => (Ok(BucketPattern::all()), text),
        };
        let buckets = pattern.map_err(|error: NotAPattern| error.to_string())?;
        let role = role.parse().map_err(|error: NotARole| error.to_string())?;
        Ok(Self { buckets, role })
    }
}

/// Which buckets are reached through which role. Where patterns overlap the
/// first one counts; a bucket that none fits is reached by the caller itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BucketRoles(Vec<BucketRole>);

impl BucketRoles {
    /// In this order.
    #[must_use]
    pub fn new(roles: Vec<BucketRole>) -> Self {
        Self(roles)
    }

    /// The role for this bucket, where there is one.
    #[must_use]
    pub fn of(&self, bucket: &BucketName) -> Option<&RoleArn> {
        self.0.iter().find(|entry| entry.buckets.fits(bucket)).map(|entry| &entry.role)
    }

    /// Whether the caller reaches every bucket itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &BucketRole> {
        self.0.iter()
    }
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
            let role: RoleArn = good.parse().expect("a role");
            assert_eq!((role.as_str(), role.account().as_str()), (good, "111122223333"));
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

    #[test]
    fn a_pattern_fits_whole_names() {
        let fits = |pattern: &str, bucket: &str| {
            let pattern: BucketPattern = pattern.parse().expect("a pattern");
            pattern.fits(&bucket.parse().expect("a bucket"))
        };
        for (pattern, bucket) in [
            ("*", "anything"),
            ("logs", "logs"),
            ("team-a-*", "team-a-logs"),
            ("team-a-*", "team-a-x"),
            ("*-logs", "team-a-logs"),
            ("team-*-logs", "team-a-b-logs"),
            ("t*a*s", "team-a-logs"),
            ("**", "logs"),
        ] {
            assert!(fits(pattern, bucket), "{pattern} {bucket}");
        }
        for (pattern, bucket) in [
            ("logs", "logs2"),
            ("logs", "my-logs"),
            ("team-a-*", "team-b-logs"),
            ("*-logs", "team-logs-old"),
            ("team-*-logs", "team-logs"),
            ("aba*aba", "abaXba"),
            ("abc*bcd", "abcd"),
            ("a*b*c", "acb"),
        ] {
            assert!(!fits(pattern, bucket), "{pattern} {bucket}");
        }
        for bad in ["", "a/b", "ünter", "a b", "a?"] {
            assert!(bad.parse::<BucketPattern>().is_err(), "{bad}");
        }
    }

    const ROLE_A: &str = "arn:aws:iam::111122223333:role/reseal";
    const ROLE_B: &str = "arn:aws:iam::444455556666:role/a=b";

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let typed = [format!("team-a-*={ROLE_A}"), ROLE_B.to_owned()];
        let roles = typed.map(|text| text.parse::<BucketRole>().expect("a role"));
        let roles = BucketRoles::new(roles.into());
        let of = |bucket: &str| roles.of(&bucket.parse().expect("a bucket")).map(RoleArn::as_str);
        assert_eq!((of("team-a-logs"), of("other")), (Some(ROLE_A), Some(ROLE_B)));
        let text = serde_json::to_string(&roles).expect("JSON");
        assert_eq!(serde_json::from_str::<BucketRoles>(&text).expect("the same"), roles);
        let forged = text.replace("role/reseal", "user/reseal");
        assert!(serde_json::from_str::<BucketRoles>(&forged).is_err(), "{forged}");
        for bad in ["team-a-*", "=arn:aws:iam::111122223333:role/x", "a/b=arn:aws:iam::1:role/x"] {
            assert!(bad.parse::<BucketRole>().is_err(), "{bad}");
        }
    }
}
