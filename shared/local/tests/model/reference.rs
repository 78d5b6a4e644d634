//! A ledger of one job, written anew from the port's documentation: no type of
//! a record, no rule of the domain is shared with what it is compared to.

use std::collections::{BTreeMap, BTreeSet};

/// Rows of every chunk.
pub(crate) const ROWS: u32 = 4;
/// Chunks 0 to 2 are of source 0, the others of source 1.
pub(crate) const CHUNKS: u8 = 6;

/// One call of the port, with all that its caller says.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Bind(u8),
    CloseSource(u8),
    Claim(u8, Grounds),
    Write { chunk: u8, epoch: u64, write: Write },
    SetState { revision: u64, to: Job },
}

/// Somebody calls, or somebody whose reply was lost calls again.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    New(Call),
    Again,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Grounds {
    Pending,
    Takeover { epoch: u64, renewals: u64, fruitless: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum Write {
    Renew,
    Checkpoint(Shape),
    Complete(Shape),
    Quarantine(Shape),
    OpenUpload(u32, u8),
    CloseUpload(u32),
    Release { fault: bool },
}

/// A checkpoint by its numbers, which need not fit together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Rows that its bitmap is for.
    pub(crate) rows: u32,
    /// Of those, the first so many are settled.
    pub(crate) settled: u32,
    /// Counted as re-encrypted.
    pub(crate) counted: u64,
    /// Counted as failed by quarantine.
    pub(crate) given_up: u64,
    /// Rows of its segments.
    pub(crate) reported: u32,
}

impl Shape {
    pub(crate) fn start() -> Self {
        Self { rows: ROWS, ..Self::default() }
    }

    /// I4: settled, counted and reported are as many.
    fn adds_up(&self) -> bool {
        let settled = u64::from(self.settled);
        settled == self.counted + self.given_up && self.settled == self.reported
    }

    fn is_complete(&self) -> bool {
        self.adds_up() && self.settled == ROWS
    }

    /// I18: every row is counted, and those that nobody settled as given up.
    fn accounts_for_all(&self) -> bool {
        self.counted + self.given_up == u64::from(ROWS)
            && u64::from(ROWS - self.settled) <= self.given_up
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Pending,
    Leased,
    Done,
    Quarantined,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) standing: Standing,
    pub(crate) epoch: u64,
    pub(crate) renewals: u64,
    /// The epoch of the claim whose label it bears.
    pub(crate) worker: Option<u64>,
    pub(crate) attempts: u32,
    /// The epoch of its first claim.
    pub(crate) first_claim: Option<u64>,
    pub(crate) checkpoint: Shape,
    /// By row.
    pub(crate) uploads: BTreeMap<u32, u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Planned,
    Running,
    /// For one of two reasons.
    Paused(bool),
    Cancelled,
    Finished,
}

impl Job {
    fn may_become(self, to: Self) -> bool {
        match to {
            Self::Planned => false,
            Self::Running => matches!(self, Self::Planned | Self::Running | Self::Paused(_)),
            // Nothing unconfirmed is paused, and the first reason stays.
            Self::Paused(_) => self == Self::Running || self == to,
            Self::Cancelled => self != Self::Finished,
            Self::Finished => !matches!(self, Self::Planned | Self::Cancelled),
        }
    }
}

/// What the caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Adopted(Chunk),
    /// Under this epoch, the chunk as it now is.
    Leased(u64, Chunk),
    Conflict,
}

/// The whole ledger.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) job: Job,
    pub(crate) revision: u64,
    pub(crate) chunks: BTreeMap<u8, Chunk>,
    pub(crate) closed: BTreeSet<u8>,
    /// By bucket: re-encrypted and given up.
    pub(crate) tallies: BTreeMap<&'static str, (u64, u64)>,
    /// The last call and its answer.
    pub(crate) last: Option<(Call, Answer)>,
}

pub(crate) fn source_of(chunk: u8) -> u8 {
    chunk / 3
}

pub(crate) fn bucket_of(chunk: u8) -> &'static str {
    ["bucket-a", "bucket-b"][usize::from(chunk % 2)]
}

impl Reference {
    pub(crate) fn new() -> Self {
        Self {
            job: Job::Planned,
            revision: 0,
            chunks: BTreeMap::new(),
            closed: BTreeSet::new(),
            tallies: BTreeMap::new(),
            last: None,
        }
    }

    pub(crate) fn call(&mut self, call: &Call) {
        let answer = self.answer(call).unwrap_or(Answer::Conflict);
        self.last = Some((call.clone(), answer));
    }

    /// `None` where a condition doesn't hold.
    fn answer(&mut self, call: &Call) -> Option<Answer> {
        match call {
            Call::Bind(chunk) => self.bind(*chunk),
            Call::CloseSource(source) => {
                self.closed.insert(*source);
                Some(Answer::Done)
            }
            Call::Claim(chunk, grounds) => self.claim(*chunk, *grounds),
            Call::Write { chunk, epoch, write } => self.write(*chunk, *epoch, write),
            Call::SetState { revision, to } => {
                let fits = *revision == self.revision && self.job.may_become(*to);
                fits.then(|| (self.job, self.revision) = (*to, self.revision + 1))?;
                Some(Answer::Done)
            }
        }
    }

    fn bind(&mut self, chunk: u8) -> Option<Answer> {
        if let Some(first) = self.chunks.get(&chunk) {
            return Some(Answer::Adopted(first.clone()));
        }
        if self.closed.contains(&source_of(chunk)) {
            return None;
        }
        let fresh = Chunk {
            standing: Standing::Pending,
            epoch: 0,
            renewals: 0,
            worker: None,
            attempts: 0,
            first_claim: None,
            checkpoint: Shape::start(),
            uploads: BTreeMap::new(),
        };
        self.chunks.insert(chunk, fresh);
        Some(Answer::Done)
    }

    fn claim(&mut self, chunk: u8, grounds: Grounds) -> Option<Answer> {
        let chunk = self.chunks.get_mut(&chunk)?;
        let counts = match grounds {
            Grounds::Pending => (chunk.standing == Standing::Pending).then_some(0),
            Grounds::Takeover { epoch, renewals, fruitless } => {
                let still = chunk.epoch == epoch && chunk.renewals == renewals;
                (chunk.standing == Standing::Leased && still).then_some(u32::from(fruitless))
            }
        };
        chunk.attempts += counts?;
        chunk.epoch += 1;
        (chunk.standing, chunk.renewals, chunk.worker) = (Standing::Leased, 0, Some(chunk.epoch));
        chunk.first_claim = chunk.first_claim.or(Some(chunk.epoch));
        Some(Answer::Leased(chunk.epoch, chunk.clone()))
    }

    fn write(&mut self, name: u8, epoch: u64, write: &Write) -> Option<Answer> {
        let chunk = self.chunks.get_mut(&name)?;
        if chunk.standing != Standing::Leased || chunk.epoch != epoch {
            return None;
        }
        match write {
            Write::Renew => chunk.renewals += 1,
            Write::Checkpoint(shape) => {
                (shape.rows == ROWS && shape.adds_up()).then_some(())?;
                chunk.checkpoint = *shape;
            }
            Write::Complete(shape) | Write::Quarantine(shape) => {
                let (accounted, standing) = match write {
                    Write::Complete(_) => (shape.is_complete(), Standing::Done),
                    _ => (shape.accounts_for_all(), Standing::Quarantined),
                };
                (shape.rows == ROWS && accounted).then_some(())?;
                (chunk.standing, chunk.checkpoint) = (standing, *shape);
                let (counted, given_up) = self.tallies.entry(bucket_of(name)).or_default();
                *counted += shape.counted;
                *given_up += shape.given_up;
            }
            Write::OpenUpload(row, upload) => {
                chunk.uploads.insert(*row, *upload);
            }
            Write::CloseUpload(row) => {
                chunk.uploads.remove(row);
            }
            Write::Release { fault } => {
                (chunk.standing, chunk.worker) = (Standing::Pending, None);
                chunk.attempts += u32::from(*fault);
            }
        }
        Some(Answer::Done)
    }
}
