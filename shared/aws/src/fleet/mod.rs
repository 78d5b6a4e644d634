//! A fleet's queue, ledger and files: SQS, DynamoDB and S3.
//!
//! Owns: the table's layout, the queues' attributes, the names of files, and
//! what a failure of DynamoDB means.
//! Never: retries; reads inconsistently what a decision rests on; gives a name
//! to two writers without a condition.
//! Next: `config` for what a fleet is, `setup` and `make` for how it is made, `table` for
//! what lies where, `ledger` for the verbs.

mod config;
mod errors;
mod files;
mod item;
mod ledger;
mod make;
mod people;
mod queue;
mod setup;
mod table;

pub use config::{FleetConfig, QueueUrls};
pub use files::S3Files;
pub use ledger::DynamoLedger;
pub use queue::SqsQueue;
pub(crate) use queue::is_stale;
pub use setup::{FleetError, FleetPlan};

use reseal_core::{AccountId, FleetName};

use crate::S3Store;
use table::Table;

/// The services that a fleet is made of, before it is known where it lies.
#[derive(Clone, Debug)]
pub struct FleetClients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) region: String,
}

/// A fleet that was found.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What it is called.
    pub name: FleetName,
    /// What it is made of.
    pub config: FleetConfig,
    /// What is true, and what the fleet keeps together.
    pub ledger: DynamoLedger,
    /// What wakes workers.
    pub queue: SqsQueue,
    /// Chunk files and results.
    pub files: S3Files,
}

impl FleetClients {
    fn table(&self, name: &FleetName) -> Table {
        Table { client: self.dynamodb.clone(), name: name.as_str().to_owned() }
    }

    fn files(&self, config: &FleetConfig) -> S3Files {
        let store = self.store(config.owner.clone());
        S3Files::new(store, config.bucket.clone(), config.prefix.clone())
    }

    fn store(&self, owner: AccountId) -> S3Store {
        S3Store::new(self.s3.clone(), owner, self.region.clone())
    }

    fn fleet(&self, name: &FleetName, config: FleetConfig) -> Fleet {
        Fleet {
            ledger: DynamoLedger::new(self.table(name)),
            queue: SqsQueue::new(self.sqs.clone(), config.queues.clone()),
            files: self.files(&config),
            name: name.clone(),
            config,
        }
    }
}
