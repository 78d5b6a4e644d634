//! GetObjectAttributes.

use super::super::{
    AttributeName, AttributesView, Caller, Fault, GetAttributes, Model, ObjectVersion, PartsView,
    Response,
};
use super::{page_size, show_checksum};

impl Model {
    pub(in super::super) fn object_attributes(
        &self,
        caller: &Caller,
        get: &GetAttributes,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, &get.object.bucket)?;
        let found = bucket.find(&get.object.key, get.object.version.as_deref())?;
        let object = &found.object;
        object.encryption.check_customer_key(get.customer_key_md5.as_deref())?;
        let mut view = AttributesView {
            version_id: bucket.reported(found.id),
            last_modified: object.last_modified,
            ..AttributesView::default()
        };
        for wanted in &get.wanted {
            match wanted {
                AttributeName::ETag => view.etag = Some(object.etag),
                AttributeName::Checksum => {
                    self.check_decryption(caller, bucket, &object.encryption)?;
                    view.checksum =
                        object.checksum.as_deref().map(|sum| show_checksum(sum, &object.content));
                }
                AttributeName::ObjectParts => view.parts = parts(object, get),
                AttributeName::StorageClass => view.storage_class = Some(object.storage_class),
                AttributeName::ObjectSize => view.size = Some(object.content.len()),
            }
        }
        Ok(Response::Attributes(Box::new(view)))
    }
}

fn parts(object: &ObjectVersion, get: &GetAttributes) -> Option<PartsView> {
    let all = object.parts.as_deref()?;
    let max = page_size(get.max_parts);
    let with_checksums = all.iter().filter(|part| part.checksum.is_some());
    let mut rest = with_checksums.filter(|part| part.number > get.part_marker);
    let page: Vec<_> = rest.by_ref().take(max).cloned().collect();
    let next = rest.next().and(page.last()).map(|part| part.number);
    let algorithm = object.checksum.as_deref().map(|checksum| checksum.algorithm);
    Some(PartsView { total: all.len(), page, algorithm, marker: get.part_marker, next, max })
}
