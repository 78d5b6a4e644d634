//! Splitting: chunks bound once, sources resumed and closed, pages by id.

use reseal_core::ports::{Binding, Ledger, SourceState};
use reseal_core::{ChunkDigest, ChunkId};

use super::{Bench, all_four, refused};
use crate::build::{ChunkBuilder, chunk_id, job_id};

pub(super) async fn the_first_binding_wins(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    assert_eq!(ledger.chunk(&bench.job, chunk_id(0, 7)).await, Ok(None), "an unknown chunk");
    let first = bench.bind(ChunkBuilder::new(&bench.job, 0, 7).rows(65)).await;
    assert_eq!(bench.read(first.id).await, first, "what was written is read");

    let rival =
        ChunkBuilder::new(&bench.job, 0, 7).rows(9).digest(ChunkDigest::of(b"rival")).build();
    let adopted = |chunk| Ok(Binding::Adopted(Box::new(chunk)));
    assert_eq!(ledger.bind_chunk(&rival).await, adopted(first.clone()), "the first is adopted");
    assert_eq!(ledger.bind_chunk(&first).await, adopted(first.clone()), "also by its own binder");
    assert_eq!(bench.read(first.id).await, first, "the rival changed nothing");

    bench.claim(first.id).await;
    let now = bench.read(first.id).await;
    assert_eq!(ledger.bind_chunk(&rival).await, adopted(now), "adopted as it now is");

    let elsewhere = ChunkBuilder::new(&job_id("job-2"), 0, 7).build();
    assert_eq!(ledger.bind_chunk(&elsewhere).await, Ok(Binding::Bound), "ids are per job");
}

pub(super) async fn splitting_resumes_from_the_last_chunk(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let source = async |source| ledger.source(&bench.job, source).await.expect("reads");
    let nothing = SourceState { last: None, closed: false };
    assert_eq!(source(0).await, nothing, "nothing was split yet");

    // Not in order: the last one is told by its id, past two digits too.
    for sequence in [0, 2, 11, 9] {
        bench.bind(ChunkBuilder::new(&bench.job, 0, sequence)).await;
    }
    let other = bench.bind(ChunkBuilder::new(&bench.job, 2, 3)).await;
    bench.bind(ChunkBuilder::new(&job_id("job-2"), 0, 50)).await;
    let last = bench.read(chunk_id(0, 11)).await;
    assert_eq!(source(0).await, SourceState { last: Some(last.clone()), closed: false });
    assert_eq!(source(1).await, nothing, "sources are apart");

    for _ in 0..2 {
        ledger.close_source(&bench.job, 0).await.expect("closing may be repeated");
        assert_eq!(source(0).await, SourceState { last: Some(last.clone()), closed: true });
    }
    assert_eq!(source(2).await, SourceState { last: Some(other), closed: false });
    ledger.close_source(&bench.job, 1).await.expect("a source without rows closes too");
    assert_eq!(source(1).await, SourceState { last: None, closed: true });
    let late = ChunkBuilder::new(&bench.job, 0, 12).build();
    refused(ledger.bind_chunk(&late).await, "a chunk of a closed source");
    let known = ledger.bind_chunk(&last).await.expect("what is there is adopted");
    assert_eq!(known, Binding::Adopted(Box::new(last.clone())));
    let elsewhere = ledger.source(&job_id("job-2"), 0).await.expect("reads");
    assert!(!elsewhere.closed, "jobs are apart");
}

pub(super) async fn chunks_are_paged_by_id(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let ids: Vec<ChunkId> =
        [(0, 2), (0, 10), (0, 100), (1, 0), (10, 1)].map(|(s, n)| chunk_id(s, n)).to_vec();
    for id in ids.iter().rev() {
        bench.bind(ChunkBuilder::new(&bench.job, id.source, id.sequence)).await;
    }
    bench.bind(ChunkBuilder::new(&job_id("job-2"), 0, 5)).await;
    let all = async |after, limit| {
        let page = ledger.chunks(&bench.job, after, limit).await.expect("reads");
        page.into_iter().map(|chunk| chunk.id).collect::<Vec<_>>()
    };
    assert_eq!(all(None, 2).await, ids[..2]);
    assert_eq!(all(Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(all(Some(ids[3]), 2).await, ids[4..]);
    assert_eq!(all(Some(chunk_id(0, 50)), 9).await, ids[2..], "`after` needs not exist");

    let (done, given_up) = (bench.claim(ids[0]).await, bench.claim(ids[2]).await);
    bench.claim(ids[1]).await;
    ledger.complete(&done, &all_four(done.epoch)).await.expect("completes");
    ledger.quarantine(&given_up, &all_four(given_up.epoch)).await.expect("quarantines");
    let open = async |after, limit| {
        let page = ledger.open_chunks(&bench.job, after, limit).await.expect("reads");
        page.into_iter().map(|chunk| chunk.id).collect::<Vec<_>>()
    };
    assert_eq!(open(None, 2).await, [ids[1], ids[3]], "leased and pending are open");
    assert_eq!(open(Some(ids[3]), 2).await, [ids[4]]);
    assert_eq!(all(None, 9).await, ids, "settled chunks stay");
    let leased = async |after| {
        let page = ledger.leased_chunks(&bench.job, after, 9).await.expect("reads");
        page.into_iter().map(|chunk| chunk.id).collect::<Vec<_>>()
    };
    assert_eq!(leased(None).await, [ids[1]], "pending and settled chunks aren't leased");
    let again = bench.claim(ids[4]).await;
    assert_eq!(leased(None).await, [ids[1], ids[4]]);
    assert_eq!(leased(Some(ids[1])).await, [ids[4]]);
    bench.release(&again).await;
    assert_eq!(leased(None).await, [ids[1]], "given back");
    let page = ledger.open_chunks(&bench.job, None, 1).await.expect("reads");
    assert_eq!(page, [bench.read(ids[1]).await], "pages hold whole records");
}
