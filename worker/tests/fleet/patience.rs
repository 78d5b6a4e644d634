//! S3 that answers nothing but errors, for a while or for good.

use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::AnyRoles;
use reseal_core::{ChunkState, FailReason, Outcome};
use reseal_sandbox::SandboxPorts;
use reseal_testkit::{Dice, FaultRates, FaultyStore, SeededRandom};

use crate::world::{World, settings};

const ROWS: u64 = 3;

/// A world whose S3 fails every call, until the dice stop.
async fn world(rates: FaultRates) -> (World, Dice) {
    let latency = Duration::from_millis(10);
    let mut world = World::new(1, ROWS, latency).await;
    let dice = Dice::new(Arc::new(SeededRandom::new(1)), rates);
    let sandbox = SandboxPorts::new(world.model.clone(), world.ports.clock.clone());
    let sandbox = Arc::new(sandbox.travelling(latency));
    world.ports.stores = AnyRoles::over(Arc::new(FaultyStore::new(sandbox, dice.clone())));
    world.send_all().await;
    (world, dice)
}

fn unavailable() -> FaultRates {
    FaultRates { unavailable: 1.0, ..FaultRates::default() }
}

fn throttled() -> FaultRates {
    FaultRates { throttled: 1.0, ..FaultRates::default() }
}

/// What fails, what is waited for even where all pauses come out shortest, and
/// what ends it even where all come out longest.
type Trouble = (FaultRates, Duration, Duration);

fn troubles() -> [Trouble; 2] {
    [
        (unavailable(), Duration::from_secs(42), Duration::from_secs(87)),
        (throttled(), Duration::from_secs(9 * 60), Duration::from_secs(20 * 60)),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_is_shorter_than_patience_costs_no_object() {
    for (rates, shorter, _) in troubles() {
        let (world, dice) = world(rates).await;
        let over = async {
            world.ports.clock.sleep(shorter).await;
            dice.stop();
            world.until(0, |chunk| chunk.state == ChunkState::Done).await;
        };
        world.engine_until(&settings(), over).await;
        let rows = world.rows_of(0).await;
        assert_eq!(rows.len() as u64, ROWS);
        assert!(rows.iter().all(|row| row.outcome == Outcome::ReEncrypted), "{rows:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_what_it_was_spent_on_can_be_retried() {
    for (rates, _, longer) in troubles() {
        let (world, _dice) = world(rates).await;
        let began = world.ports.clock.monotonic();
        let over = world.until(0, |chunk| chunk.state == ChunkState::Done);
        world.engine_until(&settings(), over).await;
        let took = world.ports.clock.monotonic() - began;
        assert!(took <= longer, "{took:?} of {longer:?}");
        let rows = world.rows_of(0).await;
        let exhausted = Outcome::Failed(FailReason::Exhausted);
        assert!(rows.len() as u64 == ROWS && rows.iter().all(|row| row.outcome == exhausted));
    }
}
