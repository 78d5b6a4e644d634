//! HEAD: the look that every decision starts from.

use reseal_core::{ObjectHead, ObjectRef, StoreError, StoreErrorKind};

use crate::attributes::object_head;
use crate::errors::Call;
use crate::failure::store_error;
use crate::{S3Store, timeouts};

impl S3Store {
    /// HEAD without `x-amz-checksum-mode`: with it S3 would decrypt under the
    /// object's KMS key for every look, which costs KMS quota, needs
    /// kms:Decrypt even to count objects, and fails where the old key is
    /// disabled. Who must know the checksum asks then (`details`).
    pub(crate) async fn head_object(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .head_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await {
            Ok(answer) => object_head(answer),
            Err(error) => Err(self.explain(object, store_error(Call::Head, error)).await),
        }
    }

    /// A refused HEAD has no body, so a 400 may be a customer's key, an
    /// expired token or a wrong region, and a 403 an object that is denied or
    /// credentials that are. A GET of one byte needs the same permission, is
    /// refused for the same reason, and says which. Taken on trust, a bare 400
    /// would let an expired token count whole buckets as SSE-C.
    pub(crate) async fn explain(&self, object: &ObjectRef, refused: StoreError) -> StoreError {
        if !matches!(refused.kind, StoreErrorKind::CustomerKey | StoreErrorKind::Denied) {
            return refused;
        }
        let Err(reason) = self.get_first_byte(object).await else {
            let message = "HEAD was refused, but GET of the same object is not".to_owned();
            return StoreError { kind: StoreErrorKind::Unavailable, message, ..refused };
        };
        match (refused.kind, reason.kind) {
            // The key that the object lies under, which is not the target.
            (_, StoreErrorKind::Key(_)) => StoreError { kind: StoreErrorKind::Denied, ..reason },
            // A GET may fail where a HEAD would not (an archived object), so
            // only what concerns all requests alike outweighs a denial.
            (
                StoreErrorKind::Denied,
                StoreErrorKind::Credentials
                | StoreErrorKind::Unavailable
                | StoreErrorKind::Throttled(_)
                | StoreErrorKind::Denied,
            )
            | (StoreErrorKind::CustomerKey, _) => reason,
            _ => refused,
        }
    }

    async fn get_first_byte(&self, object: &ObjectRef) -> Result<(), StoreError> {
        let here = self.at(&object.bucket);
        let call = here
            .client
            .get_object()
            .bucket(object.bucket.as_str())
            .key(object.key.as_str())
            .set_version_id(Self::version(object))
            .expected_bucket_owner(here.owner.as_str())
            .range("bytes=0-0")
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        call.send().await.map(|_| ()).map_err(|e| store_error(Call::Read, e))
    }
}
