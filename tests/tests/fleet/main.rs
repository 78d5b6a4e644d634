//! The fleet: its adapters on an SQS and a DynamoDB that aren't ours, and the
//! real coordinator and workers over HTTP.

mod backlog;
mod campaign;
mod chunks;
mod cost;
mod elsewhere;
mod interrupted;
mod limits;
mod ports;
mod steering;
mod watched;
mod world;
