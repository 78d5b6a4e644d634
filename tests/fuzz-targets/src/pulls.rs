//! Pulling sources to their end, from wherever.

use std::future::Future;

use reseal_coordinator::{Pulled, Source, SourceError};
use reseal_core::Cursor;

/// More pulls than any input of a fuzzer is long.
const MANY: usize = 100_000;

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

/// All rows from `from` on.
pub(crate) fn pull_all(source: &dyn Source, from: &Cursor) -> Result<Vec<Pulled>, SourceError> {
    wait(async {
        let (mut rows, mut next) = (Vec::new(), Some(from.clone()));
        for _ in 0..MANY {
            let Some(cursor) = next else { return Ok(rows) };
            let batch = source.pull(&cursor).await?;
            rows.extend(batch.rows);
            next = batch.next;
        }
        panic!("a source without an end")
    })
}

/// A chunk that ends anywhere is gone on after with exactly the rest.
pub(crate) fn resumes_after_each(source: &dyn Source, all: &[Pulled]) {
    let every = all.len().div_ceil(16).max(1);
    let last = all.len().checked_sub(1);
    for index in (0..all.len()).step_by(every).chain(last) {
        let rest = pull_all(source, &all[index].after).expect("what was checked is pulled");
        assert_eq!(rest, all[index + 1..], "after row {index}");
    }
}
