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
pub(crate) use crate::steps::{Mishap, STEPS, Step};

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
    traps: Mutex<Vec<(Step, Mishap)>>,
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
            traps: Mutex::default(),
            records: Mutex::default(),
        }
    }

    /// Nothing fails from now on.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
        lock(&self.down).clear();
    }

    /// Whoever takes this step next meets this mishap, be it after the storm:
    /// some steps are only taken then.
    pub(crate) fn trap(&self, step: Step, mishap: Mishap) {
        lock(&self.traps).push((step, mishap));
    }

    fn trapped(&self, step: Step) -> Option<Mishap> {
        let mut traps = lock(&self.traps);
        let index = traps.iter().position(|(trap, _)| *trap == step)?;
        Some(traps.remove(index).1)
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

    pub(crate) async fn travel(&self) {
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
        let trapped = net.trapped(step);
        let crash = self.line.burn().or(trapped.filter(|it| it.is_crash()));
        if crash == Some(Mishap::CrashBefore) {
            return self.die(step, about, Mishap::CrashBefore).await;
        }
        net.travel().await;
        if self.is_unreachable(step.service) || trapped == Some(Mishap::CutOff) {
            // As long as a connection takes to be refused.
            net.clock.sleep(Duration::from_millis(500)).await;
            return self.fail(step, about, Mishap::CutOff);
        }
        let mishap = trapped.filter(|it| !it.is_crash()).or_else(|| net.roll(step));
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
        if [Step::JOB, Step::SET_STATE].contains(&step) {
            self.net.judge.cannot_pause(&self.who);
        }
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
