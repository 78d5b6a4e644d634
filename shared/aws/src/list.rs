//! Live listings: one page a call, resumed by key and not by token, so that a
//! listing can go on in another process.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use percent_encoding::percent_decode_str;
use reseal_core::ports::{ListEntry, ListPage, ListRequest, Lister};
use reseal_core::{ETag, ObjectKey, StorageClass, StoreError, StoreErrorKind, Versions};

use crate::attributes::{timestamp, unsigned};
use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::versions::versions_page;
use crate::{S3Store, timeouts};

/// S3's largest page.
pub(crate) const MAX_PAGE: u32 = 1_000;

#[async_trait]
impl Lister for S3Store {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        match request.versions {
            Versions::Current => self.list_current(request).await,
            Versions::All => self.list_versions(request).await,
        }
    }
}

impl S3Store {
    async fn list_current(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let here = self.at(request.bucket);
        let call = here
            .client
            .list_objects_v2()
            .bucket(request.bucket.as_str())
            .prefix(request.prefix)
            .set_start_after(request.after.map(|(key, _)| key.to_owned()))
            .set_max_keys(page_size(request))
            .encoding_type(EncodingType::Url)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LIST));
        objects_page(&call.send().await.map_err(|e| store_error(Call::Bucket, e))?)
    }

    async fn list_versions(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let (key, version) = request.after.unzip();
        let here = self.at(request.bucket);
        let call = here
            .client
            .list_object_versions()
            .bucket(request.bucket.as_str())
            .prefix(request.prefix)
            .set_key_marker(key.map(str::to_owned))
            .set_version_id_marker(version.flatten().map(|v| v.as_str().to_owned()))
            .set_max_keys(page_size(request))
            .encoding_type(EncodingType::Url)
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LIST));
        versions_page(&call.send().await.map_err(|e| store_error(Call::Bucket, e))?)
    }
}

fn page_size(request: &ListRequest<'_>) -> Option<i32> {
    unsigned(Some(request.limit.clamp(1, MAX_PAGE)))
}

fn objects_page(answer: &ListObjectsV2Output) -> Result<ListPage, StoreError> {
    let entry = |object: &Object| {
        Ok(ListEntry {
            key: decode_key(object.key(), answer.encoding_type())?,
            version: None,
            is_latest: true,
            is_delete_marker: false,
            size: unsigned(object.size()),
            etag: object.e_tag().map(ETag::new),
            last_modified: timestamp(object.last_modified()),
            storage_class: object.storage_class().map(|class| StorageClass::new(class.as_str())),
        })
    };
    let entries: Result<Vec<ListEntry>, StoreError> = answer.contents().iter().map(entry).collect();
    page(entries?, answer.is_truncated())
}

/// # Errors
/// When the page says that there is more but ends nowhere.
pub(crate) fn page(
    entries: Vec<ListEntry>,
    truncated: Option<bool>,
) -> Result<ListPage, StoreError> {
    let truncated = truncated == Some(true);
    if truncated && entries.is_empty() {
        let what = "a page of the listing is empty, yet not the last";
        return Err(unusable_answer(StoreErrorKind::Unavailable, what));
    }
    Ok(ListPage { entries, truncated })
}

/// The key as S3 holds it. Listings are asked for in URL encoding, because XML
/// can't carry every key; the SDK leaves them so. S3 writes a space as `+`.
pub(crate) fn decode_key(
    key: Option<&str>,
    encoding: Option<&EncodingType>,
) -> Result<ObjectKey, StoreError> {
    let invalid = |what: &str| unusable_answer(StoreErrorKind::Invalid, what);
    let raw = key.ok_or_else(|| invalid("an entry of the listing has no key"))?;
    let key = if encoding == Some(&EncodingType::Url) {
        let form = raw.replace('+', " ");
        let text = percent_decode_str(&form).decode_utf8();
        text.map_err(|_| invalid("a key in the listing isn't UTF-8"))?.into_owned()
    } else {
        // The endpoint ignored what we asked for.
        raw.to_owned()
    };
    ObjectKey::new(key).map_err(|e| invalid(&e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_exactly_once() {
        let url = EncodingType::Url;
        for (listed, key) in
            [("a+b", "a b"), ("a%2Bb", "a+b"), ("a%252Fb", "a%2Fb"), ("dir/%C3%A9%0A", "dir/é\n")]
        {
            assert_eq!(decode_key(Some(listed), Some(&url)).expect("a key").as_str(), key);
            assert_eq!(decode_key(Some(listed), None).expect("a key").as_str(), listed);
        }
        assert!(decode_key(Some("%FF"), Some(&url)).is_err());
        assert!(decode_key(None, Some(&url)).is_err());
    }

    #[test]
    fn a_listing_that_cannot_go_on_is_no_end() {
        assert!(page(Vec::new(), Some(true)).is_err());
        assert_eq!(page(Vec::new(), None), Ok(ListPage::default()));
    }
}
