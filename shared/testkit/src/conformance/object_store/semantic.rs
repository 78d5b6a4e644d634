//! A sentence, its check, and the confrontation of a world with what is known.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use reseal_core::ports::{KeyService, ObjectStore};
use reseal_core::{StoreError, StoreErrorKind};

use super::Seeder;

/// The ports under test, and the hand that prepares what they meet.
#[derive(Clone)]
pub struct World {
    /// S3.
    pub store: Arc<dyn ObjectStore>,
    /// KMS.
    pub keys: Arc<dyn KeyService>,
    /// What puts buckets, objects and keys there, behind the ports' back.
    pub seeder: Arc<dyn Seeder>,
}

impl Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

/// Why a sentence isn't confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The world does otherwise.
    Differs(String),
    /// What the sentence needs can't be prepared there.
    CannotBeAsked(String),
}

impl From<StoreError> for Doubt {
    fn from(error: StoreError) -> Self {
        Self::Differs(format!("{error} ({:?})", error.kind))
    }
}

/// Whether a sentence holds.
pub type Verdict = Result<(), Doubt>;

/// A check under way.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Verdict> + 'a>>;

/// Whether `reseal probe` tries a sentence on scratch objects before a run
/// relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It does; how.
    Tries(&'static str),
    /// It doesn't; what a run does instead of relying on it, or risks.
    No(&'static str),
}

/// A sentence about S3 or KMS that reseal relies on.
#[derive(Clone, Copy, Debug)]
pub struct Semantic {
    /// Its name, by which worlds and the page know it.
    pub name: &'static str,
    /// The sentence.
    pub says: &'static str,
    /// Whether the probe tries it.
    pub probe: Probe,
    /// Checks it on fresh buckets.
    pub check: for<'a> fn(&'a World) -> Checking<'a>,
}

/// How a world stands to a sentence that it doesn't confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It does otherwise; how.
    Differs(&'static str),
    /// It can't be asked; why.
    CannotBeAsked(&'static str),
}

/// A sentence, by its name, and how a world stands to it.
pub type Known = (&'static str, Stand);

/// Runs every sentence, those included that the world is known not to confirm,
/// so that the list of these stays true.
///
/// # Panics
/// When a world stands to a sentence otherwise than the list says, naming all
/// such sentences.
pub async fn confront(world: &World, sentences: &[Semantic], known: &[Known]) {
    let mut wrong = strangers(sentences, known);
    for sentence in sentences {
        let verdict = (sentence.check)(world).await;
        let listed = known.iter().find(|(name, _)| *name == sentence.name).map(|(_, how)| how);
        if let Some(complaint) = disagreement(&verdict, listed) {
            wrong.push(format!("{}: {complaint}", sentence.name));
        }
    }
    assert!(wrong.is_empty(), "{} sentences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Names on the list that no sentence has, or that stand there twice.
fn strangers(sentences: &[Semantic], known: &[Known]) -> Vec<String> {
    let mut names: BTreeSet<_> = sentences.iter().map(|sentence| sentence.name).collect();
    let strange = known.iter().filter(|(name, _)| !names.remove(name));
    strange.map(|(name, _)| format!("{name}: no such sentence, or listed twice")).collect()
}

fn disagreement(verdict: &Verdict, listed: Option<&Stand>) -> Option<String> {
    match (verdict, listed) {
        (Ok(()), None)
        | (Err(Doubt::Differs(_)), Some(Stand::Differs(_)))
        | (Err(Doubt::CannotBeAsked(_)), Some(Stand::CannotBeAsked(_))) => None,
        (Ok(()), Some(_)) => Some("confirmed now: take it off the list".to_owned()),
        (Err(Doubt::Differs(how)), _) => Some(format!("differs: {how}")),
        (Err(Doubt::CannotBeAsked(why)), _) => Some(format!("can't be asked: {why}")),
    }
}

/// A sentence with its check, a function of the world.
macro_rules! semantic {
    ($name:literal, $says:literal, $probe:expr, $check:path $(,)?) => {
        $crate::conformance::object_store::Semantic {
            name: $name,
            says: $says,
            probe: $probe,
            check: |world| Box::pin($check(world)),
        }
    };
}
pub(in super::super) use semantic;

pub(in super::super) fn same<T: PartialEq + Debug>(found: &T, expected: &T, what: &str) -> Verdict {
    true_that(found == expected, format_args!("{what}: {expected:?} expected, not {found:?}"))
}

pub(in super::super) fn true_that(holds: bool, otherwise: impl Display) -> Verdict {
    if holds { Ok(()) } else { Err(Doubt::Differs(otherwise.to_string())) }
}

/// Demands a refusal of this kind.
pub(in super::super) fn refused<T: Debug>(
    result: &Result<T, StoreError>,
    kind: StoreErrorKind,
    what: &str,
) -> Verdict {
    match result {
        Err(error) if error.kind == kind => Ok(()),
        Err(error) => Err(Doubt::Differs(format!(
            "{what}: {kind:?} expected, not {:?} ({error})",
            error.kind
        ))),
        Ok(done) => Err(Doubt::Differs(format!("{what}: not refused ({done:?})"))),
    }
}

/// Demands success.
pub(in super::super) fn done<T>(result: Result<T, StoreError>, what: &str) -> Result<T, Doubt> {
    result.map_err(|error| Doubt::Differs(format!("{what}: {error} ({:?})", error.kind)))
}
