//! ListMultipartUploads.

use std::collections::BTreeMap;

use super::super::upload::Upload;
use super::super::{
    Caller, Fault, ListUploads, ListedUpload, Model, Response, StorageClass, UploadPage,
};
use super::page_size;
use super::roll::Rolled;

impl Model {
    pub(in super::super) fn list_uploads(
        &self,
        caller: &Caller,
        list: &ListUploads,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, &list.bucket)?;
        let mut page = UploadPage { owner: bucket.home.account.clone(), ..UploadPage::default() };
        let max = page_size(list.max);
        let mut last: Option<(String, Option<String>)> = None;
        for ((key, serial), (id, upload)) in in_order(&bucket.uploads) {
            let rolled = Rolled::of_prefixed(key, list);
            let Some(rolled) =
                rolled.filter(|rolled| is_after(list, &bucket.uploads, rolled, serial))
            else {
                continue;
            };
            if matches!((rolled, page.prefixes.last()), (Rolled::Prefix(p), Some(have)) if p == have)
            {
                continue;
            }
            if page.uploads.len() + page.prefixes.len() >= max {
                page.next = last;
                break;
            }
            match rolled {
                Rolled::Key(key) => {
                    page.uploads.push(list_upload(id, upload));
                    last = Some((key.to_owned(), Some(id.clone())));
                }
                Rolled::Prefix(prefix) => {
                    page.prefixes.push(prefix.to_owned());
                    last = Some((prefix.to_owned(), None));
                }
            }
        }
        Ok(Response::Uploads(page))
    }
}

type Ordered<'a> = BTreeMap<(&'a str, u64), (&'a String, &'a Upload)>;

/// By key, and for one key by the time of creation.
fn in_order(uploads: &BTreeMap<String, Upload>) -> Ordered<'_> {
    uploads
        .iter()
        .map(|(id, upload)| ((upload.key.as_str(), upload.serial), (id, upload)))
        .collect()
}

impl<'a> Rolled<'a> {
    fn of_prefixed(key: &'a str, list: &ListUploads) -> Option<Self> {
        let begins = key.starts_with(list.prefix.as_str());
        begins.then(|| Self::of(key, &list.prefix, list.delimiter.as_deref()))
    }
}

/// Whether an entry comes after the markers.
fn is_after(
    list: &ListUploads,
    uploads: &BTreeMap<String, Upload>,
    rolled: &Rolled<'_>,
    serial: u64,
) -> bool {
    let Some(key_marker) = list.key_marker.as_deref() else { return true };
    let marker = list.upload_marker.as_ref().and_then(|id| uploads.get(id));
    match (rolled, marker) {
        (Rolled::Key(key), Some(upload)) if *key == key_marker => serial > upload.serial,
        (Rolled::Key(name) | Rolled::Prefix(name), _) => *name > key_marker,
    }
}

fn list_upload(id: &str, upload: &Upload) -> ListedUpload {
    ListedUpload {
        key: upload.key.clone(),
        upload_id: id.to_owned(),
        initiated: upload.initiated,
        storage_class: upload.attributes.storage_class.unwrap_or(StorageClass::Standard),
    }
}
