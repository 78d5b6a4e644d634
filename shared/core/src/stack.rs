//! A fleet by the stack that made it: what a stack's outputs must say.
//!
//! The template's side of this is `infra/reseal.yaml`; the keys are the same.

use std::fmt;
use std::str::FromStr;

use crate::ports::Stack;
use crate::{BucketName, FleetName, IdentityError};

/// A stack's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackName(String);

impl StackName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StackName {
    type Err = IdentityError;

    /// CloudFormation's rule.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 128
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError::Stack(text.to_owned())) }
    }
}

/// How a fleet is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichFleet {
    /// By its own name.
    Named(FleetName),
    /// By the stack that made it.
    OfStack(StackName),
}

/// A bucket, and a folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackPlace {
    /// The bucket.
    pub bucket: BucketName,
    /// Never empty, and without a slash at its end.
    pub folder: Option<String>,
}

/// What reseal's stack tells of the fleet that it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStack {
    /// The fleet's name.
    pub fleet: FleetName,
    /// Where its files lie.
    pub files: StackPlace,
    /// Where inventory reports are delivered.
    pub reports: StackPlace,
    /// The KMS key that it made, or was given.
    pub key: Option<String>,
}

/// Why a stack is none that a fleet can be found by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// None of that name.
    #[error("there is no stack '{0}' in this account and region")]
    Missing(StackName),
    /// Not made yet, not made at all, or about to vanish.
    #[error("stack '{name}' is in state {status}{}", reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
    Unusable {
        /// The stack.
        name: StackName,
        /// As CloudFormation says.
        status: String,
        /// Why, where that is told.
        reason: Option<String>,
    },
    /// Somebody else's.
    #[error("stack '{name}' is not reseal's: it has no output {output}")]
    Foreign {
        /// The stack.
        name: StackName,
        /// What ours has.
        output: &'static str,
    },
    /// An output that can't be read.
    #[error("stack '{name}' is not reseal's: its output {output} is '{value}'")]
    Odd {
        /// The stack.
        name: StackName,
        /// Which one.
        output: &'static str,
        /// What it says.
        value: String,
    },
}

impl Stack {
    /// Whether all of it is there and shall stay.
    #[must_use]
    pub fn stands(&self) -> bool {
        // Also while it is being updated, and after an update was taken back.
        self.status == "CREATE_COMPLETE"
            || ["UPDATE_", "IMPORT_"].iter().any(|begin| self.status.starts_with(begin))
    }

    /// Whether nothing of it is there but what it left.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.status == "DELETE_COMPLETE"
    }

    /// Whether somebody has it deleted at this moment.
    #[must_use]
    pub fn is_going(&self) -> bool {
        self.status == "DELETE_IN_PROGRESS"
    }
}

impl FleetStack {
    /// By a stack that stands.
    ///
    /// # Errors
    /// When there is none, it doesn't stand, or it isn't reseal's.
    pub fn standing(name: &StackName, stack: Option<&Stack>) -> Result<Self, StackError> {
        match stack {
            None => Err(StackError::Missing(name.clone())),
            Some(stack) if stack.is_gone() => Err(StackError::Missing(name.clone())),
            Some(stack) if stack.stands() => Self::told(name, stack),
            Some(stack) => Err(StackError::Unusable {
                name: name.clone(),
                status: crate::escape_control(&stack.status),
                reason: stack.reason.as_deref().map(crate::escape_control),
            }),
        }
    }

    /// By what a stack tells, whatever state it is in.
    ///
    /// # Errors
    /// When it isn't reseal's.
    pub fn told(name: &StackName, stack: &Stack) -> Result<Self, StackError> {
        let told = |output: &'static str| match stack.outputs.get(output) {
            Some(value) => Ok(value.as_str()),
            None => Err(StackError::Foreign { name: name.clone(), output }),
        };
        let odd = |output, value: &str| StackError::Odd {
            name: name.clone(),
            output,
            value: crate::escape_control(value),
        };
        let at = |output| {
            let value = told(output)?;
            place(value).ok_or_else(|| odd(output, value))
        };
        let fleet = told("Fleet")?;
        Ok(Self {
            fleet: fleet.parse().map_err(|_| odd("Fleet", fleet))?,
            files: at("Files")?,
            reports: at("Reports")?,
            key: stack.outputs.get("Key").cloned(),
        })
    }
}

fn place(text: &str) -> Option<StackPlace> {
    let (bucket, folder) = {
        let rest = text.strip_prefix("s3://")?;
        rest.split_once('/').unwrap_or((rest, ""))
    };
    let folder = folder.trim_end_matches('/');
    if folder.starts_with('/') {
        return None;
    }
    let folder = (!folder.is_empty()).then(|| folder.to_owned());
    Some(StackPlace { bucket: bucket.parse().ok()?, folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(status: &str, outputs: &[(&str, &str)]) -> Stack {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Stack {
            id: "arn".to_owned(),
            status: status.to_owned(),
            reason: None,
            outputs: outputs.iter().map(own).collect(),
        }
    }

    const OURS: [(&str, &str); 3] =
        [("Fleet", "main"), ("Files", "s3://work/fleet"), ("Reports", "s3://work/inventory/")];

    fn name() -> StackName {
        "main".parse().expect("a name")
    }

    #[test]
    fn a_stack_that_stands_tells_its_fleet() {
        for status in ["CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"] {
            let told = FleetStack::standing(&name(), Some(&stack(status, &OURS))).expect(status);
            assert_eq!(told.fleet.as_str(), "main");
            assert_eq!(told.files.folder.as_deref(), Some("fleet"));
            assert_eq!(told.reports.folder.as_deref(), Some("inventory"));
            assert_eq!(told.key, None);
        }
    }

    #[test]
    fn every_other_one_is_refused_in_a_line() {
        let why = |stack: Option<&Stack>| {
            FleetStack::standing(&name(), stack).expect_err("refused").to_string()
        };
        assert!(why(None).contains("no stack 'main'"));
        assert!(why(Some(&stack("DELETE_COMPLETE", &OURS))).contains("no stack 'main'"));
        for status in [
            "CREATE_IN_PROGRESS",
            "CREATE_FAILED",
            "ROLLBACK_COMPLETE",
            "REVIEW_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "DELETE_FAILED",
        ] {
            assert!(why(Some(&stack(status, &OURS))).contains(status));
        }
        let broken = Stack { reason: Some("no\nroom".to_owned()), ..stack("CREATE_FAILED", &[]) };
        assert_eq!(why(Some(&broken)), r"stack 'main' is in state CREATE_FAILED (no\nroom)");
        let without = |left_out: &str, with: Option<(&'static str, &'static str)>| {
            let outputs: Vec<_> =
                OURS.into_iter().filter(|(key, _)| *key != left_out).chain(with).collect();
            why(Some(&stack("CREATE_COMPLETE", &outputs)))
        };
        assert!(without("Fleet", None).contains("no output Fleet"));
        assert!(without("Files", None).contains("no output Files"));
        for wrong in ["work", "s3://", "s3://work//x", "http://work"] {
            let odd: &'static str = wrong;
            assert!(without("Files", Some(("Files", odd))).contains("output Files is"), "{wrong}");
        }
        assert!(without("Fleet", Some(("Fleet", "a b"))).contains("output Fleet is"));
    }

    #[test]
    fn stack_names_are_cloudformations() {
        for good in ["a", "Reseal-1", &"x".repeat(128)] {
            assert!(good.parse::<StackName>().is_ok(), "{good}");
        }
        for wrong in ["", "1a", "-a", "a_b", "arn:aws:x", &"x".repeat(129)] {
            assert!(wrong.parse::<StackName>().is_err(), "{wrong}");
        }
    }
}
