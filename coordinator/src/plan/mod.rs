//! What a run would do, at what price, how long: by looking, never touching.
//!
//! Owns: `plan`, which looks at every object, and the preview of `run`, which
//! looks at a sample of what was split.
//! Never: changes anything, not even scratch objects.
//! Next: `sample` for what a preview looks at, `census` for the counting, `render` for what people see.

mod census;
mod render;
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use reseal_core::{
    AclTerms, BilledTerms, BucketName, BucketTerms, ChunkFile, Cursor, JobSpec, PauseReason,
    Restated, Versioning,
};
use reseal_worker::{Examiner, Meter, Ports, Settings, Stop, Verdict};

use crate::exit::CommandError;
use crate::retry::Patience;
use crate::sources::{Pulled, Source};

pub(crate) use census::Census;
pub(crate) use render::{Priced, Shown, bytes, text};
use sample::{Candidate, Rows, Strata};

/// Looks at objects for one job.
pub(crate) struct Planner<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) settings: &'a Settings,
    pub(crate) spec: &'a JobSpec,
    pub(crate) terms: &'a BTreeMap<BucketName, BucketTerms>,
}

/// What was looked at.
pub(crate) struct Looked {
    pub(crate) census: Census,
    /// Rows that the selection left out by what their source tells.
    pub(crate) left_out: u64,
    /// Whether it is all, rather than what was seen before a stop.
    pub(crate) whole: bool,
}

impl Planner<'_> {
    /// Every object of every source. `seen` is told the count as it grows.
    ///
    /// # Errors
    /// When a source can't be read, or nothing can be looked at.
    pub(crate) async fn all(
        &self,
        sources: &[Box<dyn Source>],
        stop: &Stop,
        seen: impl Fn(u64),
    ) -> Result<Looked, CommandError> {
        let mut looked = Looked { census: Census::default(), left_out: 0, whole: true };
        for source in sources {
            let mut from = Some(Cursor::default());
            while let Some(cursor) = from {
                if stop.is_asked() {
                    return Ok(Looked { whole: false, ..looked });
                }
                let batch = self.patience().retry(|| source.pull(&cursor)).await?;
                from = batch.next;
                let all = batch.rows.len();
                let taken = |pulled: &Pulled| self.spec.may_take(source.spec(), &pulled.row);
                let candidates: Vec<Candidate> = batch
                    .rows
                    .into_iter()
                    .filter(taken)
                    .map(|Pulled { bucket, row, .. }| Candidate { bucket, row, stands_for: 1 })
                    .collect();
                looked.left_out += (all - candidates.len()) as u64;
                self.look(candidates, &mut looked.census).await?;
                seen(looked.census.total().objects);
            }
        }
        Ok(looked)
    }

    /// A sample of what a job's chunks hold, each object counted for as many as
    /// it stands for; and how many they were.
    ///
    /// # Errors
    /// When the ledger or a chunk can't be read, or nothing can be looked at.
    pub(crate) async fn sample(
        &self,
        job: &reseal_core::JobId,
    ) -> Result<(Census, u64), CommandError> {
        let mut strata = Strata::new(job);
        let mut after = None;
        loop {
            let page = self.patience().retry(|| self.ports.ledger.chunks(job, after, 100)).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            page.iter().for_each(|chunk| strata.offer(chunk));
        }
        let mut rows = Rows::new(strata.seed());
        for (stratum, drawn) in strata.draw().enumerate() {
            for (chunk, digest) in drawn.chunks {
                let bytes = self.ports.chunks.get(job, chunk).await?;
                let file = ChunkFile::decode(&bytes, &digest)
                    .map_err(|error| CommandError::Failed(error.into()))?;
                rows.offer(stratum, drawn.each_stands_for, file);
            }
        }
        let drawn = rows.draw();
        let sampled = drawn.len() as u64;
        let mut census = Census::default();
        self.look(drawn, &mut census).await?;
        Ok((census, sampled))
    }

    async fn look(
        &self,
        candidates: Vec<Candidate>,
        census: &mut Census,
    ) -> Result<(), CommandError> {
        let meter = Meter::default();
        let store = self.ports.stores.through(&self.spec.roles).await;
        let examiner = &Examiner::new(self.ports, store, self.settings, &meter);
        let verdicts = futures_util::stream::iter(candidates).map(|one| async move {
            let verdict = match self.terms.get(&one.bucket) {
                Some(terms) => examiner.examine(self.spec, terms, &one.bucket, &one.row).await,
                None => Verdict::Blocked(PauseReason::Requested),
            };
            (one, verdict)
        });
        let mut verdicts =
            std::pin::pin!(verdicts.buffer_unordered(self.settings.concurrency as usize));
        while let Some((one, verdict)) = verdicts.next().await {
            if let Verdict::Blocked(reason) = verdict {
                return Err(blocked(&one.bucket, reason));
            }
            let terms = self.terms.get(&one.bucket);
            let behaviour = &self.spec.behaviour;
            let kept = terms.map(|terms| terms.versioning);
            let work = BilledTerms {
                target: &self.spec.target,
                policy: &behaviour.policy,
                keeps_versions: kept == Some(Versioning::Enabled),
                now: self.ports.clock.now(),
                backed_up: behaviour.backup_to.is_some() && kept != Some(Versioning::Enabled),
                restated: Restated {
                    acl: terms.is_some_and(|terms| terms.acls != AclTerms::Ignored),
                    marker: behaviour.tag.is_some(),
                },
            };
            census.count(&one, &verdict, &work);
        }
        Ok(())
    }

    fn patience(&self) -> Patience<'_> {
        Patience { clock: self.ports.clock.as_ref(), random: self.ports.random.as_ref() }
    }
}

pub(crate) fn blocked(bucket: &BucketName, reason: PauseReason) -> CommandError {
    let why = match reason {
        PauseReason::Credentials => "the credentials expired or are refused".to_owned(),
        PauseReason::Key(trouble) => trouble.to_string(),
        PauseReason::Requested | PauseReason::Failures | PauseReason::Versioning => {
            "it was not part of the preflight".to_owned()
        }
    };
    CommandError::Failed(anyhow::anyhow!("looking at objects of bucket {bucket}: {why}"))
}
