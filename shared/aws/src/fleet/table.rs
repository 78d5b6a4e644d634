//! The table: its keys, and the few requests that the verbs are made of.
//!
//! | `pk` | `sk` | what |
//! |---|---|---|
//! | `fleet` | `config` | where queues and files are |
//! | `fleet` | `steward` | who looks after the fleet |
//! | `workers` | worker | its last sign of life; removed by TTL |
//! | `jobs` | job | state and revision |
//! | `j#job` | `spec` | the job as submitted |
//! | `j#job` | `limits` | its limits |
//! | `s#job` | source | a source that is split to its end |
//! | `c#job` | chunk | a chunk, its lease, its checkpoint |
//! | `u#job` | chunk`#`row | an open upload |
//! | `t#job` | bucket`#`shard | counters |
//! | `b#budget` | `members` | a budget's shares |
//!
//! Two local indexes are sparse: `open_chunk` holds the chunks that are pending
//! or leased, `leased_chunk` those that are leased. Local, because only these are read
//! consistently, and a job must not be taken for finished by a stale page. A
//! chunk's attributes are in `ledger/record.rs`; names that DynamoDB reserves
//! (`bucket`, `rows`, `state`) are avoided.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem,
    Update,
};
use reseal_core::ports::{LedgerError, LedgerErrorKind};

use super::errors::{ledger_error, transaction_error};
use super::item::{Item, text};

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// The condition that an item isn't there.
const ABSENT: &str = "attribute_not_exists(pk)";
/// Items that one BatchGetItem may name.
const BATCH: usize = 100;

/// Values of an expression by placeholder.
pub(super) type Values<'a> = Vec<(&'a str, AttributeValue)>;

/// One item's key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) partition: String,
    pub(super) sort: String,
}

impl Key {
    pub(super) fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }

    fn attributes(self) -> [(String, AttributeValue); 2] {
        [(PARTITION.to_owned(), text(self.partition)), (SORT.to_owned(), text(self.sort))]
    }
}

/// A write of one item and its condition.
pub(super) struct Write<'a> {
    pub(super) key: Key,
    pub(super) change: &'a str,
    pub(super) condition: Option<&'a str>,
    pub(super) values: Values<'a>,
    /// Attribute names that can't stand in an expression, by placeholder.
    pub(super) names: Vec<(String, String)>,
}

/// A range of one partition, in the order of its sort keys.
pub(super) struct Range<'a> {
    pub(super) partition: String,
    /// The index and its sort key; the table itself when absent.
    pub(super) index: Option<&'a str>,
    /// Only what begins so.
    pub(super) prefix: Option<String>,
    /// Only what comes after; not together with `prefix`.
    pub(super) after: Option<String>,
    pub(super) backwards: bool,
    /// `None` for all.
    pub(super) limit: Option<u32>,
}

impl<'a> Range<'a> {
    pub(super) fn of(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            index: None,
            prefix: None,
            after: None,
            backwards: false,
            limit: None,
        }
    }
}

/// The table of one fleet.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) client: aws_sdk_dynamodb::Client,
    pub(super) name: String,
}

impl Table {
    /// A consistent read.
    pub(super) async fn get(&self, key: Key) -> Result<Option<Item>, LedgerError> {
        let key = key.attributes().into_iter().collect();
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key));
        let answer = call.consistent_read(true).send().await.map_err(ledger_error)?;
        Ok(answer.item.map(Item::new))
    }

    /// Consistent reads of many items of one partition; those that aren't
    /// there are left out, in no order.
    pub(super) async fn get_all(
        &self,
        partition: &str,
        sorts: &[String],
    ) -> Result<Vec<Item>, LedgerError> {
        let mut found = Vec::new();
        for batch in sorts.chunks(BATCH) {
            let mut left: Vec<_> = batch
                .iter()
                .map(|sort| Key::new(partition, sort).attributes().into_iter().collect())
                .collect();
            while !left.is_empty() {
                let keys = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true);
                let keys = keys.build().map_err(|error| unbuildable(&error))?;
                let call = self.client.batch_get_item().request_items(&self.name, keys);
                let answer = call.send().await.map_err(ledger_error)?;
                let mut responses = answer.responses.unwrap_or_default();
                let items = responses.remove(&self.name).unwrap_or_default();
                let came = !items.is_empty();
                found.extend(items.into_iter().map(Item::new));
                let mut rest = answer.unprocessed_keys.unwrap_or_default();
                left = rest.remove(&self.name).map(|keys| keys.keys).unwrap_or_default();
                if !left.is_empty() && !came {
                    let what = "none of a batch was read";
                    return Err(LedgerError::new(LedgerErrorKind::Throttled, what));
                }
            }
        }
        Ok(found)
    }

    /// Puts an item where there is none; gives back the one that is there.
    pub(super) async fn put_new(
        &self,
        key: Key,
        attributes: Vec<(&str, AttributeValue)>,
    ) -> Result<Option<Item>, LedgerError> {
        use aws_sdk_dynamodb::operation::put_item::PutItemError;
        use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
        let own = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(key.attributes().into_iter().chain(own).collect()))
            .condition_expression(ABSENT)
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        let error = match call.send().await {
            Ok(_) => return Ok(None),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Some(Item::new(failed.item.clone().unwrap_or_default())))
            }
            _ => Err(ledger_error(error)),
        }
    }

    /// Puts an item, whatever was there.
    pub(super) async fn put(
        &self,
        key: Key,
        attributes: Vec<(&str, AttributeValue)>,
    ) -> Result<(), LedgerError> {
        let own = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let item = key.attributes().into_iter().chain(own).collect();
        let call = self.client.put_item().table_name(&self.name).set_item(Some(item));
        call.send().await.map(|_| ()).map_err(ledger_error)
    }

    pub(super) async fn update(&self, write: Write<'_>) -> Result<(), LedgerError> {
        self.updating(write).send().await.map(|_| ()).map_err(ledger_error)
    }

    /// The item as it then is.
    pub(super) async fn update_and_get(&self, write: Write<'_>) -> Result<Item, LedgerError> {
        let call = self.updating(write).return_values(ReturnValue::AllNew);
        let answer = call.send().await.map_err(ledger_error)?;
        Ok(Item::new(answer.attributes.unwrap_or_default()))
    }

    fn updating(&self, write: Write<'_>) -> UpdateItemFluentBuilder {
        let Write { key, change, condition, values, names } = write;
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value));
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes().into_iter().collect()))
            .update_expression(change)
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(Some(values.collect()))
            .set_expression_attribute_names(
                (!names.is_empty()).then(|| names.into_iter().collect()),
            )
    }

    /// All of these writes or none.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), LedgerError> {
        let call = self.client.transact_write_items().set_transact_items(Some(writes));
        call.send().await.map(|_| ()).map_err(transaction_error)
    }

    pub(super) fn in_transaction(
        &self,
        write: Write<'_>,
    ) -> Result<TransactWriteItem, LedgerError> {
        let Write { key, change, condition, values, names } = write;
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value));
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes().into_iter().collect()))
            .update_expression(change)
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(Some(values.collect()))
            .set_expression_attribute_names(
                (!names.is_empty()).then(|| names.into_iter().collect()),
            );
        let update = update.build().map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    pub(super) fn putting(
        &self,
        key: Key,
        attributes: Vec<(&str, AttributeValue)>,
    ) -> Result<TransactWriteItem, LedgerError> {
        let own = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let item = key.attributes().into_iter().chain(own).collect();
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build();
        let put = put.map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A put that the whole transaction fails without a free key for.
    pub(super) fn putting_new(
        &self,
        key: Key,
        attributes: Vec<(&str, AttributeValue)>,
    ) -> Result<TransactWriteItem, LedgerError> {
        let own = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let item = key.attributes().into_iter().chain(own).collect();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(ABSENT)
            .build();
        let put = put.map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The condition that there is no such item.
    pub(super) fn absent(&self, key: Key) -> Result<TransactWriteItem, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes().into_iter().collect()))
            .condition_expression(ABSENT)
            .build();
        let check = check.map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    pub(super) fn deleting(&self, key: Key) -> Result<TransactWriteItem, LedgerError> {
        let key = key.attributes().into_iter().collect();
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build();
        let delete = delete.map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Consistent query, page by page up to the limit.
    pub(super) async fn query(&self, range: Range<'_>) -> Result<Vec<Item>, LedgerError> {
        let Range { partition, index, prefix, after, backwards, limit } = range;
        let sort = index.unwrap_or(SORT);
        let mut condition = "pk = :pk".to_owned();
        let mut values = vec![(":pk".to_owned(), text(partition))];
        if let Some(prefix) = prefix {
            condition += &format!(" AND begins_with({sort}, :prefix)");
            values.push((":prefix".to_owned(), text(prefix)));
        } else if let Some(after) = after {
            condition += &format!(" AND {sort} > :after");
            values.push((":after".to_owned(), text(after)));
        }
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values.into_iter().collect()))
            .scan_index_forward(!backwards)
            .consistent_read(true);
        let (mut items, mut from) = (Vec::new(), None);
        loop {
            let left = limit.map(|limit| limit as usize - items.len());
            if left == Some(0) {
                return Ok(items);
            }
            let page = call
                .clone()
                .set_limit(left.map(|left| i32::try_from(left).unwrap_or(i32::MAX)))
                .set_exclusive_start_key(from);
            let answer = page.send().await.map_err(ledger_error)?;
            items.extend(answer.items.unwrap_or_default().into_iter().map(Item::new));
            from = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}

fn unbuildable(error: &dyn std::fmt::Display) -> LedgerError {
    LedgerError::new(LedgerErrorKind::Unavailable, format!("unbuildable request: {error}"))
}
