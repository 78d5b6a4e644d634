//! DeleteObject and DeleteObjects.

use super::super::version::{Entry, Version};
use super::super::{
    Caller, DeleteEntry, Deleted, DeletedLine, Fault, Model, Moment, ObjectRef, Request, Response,
    VersionId, Versioning,
};
use super::lock::check_removal;

impl Model {
    pub(in super::super) fn delete_object(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        now: Moment,
    ) -> Result<Deleted, Fault> {
        match &object.version {
            Some(version) => self.remove_version(caller, object, version, now),
            None => self.hide_key(caller, object, now),
        }
    }

    fn remove_version(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        version: &str,
        now: Moment,
    ) -> Result<Deleted, Fault> {
        let bucket = self.bucket_mut(caller, &object.bucket)?;
        let id = VersionId::parse(version)
            .ok_or_else(|| Fault::argument("Invalid version id specified"))?;
        if bucket.mfa_delete {
            let message = "Mfa Authentication must be used for this request".to_owned();
            return Err(Fault { message, ..Fault::access_denied() });
        }
        let found = bucket.objects.get(object.key.as_str()).and_then(|stack| stack.find(id));
        if let Some(Version { entry: Entry::Object(found), .. }) = found {
            check_removal(found, caller.bypass_governance, now)?;
        }
        let removed = bucket.remove(&object.key, id);
        let marker = matches!(removed, Some(Version { entry: Entry::DeleteMarker(_), .. }));
        Ok(Deleted { version_id: bucket.reported(id), marker })
    }

    fn hide_key(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        now: Moment,
    ) -> Result<Deleted, Fault> {
        let serial = self.serials.next();
        let bucket = self.bucket_mut(caller, &object.bucket)?;
        match bucket.versioning {
            None => {
                bucket.remove(&object.key, VersionId::Null);
                Ok(Deleted::default())
            }
            Some(Versioning::Enabled | Versioning::Suspended) => {
                let id = bucket.next_version(serial);
                let entry = Entry::DeleteMarker(now.whole_seconds());
                bucket.push(&object.key, Version { id, order: serial, entry });
                Ok(Deleted { version_id: Some(id), marker: true })
            }
        }
    }

    pub(in super::super) fn delete_objects(
        &mut self,
        caller: &Caller,
        bucket: &str,
        entries: Vec<DeleteEntry>,
        now: Moment,
    ) -> Result<Response, Fault> {
        self.bucket(caller, bucket)?;
        let mut lines = Vec::with_capacity(entries.len());
        for DeleteEntry { key, version } in entries {
            let object = ObjectRef { bucket: bucket.to_owned(), key, version };
            let request = Request::DeleteObject(object.clone());
            let permitted = self.authorize(caller, &request);
            let result = permitted.and_then(|()| self.delete_object(caller, &object, now));
            let ObjectRef { key, version, .. } = object;
            lines.push(DeletedLine { key, version, result });
        }
        Ok(Response::DeletedMany(lines))
    }
}
