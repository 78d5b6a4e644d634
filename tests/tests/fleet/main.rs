//! The fleet: its adapters on an SQS and a DynamoDB that aren't ours, and the
//! real coordinator and workers over HTTP.

mod ports;
