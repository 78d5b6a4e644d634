//! Conditions: an operator, a key of the request, and values to compare it with.

use std::borrow::Cow;

use super::super::attributes::TagSet;
use super::{Situation, is_like};

/// What about a request a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Algorithm,
    Kms,
    CustomerAlgorithm,
    ExistingTag(String),
    RequestTag(String),
    PrincipalArn,
    PrincipalAccount,
    SecureTransport,
    /// Something that requests to the sandbox never have.
    Absent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    NotEquals,
    Like,
    NotLike,
    Bool,
    Null,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    key: Key,
    operator: Operator,
    if_exists: bool,
    values: Vec<String>,
}

/// Keys that are there only in an organization, a VPC or in requests of other services.
const NEVER_THERE: [&str; 6] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourcevpc",
    "aws:sourcevpce",
];

impl Key {
    fn parse(text: &str) -> Option<Self> {
        // Names of keys don't care about case, tags do.
        if let Some((name, tag)) = text.split_once('/') {
            return match name.to_ascii_lowercase().as_str() {
                "s3:existingobjecttag" => Some(Self::ExistingTag(tag.to_owned())),
                "s3:requestobjecttag" => Some(Self::RequestTag(tag.to_owned())),
                _ => None,
            };
        }
        match text.to_ascii_lowercase().as_str() {
            "s3:x-amz-server-side-encryption" => Some(Self::Algorithm),
            "s3:x-amz-server-side-encryption-aws-kms-key-id" => Some(Self::Kms),
            "s3:x-amz-server-side-encryption-customer-algorithm" => Some(Self::CustomerAlgorithm),
            "aws:principalarn" => Some(Self::PrincipalArn),
            "aws:principalaccount" => Some(Self::PrincipalAccount),
            "aws:securetransport" => Some(Self::SecureTransport),
            name if NEVER_THERE.contains(&name) => Some(Self::Absent),
            _ => None,
        }
    }

    fn value<'a>(&self, situation: &'a Situation<'_>) -> Option<Cow<'a, str>> {
        let tag = |tags: &'a TagSet, wanted: &str| {
            let found = tags.iter().find(|(key, _)| key == wanted);
            found.map(|(_, value)| Cow::Borrowed(value.as_str()))
        };
        match self {
            Self::Algorithm => situation.algorithm.map(Cow::Borrowed),
            Self::Kms => situation.kms_key.map(Cow::Borrowed),
            Self::CustomerAlgorithm => situation.customer_algorithm.map(Cow::Borrowed),
            Self::ExistingTag(key) => tag(situation.existing_tags, key),
            Self::RequestTag(key) => tag(situation.request_tags, key),
            Self::PrincipalArn => Some(Cow::Borrowed(&situation.principal)),
            Self::PrincipalAccount => Some(Cow::Borrowed(situation.account)),
            Self::SecureTransport => {
                Some(Cow::Borrowed(if situation.secure { "true" } else { "false" }))
            }
            Self::Absent => None,
        }
    }
}

impl Operator {
    /// The operator, and whether it lets a missing key pass.
    fn parse(text: &str) -> Option<(Self, bool)> {
        let (name, if_exists) = match text.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let operator = match name {
            "StringEquals" => Self::Equals,
            "StringNotEquals" => Self::NotEquals,
            // ARNs are compared with wildcards whichever of the two is asked for.
            "StringLike" | "ArnLike" | "ArnEquals" => Self::Like,
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => Self::NotLike,
            "Bool" => Self::Bool,
            "Null" if !if_exists => Self::Null,
            _ => return None,
        };
        Some((operator, if_exists))
    }
}

impl Condition {
    /// Reads one; `None` if the model doesn't know the operator or the key.
    pub(super) fn parse(operator: &str, key: &str, values: Vec<String>) -> Option<Self> {
        let (operator, if_exists) = Operator::parse(operator)?;
        Some(Self { key: Key::parse(key)?, operator, if_exists, values })
    }

    pub(super) fn holds(&self, situation: &Situation<'_>) -> bool {
        let Self { key, operator, if_exists, values } = self;
        let any = |matches: &dyn Fn(&str) -> bool| values.iter().any(|value| matches(value));
        let actual = key.value(situation);
        if *operator == Operator::Null {
            let missing = if actual.is_none() { "true" } else { "false" };
            return any(&|value| value.eq_ignore_ascii_case(missing));
        }
        let Some(actual) = actual else {
            // "Not this value" is also true of what isn't there.
            return *if_exists || matches!(operator, Operator::NotEquals | Operator::NotLike);
        };
        match operator {
            Operator::Equals => any(&|value| value == actual),
            Operator::NotEquals => !any(&|value| value == actual),
            Operator::Like => any(&|value| is_like(value, &actual)),
            Operator::NotLike => !any(&|value| is_like(value, &actual)),
            Operator::Bool | Operator::Null => any(&|value| value.eq_ignore_ascii_case(&actual)),
        }
    }
}
