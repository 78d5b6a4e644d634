//! The queue in memory: hides, repeats and reorders as the contract allows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{Clock, Delivery, Queue, QueueError, Random, Receipt, WorkItem};

/// One in so many deliveries of an unruly queue repeats a hidden message.
const REPEATS: u64 = 8;

/// A queue that dies with its owner. Share it in an `Arc`.
pub struct MemoryQueue {
    clock: Arc<dyn Clock>,
    unruly: Option<Arc<dyn Random>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Messages by the order in which they were sent.
    messages: BTreeMap<u64, Message>,
    sent: u64,
    delivered: u64,
}

#[derive(Debug)]
struct Message {
    body: String,
    /// On the clock's monotonic time.
    visible_at: Duration,
    /// Of its latest delivery: earlier receipts are stale.
    receipt: Option<Receipt>,
}

impl MemoryQueue {
    /// Oldest first, and no repeat within the visibility window.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, unruly: None, state: Mutex::default() }
    }

    /// In any order, now and then repeating a message that is hidden: all that
    /// the contract allows.
    #[must_use]
    pub fn unruly(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { unruly: Some(random), ..Self::new(clock) }
    }

    /// Sends a body that reseal would not write.
    pub fn send_raw(&self, body: impl Into<String>) {
        let visible_at = self.clock.monotonic();
        self.state().push(body.into(), visible_at);
    }

    /// Loses every message.
    pub fn purge(&self) {
        self.state().messages.clear();
    }

    /// How many messages it holds, hidden or not.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.state().messages.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which message is delivered next.
    fn pick(&self, state: &State, now: Duration, taken: &[u64]) -> Option<u64> {
        let repeat = self.unruly.as_ref().is_some_and(|random| random.next_u64() % REPEATS == 0);
        let candidates: Vec<u64> = state
            .messages
            .iter()
            .filter(|(id, message)| (repeat || message.visible_at <= now) && !taken.contains(id))
            .map(|(id, _)| *id)
            .collect();
        match &self.unruly {
            None => candidates.first().copied(),
            Some(_) if candidates.is_empty() => None,
            Some(random) => {
                let index = random.next_u64() % candidates.len() as u64;
                candidates.get(usize::try_from(index).ok()?).copied()
            }
        }
    }
}

impl fmt::Debug for MemoryQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue").field("state", &self.state).finish_non_exhaustive()
    }
}

impl State {
    fn push(&mut self, body: String, visible_at: Duration) {
        self.sent += 1;
        self.messages.insert(self.sent, Message { body, visible_at, receipt: None });
    }

    /// The message whose latest delivery has this receipt.
    fn find(&self, receipt: &Receipt) -> Option<u64> {
        let current = |message: &Message| message.receipt.as_ref() == Some(receipt);
        self.messages.iter().find(|(_, message)| current(message)).map(|(id, _)| *id)
    }

    fn hide_until(&mut self, receipt: &Receipt, time: Duration) {
        if let Some(message) = self.find(receipt).and_then(|id| self.messages.get_mut(&id)) {
            message.visible_at = time;
        }
    }

    fn deliver(&mut self, id: u64, visible_at: Duration) -> Option<Delivery> {
        self.delivered += 1;
        let receipt = Receipt(format!("{id}-{}", self.delivered));
        let message = self.messages.get_mut(&id)?;
        message.visible_at = visible_at;
        message.receipt = Some(receipt.clone());
        Some(Delivery { body: message.body.clone(), receipt })
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        items.iter().for_each(|item| state.push(item.encode(), now));
        Ok(())
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let (mut taken, mut deliveries) = (Vec::new(), Vec::new());
        while deliveries.len() < max as usize {
            let Some(id) = self.pick(&state, now, &taken) else { break };
            taken.push(id);
            deliveries.extend(state.deliver(id, now + visibility));
        }
        Ok(deliveries)
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        let until = self.clock.monotonic() + visibility;
        self.state().hide_until(receipt, until);
        Ok(())
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let mut state = self.state();
        if let Some(id) = state.find(receipt) {
            state.messages.remove(&id);
        }
        Ok(())
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        let until = self.clock.monotonic() + delay;
        self.state().hide_until(receipt, until);
        Ok(())
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        let now = self.clock.monotonic();
        let state = self.state();
        Ok(state.messages.values().filter(|message| message.visible_at <= now).count() as u64)
    }
}
