//! Bucket policies, as rules.
//!
//! Owns what a policy's document means for one request. Must never overlook a part of
//! a document that could matter: what isn't understood is refused when the policy is
//! put. Next: `parse` for documents, `condition` for conditions; `ops::authorize`, which
//! asks.

mod condition;
mod parse;

use std::borrow::Cow;

use condition::Condition;

use super::acl::CanonicalId;
use super::attributes::TagSet;

/// What a statement does to requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Principal {
    Everybody,
    /// An account's number: everybody in it.
    Account(String),
    /// A user, a role or a role's session.
    Arn(String),
    Canonical(String),
    /// A service or a federated user, which no caller here is.
    Elsewhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    effect: Effect,
    principals: Vec<Principal>,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// A bucket's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
}

/// One action of one caller, with everything that a policy can ask about it.
#[derive(Debug, Clone)]
pub(crate) struct Situation<'a> {
    /// The caller's account.
    pub(crate) account: &'a str,
    pub(crate) canonical: &'a CanonicalId,
    /// The caller's ARN: of the role, for sessions.
    pub(crate) principal: Cow<'a, str>,
    /// The session's ARN, where there is one.
    pub(crate) session: Option<String>,
    /// `s3:…`.
    pub(crate) action: &'static str,
    /// The bucket's or the object's ARN.
    pub(crate) resource: String,
    /// The encryption header as sent.
    pub(crate) algorithm: Option<&'static str>,
    /// The key header as sent.
    pub(crate) kms_key: Option<&'a str>,
    /// The algorithm of the customer's key as sent, which is always the same.
    pub(crate) customer_algorithm: Option<&'static str>,
    /// Tags that the request sends.
    pub(crate) request_tags: &'a TagSet,
    /// Tags of the object that is there.
    pub(crate) existing_tags: &'a TagSet,
    /// Whether the request counts as sent over TLS.
    pub(crate) secure: bool,
}

impl Policy {
    /// What the policy says about a request: a denial wins, silence is neither.
    pub(crate) fn decide(&self, situation: &Situation<'_>) -> Option<Effect> {
        let matching = || self.statements.iter().filter(|statement| statement.matches(situation));
        if matching().any(|statement| statement.effect == Effect::Deny) {
            return Some(Effect::Deny);
        }
        matching().next().map(|statement| statement.effect)
    }

    /// Whether it lets everybody in without a condition.
    pub(crate) fn is_public(&self) -> bool {
        self.statements.iter().any(|statement| {
            statement.effect == Effect::Allow
                && statement.principals.contains(&Principal::Everybody)
                && statement.conditions.is_empty()
        })
    }
}

impl Statement {
    fn matches(&self, situation: &Situation<'_>) -> bool {
        let Self { effect: _, principals, actions, resources, conditions } = self;
        let action = situation.action.to_ascii_lowercase();
        actions.iter().any(|pattern| is_like(pattern, &action))
            && resources.iter().any(|pattern| is_like(pattern, &situation.resource))
            && principals.iter().any(|principal| principal.is(situation))
            && conditions.iter().all(|condition| condition.holds(situation))
    }
}

impl Principal {
    fn is(&self, situation: &Situation<'_>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Account(account) => account == situation.account,
            Self::Arn(arn) => {
                *arn == situation.principal || situation.session.as_deref() == Some(arn)
            }
            Self::Canonical(id) => **id == **situation.canonical,
            Self::Elsewhere => false,
        }
    }
}

/// Whether `text` is what `pattern` describes, where `*` is anything and `?` one character.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // The last star, and how far the text was when it came up.
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((place, reached)) = star else { return false };
                star = Some((place, reached + 1));
                at = place + 1;
                position = reached + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, like) in [
            ("*", "", true),
            ("s3:get*", "s3:getobject", true),
            ("s3:get*", "s3:putobject", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyyd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*aab", "aaaab", true),
            ("abc", "abcd", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ] {
            assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
        }
    }
}
