//! The ports of a single machine: one folder with a SQLite file for ledger
//! and queue, and plain files for chunks and report segments.
//!
//! ```text
//! <state>/lock                                              who works here
//! <state>/ledger.sqlite                                     jobs, chunks, counters, queue
//! <state>/jobs/<job>/chunks/<chunk>.ndjson                  what a chunk holds
//! <state>/jobs/<job>/results/<chunk>-e<epoch>-<n>.ndjson    how its rows ended
//! ```
//!
//! Owns: the folder, its lock, durability on a local disk, recovery after a
//! crash of the process or the machine.
//! Never: retries, decides about objects, or blocks a runtime's thread on the
//! disk: each file's I/O has a thread of its own. A caller that is dropped
//! abandons the answer, not the effect, just as after a crash.
//! Next: `state_dir` for how the folder is opened, `db` for how writes are
//! committed in groups, `ledger` for the verbs, `files` for the rest.

mod db;
mod files;
mod io_thread;
mod ledger;
mod lock;
mod queue;
mod records;
mod state_dir;

pub use files::{LocalChunks, LocalReport};
pub use ledger::SqliteLedger;
pub use lock::Holder;
pub use queue::SqliteQueue;
pub use records::LocalRecords;
pub use state_dir::{LocalPorts, LocalView, OpenError, Recovered, StateDir};
