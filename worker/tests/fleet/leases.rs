//! What a lease is good for, and what isn't the chunk's fault.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{ChunkStore, Clock, FileError, FileErrorKind};
use reseal_core::{ChunkId, ChunkState, JobId};
use reseal_worker::{EngineError, Meter, Ports, stop_channel};

use crate::world::{World, settings};

/// Files that come late.
struct Late {
    inner: Arc<dyn ChunkStore>,
    clock: Arc<dyn Clock>,
    by: Duration,
}

#[async_trait]
impl ChunkStore for Late {
    async fn put(
        &self,
        job: &JobId,
        chunk: ChunkId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, FileError> {
        self.inner.put(job, chunk, bytes).await
    }

    async fn get(&self, job: &JobId, chunk: ChunkId) -> Result<Vec<u8>, FileError> {
        self.clock.sleep(self.by).await;
        self.inner.get(job, chunk).await
    }
}

/// Files that nobody lets us at.
struct Denied;

#[async_trait]
impl ChunkStore for Denied {
    async fn put(&self, _: &JobId, _: ChunkId, _: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
        Err(denied())
    }

    async fn get(&self, _: &JobId, _: ChunkId) -> Result<Vec<u8>, FileError> {
        Err(denied())
    }
}

fn denied() -> FileError {
    let (what, message) = ("a file".to_owned(), "AccessDenied".to_owned());
    FileError { what, message, kind: FileErrorKind::OutOfReach }
}

/// A lease lives from the claim on, and a process may stand still after it: a
/// holder that comes too late touches nothing.
#[tokio::test(start_paused = true)]
async fn whoever_begins_after_its_lease_ran_out_touches_nothing() {
    for (by, touches) in [(50, true), (70, false)] {
        let mut world = World::new(1, 4, Duration::from_millis(10)).await;
        let (inner, clock) = (world.ports.chunks.clone(), world.ports.clock.clone());
        world.ports.chunks = Arc::new(Late { inner, clock, by: Duration::from_secs(by) });
        world.send_all().await;
        let late = world.seconds(by + 4);
        let ((), meter) = world.engine_until(&settings(), late).await;
        assert_eq!(meter.read().requests > 0, touches, "{by} s");
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_out_of_reach_cost_no_chunk_an_attempt() {
    let world = World::new(1, 4, Duration::from_millis(10)).await;
    world.send_all().await;
    let ports = Ports { chunks: Arc::new(Denied), ..world.ports.clone() };
    let (_stopper, stop) = stop_channel();
    let ended = reseal_worker::run(&ports, &settings(), &Meter::default(), &stop).await;
    assert!(matches!(ended, Err(EngineError::Ledger(_))), "{ended:?}");
    let chunk = world.chunk(0).await;
    assert_eq!((chunk.state, chunk.attempts), (ChunkState::Pending, 0));
}
