//! What must have come of it, once nothing fails any more.

use std::collections::{BTreeMap, BTreeSet};

use reseal_core::ports::{Ledger as _, ReportSink as _};
use reseal_core::{
    ActionKind, ChunkState, FailReason, JobState, Outcome, OutcomeRow, SkipReason, Versioning,
};

use crate::judge::{current, name_of};
use crate::nemesis::Name;
use crate::stage::Stage;
use crate::wire::lock;

impl Stage {
    /// Uploads that S3 still holds.
    pub(crate) fn uploads_left(&self) -> usize {
        let model = lock(&self.model);
        self.buckets.iter().map(|bucket| model.unfinished_uploads(bucket.as_str())).sum()
    }
}

pub(crate) async fn judge_the_end(stage: &Stage) {
    let judge = &stage.net.judge;
    let left = stage.uploads_left();
    if left > judge.partless_uploads() {
        judge.convict("I7", format!("{left} uploads are left"));
    }
    let rows = rows(stage).await;
    for grievance in stage.nemesis.grievances(&lock(&stage.model), &rows) {
        judge.convict("I2", grievance);
    }
    if is_finished(stage).await {
        census(stage, &rows).await;
    }
    for row in &rows {
        if let Some(lie) = lie(stage, row) {
            judge.convict("I6", format!("{lie}: {row:?}"));
        }
    }
}

async fn is_finished(stage: &Stage) -> bool {
    let job = stage.ledger.job(&stage.job.id).await.expect("a ledger").expect("a job");
    job.state == JobState::Finished
}

async fn rows(stage: &Stage) -> Vec<OutcomeRow> {
    let mut rows = Vec::new();
    for chunk in stage.ledger.chunks(&stage.job.id, None, u32::MAX).await.expect("a ledger") {
        for segment in &chunk.checkpoint.segments {
            match stage.report.read(&stage.job.id, chunk.id, segment).await {
                Ok(read) => rows.extend(read),
                Err(error) => stage.net.judge.convict("I3", format!("rows are lost: {error}")),
            }
        }
    }
    rows
}

/// I3 and I4: every object has one outcome, and the counts say as many.
async fn census(stage: &Stage, rows: &[OutcomeRow]) {
    let judge = &stage.net.judge;
    let mut count: BTreeMap<Name, u32> = BTreeMap::new();
    rows.iter().for_each(|row| *count.entry(name_of(&row.object)).or_default() += 1);
    let twice = count.iter().find(|(_, count)| **count > 1);
    if let Some((name, count)) = twice {
        judge.convict("I3", format!("{name:?} has {count} outcomes"));
    }
    let chunks = stage.ledger.chunks(&stage.job.id, None, u32::MAX).await.expect("a ledger");
    let unread: u32 = chunks
        .iter()
        .filter(|chunk| chunk.state == ChunkState::Quarantined)
        .map(|chunk| chunk.rows - chunk.checkpoint.settled.count())
        .sum();
    let taken_in: u32 = chunks.iter().map(|chunk| chunk.rows).sum();
    if rows.len() as u32 + unread != taken_in {
        let what = format!("{taken_in} rows, {} outcomes, {unread} unread", rows.len());
        judge.convict("I3", what);
    }
    let tallies = stage.ledger.tallies(&stage.job.id).await.expect("a ledger");
    let counted: u64 = tallies.values().map(reseal_core::Tally::total).sum();
    if counted != u64::from(taken_in) {
        judge.convict("I4", format!("{taken_in} rows, {counted} counted"));
    }
    // A source that moves may name less: what was deleted before it was listed.
    let known: BTreeSet<&Name> = count.keys().collect();
    let missing = stage.names.iter().filter(|name| !known.contains(name));
    let missing: Vec<_> = missing.filter(|name| !stage.nemesis.deleted(name)).collect();
    // Nobody knows what a damaged chunk named.
    let unnamed = rows.iter().filter(|row| row.object.key.as_str().starts_with("(row "));
    if missing.len() > unread as usize + unnamed.count() {
        let what = format!("never taken in: {missing:?}; {unread} unread; taken in: {rows:?}");
        judge.convict("I3", what);
    }
}

/// What is wrong with an outcome, if anything.
fn lie(stage: &Stage, row: &OutcomeRow) -> Option<&'static str> {
    let name = name_of(&row.object);
    let now = current(&lock(&stage.model), &name);
    let touched = stage.nemesis.touched(&name);
    let at_target = now.as_ref().is_some_and(|line| stage.net.judge.is_at_target(line));
    let replaced = row.action.is_some_and(|action| action != ActionKind::Update);
    match &row.outcome {
        Outcome::ReEncrypted if stage.plan.backups && replaced && row.backup.is_none() => {
            let kept = stage.net.judge.scene.versioning.get(&name.0) == Some(&Versioning::Enabled);
            (!kept).then_some("it was replaced without a backup")
        }
        Outcome::ReEncrypted | Outcome::AlreadyCompliant => {
            (!at_target && !touched).then_some("it isn't at the target")
        }
        Outcome::Skipped(SkipReason::Gone) => {
            (!stage.nemesis.deleted(&name)).then_some("nobody deleted it")
        }
        Outcome::Skipped(SkipReason::Changed) => (!touched).then_some("nobody changed it"),
        Outcome::Skipped(SkipReason::ReplacesVersion) => {
            let suspended = stage.plan.buckets.contains(&Versioning::Suspended);
            (!suspended).then_some("no bucket's versioning is suspended")
        }
        Outcome::Skipped(_) => Some("nothing here is to be skipped for that"),
        Outcome::Failed(FailReason::Quarantined) => {
            (!stage.plan.damages()).then_some("no chunk was damaged")
        }
        Outcome::Failed(_) => Some("nothing here fails for good"),
    }
}
