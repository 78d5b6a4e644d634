//! The chunk store's suite.

use std::sync::Arc;

use reseal_core::ports::ChunkStore;

use crate::build::{chunk_id, job_id};

/// Runs the suite, each check on a store of its own.
///
/// # Panics
/// At the first sentence of the port that doesn't hold.
pub async fn chunk_store(make: impl AsyncFn() -> Arc<dyn ChunkStore>) {
    bytes_come_back(&*make().await).await;
    the_first_writer_wins(&*make().await).await;
    names_are_apart(&*make().await).await;
}

async fn bytes_come_back(store: &dyn ChunkStore) {
    let job = job_id("job-1");
    assert!(store.get(&job, chunk_id(0, 0)).await.is_err(), "nothing is there yet");
    let large: Vec<u8> = (0..1 << 20).map(|i: u32| i.to_le_bytes()[i as usize % 3]).collect();
    let contents: [&[u8]; 4] = [b"", b"a\r\n\0\xff", "ü\u{2028}\n\n".as_bytes(), &large];
    for (sequence, bytes) in (0..).zip(contents) {
        let id = chunk_id(0, sequence);
        assert_eq!(store.put(&job, id, bytes).await, Ok(None), "a free name");
        assert_eq!(store.get(&job, id).await.as_deref(), Ok(bytes));
    }
}

async fn the_first_writer_wins(store: &dyn ChunkStore) {
    let (job, id) = (job_id("job-1"), chunk_id(3, 14));
    assert_eq!(store.put(&job, id, b"first").await, Ok(None));
    for bytes in [b"rival".as_slice(), b"first", b""] {
        let found = store.put(&job, id, bytes).await;
        assert_eq!(found, Ok(Some(b"first".to_vec())), "what is there is returned instead");
    }
    assert_eq!(store.get(&job, id).await.as_deref(), Ok(b"first".as_slice()));
}

async fn names_are_apart(store: &dyn ChunkStore) {
    let names =
        [("job-1", 0, 1), ("job-1", 1, 0), ("job-1", 0, 10), ("job-2", 0, 1), ("job", 0, 1)];
    for (job, source, sequence) in names {
        let bytes = format!("{job} {source} {sequence}").into_bytes();
        let put = store.put(&job_id(job), chunk_id(source, sequence), &bytes).await;
        assert_eq!(put, Ok(None), "a free name");
    }
    for (job, source, sequence) in names {
        let expected = format!("{job} {source} {sequence}").into_bytes();
        let found = store.get(&job_id(job), chunk_id(source, sequence)).await;
        assert_eq!(found, Ok(expected));
    }
}
