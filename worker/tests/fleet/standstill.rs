//! Messages of jobs that nobody may work on now.

use std::time::Duration;

use reseal_core::{ChunkState, JobState, PauseReason};

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
