//! Bucket and key policies, as far as they tell who reads and what is denied.
//!
//! Owns: the simple, well-known forms. Never: decides anything; IAM's answer
//! depends on more than one document, and the probe is what finds it out.
//! What isn't understood is "perhaps", never "no".
//! Next: `conditions` for what a condition says of our requests, `readers` and
//! `denials` for the two questions.

mod conditions;
mod denials;
mod readers;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(super) use conditions::{Ours, Verdict};
pub(super) use denials::{Certainty, Denial, denials};
pub(super) use readers::{KeyAccess, Reader, key_access, readers};

/// A policy, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    /// Its Sid, or which one it is.
    name: String,
    allows: bool,
    principals: Principals,
    actions: Patterns,
    resources: Patterns,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Principals {
    Everyone,
    EveryoneBut,
    Named(Vec<Principal>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Principal {
    Aws(String),
    Service(String),
    Canonical(String),
    Federated(String),
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Patterns {
    /// Whether it is all but these.
    negated: bool,
    patterns: Vec<String>,
}

/// One key of one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    /// Lower case, as all of IAM compares it.
    operator: String,
    /// Lower case.
    key: String,
    values: Vec<String>,
}

impl Policy {
    /// `None` where it isn't a policy that we understand.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let statements = match document.get("Statement")? {
            Value::Array(statements) => statements.iter().collect(),
            one => vec![one],
        };
        let numbered = statements.into_iter().enumerate();
        Some(Self { statements: numbered.map(|(i, s)| statement(i, s)).collect::<Option<_>>()? })
    }
}

fn statement(index: usize, statement: &Value) -> Option<Statement> {
    let sid = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
    let name = sid.map_or_else(|| format!("no. {}", index + 1), str::to_owned);
    let allows = match statement.get("Effect")?.as_str()? {
        "Allow" => true,
        "Deny" => false,
        _ => return None,
    };
    let patterns = |plain: &str, negated: &str| match (statement.get(plain), statement.get(negated))
    {
        (Some(patterns), None) => Some(Patterns { negated: false, patterns: texts(patterns)? }),
        (None, Some(patterns)) => Some(Patterns { negated: true, patterns: texts(patterns)? }),
        _ => None,
    };
    let principals = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), None) => principals(principal)?,
        (None, Some(_)) => Principals::EveryoneBut,
        _ => return None,
    };
    Some(Statement {
        name,
        allows,
        principals,
        actions: patterns("Action", "NotAction")?,
        resources: patterns("Resource", "NotResource")?,
        conditions: match statement.get("Condition") {
            Some(conditions) => conditions_of(conditions)?,
            None => Vec::new(),
        },
    })
}

/// One text or a list of them; numbers and booleans count as their text.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

fn principals(value: &Value) -> Option<Principals> {
    let kinds = match value {
        Value::String(text) if text == "*" => return Some(Principals::Everyone),
        Value::Object(kinds) => kinds,
        _ => return None,
    };
    let mut named = Vec::new();
    for (kind, names) in kinds {
        for name in texts(names)? {
            named.push(match kind.as_str() {
                "AWS" if name == "*" => return Some(Principals::Everyone),
                "AWS" => Principal::Aws(name),
                "Service" => Principal::Service(name),
                "CanonicalUser" => Principal::Canonical(name),
                "Federated" => Principal::Federated(name),
                _ => return None,
            });
        }
    }
    Some(Principals::Named(named))
}

fn conditions_of(value: &Value) -> Option<Vec<Condition>> {
    let mut all = Vec::new();
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            let (operator, key) = (operator.to_ascii_lowercase(), key.to_ascii_lowercase());
            all.push(Condition { operator, key, values: texts(values)? });
        }
    }
    Some(all)
}

impl Statement {
    fn acts(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let named = self.actions.patterns.iter();
        let named = named.map(|p| p.to_ascii_lowercase()).any(|p| matches(&p, &action));
        named != self.actions.negated
    }

    /// Whether some of this bucket's objects are among its resources.
    fn touches_objects_of(&self, bucket: &str) -> bool {
        // What all but some patterns leaves is most of the bucket, at least.
        self.resources.negated
            || self.resources.patterns.iter().any(|p| may_touch(resource(p), bucket))
    }

    /// The resources, where they aren't all of this bucket's objects.
    fn narrower_than(&self, bucket: &str) -> Vec<String> {
        let all = |p: &&String| {
            let pattern = resource(p);
            pattern == "*" || pattern == format!("{bucket}/*") || pattern == format!("{bucket}*")
        };
        let Patterns { negated, patterns } = &self.resources;
        if *negated || patterns.iter().any(|p| all(&p)) {
            return Vec::new();
        }
        patterns.iter().filter(|p| may_touch(resource(p), bucket)).cloned().collect()
    }
}

/// The part of an ARN behind its five colons: for S3, bucket and key.
fn resource(pattern: &str) -> &str {
    pattern.splitn(6, ':').nth(5).unwrap_or(pattern)
}

/// Whether a pattern of bucket and key can match a key of this bucket. Where
/// the pattern's wildcards begin inside the bucket's name, it is taken to.
fn may_touch(pattern: &str, bucket: &str) -> bool {
    let objects = format!("{bucket}/");
    match pattern.find(['*', '?', '$']) {
        Some(wild) => {
            pattern[..wild].starts_with(&objects) || objects.starts_with(&pattern[..wild])
        }
        None => pattern.starts_with(&objects),
    }
}

/// IAM's wildcards: `*` for any run of characters, `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on when the last star must swallow one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some('?') => (p, t) = (p + 1, t + 1),
            Some(c) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, t) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}
