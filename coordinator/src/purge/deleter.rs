//! One version: the looks that prove it may go, then its delete.

use std::cell::Cell;

use futures_util::StreamExt as _;
use reseal_core::ports::{Clock, Deletion, ObjectStore, Purger, WRONG_DELETE};
use reseal_core::{ObjectHead, ObjectLock, ObjectRef, StoreError, StoreErrorKind, Target};
use reseal_worker::Stop;

use super::candidate::Candidate;
use super::findings::{Fate, Findings};
use super::ground::Ground;
use super::pace::Pace;
use super::proof::{Goal, Left, Reason};
use crate::exit::CommandError;
use crate::retry::Patience;

/// Deletes what is proved, or only says that it would.
pub(crate) struct Deleter<'a> {
    pub(crate) store: &'a dyn ObjectStore,
    pub(crate) purger: &'a dyn Purger,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) patience: Patience<'a>,
    pub(crate) stop: &'a Stop,
    pub(crate) pace: Pace<'a>,
    pub(crate) target: &'a Target,
    pub(crate) dry_run: bool,
    /// Versions in flight.
    pub(crate) concurrency: usize,
}

impl Deleter<'_> {
    /// All of these, in one bucket, until a stop is asked for. What was begun
    /// is brought to its end.
    ///
    /// # Errors
    /// At the first trouble that the others would have, too.
    pub(crate) async fn purge(
        &self,
        ground: &Ground,
        candidates: Vec<Candidate>,
        findings: &mut Findings,
    ) -> Result<(), CommandError> {
        let all = futures_util::stream::iter(candidates).map(|candidate| async move {
            let fate = self.settle(ground, &candidate).await;
            (candidate, fate)
        });
        let mut all = std::pin::pin!(all.buffer_unordered(self.concurrency));
        while let Some((candidate, fate)) = all.next().await {
            if let Some((fate, detail)) = fate? {
                findings.note(&candidate, fate, &detail)?;
            }
        }
        Ok(())
    }

    /// `None` when a stop came first.
    async fn settle(
        &self,
        ground: &Ground,
        candidate: &Candidate,
    ) -> Result<Option<(Fate, String)>, CommandError> {
        if let Some(doubt) = candidate.doubt {
            return Ok(Some((Fate::Left(doubt), String::new())));
        }
        if !self.pace.admit().await {
            return Ok(None);
        }
        let tried = Cell::new(false);
        // A delete of a version may be repeated, but not on an old proof.
        let settled = self.patience.retry(|| self.attempt(ground, candidate, &tried)).await;
        match settled {
            // Gone after an attempt of ours whose answer was lost.
            Ok(Some(Fate::Gone)) if tried.get() => Ok(Some((Fate::Deleted, String::new()))),
            Ok(settled) => Ok(settled.map(|fate| (fate, String::new()))),
            Err(Trouble::Left((left, detail))) => Ok(Some((Fate::Left(left), detail))),
            Err(Trouble::Store(error)) => match left_by(&error) {
                Some(left) => Ok(Some((Fate::Left(left), error.to_string()))),
                None => Err(anyhow::Error::new(error).into()),
            },
        }
    }

    async fn attempt(
        &self,
        ground: &Ground,
        candidate: &Candidate,
        tried: &Cell<bool>,
    ) -> Result<Option<Fate>, Trouble> {
        let Some(old) = self.look(candidate.old.object()).await? else {
            return Ok(Some(Fate::Gone));
        };
        self.prove(ground, candidate, &old).await?;
        if self.dry_run {
            return Ok(Some(Fate::WouldDelete));
        }
        if self.stop.is_asked() {
            return Ok(None);
        }
        tried.set(true);
        match self.purger.delete_version(&candidate.old).await? {
            Deletion::Deleted => Ok(Some(Fate::Deleted)),
            Deletion::Locked => Err((Left::Locked, "S3 says so".to_owned()).into()),
        }
    }

    /// Everything that must be true at this moment.
    async fn prove(
        &self,
        ground: &Ground,
        candidate: &Candidate,
        old: &ObjectHead,
    ) -> Result<(), Trouble> {
        let goal = Goal { target: self.target, capabilities: ground.capabilities };
        let lock = match ground.locks {
            true => self.purger.lock(&candidate.old).await?,
            false => ObjectLock::default(),
        };
        goal.check_old(candidate, old, lock, self.clock.now())?;
        let current = self.look(&candidate.new.current()).await?;
        let is_current = current.as_ref().is_some_and(|head| head.version == candidate.new.version);
        let new = match is_current {
            true => current.clone(),
            false => self.look(&candidate.new).await?,
        };
        goal.check_new(candidate, old, new.as_ref())?;
        goal.check_current(candidate, current.as_ref())?;
        Ok(())
    }

    /// `None` when there is none, or a delete marker in its place.
    async fn look(&self, object: &ObjectRef) -> Result<Option<ObjectHead>, StoreError> {
        match self.store.head(object).await {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.kind == StoreErrorKind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Why an attempt ended early.
enum Trouble {
    Left(Reason),
    Store(StoreError),
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::Left(reason)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl crate::retry::Transient for Trouble {
    fn is_transient(&self) -> bool {
        match self {
            Self::Left(_) => false,
            Self::Store(error) => error.is_transient(),
        }
    }
}

/// What an error means for one version; `None` when it concerns all of them.
fn left_by(error: &StoreError) -> Option<Left> {
    match error.kind {
        StoreErrorKind::Credentials => None,
        _ if error.code == WRONG_DELETE => None,
        StoreErrorKind::Denied => Some(Left::Denied),
        _ if error.is_transient() => Some(Left::Unreachable),
        _ => Some(Left::Refused),
    }
}
