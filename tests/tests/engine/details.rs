//! Details through a wrapper of a store: every verb of the port in one place.

/// Implements `ObjectDetails` for a wrapper by what `$pass` makes of the
/// verb's name, the object and the wrapped call's future.
macro_rules! pass_details {
    ($wrapper:ident, $pass:ident) => {
        #[async_trait::async_trait]
        impl<S: reseal_core::ports::ObjectStore> reseal_core::ports::ObjectDetails for $wrapper<S> {
            async fn tags(
                &self,
                object: &reseal_core::ObjectRef,
            ) -> Result<reseal_core::TagSet, reseal_core::StoreError> {
                self.$pass("tags", object, self.inner.tags(object).await)
            }

            async fn put_tags(
                &self,
                object: &reseal_core::ObjectRef,
                tags: &reseal_core::TagSet,
            ) -> Result<(), reseal_core::StoreError> {
                self.$pass("put_tags", object, self.inner.put_tags(object, tags).await)
            }

            async fn acl(
                &self,
                object: &reseal_core::ObjectRef,
            ) -> Result<reseal_core::Acl, reseal_core::StoreError> {
                self.$pass("acl", object, self.inner.acl(object).await)
            }

            async fn checksum(
                &self,
                object: &reseal_core::ObjectRef,
            ) -> Result<Option<reseal_core::Checksum>, reseal_core::StoreError> {
                self.$pass("checksum", object, self.inner.checksum(object).await)
            }

            async fn first_part(
                &self,
                object: &reseal_core::ObjectRef,
            ) -> Result<Option<reseal_core::ports::FirstPart>, reseal_core::StoreError> {
                self.$pass("first_part", object, self.inner.first_part(object).await)
            }

            async fn annotations(
                &self,
                object: &reseal_core::ObjectRef,
            ) -> Result<Vec<String>, reseal_core::StoreError> {
                self.$pass("annotations", object, self.inner.annotations(object).await)
            }

            async fn annotation(
                &self,
                object: &reseal_core::ObjectRef,
                name: &str,
            ) -> Result<Vec<u8>, reseal_core::StoreError> {
                self.$pass("annotation", object, self.inner.annotation(object, name).await)
            }

            async fn put_annotation(
                &self,
                object: &reseal_core::ObjectRef,
                etag: &reseal_core::ETag,
                name: &str,
                text: &[u8],
            ) -> Result<(), reseal_core::StoreError> {
                let done = self.inner.put_annotation(object, etag, name, text).await;
                self.$pass("put_annotation", object, done)
            }

            async fn restore(
                &self,
                object: &reseal_core::ObjectRef,
                days: Option<u32>,
                tier: reseal_core::RestoreTier,
            ) -> Result<(), reseal_core::StoreError> {
                self.$pass("restore", object, self.inner.restore(object, days, tier).await)
            }
        }
    };
}
pub(crate) use pass_details;
