//! Every verb of every port against the sandbox, over real HTTP.

#![expect(clippy::disallowed_methods, reason = "the sandbox dates what is put into it")]

mod blobs;
mod bucket_level;
mod copies;
mod purges;
mod refusals;
mod uploads;
mod world;
