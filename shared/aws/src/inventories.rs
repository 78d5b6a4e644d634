//! Inventory configurations.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    InventoryConfiguration, InventoryDestination, InventoryEncryption, InventoryFormat,
    InventoryFrequency, InventoryIncludedObjectVersions, InventoryOptionalField,
    InventoryS3BucketDestination, InventorySchedule, Ssekms, Sses3,
};
use aws_smithy_types::error::operation::BuildError;
use reseal_core::ports::{Inventories, InventorySetup, ReportEncryption};
use reseal_core::{BucketName, StoreError, StoreErrorKind};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::{S3Store, pages, timeouts};

#[async_trait]
impl Inventories for S3Store {
    async fn setup(
        &self,
        bucket: &BucketName,
        id: &str,
    ) -> Result<Option<InventorySetup>, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_inventory_configuration()
            .bucket(bucket.as_str())
            .id(id)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await.map_err(|error| store_error(Call::Bucket, error)) {
            Ok(answer) => answer.inventory_configuration.map(ours).transpose(),
            Err(error) if error.code == "NoSuchConfiguration" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn setups(
        &self,
        bucket: &BucketName,
        after: Option<&str>,
    ) -> Result<(Vec<InventorySetup>, Option<String>), StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .list_bucket_inventory_configurations()
            .bucket(bucket.as_str())
            .set_continuation_token(after.map(str::to_owned))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        let answer = call.send().await.map_err(|error| store_error(Call::Bucket, error))?;
        let found = answer.inventory_configuration_list.unwrap_or_default();
        let found: Result<_, _> = found.into_iter().map(ours).collect();
        let (truncated, next) = (answer.is_truncated, answer.next_continuation_token);
        let next = pages::next("the inventory configurations", truncated, next, after)?;
        Ok((found?, next))
    }

    async fn put_setup(
        &self,
        bucket: &BucketName,
        setup: &InventorySetup,
    ) -> Result<(), StoreError> {
        let configuration = theirs(setup).map_err(|error| {
            StoreError::new(StoreErrorKind::Invalid, "UnbuildableRequest", error.to_string())
        })?;
        let here = self.at(bucket);
        let call = here
            .client
            .put_bucket_inventory_configuration()
            .bucket(bucket.as_str())
            .id(&setup.id)
            .inventory_configuration(configuration)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        call.send().await.map(|_| ()).map_err(|error| store_error(Call::Write, error))
    }

    async fn delete_setup(&self, bucket: &BucketName, id: &str) -> Result<(), StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .delete_bucket_inventory_configuration()
            .bucket(bucket.as_str())
            .id(id)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::CHANGE));
        call.send().await.map(|_| ()).map_err(|error| store_error(Call::Write, error))
    }
}

fn ours(configuration: InventoryConfiguration) -> Result<InventorySetup, StoreError> {
    let InventoryConfiguration {
        destination,
        is_enabled,
        filter,
        id,
        included_object_versions,
        optional_fields,
        schedule,
        ..
    } = configuration;
    let destination = destination.and_then(|destination| destination.s3_bucket_destination);
    let (Some(destination), Some(schedule)) = (destination, schedule) else {
        let what = "an inventory configuration without destination or schedule";
        return Err(unusable_answer(StoreErrorKind::Invalid, what));
    };
    let encryption = destination.encryption.and_then(|encryption| {
        let kms = encryption.ssekms.map(|kms| ReportEncryption::SseKms(kms.key_id));
        kms.or(encryption.sses3.map(|_| ReportEncryption::SseS3))
    });
    let fields = optional_fields.unwrap_or_default();
    Ok(InventorySetup {
        id,
        enabled: is_enabled,
        destination: destination.bucket,
        destination_account: destination.account_id,
        destination_prefix: destination.prefix.filter(|prefix| !prefix.is_empty()),
        format: destination.format.as_str().to_owned(),
        encryption,
        frequency: schedule.frequency.as_str().to_owned(),
        versions: included_object_versions.as_str().to_owned(),
        source_prefix: filter.map(|filter| filter.prefix).filter(|prefix| !prefix.is_empty()),
        fields: fields.iter().map(|field| field.as_str().to_owned()).collect(),
    })
}

fn theirs(setup: &InventorySetup) -> Result<InventoryConfiguration, BuildError> {
    let InventorySetup {
        id,
        enabled,
        destination,
        destination_account,
        destination_prefix,
        format,
        encryption,
        frequency,
        versions,
        source_prefix,
        fields,
    } = setup;
    let encryption = match encryption {
        None => None,
        Some(ReportEncryption::SseS3) => {
            Some(InventoryEncryption::builder().sses3(Sses3::builder().build()).build())
        }
        Some(ReportEncryption::SseKms(key)) => {
            let kms = Ssekms::builder().key_id(key).build()?;
            Some(InventoryEncryption::builder().ssekms(kms).build())
        }
    };
    let destination = InventoryS3BucketDestination::builder()
        .bucket(destination)
        .set_account_id(destination_account.clone())
        .set_prefix(destination_prefix.clone())
        .format(InventoryFormat::from(format.as_str()))
        .set_encryption(encryption)
        .build()?;
    let filter = source_prefix
        .as_ref()
        .map(|prefix| aws_sdk_s3::types::InventoryFilter::builder().prefix(prefix).build());
    let frequency = InventoryFrequency::from(frequency.as_str());
    let fields = fields.iter().map(|field| InventoryOptionalField::from(field.as_str()));
    InventoryConfiguration::builder()
        .id(id)
        .is_enabled(*enabled)
        .destination(InventoryDestination::builder().s3_bucket_destination(destination).build())
        .set_filter(filter.transpose()?)
        .included_object_versions(InventoryIncludedObjectVersions::from(versions.as_str()))
        .schedule(InventorySchedule::builder().frequency(frequency).build()?)
        .set_optional_fields(Some(fields.collect()))
        .build()
}

#[cfg(test)]
mod tests;
