//! What a seed decides.

use std::time::Duration;

use reseal_core::Versioning;

use crate::steps::{Mishap, STEPS, Step};

/// One world, before it begins. Every field can be made tamer on its own, so
/// that a failing plan can be shrunk to what it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What all other draws come from.
    pub seed: u64,
    /// Worker processes.
    pub workers: usize,
    /// Coordinators that split the same job.
    pub coordinators: usize,
    /// The buckets, by their versioning.
    pub buckets: Vec<Versioning>,
    /// Objects over all buckets.
    pub objects: usize,
    /// Of them, so many are copied in parts.
    pub large: usize,
    /// Rows of a chunk.
    pub chunk_rows: u32,
    /// Whether UpdateObjectEncryption may be used.
    pub updates: bool,
    /// Whether what a copy replaces is backed up first.
    pub backups: bool,
    /// The job's limit in objects per second.
    pub rate: Option<f64>,
    /// The most that a request takes in one direction.
    pub travel: Duration,
    /// How long a lease lives.
    pub lease: Duration,
    /// How likely each kind of fault is, per call.
    pub faults: Faults,
    /// Edits by somebody else.
    pub edits: u32,
    /// What happens when.
    pub events: Vec<(Duration, Event)>,
    /// How far wall clocks are apart at most.
    pub skew: Duration,
}

/// Probabilities per call and kind of fault.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Of S3 and KMS.
    pub store: f64,
    /// Of the ledger.
    pub ledger: f64,
    /// Of the queue.
    pub queue: f64,
    /// Of chunk files and results.
    pub files: f64,
}

/// Something that happens to a world.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A node dies at its so manyth call from now on, before or after the effect.
    Crash {
        /// Which: workers first, then coordinators.
        node: usize,
        /// How many calls it still makes.
        calls: u32,
        /// Whether the last one takes effect.
        after: bool,
    },
    /// A node reaches a service no more for a while.
    CutOff {
        /// Which.
        node: usize,
        /// What.
        service: Service,
        /// For how long.
        lasts: Duration,
    },
    /// A service answers nobody for a while.
    Outage {
        /// What.
        service: Service,
        /// For how long.
        lasts: Duration,
    },
    /// Whoever takes this step next meets this mishap.
    Meet {
        /// Which step.
        step: Step,
        /// What happens to it.
        mishap: Mishap,
    },
    /// A worker is asked to stop, and is started again later.
    Stop {
        /// Which.
        node: usize,
    },
    /// The target key is disabled for a while; somebody resumes the job then.
    DisableKey {
        /// For how long.
        lasts: Duration,
    },
    /// Somebody pauses the job for a while.
    Pause {
        /// For how long.
        lasts: Duration,
    },
    /// Somebody gives the job up.
    Cancel,
    /// Every message is lost.
    PurgeQueue,
    /// Somebody sends what reseal never would.
    Forge,
    /// S3 aborts every unfinished upload, as a lifecycle rule lets it.
    AbortUploads,
    /// A chunk's file is damaged, if it is there.
    Damage {
        /// Which chunk of the first source.
        sequence: u64,
    },
    /// Two chunks' files are exchanged, if they are there.
    Exchange {
        /// The first of them; the other is the next of its source.
        sequence: u64,
    },
}

/// What a node talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// S3's data path, listings and KMS.
    Store,
    /// Jobs, chunks, budgets, roster.
    Ledger,
    /// Messages.
    Queue,
    /// Chunk files and results.
    Files,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Store, Self::Ledger, Self::Queue, Self::Files];
}

/// Draws.
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.0.u32(..count.max(1)) == 0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end.max(1))
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.0.u64(from..=to))
    }
}

impl Plan {
    /// The plan of this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let workers = 1 + dice.below(4);
        let coordinators = 1 + usize::from(dice.one_in(3));
        let kinds = [Versioning::Enabled, Versioning::Enabled, Versioning::Never];
        let mut buckets: Vec<_> = (0..=dice.below(3)).map(|_| dice.one_of(&kinds)).collect();
        if dice.one_in(12) {
            buckets.push(Versioning::Suspended);
        }
        let rate_of = |dice: &mut Dice| dice.one_of(&[0.0, 0.0, 0.005, 0.02, 0.05]);
        let mut plan = Self {
            seed,
            workers,
            coordinators,
            buckets,
            objects: 6 + dice.below(30),
            large: usize::from(dice.one_in(2)) + usize::from(dice.one_in(3)),
            chunk_rows: dice.one_of(&[3, 5, 8, 16]),
            updates: dice.one_in(2),
            backups: dice.one_in(8),
            rate: dice.one_in(3).then(|| dice.one_of(&[2.0, 5.0, 20.0])),
            travel: dice.one_of(&[2, 20, 100, 400].map(Duration::from_millis)),
            lease: dice.one_of(&[6, 12, 60].map(Duration::from_secs)),
            faults: Faults {
                store: rate_of(&mut dice),
                ledger: rate_of(&mut dice),
                queue: rate_of(&mut dice),
                files: rate_of(&mut dice),
            },
            edits: dice.one_of(&[0, 0, 5, 20, 60]),
            events: Vec::new(),
            skew: dice.one_of(&[0, 0, 10, 600].map(Duration::from_secs)),
        };
        if plan.rate.is_some_and(|rate| rate >= 20.0) {
            // Enough to go beyond the limit for a while.
            plan.objects *= 5;
        }
        plan.events = events(&mut dice, &plan);
        plan
    }

    /// Worker and coordinator processes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.workers + self.coordinators
    }

    /// Whether a chunk may be quarantined: only where one is damaged.
    #[must_use]
    pub fn damages(&self) -> bool {
        let spoils = |event: &Event| matches!(event, Event::Damage { .. } | Event::Exchange { .. });
        self.events.iter().any(|(_, event)| spoils(event))
    }
}

/// How long after its beginning a world is disturbed.
pub(crate) fn storm(plan: &Plan) -> Duration {
    // About as long as the work takes, so that it is the work that is hit.
    let calls = plan.objects as u32 * 6 / plan.workers.max(1) as u32;
    let by_travel = plan.travel * calls / 4;
    let by_rate = plan
        .rate
        .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(plan.objects as f64 / rate));
    by_travel.max(by_rate).clamp(Duration::from_secs(2), Duration::from_secs(40))
}

/// For how long an engine waits for S3 before it gives an object up, and some
/// less; for everything else it waits longer than anything lasts here.
fn patience(service: Service) -> Duration {
    match service {
        Service::Store => Duration::from_secs(20),
        _ => Duration::from_secs(600),
    }
}

fn events(dice: &mut Dice, plan: &Plan) -> Vec<(Duration, Event)> {
    let end = storm(plan).as_millis() as u64;
    let nodes = plan.nodes();
    let lease = plan.lease.as_millis() as u64;
    let mut events = Vec::new();
    let mut at = |dice: &mut Dice, event| events.push((dice.millis(0, end), event));
    for _ in 0..dice.one_of(&[0, 1, 2, 5]) {
        let (node, calls) = (dice.below(nodes), 1 + dice.below(60) as u32);
        let after = dice.one_in(2);
        at(dice, Event::Crash { node, calls, after });
    }
    for _ in 0..dice.one_of(&[0, 0, 1, 3]) {
        let (node, service) = (dice.below(nodes), dice.one_of(&Service::ALL));
        let lasts = dice.millis(lease / 4, lease * 3).min(patience(service));
        at(dice, Event::CutOff { node, service, lasts });
    }
    if dice.one_in(6) {
        let service = dice.one_of(&Service::ALL);
        let lasts = dice.millis(1_000, 60_000).min(patience(service));
        at(dice, Event::Outage { service, lasts });
    }
    if dice.one_in(4) {
        let node = dice.below(plan.workers);
        at(dice, Event::Stop { node });
    }
    if dice.one_in(6) {
        let lasts = dice.millis(1_000, 90_000);
        at(dice, Event::DisableKey { lasts });
    }
    if dice.one_in(8) {
        let lasts = dice.millis(100, 60_000);
        at(dice, Event::Pause { lasts });
    }
    if dice.one_in(12) {
        at(dice, Event::Cancel);
    }
    if dice.one_in(5) {
        at(dice, Event::PurgeQueue);
    }
    if dice.one_in(10) {
        at(dice, Event::Forge);
    }
    let damages = dice.one_in(15);
    if damages {
        let sequence = dice.below(3) as u64;
        let event = match dice.one_in(2) {
            true => Event::Damage { sequence },
            false => Event::Exchange { sequence },
        };
        at(dice, event);
    }
    if plan.large > 0 && dice.one_in(4) {
        at(dice, Event::AbortUploads);
    }
    for _ in 0..dice.one_of(&[0, 0, 1, 2, 4]) {
        let (step, mishap) = cell(dice, plan, damages);
        at(dice, Event::Meet { step, mishap });
    }
    if plan.large > 0 && plan.edits > 0 && dice.one_in(3) {
        // The moment in which most is at stake: it is replaced, nobody has
        // said so yet, and somebody may have edited it just before. Early,
        // since large objects come first.
        let step = dice.one_of(&[Step::COMPLETE_UPLOAD, Step::CLOSE_UPLOAD]);
        let event = Event::Meet { step, mishap: Mishap::CrashAfter };
        events.push((dice.millis(0, end / 8), event));
    }
    let disabled =
        |(at, event): &(Duration, Event)| matches!(event, Event::DisableKey { .. }).then_some(*at);
    if let Some(at) = events.iter().find_map(disabled) {
        // What is known must outlive a chunk that can't be released.
        events.push((at, Event::Meet { step: Step::RELEASE, mishap: Mishap::Unavailable }));
    }
    events.sort_by_key(|(time, _)| *time);
    events
}

/// A step that this world may well take, and what may happen to it.
fn cell(dice: &mut Dice, plan: &Plan, damages: bool) -> (Step, Mishap) {
    const IN_PARTS: &[Step] = &[
        Step::CREATE,
        Step::OPEN_UPLOAD,
        Step::PART,
        Step::PARTS,
        Step::COMPLETE_UPLOAD,
        Step::CLOSE_UPLOAD,
        Step::ABORT,
    ];
    let steps = match dice.below(2) {
        0 if damages => &[Step::QUARANTINE],
        0 if plan.large > 0 => IN_PARTS,
        _ => STEPS,
    };
    let met: Vec<_> = steps.iter().copied().filter(|step| step.may_meet(Mishap::CutOff)).collect();
    let step = dice.one_of(&met);
    // Of all mishaps a death has the most that can come of it.
    let mishaps = match dice.below(2) {
        0 => vec![Mishap::CrashBefore, Mishap::CrashAfter],
        _ => Mishap::ALL.into_iter().filter(|mishap| step.may_meet(*mishap)).collect(),
    };
    (step, dice.one_of(&mishaps))
}
