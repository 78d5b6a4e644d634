//! What a condition says of the requests that a run makes.

use super::{Condition, matches};

/// What is known of our requests beforehand.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Ours<'a> {
    /// Whether they go over TLS.
    pub(in super::super) tls: bool,
    /// `x-amz-server-side-encryption` of what is written.
    pub(in super::super) algorithm: &'a str,
    /// The KMS key's ARN of what is written, where there is one.
    pub(in super::super) key: Option<&'a str>,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    Yes,
    No,
    /// It depends on what we don't know.
    Perhaps,
}

impl Verdict {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
        }
    }
}

/// Whether all of them hold for a request of ours with this action.
pub(super) fn all_hold(conditions: &[Condition], action: &str, ours: &Ours<'_>) -> Verdict {
    let verdicts: Vec<Verdict> = conditions.iter().map(|c| c.holds(action, ours)).collect();
    if verdicts.contains(&Verdict::No) {
        Verdict::No
    } else if verdicts.contains(&Verdict::Perhaps) {
        Verdict::Perhaps
    } else {
        Verdict::Yes
    }
}

/// What our request has under a condition key.
enum Sent<'a> {
    Value(&'a str),
    /// The request has no such thing.
    Nothing,
    Unknown,
}

fn sent<'a>(key: &str, action: &str, ours: &Ours<'a>) -> Sent<'a> {
    let writes = action == "s3:PutObject";
    match key {
        "aws:securetransport" => Sent::Value(if ours.tls { "true" } else { "false" }),
        "s3:signatureversion" => Sent::Value("AWS4-HMAC-SHA256"),
        "s3:authtype" => Sent::Value("REST-HEADER"),
        "s3:x-amz-server-side-encryption" if writes => Sent::Value(ours.algorithm),
        "s3:x-amz-server-side-encryption-aws-kms-key-id" if writes => {
            ours.key.map_or(Sent::Nothing, Sent::Value)
        }
        "s3:x-amz-server-side-encryption-customer-algorithm" => Sent::Nothing,
        _ => Sent::Unknown,
    }
}

impl Condition {
    fn holds(&self, action: &str, ours: &Ours<'_>) -> Verdict {
        if self.operator.contains(':') || self.values.iter().any(|value| value.contains("${")) {
            return Verdict::Perhaps;
        }
        if self.key == "s3:tlsversion" {
            return self.asks_for_old_tls();
        }
        let (operator, if_exists) = match self.operator.strip_suffix("ifexists") {
            Some(operator) => (operator, true),
            None => (self.operator.as_str(), false),
        };
        let value = match sent(&self.key, action, ours) {
            Sent::Unknown => return Verdict::Perhaps,
            Sent::Value(value) => Some(value),
            Sent::Nothing => None,
        };
        if operator == "null" {
            let wants_absent = self.values.iter().any(|v| v.eq_ignore_ascii_case("true"));
            return Verdict::of(wants_absent == value.is_none());
        }
        let Some((negated, compare)) = comparison(operator) else { return Verdict::Perhaps };
        let Some(value) = value else {
            // IAM: what is absent is unequal to anything.
            return Verdict::of(if_exists || negated);
        };
        let equal = Verdict::of(self.values.iter().any(|wanted| compare(wanted, value)));
        if negated { equal.not() } else { equal }
    }

    /// Our TLS is 1.2 or 1.3, whichever the endpoint likes better.
    fn asks_for_old_tls(&self) -> Verdict {
        let below = |value: &String| value.parse::<f64>().is_ok_and(|version| version <= 1.2);
        match self.operator.as_str() {
            "numericlessthan" | "numericlessthanifexists" if self.values.iter().all(below) => {
                Verdict::No
            }
            _ => Verdict::Perhaps,
        }
    }
}

/// Of a wanted value with the one that a request has.
type Compare = fn(&str, &str) -> bool;

/// Whether the operator is a negated one, and how it compares.
fn comparison(operator: &str) -> Option<(bool, Compare)> {
    let (negated, positive) = match operator.split_once("not") {
        Some((kind, rest)) => (true, format!("{kind}{rest}")),
        None => (false, operator.to_owned()),
    };
    let compare: Compare = match positive.as_str() {
        "stringequals" => |wanted, value| wanted == value,
        "stringequalsignorecase" | "bool" => |wanted, value| wanted.eq_ignore_ascii_case(value),
        "stringlike" | "arnequals" | "arnlike" => matches,
        _ => return None,
    };
    Some((negated, compare))
}
