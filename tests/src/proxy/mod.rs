//! A proxy on loopback that stands between the real `reseal` and its server,
//! and makes what a network and a busy service do to requests happen at the
//! request that a test names.
//!
//! Owns: what each request is (`operation`), the rules that pick requests
//! (`rule`), what is done to them (`fault`), the record of all of it.
//! Never: changes a request, or an answer that no rule names; decides by the
//! order in which requests happen to come, unless a rule counts them: chances
//! are drawn from the seed and the object, so that the same seed hits the same
//! objects, however the requests interleave.
//! Next: [`Rule`] for what a test can say, `serve` for the wire.

mod clock;
mod fault;
mod operation;
mod rule;
mod serve;

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use clock::ServerClock;
pub use fault::{Answer, Fault};
pub use operation::{Call, Service};
pub use rule::Rule;

use rule::Verdict;

/// A running proxy, ended when dropped.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    /// Taken when dropped: a runtime must not be waited for.
    runtime: Option<Runtime>,
}

/// What became of one request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The request.
    pub call: Call,
    /// What was done to it; `None` when it simply passed.
    pub fault: Option<&'static str>,
    /// The server's own answer, where it was asked.
    pub status: Option<u16>,
}

/// How often an operation was asked for, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that came in.
    pub requests: u64,
    /// Of these, handed on to the server.
    pub forwarded: u64,
    /// Of these, hit by a rule.
    pub faulted: u64,
}

/// What all connections share.
struct Shared {
    upstream: String,
    seed: u64,
    rules: Mutex<Vec<Rule>>,
    log: Mutex<Vec<Entry>>,
    clock: ServerClock,
    /// Whether a hook panicked: its test must fail, and not only a request.
    hook_failed: AtomicBool,
}

impl Proxy {
    /// One before this server, with a seed for whatever is left to chance.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn before(upstream: &str, seed: u64) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let bound = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = bound.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            seed,
            rules: Mutex::default(),
            log: Mutex::default(),
            clock: ServerClock::default(),
            hook_failed: AtomicBool::new(false),
        });
        runtime.spawn(serve::accept(listener, Arc::clone(&shared)));
        Self { url, shared, runtime: Some(runtime) }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// One more rule. Of several that want the same request the first wins;
    /// all of them count it.
    pub fn rule(&self, rule: Rule) {
        self.shared.rules().push(rule);
    }

    /// The server's clock, which may be another than ours.
    #[must_use]
    pub fn clock(&self) -> ServerClock {
        self.shared.clock.clone()
    }

    /// From now on everything passes.
    pub fn heal(&self) {
        self.shared.rules().clear();
    }

    /// Everything that came so far, in the order in which it was done with.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log().clone()
    }

    /// The same, counted by operation.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let mut counts: BTreeMap<_, Counts> = BTreeMap::new();
        for Entry { call, fault, status } in self.shared.log().iter() {
            let counts = counts.entry(call.operation).or_default();
            counts.requests += 1;
            counts.forwarded += u64::from(status.is_some());
            counts.faulted += u64::from(fault.is_some());
        }
        counts
    }

    /// Requests that came in for this operation, the probe's left aside.
    #[must_use]
    pub fn requests(&self, operation: &str) -> u64 {
        let ours = |call: &Call| call.operation == operation && !call.is_of_the_probe();
        self.log().iter().filter(|entry| ours(&entry.call)).count() as u64
    }

    /// Requests for this operation that a rule hit.
    #[must_use]
    pub fn faulted(&self, operation: &str) -> u64 {
        self.counts().get(operation).map_or(0, |counts| counts.faulted)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let failed = self.shared.hook_failed.load(Ordering::Relaxed);
        assert!(!failed || std::thread::panicking(), "a hook panicked, see above");
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({} before {})", self.url, self.shared.upstream)
    }
}

impl Shared {
    /// What the rules want done to this request.
    fn judge(&self, call: &Call) -> Verdict {
        let mut verdict = Verdict::default();
        for (number, rule) in self.rules().iter_mut().enumerate() {
            let found = rule.judge(call, self.seed.wrapping_add(number as u64));
            if verdict.fault.is_none() {
                verdict = found.unwrap_or(verdict);
            }
        }
        if let Some(refusal) = self.clock.refuses(call) {
            verdict.fault = Some(Fault::Refuse(refusal));
        }
        verdict
    }

    fn record(&self, call: Call, fault: Option<&'static str>, status: Option<u16>) {
        self.log().push(Entry { call, fault, status });
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
