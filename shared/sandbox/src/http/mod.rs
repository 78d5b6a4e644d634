//! The model over HTTP, on loopback: S3's REST, KMS's JSON, two calls of STS.
//!
//! Owns how a request is read from the wire and an answer written to it. Must
//! never hold a rule of S3: whatever isn't about bytes on the wire belongs to
//! the model. Signatures aren't verified; an access key of twelve digits is
//! taken for the caller's account.
//!
//! Next: [`serve`] to run it; `route` for what a request means; `render` for the
//! answers; `admin` for the routes under `/_sandbox/`.

#![expect(
    clippy::disallowed_methods,
    reason = "a server for real clients has real time and a task for each connection; \
              the simulator uses the model without it"
)]

mod acl;
mod admin;
mod body;
mod chunked;
mod codec;
mod dates;
mod fields;
mod kms;
mod render;
mod route;
mod seeds;
mod server;
mod service;
mod sts;
mod wire;
mod xml;

pub use server::{Server, ServerConfig, serve};
