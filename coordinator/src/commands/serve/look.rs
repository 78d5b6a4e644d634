//! A bucket as it is now, and what is done about it.

use reseal_core::ports::InventorySetup;
use reseal_core::{BucketName, StoreError};
use tracing::warn;

use super::handle::names;
use super::{Server, Trouble, shown};
use crate::cli::{InventoryDeed, InventoryRequest, Output, Which};
use crate::commands::{Surroundings, inventory};
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::guard::partition;
use crate::inventory::{ID, destination_bucket};
use crate::serve::{Deed, Facts, Setup, Tagged, decide};
use crate::sources::{Newest, newest};

/// What was found of a bucket.
pub(super) type Looked = Facts<Newest>;

impl Server<'_> {
    /// Looks, decides, does it; what was done, in words.
    ///
    /// # Errors
    /// When something isn't done and may be later.
    pub(super) async fn look(&self, bucket: &BucketName) -> Result<String, Trouble> {
        let mut done = Vec::new();
        for deed in decide(self.facts(bucket).await?) {
            done.push(self.act(bucket, deed).await?);
        }
        Ok(if done.is_empty() { "nothing to do".to_owned() } else { done.join("; ") })
    }

    /// The facts. Requests are made as far as they matter.
    ///
    /// # Errors
    /// When S3 can't be asked just now.
    pub(super) async fn facts(&self, bucket: &BucketName) -> Result<Looked, Trouble> {
        let facts = |tagged, setup| Facts { is_destination: false, tagged, setup, due: None };
        if *bucket == self.to.bucket {
            return Ok(Facts { is_destination: true, ..facts(Tagged::No, Setup::None) });
        }
        let (cloud, inventories) = (&self.ports.cloud, &self.ports.inventories);
        let (key, value) = &self.request.tag;
        let tags = cloud.patience().retry(|| inventories.bucket_tags(bucket)).await;
        let tagged = match tags {
            Ok(tags) if tags.get(key) == Some(value) => Tagged::Yes,
            Ok(_) => Tagged::No,
            Err(error) => return unknown("tags", error).map(|why| facts(why, Setup::None)),
        };
        let setup = match cloud.patience().retry(|| inventories.setup(bucket, ID)).await {
            Ok(setup) => self.setup(setup.as_ref()),
            Err(error) => {
                let why = unknown("inventory configuration", error)?;
                return Ok(facts(why, Setup::None));
            }
        };
        let reports_here = matches!(setup, Setup::Wanted | Setup::Differs);
        let due =
            if tagged == Tagged::Yes && reports_here { self.due(bucket).await? } else { None };
        Ok(Facts { due, ..facts(tagged, setup) })
    }

    fn setup(&self, setup: Option<&InventorySetup>) -> Setup {
        let Some(setup) = setup else { return Setup::None };
        let cloud = &self.ports.cloud;
        if *setup == self.request.reports.setup(&cloud.owner, partition(&cloud.region)) {
            return Setup::Wanted;
        }
        let here = destination_bucket(setup).is_some_and(|bucket| bucket == self.to.bucket)
            && setup.destination_prefix == self.to.prefix;
        if here { Setup::Differs } else { Setup::Elsewhere }
    }

    /// The newest whole report that nothing was made of yet.
    async fn due(&self, bucket: &BucketName) -> Result<Option<Newest>, Trouble> {
        let (cloud, to) = (&self.ports.cloud, &self.to);
        let found = newest(cloud, &to.bucket, &to.folder(bucket), bucket).await;
        let report = match found.map_err(CommandError::from) {
            Ok(Some(report)) => report,
            Ok(None) => return Ok(None),
            // No time mends it; the next report may be better.
            Err(CommandError::Refused(why)) => {
                warn!(%bucket, why = %shown(&why), "its newest report can't be used");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let (records, handled) = (&self.ports.records, names(self, &report).handled());
        let handled = cloud.patience().retry(|| records.read(&handled)).await;
        let handled = handled.map_err(CommandError::from)?;
        Ok(handled.is_none().then_some(report))
    }

    /// Does it; what was done, in words.
    ///
    /// # Errors
    /// When it isn't done and may be later.
    pub(super) async fn act(
        &self,
        bucket: &BucketName,
        deed: Deed<Newest>,
    ) -> Result<String, Trouble> {
        if self.surroundings.stop.is_asked() {
            return Err(Trouble::Stopped);
        }
        let (inventory, done) = match deed {
            Deed::Enable => (self.enable(), "reports enabled"),
            Deed::Disable => (InventoryDeed::Disable, "reports disabled"),
            Deed::Handle(report) => return self.handle(&report).await,
            Deed::Say(why) => return Ok(shown(&why)),
        };
        self.inventory(vec![bucket.clone()], inventory).await?;
        Ok(done.to_owned())
    }

    /// As the command `inventory` does it.
    pub(super) async fn inventory(
        &self,
        buckets: Vec<BucketName>,
        deed: InventoryDeed,
    ) -> Result<(), Trouble> {
        let request = InventoryRequest {
            which: Which::Named(buckets),
            deed,
            dry_run: false,
            yes: true,
            backups: self.request.backups.clone(),
            connection: self.request.job.connection.clone(),
            output: Output::Json,
        };
        let console = Console::keeping();
        let surroundings = Surroundings { console: &console, ..*self.surroundings };
        match inventory::inventory(&request, &surroundings).await? {
            Exit::Interrupted => Err(Trouble::Stopped),
            Exit::NeedsALook => {
                let shown = console.taken().map(|kept| kept.text).unwrap_or_default();
                warn!("needs a look: {}", super::shown(&shown));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// What can't be looked at for good, in the place of what was looked for.
fn unknown(what: &str, error: StoreError) -> Result<Tagged, Trouble> {
    match error.is_transient() {
        true => Err(Trouble::Later(CommandError::Failed(error.into()))),
        false => Ok(Tagged::Unknown(format!("its {what} can't be read: {error}"))),
    }
}
