//! Commands around a CloudFormation stack: a fleet that a stack made, found by
//! the stack's name, and taken down with it. ministack's CloudFormation makes
//! the stack; S3 is the sandbox's, since ministack's has no inventory
//! configurations.

mod health;
mod made;
mod named;
mod teardown;
mod world;
