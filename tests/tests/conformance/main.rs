//! One set of sentences about S3 and KMS, asked of three worlds: our model in
//! process, the same over HTTP through the real adapter, and ministack through
//! the real adapter. What each confirms stands in `docs/semantics.md`.

mod known;
mod ministack;
mod ministack_requests;
mod model;
mod model_seeds;
mod page;

use reseal_testkit::conformance::key_service;
use reseal_testkit::conformance::object_store::{Semantic, object_store};

/// All of them, in the page's order.
pub(crate) fn sentences() -> Vec<Semantic> {
    [object_store(), key_service()].concat()
}
