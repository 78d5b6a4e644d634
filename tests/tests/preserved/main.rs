//! What a copy would lose is as before: on the real binary, over HTTP, each
//! attribute of the contract.

mod acls;
mod archived;
mod locks;
mod marker;
mod parts;
mod plan;
mod single;
mod verified;
mod world;
