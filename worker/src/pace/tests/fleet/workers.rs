//! Workers that want more than they may have, and what they were let have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use reseal_core::ports::{AnyRoles, BudgetKey, Budgets as _, Clock, JobLimits, Member};
use reseal_core::{JobId, WorkerId};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::model::{Model, Settings as Rules};
use reseal_testkit::build::job_id;
use reseal_testkit::{
    MemoryChunks, MemoryFleet, MemoryLedger, MemoryQueue, MemoryReport, SeededRandom, SimClock,
};

use super::super::super::{Cost, Keeper, Pacers, Shares};
use super::super::object;
use super::cut_off::{CutOff, Fault};
use crate::{PaceSettings, Ports};

/// Of each prefix of the bucket.
pub(super) const WRITES: f64 = 300.0;
/// How far any five seconds may exceed a limit.
const SLACK: f64 = 1.02;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Leaves,
    Crashes,
}

/// When a worker works, and how well it is connected.
pub(super) struct Shift {
    name: &'static str,
    from: Duration,
    to: Duration,
    end: End,
    fault: Option<(Duration, Duration, Fault)>,
    shaky: f64,
    slow: Option<(f64, Duration, Duration)>,
    writing: bool,
}

impl Shift {
    pub(super) fn new(name: &'static str, from: u64, to: u64, end: End) -> Self {
        let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
        Self { name, from, to, end, fault: None, shaky: 0.0, slow: None, writing: false }
    }

    pub(super) fn cut_off(self, from: u64, to: u64, fault: Fault) -> Self {
        let times = (Duration::from_secs(from), Duration::from_secs(to), fault);
        Self { fault: Some(times), ..self }
    }

    pub(super) fn shaky(self, shaky: f64) -> Self {
        Self { shaky, ..self }
    }

    /// Asks for no more than so many a second for a while.
    pub(super) fn slow(self, rate: f64, from: u64, to: u64) -> Self {
        Self { slow: Some((rate, Duration::from_secs(from), Duration::from_secs(to))), ..self }
    }

    /// Sends writes to a bucket instead of beginning objects.
    pub(super) fn writing(self) -> Self {
        Self { writing: true, ..self }
    }
}

pub(super) struct Fleet {
    clock: Arc<dyn Clock>,
    budgets: Arc<MemoryFleet>,
    job: JobId,
    seed: u64,
}

impl Fleet {
    pub(super) async fn new(limit: f64) -> Self {
        Self::seeded(limit, 1).await
    }

    pub(super) async fn seeded(limit: f64, seed: u64) -> Self {
        let (clock, budgets) = (Arc::new(SimClock::new()), Arc::new(MemoryFleet::new()));
        let fleet = Self { clock, budgets, job: job_id("job-1"), seed };
        fleet.limit(limit).await;
        fleet
    }

    pub(super) async fn limit(&self, objects_per_second: f64) {
        let limits = JobLimits {
            objects_per_second: Some(objects_per_second),
            writes_per_prefix: WRITES,
            reads_per_prefix: 5_500.0,
            kms_per_second: None,
            failed_share: 0.5,
        };
        self.budgets.set_limits(&self.job, &limits).await.expect("limits");
    }

    pub(super) async fn sleep(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(super) async fn members(&self) -> BTreeMap<WorkerId, Member> {
        let key = BudgetKey::Job(self.job.clone());
        self.budgets.budget(&key).await.expect("a budget").members
    }

    /// Lets them all work; whatever they were admitted.
    pub(super) async fn work(&self, shifts: Vec<Shift>) -> Admitted {
        let start = self.clock.monotonic();
        let admitted = Mutex::default();
        join_all(shifts.iter().zip(1u64..).map(|(shift, n)| self.shift(shift, n, &admitted))).await;
        let mut admitted: Vec<_> = admitted.into_inner().expect("not poisoned");
        admitted.iter_mut().for_each(|(when, _)| *when -= start);
        Admitted(admitted)
    }

    async fn shift(&self, shift: &Shift, n: u64, admitted: &Mutex<Vec<(Duration, &'static str)>>) {
        let start = self.clock.monotonic();
        self.clock.sleep(shift.from).await;
        let ports = self.ports(shift, n, start);
        let pacers = Pacers::new(&ports, PaceSettings::default());
        let (worker, shares) = (WorkerId::new(shift.name), Shares::default());
        let keeper = Keeper { pacers: &pacers, ports: &ports, worker: &worker, shares: &shares };
        let load = async {
            let entered = pacers.enter(&self.job);
            loop {
                if shift.writing {
                    let admission = entered.pacer.admit(&object("p/x"), Cost::Write).await;
                    admission.answered(None);
                } else {
                    entered.pacer.admit_object().await;
                }
                let now = self.clock.monotonic();
                admitted.lock().expect("not poisoned").push((now, shift.name));
                let slow = |(_, from, to): &(f64, Duration, Duration)| {
                    now >= start + *from && now < start + *to
                };
                if let Some((rate, ..)) = shift.slow.filter(slow) {
                    self.clock.sleep(Duration::from_secs_f64(1.0 / rate)).await;
                }
            }
        };
        let keeping = keeper.run();
        tokio::pin!(keeping);
        tokio::select! {
            biased;
            () = &mut keeping => {}
            () = load => {}
            () = self.clock.sleep(shift.to - shift.from) => {}
        }
        if shift.end == End::Leaves {
            pacers.close();
            keeping.await;
        }
    }

    fn ports(&self, shift: &Shift, n: u64, start: Duration) -> Ports {
        let random = Arc::new(SeededRandom::new(self.seed * 1_000 + n));
        let budgets = CutOff {
            inner: self.budgets.clone(),
            clock: self.clock.clone(),
            random: random.clone(),
            fault: shift.fault.map(|(from, to, fault)| (start + from, start + to, fault)),
            shaky: shift.shaky,
        };
        let model = Arc::new(Mutex::new(Model::new(Rules::default())));
        let sandbox = Arc::new(SandboxPorts::new(model, self.clock.clone()));
        Ports {
            stores: AnyRoles::over(sandbox.clone()),
            keys: sandbox,
            queue: Arc::new(MemoryQueue::new(self.clock.clone())),
            ledger: Arc::new(MemoryLedger::new()),
            budgets: Some(Arc::new(budgets)),
            chunks: Arc::new(MemoryChunks::new()),
            report: Arc::new(MemoryReport::new()),
            clock: self.clock.clone(),
            random,
        }
    }
}

/// What was admitted, when, and whom.
#[derive(Clone)]
pub(super) struct Admitted(Vec<(Duration, &'static str)>);

impl Admitted {
    pub(super) fn of(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(_, who)| *who == name).copied().collect())
    }

    pub(super) fn between(&self, from: u64, to: u64) -> Self {
        let range = Duration::from_secs(from)..Duration::from_secs(to);
        Self(self.0.iter().filter(|(when, _)| range.contains(when)).copied().collect())
    }

    /// Per second.
    pub(super) fn rate(&self, from: u64, to: u64) -> f64 {
        self.between(from, to).0.len() as f64 / (to - from) as f64
    }

    /// In any five seconds.
    #[track_caller]
    pub(super) fn never_exceeds(&self, limit: f64) {
        let mut times: Vec<_> = self.0.iter().map(|(when, _)| *when).collect();
        times.sort();
        assert!(times.len() > 1_000, "{} admissions prove nothing", times.len());
        let (mut first, most) = (0, limit * 5.0 * SLACK);
        for (last, when) in times.iter().enumerate() {
            while *when - times[first] >= Duration::from_secs(5) {
                first += 1;
            }
            let seen = (last + 1 - first) as f64;
            assert!(seen <= most, "{seen} of {} in 5 s until {when:?}", limit * 5.0);
        }
    }

    #[track_caller]
    pub(super) fn uses_up(&self, limit: f64, from: u64, to: u64) {
        let used = self.rate(from, to) / limit;
        assert!(
            (0.95..=1.0 + 1e-3).contains(&used),
            "{used:.3} of {limit}/s from {from} s to {to} s"
        );
    }

    #[track_caller]
    pub(super) fn is_silent(&self, from: u64, to: u64) {
        let seen = self.between(from, to).0.len();
        assert_eq!(seen, 0, "from {from} s to {to} s");
    }
}
