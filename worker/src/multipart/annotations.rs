//! Annotations, which a copy in parts loses: from the old version, which
//! keeps them, onto the new one.
//!
//! Between Complete and the last of them the object lacks some: S3 offers no
//! way around that. The upload stays on record until they are in place, so
//! that a later claim goes on with them.

use reseal_core::ports::OpenUpload;
use reseal_core::{ETag, ObjectHead, ObjectRef, StoreError, StoreErrorKind};

use crate::object::Task;
use crate::pace::Cost;

impl Task<'_> {
    /// Writes back what is missing. What could not be, if anything.
    pub(super) async fn write_back(
        &mut self,
        open: &OpenUpload,
        after: &ObjectHead,
    ) -> Result<Option<String>, StoreError> {
        let names = &open.source.annotations;
        let Some(old) = open.source.version.clone().filter(|_| !names.is_empty()) else {
            return Ok(None);
        };
        let old = self.object.at(Some(old));
        let new = self.object.at(after.version.clone());
        for name in names {
            match self.write_one(&old, &new, &after.etag, name).await {
                Ok(()) => {}
                // Deleted by its owner since: not ours to bring back.
                Err(error) if error.code == "NoSuchAnnotation" => {
                    self.drifted(format!("annotation {name} was deleted meanwhile"));
                }
                Err(error) if error.kind == StoreErrorKind::Gone => {
                    return Ok(Some(format!("annotation {name}: {error}")));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// One annotation, compared afterwards. What somebody else wrote under its
    /// name on the new version is newer than ours.
    async fn write_one(
        &mut self,
        old: &ObjectRef,
        new: &ObjectRef,
        etag: &ETag,
        name: &str,
    ) -> Result<(), StoreError> {
        let text = self.read_annotation(old, name).await?;
        match self.read_annotation(new, name).await {
            Ok(found) if found == text => return Ok(()),
            Ok(_) => {
                self.drifted(format!("annotation {name} was written anew meanwhile"));
                return Ok(());
            }
            Err(error) if error.code == "NoSuchAnnotation" => {}
            Err(error) => return Err(error),
        }
        let context = self.chunk.context;
        let call = || context.store.put_annotation(new, etag, name, &text);
        context.write(new, Cost::Write, &mut self.patience, call).await?;
        if self.read_annotation(new, name).await? != text {
            self.drifted(format!("annotation {name} was written anew meanwhile"));
        }
        Ok(())
    }

    async fn read_annotation(
        &mut self,
        object: &ObjectRef,
        name: &str,
    ) -> Result<Vec<u8>, StoreError> {
        let context = self.chunk.context;
        let call = || context.store.annotation(object, name);
        context.read(object, call).await
    }
}
