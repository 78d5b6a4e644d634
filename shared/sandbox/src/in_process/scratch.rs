//! The probe's scratch objects.

use async_trait::async_trait;
use bytes::Bytes;
use reseal_core::ports::{SCRATCH_PREFIX, Scratch, Setting};
use reseal_core::{ObjectRef, StoreError, StoreErrorKind, Target, VersionId};

use super::errors::{Call, unexpected};
use super::{SandboxPorts, words};
use crate::model::{
    Content, PutObject, ReadObject, Request, Response, TagCondition, WriteAttributes,
    WriteConditions,
};

#[async_trait]
impl Scratch for SandboxPorts {
    async fn put(
        &self,
        object: &ObjectRef,
        body: &[u8],
        encryption: &Target,
    ) -> Result<Option<VersionId>, StoreError> {
        check(object)?;
        let put = PutObject {
            bucket: object.bucket.as_str().to_owned(),
            key: object.key.as_str().to_owned(),
            content: Content::inline(Bytes::copy_from_slice(body)),
            attributes: WriteAttributes {
                encryption: words::encryption_request(encryption),
                ..WriteAttributes::default()
            },
            conditions: WriteConditions { if_match: None, if_none_match: Some(TagCondition::Any) },
        };
        let key = encryption.key().map(reseal_core::KeyArn::as_str);
        match self.ask(Call::Write, key, Request::PutObject(put)).await? {
            Response::Written(written) => Ok(words::version(written.version_id)),
            _ => Err(unexpected()),
        }
    }

    /// Nothing hides them in process.
    async fn sees_locks(&self, object: &ObjectRef) -> Result<Setting, StoreError> {
        check(object)?;
        Ok(Setting::Yes)
    }

    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError> {
        check(object)?;
        let read = ReadObject::whole(words::object_ref(object));
        match self.ask(Call::Read, None, Request::GetObject(read)).await? {
            Response::Object(view) => Ok(view.object.content.read(0, view.served.len).to_vec()),
            _ => Err(unexpected()),
        }
    }

    async fn delete(&self, object: &ObjectRef) -> Result<(), StoreError> {
        check(object)?;
        let request = Request::DeleteObject(words::object_ref(object));
        self.ask(Call::Write, None, request).await.map(|_| ())
    }
}

/// Lets only keys under the scratch prefix pass, and none that a folder could resolve
/// to somewhere else.
fn check(object: &ObjectRef) -> Result<(), StoreError> {
    let name = object.key.as_str().strip_prefix(SCRATCH_PREFIX);
    let inside = name.is_some_and(|name| {
        !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
    });
    if inside {
        return Ok(());
    }
    let message = format!("{object} is left alone: it is no scratch object");
    Err(StoreError::new(StoreErrorKind::Invalid, "NotScratch", message))
}
