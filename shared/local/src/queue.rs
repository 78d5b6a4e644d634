//! The queue in the ledger's file: it only wakes workers, the ledger decides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{Clock, Delivery, Queue, QueueError, Receipt, WorkItem};
use rusqlite::{Connection, params};

use crate::db::{Database, DbError};

/// The `Queue` port on a SQLite file.
///
/// Visibility goes by the monotonic clock of this process, so it says nothing
/// to the next one: opening the folder makes every message visible.
#[derive(Clone)]
pub struct SqliteQueue {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteQueue {
    pub(crate) fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// The time this long from now, as the table holds it.
    fn after(&self, delay: Duration) -> i64 {
        let time = self.clock.monotonic().saturating_add(delay);
        i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
    }

    async fn hide(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        let (delivery, until) = (receipt.clone(), self.after(delay));
        Ok(self.database.write(move |db| hide(db, &delivery, until)).await?)
    }
}

impl fmt::Debug for SqliteQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteQueue").field("database", &self.database).finish_non_exhaustive()
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn send(&self, items: &[WorkItem]) -> Result<(), QueueError> {
        let bodies: Vec<String> = items.iter().map(WorkItem::encode).collect();
        let now = self.after(Duration::ZERO);
        Ok(self.database.write(move |db| send(db, &bodies, now)).await?)
    }

    async fn receive(&self, max: u32, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let (now, until) = (self.after(Duration::ZERO), self.after(visibility));
        Ok(self.database.write(move |db| receive(db, max, now, until)).await?)
    }

    async fn extend(&self, receipt: &Receipt, visibility: Duration) -> Result<(), QueueError> {
        self.hide(receipt, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let receipt = receipt.clone();
        Ok(self.database.write(move |db| acknowledge(db, &receipt)).await?)
    }

    async fn release(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.hide(receipt, delay).await
    }

    async fn backlog(&self) -> Result<u64, QueueError> {
        let now = self.after(Duration::ZERO);
        Ok(self.database.read(move |db| waiting(db, now)).await?)
    }
}

fn waiting(db: &Connection, now: i64) -> Result<u64, DbError> {
    let mut count = db.prepare_cached("SELECT count(*) FROM messages WHERE visible_at <= ?1")?;
    Ok(count.query_row([now], |row| row.get(0))?)
}

/// Makes every message visible: the clock that hid them is gone.
pub(crate) fn show_all(db: &Connection) -> Result<(), DbError> {
    db.execute("UPDATE messages SET visible_at = 0", [])?;
    Ok(())
}

fn send(db: &Connection, bodies: &[String], now: i64) -> Result<(), DbError> {
    let mut insert = db
        .prepare_cached("INSERT INTO messages (body, visible_at, deliveries) VALUES (?1, ?2, 0)")?;
    for body in bodies {
        insert.execute(params![body, now])?;
    }
    Ok(())
}

fn receive(db: &Connection, max: u32, now: i64, until: i64) -> Result<Vec<Delivery>, DbError> {
    let mut update = db.prepare_cached(
        "UPDATE messages SET visible_at = ?3, deliveries = deliveries + 1
        WHERE id IN (SELECT id FROM messages WHERE visible_at <= ?2 ORDER BY visible_at, id LIMIT ?1)
        RETURNING id, deliveries, body",
    )?;
    update
        .query_and_then(params![max, now, until], |row| {
            let (id, deliveries): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Delivery { body: row.get(2)?, receipt: Receipt(format!("{id}-{deliveries}")) })
        })?
        .collect()
}

/// Hides a message, if the receipt is of its latest delivery.
fn hide(db: &Connection, receipt: &Receipt, until: i64) -> Result<(), DbError> {
    let Some((id, delivery)) = parse(receipt) else { return Ok(()) };
    let mut update =
        db.prepare_cached("UPDATE messages SET visible_at = ?3 WHERE id = ?1 AND deliveries = ?2")?;
    update.execute(params![id, delivery, until])?;
    Ok(())
}

/// Deletes a message, if the receipt is of its latest delivery.
fn acknowledge(db: &Connection, receipt: &Receipt) -> Result<(), DbError> {
    let Some((id, delivery)) = parse(receipt) else { return Ok(()) };
    let mut delete = db.prepare_cached("DELETE FROM messages WHERE id = ?1 AND deliveries = ?2")?;
    delete.execute(params![id, delivery])?;
    Ok(())
}

/// A message's id and which of its deliveries; nothing for what isn't ours.
fn parse(receipt: &Receipt) -> Option<(i64, i64)> {
    let (id, delivery) = receipt.0.split_once('-')?;
    Some((id.parse().ok()?, delivery.parse().ok()?))
}
