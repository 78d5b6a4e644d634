//! What must hold for any bytes that a decoder is given: not only that it
//! doesn't panic, but that what it takes means one thing.
//!
//! Owns: one function per decoder, and its seeds in `seeds/`.
//! Never: knows who made the bytes. libFuzzer does in `tests/fuzz`, proptest
//! in `tests/seeds.rs` here.
//! Next: [`TARGETS`], then a module per format.

mod checkpoint;
mod chunk_file;
mod cursor;
mod folder;
mod inventory;
mod keys;
mod message;
mod pulls;
mod segment;

/// One decoder under test. Panics where a property doesn't hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of its folder of seeds
/// and of its binary in `tests/fuzz`.
pub const TARGETS: &[(&str, Target)] = &[
    ("checkpoint", checkpoint::checkpoint),
    ("chunk_file", chunk_file::chunk_file),
    ("cursor", cursor::cursor),
    ("inventory_manifest", inventory::manifest),
    ("inventory_orc", inventory::orc),
    ("inventory_parquet", inventory::parquet),
    ("inventory_rows", inventory::rows),
    ("key_list", keys::key_list),
    ("queue_message", message::queue_message),
    ("segment", segment::segment),
];

/// Runs the target of this name: what the binaries of `tests/fuzz` call.
///
/// # Panics
/// When there is none, or a property doesn't hold.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = target.expect("a target of this name");
    target(bytes);
}
