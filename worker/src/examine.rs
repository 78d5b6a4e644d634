//! Looking without touching: what `plan` shows.

use std::sync::Arc;

use reseal_core::ports::ObjectStore;
use reseal_core::{
    BucketName, BucketTerms, Decision, Facts, JobSpec, ObjectHead, Outcome, PauseReason,
    SkipReason, SourceRow, choose,
};
use tokio::sync::Semaphore;

use crate::context::Context;
use crate::look::{Look, look};
use crate::pace::Pacer;
use crate::{Meter, Ports, Settings};

/// What would happen to one object.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It can be looked at, and this is what the action table says.
    Decided(Box<ObjectHead>, Decision),
    /// It would end so without anything being done.
    Ends(Outcome, Option<String>),
    /// Nothing can be looked at now.
    Blocked(PauseReason),
}

/// Looks at objects and applies the action table, without ever changing one.
pub struct Examiner<'a> {
    context: Context<'a>,
}

impl<'a> Examiner<'a> {
    /// An examiner with the engine's pace, that looks through this store.
    #[must_use]
    pub fn new(
        ports: &'a Ports,
        store: Arc<dyn ObjectStore>,
        settings: &'a Settings,
        meter: &'a Meter,
    ) -> Self {
        let pacer = Arc::new(Pacer::alone(&ports.clock, settings.pace));
        let permits = Arc::new(Semaphore::new(settings.concurrency.max(1) as usize));
        Self { context: Context::new(ports, store, settings, meter, pacer, permits) }
    }

    /// What the job would do with the object that this row names.
    pub async fn examine(
        &self,
        spec: &JobSpec,
        terms: &BucketTerms,
        bucket: &BucketName,
        row: &SourceRow,
    ) -> Verdict {
        self.context.pacer.admit_object().await;
        let seen = match look(&self.context, bucket, row).await {
            Look::Seen(seen) => seen,
            Look::Settled(outcome, detail) => return Verdict::Ends(outcome, detail),
            Look::Pause(reason) => return Verdict::Blocked(reason),
        };
        let decision = choose(&Facts {
            head: &seen.head,
            currency: seen.currency,
            target: &spec.target,
            policy: &spec.behaviour.policy,
            capabilities: &terms.capabilities,
            update_refused: false,
            now: self.context.ports.clock.now(),
        });
        if decision != Decision::AlreadyCompliant && !spec.selection.takes(&seen.head) {
            return Verdict::Ends(Outcome::Skipped(SkipReason::Filtered), None);
        }
        Verdict::Decided(Box::new(seen.head), decision)
    }
}
