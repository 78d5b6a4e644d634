//! A world with a service in it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::ports::Random;
use reseal_testkit::{Dice, FaultRates, FaultyLedger, MemoryFleet};
use reseal_worker::service::{Parts, ServiceError, ServiceSettings, serve};
use reseal_worker::{Meter, Ports, Stopper, stop_channel};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::world::{World, settings};

const TRAVEL: Duration = Duration::from_millis(20);

/// Draws the worst while it is on and the best while it is off: the dice's
/// rates decide what the worst is.
pub(crate) struct Switch(AtomicBool);

impl Random for Switch {
    fn next_u64(&self) -> u64 {
        if self.0.load(Ordering::Relaxed) { 0 } else { u64::MAX }
    }
}

impl Switch {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }
}

/// A stdout to look at.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A world with a service in it.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) ports: Ports,
    pub(crate) fleet: Arc<MemoryFleet>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) cut: Arc<Switch>,
    out: Out,
    pub(crate) settings: ServiceSettings,
    listener: Mutex<Option<TcpListener>>,
}

impl Stage {
    pub(crate) async fn new(objects: usize) -> Self {
        Self::travelling(TRAVEL, objects).await
    }

    pub(crate) async fn travelling(travel: Duration, objects: usize) -> Self {
        let world = World::new(travel).await.objects(objects).await;
        let cut = Arc::new(Switch(AtomicBool::new(false)));
        let rates = FaultRates { unavailable: 0.5, ..FaultRates::default() };
        let dice = Dice::new(cut.clone(), rates);
        let ledger = Arc::new(FaultyLedger::new(world.ledger.clone(), dice));
        let ports = Ports { ledger, ..world.ports.clone() };
        Self {
            world,
            ports,
            fleet: Arc::new(MemoryFleet::new()),
            meter: Arc::new(Meter::default()),
            cut,
            out: Out::default(),
            settings: ServiceSettings::new("prod", settings()),
            listener: Mutex::default(),
        }
    }

    /// Listens, and says where.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        *self.listener.lock().expect("not poisoned") = Some(listener);
        address
    }

    pub(crate) fn drain_after(mut self, seconds: u64) -> Self {
        self.settings.drain_after = Some(Duration::from_secs(seconds));
        self
    }

    /// Serves beside a script that is given the stopper, and tells how it
    /// ended and when.
    pub(crate) async fn serve<F: Future<Output = ()>>(
        &self,
        script: impl FnOnce(Stopper) -> F,
    ) -> (Result<(), ServiceError>, Duration) {
        let (stopper, stop) = stop_channel();
        let parts = Parts {
            ports: self.ports.clone(),
            roster: self.fleet.clone(),
            meter: self.meter.clone(),
            shares: Arc::new(Vec::new),
            listener: self.listener.lock().expect("not poisoned").take(),
            agent: None,
            emf: Some(Box::new(self.out.clone())),
        };
        // Held to the end: when nobody is left who could ask, a stop counts as asked.
        let kept = stopper.clone();
        let service = async {
            let ended = serve(parts, &self.settings, std::future::pending(), &stop).await;
            (ended, self.now())
        };
        let bounded = async {
            tokio::select! {
                biased;
                ended = service => ended,
                () = self.sleep(100_000) => panic!("it never ended"),
            }
        };
        let (ended, ()) = tokio::join!(bounded, script(stopper));
        drop(kept);
        ended
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        self.ports.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) fn now(&self) -> Duration {
        self.ports.clock.monotonic()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let bytes = self.out.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}
