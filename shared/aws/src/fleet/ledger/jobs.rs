//! Jobs: what was submitted is an item of its own, which never changes and is
//! remembered; state and revision are another, small and read often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reseal_core::ports::{LedgerError, LedgerErrorKind};
use reseal_core::{JobId, JobRecord, JobState, job_may_become};

use super::super::item::{Item, number, packed, text, unreadable};
use super::super::table::{Key, Range, SORT, Table, Write};

/// The partition of all jobs' states.
const JOBS: &str = "jobs";
/// Jobs that are remembered.
const REMEMBERED: usize = 256;

/// What was submitted, by job: frozen, so never out of date.
#[derive(Clone, Debug, Default)]
pub(super) struct Specs(Arc<Mutex<BTreeMap<JobId, Arc<JobRecord>>>>);

impl Specs {
    fn get(&self, id: &JobId) -> Option<Arc<JobRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn keep(&self, job: Arc<JobRecord>) {
        let mut specs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if specs.len() >= REMEMBERED {
            specs.pop_first();
        }
        specs.insert(job.id.clone(), job);
    }
}

fn spec_key(id: &JobId) -> Key {
    Key::new(format!("j#{id}"), "spec")
}

/// The specification first: a state that can be seen must not lack it.
pub(super) async fn create(table: &Table, job: &JobRecord) -> Result<(), LedgerError> {
    let taken = || {
        let what = format!("job {} exists", job.id);
        LedgerError::new(LedgerErrorKind::Conflict, what)
    };
    let spec = vec![("job_record", packed(job)?)];
    if let Some(there) = table.put_new(spec_key(&job.id), spec).await?
        && there.unpacked::<JobRecord>("job_record")? != *job
    {
        return Err(taken());
    }
    let head = vec![("job_state", text(json(job.state)?)), ("revision", number(job.revision))];
    match table.put_new(Key::new(JOBS, job.id.as_str()), head).await? {
        None => Ok(()),
        Some(_) => Err(taken()),
    }
}

pub(super) async fn get(
    table: &Table,
    specs: &Specs,
    id: &JobId,
) -> Result<Option<JobRecord>, LedgerError> {
    match table.get(Key::new(JOBS, id.as_str())).await? {
        Some(head) => whole(table, specs, &head).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn page(
    table: &Table,
    specs: &Specs,
    after: Option<&JobId>,
    limit: u32,
) -> Result<Vec<JobRecord>, LedgerError> {
    let after = after.map(|id| id.as_str().to_owned());
    let heads = table.query(Range { after, limit: Some(limit), ..Range::of(JOBS) }).await?;
    let mut jobs = Vec::with_capacity(heads.len());
    for head in heads {
        jobs.push(whole(table, specs, &head).await?);
    }
    Ok(jobs)
}

async fn whole(table: &Table, specs: &Specs, head: &Item) -> Result<JobRecord, LedgerError> {
    let id: JobId = head.parsed(SORT)?;
    let spec = match specs.get(&id) {
        Some(spec) => spec,
        None => {
            let item = table.get(spec_key(&id)).await?;
            let item = item.ok_or_else(|| unreadable(id.as_str(), &"it has no specification"))?;
            let spec = Arc::new(item.unpacked::<JobRecord>("job_record")?);
            specs.keep(Arc::clone(&spec));
            spec
        }
    };
    let (state, revision) = moving(head)?;
    Ok(JobRecord { state, revision, ..JobRecord::clone(&spec) })
}

pub(super) async fn set_state(
    table: &Table,
    id: &JobId,
    revision: u64,
    state: JobState,
) -> Result<(), LedgerError> {
    let conflict = |what: String| LedgerError::new(LedgerErrorKind::Conflict, what);
    let key = Key::new(JOBS, id.as_str());
    let head = table.get(key.clone()).await?.ok_or_else(|| conflict(format!("no job {id}")))?;
    let (now, found) = moving(&head)?;
    if found != revision {
        return Err(conflict(format!("job {id} has revision {found}")));
    }
    if !job_may_become(now, state) {
        return Err(conflict(format!("job {id} can't go on to {state:?}")));
    }
    table
        .update(Write {
            key,
            change: "SET job_state = :to, revision = :next",
            condition: Some("revision = :revision"),
            values: vec![
                (":to", text(json(state)?)),
                (":next", number(revision + 1)),
                (":revision", number(revision)),
            ],
            names: Vec::new(),
        })
        .await
}

fn moving(head: &Item) -> Result<(JobState, u64), LedgerError> {
    let state = serde_json::from_str(head.text("job_state")?);
    let state = state.map_err(|error| unreadable("job_state", &error))?;
    Ok((state, head.number("revision")?))
}

fn json(state: JobState) -> Result<String, LedgerError> {
    serde_json::to_string(&state).map_err(|error| unreadable("a state", &error))
}
