//! What `plan` and `run` say of a bucket before anything is touched, and what
//! `probe` finds out: real binaries, settings made by S3's own calls.

mod canary;
mod neighbours;
mod readers;
mod roles;
mod table;
mod world;
