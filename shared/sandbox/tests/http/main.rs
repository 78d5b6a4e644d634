//! The wire, with a client that adds nothing of its own.

mod client;

mod acl;
mod admin;
mod annotations;
mod documents;
mod inventories;
mod keys;
mod locks;
mod objects;
mod parts;
mod policies;
mod restores;
mod roles;
mod services;
