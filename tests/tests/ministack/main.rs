//! The real binary against ministack: an S3 and KMS that we didn't write, seen
//! through botocore, which we didn't write either. What it can't confirm is
//! listed in `docs/emulators.md`.

mod athena;
mod backups;
mod commands;
mod copies;
mod parquet;
mod protected;
mod quirks;
mod refused;
mod resumed;
mod skipped;
mod tagged;
mod unmasked;
mod versions;
mod world;
