//! What every step of an object needs, and the one way to call S3: admitted
//! by the pacer, counted, and with throttling reported back to the pacer.

use std::future::Future;
use std::sync::Arc;

use reseal_core::ports::ObjectStore;
use reseal_core::{ObjectRef, StoreError, StoreErrorKind};
use tokio::sync::Semaphore;

use crate::pace::{Cost, Pacer};
use crate::retry::Patience;
use crate::spans;
use crate::{Meter, Ports, Settings};

/// What the chunks of one job share in one engine; all but the store and the
/// pacer is the same for all jobs.
pub(crate) struct Context<'a> {
    pub(crate) ports: &'a Ports,
    /// S3 as the job reaches it.
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) settings: &'a Settings,
    pub(crate) meter: &'a Meter,
    pub(crate) pacer: Arc<Pacer>,
    /// One for each object in flight.
    pub(crate) permits: Arc<Semaphore>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        ports: &'a Ports,
        store: Arc<dyn ObjectStore>,
        settings: &'a Settings,
        meter: &'a Meter,
        pacer: Arc<Pacer>,
        permits: Arc<Semaphore>,
    ) -> Self {
        Self { ports, store, settings, meter, pacer, permits }
    }

    /// One attempt.
    pub(crate) async fn call<T>(
        &self,
        object: &ObjectRef,
        cost: Cost,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let admission = self.pacer.admit(object, cost).await;
        self.meter.request();
        let began = self.ports.clock.monotonic();
        let result = call.await;
        let took = self.ports.clock.monotonic().saturating_sub(began);
        self.meter.answered(cost.kind(), took);
        let failure = result.as_ref().err().map(|error| error.kind);
        if let Err(error) = &result {
            self.meter.error(error.kind);
            spans::refused(object, error);
        }
        admission.answered(failure);
        result
    }

    /// A read, repeated while its failures are transient and its own patience
    /// lasts: one that is answered in the end costs its object nothing, however
    /// many reads an object in parts takes.
    pub(crate) async fn read<T, F, Fut>(
        &self,
        object: &ObjectRef,
        mut call: F,
    ) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        let mut patience = Patience::new();
        loop {
            match self.call(object, Cost::Read, call()).await {
                Err(error)
                    if error.is_transient() && self.pause(&mut patience, error.kind).await => {}
                other => return other,
            }
        }
    }

    /// A write that is certain to have had no effect when it is throttled:
    /// repeated with the same preconditions for that reason alone.
    pub(crate) async fn write<T, F, Fut>(
        &self,
        object: &ObjectRef,
        cost: Cost,
        patience: &mut Patience,
        mut call: F,
    ) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        loop {
            match self.call(object, cost, call()).await {
                Err(error)
                    if matches!(error.kind, StoreErrorKind::Throttled(_))
                        && self.pause(patience, error.kind).await => {}
                other => return other,
            }
        }
    }

    /// Pauses after a failure; false when patience is at its end.
    pub(crate) async fn pause(&self, patience: &mut Patience, kind: StoreErrorKind) -> bool {
        patience.after(kind, self.ports.clock.as_ref(), self.ports.random.as_ref()).await
    }
}
