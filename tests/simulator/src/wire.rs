//! Between a node and everything it reaches: where calls travel, fail, are
//! cut off, and where nodes die.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reseal_core::ports::{
    Clock, FileError, FileErrorKind, LedgerError, LedgerErrorKind, QueueError, Random as _,
};
use reseal_core::{StoreError, StoreErrorKind, Throttler};
use reseal_testkit::SeededRandom;
use tokio::sync::Notify;

use crate::coverage::Coverage;
use crate::judge::Judge;
use crate::plan::{Faults, Plan, Service};

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) service: Service,
    pub(crate) writes: bool,
}

macro_rules! steps {
    ($($constant:ident = $service:ident $kind:ident $name:literal;)*) => {
        impl Step {
            $(pub(crate) const $constant: Self =
                Self { name: $name, service: Service::$service, writes: steps!(@ $kind) };)*
        }
        /// Every step that belongs to the protocol.
        pub(crate) const STEPS: &[Step] = &[$(Step::$constant),*];
    };
    (@ read) => { false };
    (@ write) => { true };
}

steps! {
    HEAD = Store read "HeadObject";
    TAGS = Store read "GetObjectTagging";
    UPDATE = Store write "UpdateObjectEncryption";
    COPY = Store write "CopyObject";
    CREATE = Store write "CreateMultipartUpload";
    PART = Store write "UploadPartCopy";
    PARTS = Store read "ListParts";
    COMPLETE_UPLOAD = Store write "CompleteMultipartUpload";
    ABORT = Store write "AbortMultipartUpload";
    LIST = Store read "ListObjects";
    CREATE_JOB = Ledger write "create job";
    JOB = Ledger read "read job";
    JOBS = Ledger read "read jobs";
    SET_STATE = Ledger write "set job state";
    BIND = Ledger write "bind chunk";
    CLOSE = Ledger write "close source";
    SOURCE = Ledger read "read source";
    CHUNK = Ledger read "read chunk";
    OPEN_CHUNKS = Ledger read "read open chunks";
    LEASED_CHUNKS = Ledger read "read leased chunks";
    CHUNKS = Ledger read "read chunks";
    CLAIM = Ledger write "claim";
    RENEW = Ledger write "renew";
    CHECKPOINT = Ledger write "checkpoint";
    OPEN_UPLOAD = Ledger write "record upload";
    CLOSE_UPLOAD = Ledger write "forget upload";
    COMPLETE = Ledger write "complete chunk";
    QUARANTINE = Ledger write "quarantine chunk";
    RELEASE = Ledger write "release chunk";
    TALLIES = Ledger read "read tallies";
    BUDGET = Ledger read "read budget";
    SET_BUDGET = Ledger write "write budget";
    LIMITS = Ledger read "read limits";
    SET_LIMITS = Ledger write "write limits";
    BEAT = Ledger write "beat";
    STEWARD = Ledger read "read office";
    OFFICE = Ledger write "take office";
    SEND = Queue write "send";
    RECEIVE = Queue write "receive";
    EXTEND = Queue write "extend";
    ACKNOWLEDGE = Queue write "acknowledge";
    GIVE_BACK = Queue write "give back";
    BACKLOG = Queue read "backlog";
    PUT_FILE = Files write "put chunk file";
    GET_FILE = Files read "get chunk file";
    APPEND = Files write "put result file";
    READ_ROWS = Files read "get result file";
}

impl Step {
    /// A call that is no step of the protocol's own: details of an object that
    /// only some worlds have.
    pub(crate) const fn detail(name: &'static str, writes: bool) -> Self {
        Self { name, service: Service::Store, writes }
    }

    /// Quarantine, reads of all chunks and of results belong to few worlds:
    /// what they may meet isn't demanded of a campaign.
    pub(crate) fn may_meet(self, mishap: Mishap) -> bool {
        let rare = [
            Self::QUARANTINE,
            Self::CHUNKS,
            Self::READ_ROWS,
            Self::CREATE_JOB,
            Self::JOBS,
            Self::PARTS,
            Self::ABORT,
        ];
        if rare.contains(&self) {
            return matches!(mishap, Mishap::Throttled)
                && self != Self::READ_ROWS
                && self != Self::CREATE_JOB;
        }
        match mishap {
            Mishap::Throttled | Mishap::Unavailable => true,
            Mishap::Conflict => {
                self.writes && matches!(self.service, Service::Store | Service::Ledger)
            }
            Mishap::LostRequest | Mishap::LostReply => self.writes,
            Mishap::CrashBefore | Mishap::CrashAfter | Mishap::CutOff => true,
        }
    }
}

/// What may happen to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mishap {
    /// Refused: too fast. Without effect.
    Throttled,
    /// Refused, or never connected. Without effect.
    Unavailable,
    /// Refused: somebody else writes, or so it seems. Without effect.
    Conflict,
    /// Lost on its way, which the caller can't know.
    LostRequest,
    /// Done, and the reply was lost.
    LostReply,
    /// The node dies before it makes the call.
    CrashBefore,
    /// The node dies after its effect.
    CrashAfter,
    /// The service can't be reached from this node.
    CutOff,
}

impl Mishap {
    pub(crate) const ALL: [Self; 8] = [
        Self::Throttled,
        Self::Unavailable,
        Self::Conflict,
        Self::LostRequest,
        Self::LostReply,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::CutOff,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::LostRequest => "request lost",
            Self::LostReply => "reply lost",
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::CutOff => "cut off",
        }
    }
}

/// An error that can be made up.
pub(crate) trait Refusal {
    fn of(mishap: Mishap) -> Self;
}

impl Refusal for StoreError {
    fn of(mishap: Mishap) -> Self {
        let (kind, code) = match mishap {
            Mishap::Throttled => (StoreErrorKind::Throttled(Throttler::ObjectStore), "SlowDown"),
            Mishap::Conflict => (StoreErrorKind::Conflict, "ConditionalRequestConflict"),
            Mishap::LostRequest | Mishap::LostReply => {
                (StoreErrorKind::Ambiguous, "ConnectionReset")
            }
            _ => (StoreErrorKind::Unavailable, "ServiceUnavailable"),
        };
        Self::new(kind, code, mishap.name())
    }
}

impl Refusal for LedgerError {
    fn of(mishap: Mishap) -> Self {
        let kind = match mishap {
            Mishap::Throttled => LedgerErrorKind::Throttled,
            Mishap::Conflict => LedgerErrorKind::Conflict,
            Mishap::LostRequest | Mishap::LostReply => LedgerErrorKind::Ambiguous,
            _ => LedgerErrorKind::Unavailable,
        };
        Self::new(kind, mishap.name())
    }
}

impl Refusal for QueueError {
    fn of(mishap: Mishap) -> Self {
        Self(mishap.name().to_owned())
    }
}

impl Refusal for FileError {
    fn of(mishap: Mishap) -> Self {
        let message = mishap.name().to_owned();
        Self { what: "a file".to_owned(), message, kind: FileErrorKind::Transient }
    }
}

/// What all nodes of a world share.
pub(crate) struct Net {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<SeededRandom>,
    pub(crate) judge: Judge,
    faults: Faults,
    travel: Duration,
    calm: AtomicBool,
    down: Mutex<BTreeSet<Service>>,
    records: Mutex<Records>,
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) trace: Vec<String>,
    pub(crate) coverage: Coverage,
}

impl Net {
    pub(crate) fn new(
        plan: &Plan,
        clock: Arc<dyn Clock>,
        random: Arc<SeededRandom>,
        judge: Judge,
    ) -> Self {
        Self {
            clock,
            random,
            judge,
            faults: plan.faults,
            travel: plan.travel,
            calm: AtomicBool::new(false),
            down: Mutex::default(),
            records: Mutex::default(),
        }
    }

    /// Nothing fails from now on.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
        lock(&self.down).clear();
    }

    pub(crate) fn set_down(&self, service: Service, is_down: bool) {
        let mut down = lock(&self.down);
        if is_down && !self.is_calm() {
            down.insert(service);
        } else {
            down.remove(&service);
        }
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }

    pub(crate) fn note(&self, what: &str) {
        let at = self.clock.monotonic().as_millis();
        self.records().trace.push(format!("{at:>8} ms  {what}"));
    }

    fn roll(&self, step: Step) -> Option<Mishap> {
        let rate = match step.service {
            Service::Store => self.faults.store,
            Service::Ledger => self.faults.ledger,
            Service::Queue => self.faults.queue,
            Service::Files => self.faults.files,
        };
        if rate == 0.0 || self.is_calm() {
            return None;
        }
        // 53 bits: as many as a float holds exactly.
        let drawn = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let table: &[Mishap] = match (step.writes, step.service) {
            (false, _) => &[Mishap::Throttled, Mishap::Unavailable],
            (true, Service::Store | Service::Ledger) => &[
                Mishap::Throttled,
                Mishap::Unavailable,
                Mishap::Conflict,
                Mishap::LostRequest,
                Mishap::LostReply,
            ],
            (true, _) => {
                &[Mishap::Throttled, Mishap::Unavailable, Mishap::LostRequest, Mishap::LostReply]
            }
        };
        table.get((drawn / rate) as usize).copied()
    }

    async fn travel(&self) {
        let most = self.travel.as_micros() as u64;
        self.clock.sleep(Duration::from_micros(self.random.next_u64() % (most + 1))).await;
    }
}

/// One process's state between the world and it.
#[derive(Default)]
pub(crate) struct Line {
    cut: Mutex<BTreeSet<Service>>,
    fuse: Mutex<Option<(u32, bool)>>,
    /// Told when it died.
    pub(crate) blown: Notify,
}

impl Line {
    pub(crate) fn set_cut(&self, service: Service, is_cut: bool) {
        let mut cut = lock(&self.cut);
        if is_cut {
            cut.insert(service);
        } else {
            cut.remove(&service);
        }
    }

    pub(crate) fn mend(&self) {
        lock(&self.cut).clear();
        *lock(&self.fuse) = None;
    }

    /// Dies at its so manyth call from now on.
    pub(crate) fn light(&self, calls: u32, after: bool) {
        *lock(&self.fuse) = Some((calls, after));
    }

    fn burn(&self) -> Option<Mishap> {
        let mut fuse = lock(&self.fuse);
        let (calls, after) = (*fuse)?;
        if calls > 1 {
            *fuse = Some((calls - 1, after));
            return None;
        }
        *fuse = None;
        Some(if after { Mishap::CrashAfter } else { Mishap::CrashBefore })
    }

    fn is_cut(&self, service: Service) -> bool {
        lock(&self.cut).contains(&service)
    }
}

/// A process's way to everything outside of it.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) net: Arc<Net>,
    pub(crate) line: Arc<Line>,
    /// The process's name in the trace.
    pub(crate) who: Arc<str>,
}

impl Wire {
    /// One call: there, its effect, and back.
    pub(crate) async fn call<T, E: Refusal>(
        &self,
        step: Step,
        about: &(impl std::fmt::Display + ?Sized),
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let net = &self.net;
        net.records().coverage.call();
        let crash = self.line.burn();
        if crash == Some(Mishap::CrashBefore) {
            return self.die(step, about, Mishap::CrashBefore).await;
        }
        net.travel().await;
        if self.is_unreachable(step.service) {
            // As long as a connection takes to be refused.
            net.clock.sleep(Duration::from_millis(500)).await;
            return self.fail(step, about, Mishap::CutOff);
        }
        let mishap = net.roll(step);
        match mishap {
            None | Some(Mishap::LostReply) => {}
            Some(before) => return self.fail(step, about, before),
        }
        let result = effect.await;
        if crash == Some(Mishap::CrashAfter) {
            return self.die(step, about, Mishap::CrashAfter).await;
        }
        net.travel().await;
        if result.is_ok() && mishap == Some(Mishap::LostReply) {
            return self.fail(step, about, Mishap::LostReply);
        }
        let end = if result.is_ok() { "ok" } else { "refused" };
        net.note(&format!("{} {} {about}: {end}", self.who, step.name));
        result
    }

    fn is_unreachable(&self, service: Service) -> bool {
        self.line.is_cut(service) || lock(&self.net.down).contains(&service)
    }

    fn fail<T, E: Refusal>(
        &self,
        step: Step,
        about: &(impl std::fmt::Display + ?Sized),
        mishap: Mishap,
    ) -> Result<T, E> {
        self.net.records().coverage.hit(step, mishap);
        self.net.note(&format!("{} {} {about}: {}", self.who, step.name, mishap.name()));
        Err(E::of(mishap))
    }

    async fn die<T>(
        &self,
        step: Step,
        about: &(impl std::fmt::Display + ?Sized),
        mishap: Mishap,
    ) -> T {
        self.net.records().coverage.hit(step, mishap);
        self.net.note(&format!("{} {} {about}: {}", self.who, step.name, mishap.name()));
        self.line.blown.notify_one();
        std::future::pending().await
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
