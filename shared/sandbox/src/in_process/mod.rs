//! The engine's ports on the model, without a wire: for the simulator.
//!
//! Owns: how a port's request becomes one of the model's, and back. It answers what
//! the adapter for the real services would answer, also where that is less than the
//! model knows. Must never retry, and never keep anything beside the model. Time
//! comes from the Clock port alone, so that paused time works.
//!
//! Next: `errors` for what a refusal means to the engine, `store` for the data path,
//! `estate` for buckets, keys and scratch objects, `words` for the translations.

mod acl;
mod blobs;
mod details;
mod errors;
mod estate;
mod purge;
mod scratch;
mod store;
mod words;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reseal_core::StoreError;
use reseal_core::ports::Clock;

use crate::model::{Caller, Model, Moment, Request, Response};
use errors::Call;

/// All ports of the estate on one shared model: `ObjectStore`, `KeyService`,
/// `Identity`, `Inspector`, `Lister`, `Scratch`, `Blobs` and `Purger`.
///
/// Several handles may share a model, as several machines share S3.
#[derive(Clone)]
pub struct SandboxPorts {
    model: Arc<Mutex<Model>>,
    clock: Arc<dyn Clock>,
    caller: Caller,
    travel: Duration,
}

impl std::fmt::Debug for SandboxPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SandboxPorts").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl SandboxPorts {
    /// Ports for the model's own account, which every request names as the expected
    /// owner of its buckets, and for its own region, beyond which none of them sees.
    pub fn new(model: Arc<Mutex<Model>>, clock: Arc<dyn Clock>) -> Self {
        let (account, region) = {
            let model = model.lock().unwrap_or_else(PoisonError::into_inner);
            (model.settings().account.clone(), model.settings().region.clone())
        };
        let caller = Caller {
            account: Some(account.clone()),
            role: None,
            region: Some(region),
            expected_owner: Some(account.clone()),
            expected_source_owner: Some(account),
            request_payer: false,
            bypass_governance: false,
        };
        Self { model, clock, caller, travel: Duration::ZERO }
    }

    /// Makes every request travel for so long, and every answer again: a caller that
    /// gives up in between may leave an effect behind without having heard of it.
    #[must_use]
    pub fn travelling(mut self, each_way: Duration) -> Self {
        self.travel = each_way;
        self
    }

    /// The model behind the ports, to look at or to disturb.
    pub fn model(&self) -> &Arc<Mutex<Model>> {
        &self.model
    }

    fn account(&self) -> &str {
        self.caller.account.as_deref().unwrap_or_default()
    }

    async fn ask(
        &self,
        call: Call,
        target_key: Option<&str>,
        request: Request,
    ) -> Result<Response, StoreError> {
        self.pass().await;
        let answer = {
            let now = Moment::from_millis(self.clock.now().as_millis());
            let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
            model.apply(&self.caller, request, now)
        };
        self.pass().await;
        answer.map_err(|fault| errors::store_error(call, target_key, &fault))
    }

    async fn pass(&self) {
        if !self.travel.is_zero() {
            self.clock.sleep(self.travel).await;
        }
    }
}
