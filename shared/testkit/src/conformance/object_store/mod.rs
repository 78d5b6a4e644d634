//! What S3 must do for reseal to be safe, one named sentence at a time.
//!
//! Owns: the sentences, how each is checked through the ports alone, what a
//! world must be able to prepare for that, and the confrontation of a world
//! with what is known of it.
//! Never: reaches past the ports to judge, or knows which world it is in. A
//! sentence that a world can't be asked about is said to be so, never passed.
//! Next: `semantic` for the form of a sentence, `seeder` for what worlds
//! prepare, `copying` and `uploading` for requests with their defaults; the
//! rest are the sentences.

mod answers;
mod copying;
mod guards;
mod keeps;
mod looks;
mod parts;
mod parts_kept;
mod protected;
mod refused;
mod restores;
mod seeder;
mod semantic;
mod updates;
mod uploading;
mod versions;

pub use seeder::{BucketKind, Content, Seed, Seeder};
pub use semantic::{Checking, Doubt, Known, Probe, Semantic, Stand, Verdict, World, confront};

pub(super) use refused::no_such_key;
pub(super) use semantic::{done, refused, same, semantic, true_that};

/// The sentences about `ObjectStore` and `ObjectDetails`, in the page's order.
#[must_use]
pub fn object_store() -> Vec<Semantic> {
    [
        guards::SENTENCES,
        answers::SENTENCES,
        keeps::SENTENCES,
        protected::SENTENCES,
        refused::SENTENCES,
        parts::SENTENCES,
        parts_kept::SENTENCES,
        updates::SENTENCES,
        looks::SENTENCES,
        versions::SENTENCES,
        restores::SENTENCES,
    ]
    .concat()
}
