//! The queue's suite.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{Clock, Delivery, Queue, WorkItem};

use crate::build::{chunk_id, job_id};

/// Receives that may come back empty before a message counts as not there.
const PATIENCE: u32 = 20;

/// The times that a suite's checks use: short ones for a queue in real time.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// The visibility that most checks use.
    pub window: Duration,
    /// Comfortably past a moment, at most a third of the window.
    pub margin: Duration,
}

impl Default for Windows {
    fn default() -> Self {
        Self { window: Duration::from_secs(30), margin: Duration::from_secs(1) }
    }
}

/// Runs the suite, each check on a queue of its own that goes by `clock`. An
/// adapter that repeats or reorders at will can't pass it; one that merely
/// may is held to what it normally does.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn queue(clock: &dyn Clock, windows: Windows, make: impl AsyncFn() -> Arc<dyn Queue>) {
    let Windows { window, margin } = windows;
    let bench = async || Bench { queue: make().await, clock, window, margin };
    bench().await.everything_sent_arrives().await;
    bench().await.a_received_message_is_hidden_for_its_window().await;
    bench().await.an_acknowledged_message_is_gone().await;
    bench().await.an_extension_counts_from_now().await;
    bench().await.a_release_shows_it_again_after_the_delay().await;
    bench().await.a_stale_receipt_is_harmless().await;
    bench().await.every_verb_may_be_repeated().await;
    bench().await.hidden_messages_do_not_wait().await;
}

struct Bench<'a> {
    queue: Arc<dyn Queue>,
    clock: &'a dyn Clock,
    window: Duration,
    margin: Duration,
}

impl Bench<'_> {
    async fn everything_sent_arrives(&self) {
        assert_eq!(self.queue.receive(10, self.window).await, Ok(vec![]), "an empty queue");
        self.queue.send(&[]).await.expect("sending nothing");
        let items: Vec<WorkItem> = (0..25).map(item).collect();
        self.queue.send(&items).await.expect("sends");
        let mut arrived = BTreeSet::new();
        for _ in 0..items.len() as u32 + PATIENCE {
            let page = self.queue.receive(7, self.window).await.expect("receives");
            assert!(page.len() <= 7, "at most as many as asked for");
            arrived.extend(page.into_iter().map(|delivery| delivery.body));
        }
        let sent: BTreeSet<String> = items.iter().map(WorkItem::encode).collect();
        assert_eq!(arrived, sent, "each body as it was sent, and no other");
    }

    async fn a_received_message_is_hidden_for_its_window(&self) {
        let sent = self.clock.monotonic();
        let first = self.sent_and_received().await;
        self.clock.sleep(self.window - self.margin).await;
        let late = self.sees_nothing_until(sent + self.window, "within the window").await;
        let second = match late {
            Some(late) => late,
            None => {
                self.clock.sleep(2 * self.margin).await;
                self.next("after the window").await
            }
        };
        assert_eq!(second.body, first.body);
        assert_ne!(second.receipt, first.receipt, "each delivery has a receipt of its own");
    }

    async fn an_acknowledged_message_is_gone(&self) {
        self.queue.send(&[item(1)]).await.expect("sends");
        let other = self.sent_and_received_after(1).await;
        self.queue.acknowledge(&other.receipt).await.expect("acknowledges");
        self.clock.sleep(2 * self.window).await;
        let asked = self.clock.monotonic();
        let left = self.next("the one that wasn't acknowledged").await;
        assert_ne!(left.body, other.body);
        self.sees_nothing_until(asked + self.window, "but for that one").await;
    }

    async fn an_extension_counts_from_now(&self) {
        let sent = self.clock.monotonic();
        let first = self.sent_and_received().await;
        self.clock.sleep(self.window / 2).await;
        let asked = self.clock.monotonic();
        self.queue.extend(&first.receipt, self.window).await.expect("extends");
        if self.clock.monotonic() >= sent + self.window {
            // Too slow a machine to tell: there may have been nothing to extend.
            return;
        }
        self.clock.sleep(self.window - self.margin).await;
        let late = self.sees_nothing_until(asked + self.window, "within the extension").await;
        if late.is_some() {
            return;
        }
        self.queue.extend(&first.receipt, self.margin).await.expect("also to a shorter window");
        self.clock.sleep(2 * self.margin).await;
        self.next("after the extension").await;
    }

    async fn a_release_shows_it_again_after_the_delay(&self) {
        let first = self.sent_and_received().await;
        self.queue.release(&first.receipt, Duration::ZERO).await.expect("releases");
        let second = self.next("at once").await;
        let asked = self.clock.monotonic();
        self.queue.release(&second.receipt, self.window / 2).await.expect("releases");
        if self.sees_nothing_until(asked + self.window / 2, "within the delay").await.is_none() {
            self.clock.sleep(self.window / 2 + self.margin).await;
            self.next("after the delay").await;
        }
    }

    /// Whether a stale receipt is an error is the adapter's affair; that it
    /// has no effect isn't.
    async fn a_stale_receipt_is_harmless(&self) {
        let stale = self.sent_and_received().await.receipt;
        self.clock.sleep(self.window + self.margin).await;
        let asked = self.clock.monotonic();
        let current = self.next("after the window").await.receipt;
        let _ = self.queue.release(&stale, Duration::ZERO).await;
        self.sees_nothing_until(asked + self.window, "a stale release shows nothing").await;
        let _ = self.queue.extend(&stale, 10 * self.window).await;
        let _ = self.queue.acknowledge(&stale).await;
        self.clock.sleep(self.window + self.margin).await;
        let again = self.next("neither hidden longer nor deleted").await.receipt;
        assert!(stale != current && current != again);
        self.queue.acknowledge(&again).await.expect("the latest receipt counts");
        self.clock.sleep(2 * self.window).await;
        self.sees_nothing("after it").await;
    }

    async fn hidden_messages_do_not_wait(&self) {
        assert_eq!(self.queue.backlog().await, Ok(0), "an empty queue");
        self.queue.send(&[item(0), item(1), item(2)]).await.expect("sends");
        assert_eq!(self.queue.backlog().await, Ok(3), "what was sent waits");
        let delivery = self.next("what was sent").await;
        // For longer than a busy machine may need to ask.
        let hidden = self.queue.extend(&delivery.receipt, 20 * self.window).await;
        hidden.expect("extends");
        assert_eq!(self.queue.backlog().await, Ok(2), "what was received is hidden");
        self.queue.acknowledge(&delivery.receipt).await.expect("acknowledges");
        assert_eq!(self.queue.backlog().await, Ok(2), "the others wait on");
    }

    async fn every_verb_may_be_repeated(&self) {
        let first = self.sent_and_received().await;
        for _ in 0..2 {
            self.queue.extend(&first.receipt, self.window).await.expect("extends");
        }
        for _ in 0..2 {
            self.queue.acknowledge(&first.receipt).await.expect("acknowledges");
        }
        // What takes the place of a deleted message isn't reached by its receipt.
        self.queue.send(&[item(1)]).await.expect("sends");
        let second = self.next("another message").await;
        self.queue.acknowledge(&first.receipt).await.expect("acknowledges");
        self.clock.sleep(self.window + self.margin).await;
        assert_eq!(self.next("it is still there").await.body, second.body);
    }

    async fn sent_and_received(&self) -> Delivery {
        self.sent_and_received_after(0).await
    }

    /// Sends a message and receives one, with so many others sent before.
    async fn sent_and_received_after(&self, others: u64) -> Delivery {
        self.queue.send(&[item(0)]).await.expect("sends");
        let mut found = self.next("what was sent").await;
        for _ in 0..others {
            found = self.next("what was sent before").await;
        }
        found
    }

    /// The next message: an adapter may return none at once.
    async fn next(&self, what: &str) -> Delivery {
        for _ in 0..PATIENCE {
            let mut page = self.queue.receive(1, self.window).await.expect("receives");
            if let Some(delivery) = page.pop() {
                assert!(page.is_empty(), "at most one was asked for");
                return delivery;
            }
        }
        panic!("{what}: no message");
    }

    /// Nothing comes back before `until`; then something may, and is told. A
    /// window begins when the server hears of it, and that is never before we
    /// asked: so only what comes earlier by our own clock comes too early,
    /// however slow the machine is.
    async fn sees_nothing_until(&self, until: Duration, what: &str) -> Option<Delivery> {
        for _ in 0..PATIENCE {
            if self.clock.monotonic() >= until {
                return None;
            }
            let mut page = self.queue.receive(1, self.window).await.expect("receives");
            if let Some(delivery) = page.pop() {
                let early = self.clock.monotonic() < until;
                assert!(!early, "{what}: nothing expected, not {delivery:?}");
                return Some(delivery);
            }
        }
        None
    }

    async fn sees_nothing(&self, what: &str) {
        for _ in 0..PATIENCE {
            let page = self.queue.receive(10, self.window).await.expect("receives");
            assert!(page.is_empty(), "{what}: nothing expected, not {page:?}");
        }
    }
}

fn item(sequence: u64) -> WorkItem {
    WorkItem { job: job_id("job-1"), chunk: chunk_id(0, sequence) }
}
