//! The CloudFormation stack: its template by itself, against the pages and the
//! code that it must agree with, and deployed on ministack, with the real
//! binaries at work on what it made.

mod agreement;
mod confined;
mod deployed;
mod lint;
mod permissions;
mod scaling;
mod template;
mod worked;
mod world;
