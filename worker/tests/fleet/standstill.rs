//! Messages of jobs that nobody may work on now.

use std::time::Duration;

use reseal_core::{ChunkState, JobState, PauseReason, WorkerId};
use reseal_sandbox::model::KeyState;
use reseal_worker::{Home, Settings};

use crate::world::{World, settings};

#[tokio::test(start_paused = true)]
async fn messages_of_a_job_that_stands_still_are_dropped_and_come_again_when_it_starts() {
    let world = World::new(2, 5, Duration::from_millis(10)).await;
    world.set_state(JobState::Paused(PauseReason::Requested)).await;
    world.send_all().await;
    world.engine_until(&settings(), world.seconds(2)).await;
    assert_eq!(world.queue.depth(), 0, "kept for nothing");
    assert_eq!(world.chunk(0).await.state, ChunkState::Pending);

    world.set_state(JobState::Running).await;
    world.send_all().await;
    let over = async {
        world.until(0, |chunk| chunk.state == ChunkState::Done).await;
        world.until(1, |chunk| chunk.state == ChunkState::Done).await;
    };
    world.engine_until(&settings(), over).await;
}

/// I13: another region's worker would touch other buckets of the same name.
#[tokio::test(start_paused = true)]
async fn a_job_that_the_connection_does_not_reach_is_left_to_others() {
    let world = World::new(1, 5, Duration::from_millis(10)).await;
    let home = Home {
        region: "us-east-1".to_owned(),
        endpoint: None,
        owner: "111122223333".parse().expect("an account"),
    };
    let elsewhere = [
        Home { region: "eu-west-1".to_owned(), ..home.clone() },
        Home { endpoint: Some("http://127.0.0.1:9000".to_owned()), ..home.clone() },
        Home { owner: "999999999999".parse().expect("an account"), ..home.clone() },
    ];
    world.send_all().await;
    for elsewhere in elsewhere {
        let settings = Settings::of_a_fleet(WorkerId::new("w"), 4, elsewhere);
        let ((), meter) = world.engine_until(&settings, world.seconds(59)).await;
        assert_eq!(world.chunk(0).await.epoch.0, 0, "claimed by {:?}", settings.home);
        assert_eq!(world.queue.depth(), 1, "dropped by {:?}", settings.home);
        assert_eq!(meter.read().foreign_messages, 1, "the message waits a minute");
        world.seconds(1).await;
    }
    let settings = Settings::of_a_fleet(WorkerId::new("w"), 4, home);
    world.engine_until(&settings, world.until(0, |chunk| chunk.state == ChunkState::Done)).await;
}

/// One wall for all chunks of the job in hand: nobody begins another object
/// once the first has run into it.
#[tokio::test(start_paused = true)]
async fn what_pauses_the_job_stops_every_chunk_in_hand_at_once() {
    let world = World::new(6, 50, Duration::from_millis(100)).await;
    world.send_all().await;
    let settings = Settings { concurrency: 2, chunk_slots: 6, ..settings() };
    let over = async {
        world.until(0, |chunk| chunk.state == ChunkState::Leased).await;
        world.seconds(1).await;
        world
            .model
            .lock()
            .expect("ok")
            .set_key(&world.key, Some(KeyState::Disabled), None)
            .expect("a key");
        world.until_job(|state| matches!(state, JobState::Paused(PauseReason::Key(_)))).await;
        world.seconds(60).await;
    };
    world.engine_until(&settings, over).await;
    let refused: u64 = {
        let model = world.model.lock().expect("not poisoned");
        model.stats().operations.values().map(|counts| counts.refused).sum()
    };
    assert!((1..=2).contains(&refused), "{refused} requests were refused");
}
