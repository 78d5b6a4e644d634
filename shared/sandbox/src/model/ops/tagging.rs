//! GetObjectTagging, PutObjectTagging, DeleteObjectTagging.

use super::super::attributes::check_tags;
use super::super::{Caller, Fault, Model, ObjectRef, Response, TagSet};

impl Model {
    pub(in super::super) fn object_tags(
        &self,
        caller: &Caller,
        object: &ObjectRef,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, &object.bucket)?;
        let found = bucket.find(&object.key, object.version.as_deref())?;
        Ok(Response::Tags(bucket.reported(found.id), found.object.tags.clone()))
    }

    pub(in super::super) fn put_object_tags(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        tags: TagSet,
    ) -> Result<Response, Fault> {
        check_tags(&tags)?;
        let bucket = self.bucket_mut(caller, &object.bucket)?;
        let (id, version) = bucket.find_mut(&object.key, object.version.as_deref())?;
        version.tags = tags;
        Ok(Response::Tagged(bucket.reported(id)))
    }
}
