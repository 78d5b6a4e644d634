//! `serve`: the real binary between a queue of events, an estate of buckets and
//! a fleet.

mod encrypted;
mod exchanged;
mod killed;
mod put_off;
mod reconciled;
mod refused;
mod reported;
mod tags;
mod walkthrough;
mod world;
