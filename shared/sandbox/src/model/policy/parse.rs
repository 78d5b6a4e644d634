//! Documents into policies. Whatever isn't understood is refused.

use serde_json::{Map, Value};

use super::super::fault::{Code, Fault};
use super::condition::Condition;
use super::{Effect, Policy, Principal, Statement};

const MEMBERS: [&str; 7] =
    ["Sid", "Effect", "Principal", "Action", "Resource", "Condition", "NotPrincipal"];

impl Policy {
    /// Reads the document of the policy of `bucket`.
    pub(crate) fn parse(document: &str, bucket: &str) -> Result<Self, Fault> {
        let root: Value = serde_json::from_str(document)
            .map_err(|_| malformed("This policy contains invalid Json"))?;
        let root = root.as_object().ok_or_else(|| malformed("Policies must be valid JSON"))?;
        let unknown = root.keys().find(|k| !["Version", "Id", "Statement"].contains(&k.as_str()));
        if let Some(name) = unknown {
            return Err(malformed(&format!("Unknown field {name}")));
        }
        let statements = match root.get("Statement") {
            Some(Value::Array(list)) if !list.is_empty() => list.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(malformed("Missing required field Statement")),
        };
        let statements = statements.into_iter().map(|value| statement(value, bucket));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }
}

fn malformed(message: &str) -> Fault {
    Fault::new(Code::MalformedPolicy, message)
}

fn not_modelled(what: &str) -> Fault {
    Fault::new(Code::NotImplemented, format!("{what} in a bucket policy is not modelled here"))
}

fn statement(value: &Value, bucket: &str) -> Result<Statement, Fault> {
    let members = value.as_object().ok_or_else(|| malformed("Statements must be objects"))?;
    if let Some(name) = members.keys().find(|name| name.starts_with("Not")) {
        return Err(not_modelled(name));
    }
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(malformed(&format!("Unknown field {name}")));
    }
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(malformed("Invalid effect")),
    };
    let principals = principals(members.get("Principal"))?;
    let conditions = match members.get("Condition") {
        // Conditions on somebody who never comes may say anything.
        Some(_) if principals.iter().all(|one| *one == Principal::Elsewhere) => Vec::new(),
        Some(value) => conditions(value)?,
        None => Vec::new(),
    };
    Ok(Statement {
        effect,
        principals,
        actions: actions(members)?,
        resources: resources(members, bucket)?,
        conditions,
    })
}

/// A text or a list of texts, none of which may hold a variable.
fn texts(value: &Value) -> Result<Vec<String>, Fault> {
    let list = match value {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    list.into_iter().map(text).collect()
}

fn text(value: &Value) -> Result<String, Fault> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        _ => return Err(malformed("Values must be strings")),
    };
    if text.contains("${") {
        return Err(not_modelled("A variable"));
    }
    Ok(text)
}

fn principals(value: Option<&Value>) -> Result<Vec<Principal>, Fault> {
    let invalid = || malformed("Invalid principal in policy");
    match value {
        Some(Value::String(all)) if all == "*" => Ok(vec![Principal::Everybody]),
        Some(Value::Object(kinds)) if !kinds.is_empty() => {
            let mut principals = Vec::new();
            for (kind, names) in kinds {
                for name in texts(names)? {
                    principals.push(principal(kind, name).ok_or_else(invalid)?);
                }
            }
            Ok(principals)
        }
        _ => Err(invalid()),
    }
}

fn principal(kind: &str, name: String) -> Option<Principal> {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        "AWS" if name == "*" => Some(Principal::Everybody),
        "AWS" if is_account(&name) => Some(Principal::Account(name)),
        "AWS" => {
            let fields: Vec<_> = name.splitn(6, ':').collect();
            match fields[..] {
                ["arn", _, "iam", "", account, "root"] => {
                    Some(Principal::Account(account.to_owned()))
                }
                ["arn", _, "iam" | "sts", "", _, what] if !what.contains('*') => {
                    Some(Principal::Arn(name))
                }
                _ => None,
            }
        }
        "CanonicalUser" => Some(Principal::Canonical(name)),
        "Service" | "Federated" => Some(Principal::Elsewhere),
        _ => None,
    }
}

fn actions(members: &Map<String, Value>) -> Result<Vec<String>, Fault> {
    let invalid = || malformed("Policy has invalid action");
    let actions = texts(members.get("Action").ok_or_else(invalid)?)?;
    // Actions are compared whatever their case.
    let actions: Vec<_> = actions.iter().map(|action| action.to_ascii_lowercase()).collect();
    let known = |action: &String| action == "*" || action.starts_with("s3:");
    if actions.is_empty() || !actions.iter().all(known) {
        return Err(invalid());
    }
    Ok(actions)
}

fn resources(members: &Map<String, Value>, bucket: &str) -> Result<Vec<String>, Fault> {
    let invalid = || malformed("Policy has invalid resource");
    let resources = texts(members.get("Resource").ok_or_else(invalid)?)?;
    let own = format!("arn:aws:s3:::{bucket}");
    let is_own = |resource: &String| {
        let rest = resource.strip_prefix(&own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
    };
    if resources.is_empty() || !resources.iter().all(is_own) {
        return Err(invalid());
    }
    Ok(resources)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, Fault> {
    let invalid = || malformed("Invalid condition");
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(invalid)? {
        for (key, values) in keys.as_object().ok_or_else(invalid)? {
            let condition = Condition::parse(operator, key, texts(values)?);
            conditions
                .push(condition.ok_or_else(|| not_modelled(&format!("{operator} of {key}")))?);
        }
    }
    Ok(conditions)
}
