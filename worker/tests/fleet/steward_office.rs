//! Who is the steward, and what if there are two.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{LedgerError, LedgerErrorKind, Roster, Stewardship, WorkerBeat};
use reseal_core::{ChunkState, JobState, Outcome, WorkerId};
use reseal_worker::steward::StewardPorts;

use crate::world::{World, settings};

async fn holder(world: &World) -> Option<String> {
    let office = world.fleet.steward().await.expect("a roster");
    office.holder.map(|worker| worker.as_str().to_owned())
}

#[tokio::test(start_paused = true)]
async fn another_takes_over_from_a_dead_steward_and_not_before() {
    let world = World::new(1, 1, Duration::from_millis(10)).await;
    let (ports, fleet) = (&world.ports, world.steward_ports());
    world.steward_until("a", ports, &fleet, world.seconds(1)).await;
    let second = async {
        world.seconds(70).await;
        assert_eq!(holder(&world).await.as_deref(), Some("a"), "too early");
        world.seconds(30).await;
        assert_eq!(holder(&world).await.as_deref(), Some("b"));
    };
    world.steward_until("b", ports, &fleet, second).await;
}

#[tokio::test(start_paused = true)]
async fn a_living_steward_keeps_its_office() {
    let world = World::new(1, 1, Duration::from_millis(10)).await;
    let (ports, fleet) = (&world.ports, world.steward_ports());
    let watched = async {
        for _ in 0..3_600 {
            world.seconds(1).await;
            assert_eq!(holder(&world).await.as_deref(), Some("a"));
        }
    };
    let both = async {
        world.seconds(1).await;
        world.steward_until("b", ports, &fleet, watched).await;
    };
    world.steward_until("a", ports, &fleet, both).await;
}

/// A roster that gives everybody the office, and now and then loses a reply.
struct Generous(std::sync::Mutex<u64>);

#[async_trait]
impl Roster for Generous {
    async fn beat(&self, _: &WorkerBeat) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn workers(&self) -> Result<Vec<WorkerBeat>, LedgerError> {
        Ok(Vec::new())
    }

    async fn steward(&self) -> Result<Stewardship, LedgerError> {
        Ok(Stewardship::default())
    }

    async fn take_office(&self, _: &WorkerId, _: u64) -> Result<(), LedgerError> {
        let mut calls = self.0.lock().expect("not poisoned");
        *calls += 1;
        match *calls % 3 {
            0 => Err(LedgerError::new(LedgerErrorKind::Ambiguous, "lost")),
            _ => Ok(()),
        }
    }
}

/// Both take back, send, count and finish: every object ends once.
#[tokio::test(start_paused = true)]
async fn two_stewards_at_once_are_harmless() {
    let world = World::new(6, 20, Duration::from_millis(100)).await;
    let roster = Arc::new(Generous(std::sync::Mutex::new(0)));
    let fleet = StewardPorts { roster, ..world.steward_ports() };
    // One dead holder, no message at all.
    world.claim().await;
    let over = world.until_job(|state| state == JobState::Finished);
    let one = world.steward_until("b", &world.ports, &fleet, over);
    let both = world.steward_until("a", &world.ports, &fleet, one);
    world.engine_until(&settings(), both).await;
    for sequence in 0..6 {
        let chunk = world.chunk(sequence).await;
        assert_eq!(chunk.state, ChunkState::Done);
        assert!(chunk.attempts <= 1, "the dead holder counts once: {}", chunk.attempts);
        let rows = world.rows_of(sequence).await;
        assert_eq!(rows.len(), 20);
        assert!(rows.iter().all(|row| row.outcome == Outcome::ReEncrypted), "{rows:?}");
    }
}
