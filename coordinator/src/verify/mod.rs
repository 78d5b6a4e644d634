//! Independent proof: looks at objects again and compares them with the
//! target, and with what a job's report says they became.
//!
//! Owns: what an object is expected to be, and what it means when it isn't.
//! Never: changes anything; holds more than a chunk's rows or the sample.
//! Next: `claims` for what a report claims, `judge` for the comparison, `deep`
//! for what a HEAD doesn't tell,
//! `findings` for what is shown.

mod claims;
mod deep;
mod findings;
mod judge;
mod sample;

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use reseal_core::{BucketName, BucketTerms, JobSpec, PauseReason, SourceRow};
use reseal_worker::{Examiner, Verdict};

pub(crate) use claims::{ClaimSource, JobClaims};
pub(crate) use deep::Deep;
pub(crate) use findings::Findings;
pub(crate) use judge::Claim;
pub(crate) use sample::Reservoir;

use crate::exit::CommandError;
use crate::report::why_paused;
use judge::{Judged, judge};

/// Looks at objects.
pub(crate) struct Checker<'a> {
    pub(crate) examiner: Examiner<'a>,
    pub(crate) spec: &'a JobSpec,
    pub(crate) terms: &'a BTreeMap<BucketName, BucketTerms>,
    /// Objects in flight.
    pub(crate) concurrency: usize,
    /// Compares with what was before, too.
    pub(crate) deep: Option<Deep<'a>>,
}

impl Checker<'_> {
    /// Looks at the object of each claim and notes what it finds.
    ///
    /// # Errors
    /// When nothing can be looked at, or a difference not be written down.
    pub(crate) async fn look(
        &self,
        claims: Vec<Claim>,
        findings: &mut Findings,
    ) -> Result<(), CommandError> {
        let looks = futures_util::stream::iter(claims).map(|claim| async move {
            let judged = self.judge(&claim).await;
            (claim, judged)
        });
        let mut looks = std::pin::pin!(looks.buffer_unordered(self.concurrency));
        while let Some((claim, judged)) = looks.next().await {
            match judged? {
                Judged::Blocked(reason) => return Err(blocked(&claim.bucket, reason)),
                judged => findings.note(&claim, judged)?,
            }
        }
        Ok(())
    }

    async fn judge(&self, claim: &Claim) -> Result<Judged, CommandError> {
        let verdict = self.verdict(claim).await?;
        let judged = judge(claim, &verdict);
        match (&self.deep, &verdict, &judged, self.terms.get(&claim.bucket)) {
            (Some(deep), Verdict::Decided(head, _), Judged::AtTarget, Some(terms)) => {
                Ok(deep.judge(self.spec, &terms.acls, claim, head).await)
            }
            _ => Ok(judged),
        }
    }

    async fn verdict(&self, claim: &Claim) -> Result<Verdict, CommandError> {
        let Claim { bucket, row, .. } = claim;
        let terms = self.terms.get(bucket).ok_or_else(|| {
            anyhow::anyhow!("bucket {bucket} is none that was named: it is not looked at")
        })?;
        Ok(self.examiner.examine(self.spec, terms, bucket, &only_the_name(row)).await)
    }
}

/// What a source says of an object is no proof.
fn only_the_name(row: &SourceRow) -> SourceRow {
    let SourceRow { version, is_latest, is_delete_marker, .. } = row.clone();
    SourceRow { version, is_latest, is_delete_marker, ..SourceRow::of_key(row.key.clone()) }
}

fn blocked(bucket: &BucketName, reason: PauseReason) -> CommandError {
    anyhow::anyhow!("looking at objects of bucket {bucket}: {}", why_paused(reason)).into()
}
