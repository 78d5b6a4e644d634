//! Live listings: one page a call, resumed by key and not by token, so that a
//! listing can go on in another process.

mod document;
mod order;
mod own_reading;

use async_trait::async_trait;
use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;
use reseal_core::ports::{ListEntry, ListPage, ListRequest, Lister};
use reseal_core::{ETag, ObjectKey, StorageClass, StoreError, StoreErrorKind, VersionId, Versions};

use crate::attributes::{timestamp, unsigned};
use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::{S3Store, timeouts};
use document::{Entry, Kind, Listing, Page};
use own_reading::OwnReading;

/// S3's largest page.
pub(crate) const MAX_PAGE: u32 = 1_000;

#[async_trait]
impl Lister for S3Store {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let page = match request.versions {
            Versions::Current => self.list_current(request).await,
            Versions::All => self.list_versions(request).await,
        };
        page.and_then(|page| moves_on(request, page))
    }
}

impl S3Store {
    async fn list_current(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let reading = OwnReading::of(Listing::Objects);
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
            .interceptor(reading.clone())
            .config_override(Self::within(timeouts::LIST));
        call.send().await.map_err(|e| store_error(Call::Bucket, e))?;
        reading.page()
    }

    async fn list_versions(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let reading = OwnReading::of(Listing::Versions);
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
            .interceptor(reading.clone())
            .config_override(Self::within(timeouts::LIST));
        call.send().await.map_err(|e| store_error(Call::Bucket, e))?;
        reading.page()
    }
}

fn page_size(request: &ListRequest<'_>) -> Option<i32> {
    unsigned(Some(request.limit.clamp(1, MAX_PAGE)))
}

/// Refuses a page that ends where it was to begin and isn't the last: it would
/// be asked for ever.
fn moves_on(request: &ListRequest<'_>, page: ListPage) -> Result<ListPage, StoreError> {
    let last = page.entries.last();
    let last = last.map(|entry| (entry.key.as_str(), entry.version.as_ref()));
    if page.truncated && last.is_some() && last == request.after {
        return Err(unusable_answer(StoreErrorKind::Invalid, "the listing doesn't move on"));
    }
    Ok(page)
}

/// A page in our words.
///
/// # Errors
/// When it can't be told whether there is more, or where that begins: a listing
/// that ends too early would pass for a bucket that holds no more.
fn decoded(listing: Listing, page: Page<'_>) -> Result<ListPage, StoreError> {
    let Page { entries, truncated, encoding, last_version } = page;
    let encoding = encoding.as_deref().map(EncodingType::from);
    let entries = entries.into_iter().map(|entry| list_entry(entry, encoding.as_ref()));
    let mut entries = entries.collect::<Result<Vec<ListEntry>, StoreError>>()?;
    let Some(truncated) = truncated else {
        let what =
            "a page of the listing has no IsTruncated, so nobody can tell whether it is the last";
        return Err(unusable_answer(StoreErrorKind::Invalid, what));
    };
    if truncated && entries.is_empty() {
        let what = "a page of the listing is empty, yet not the last";
        return Err(unusable_answer(StoreErrorKind::Unavailable, what));
    }
    if listing == Listing::Versions {
        order::restore(&mut entries, last_version.as_deref());
    }
    Ok(ListPage { entries, truncated })
}

fn list_entry(entry: Entry<'_>, encoding: Option<&EncodingType>) -> Result<ListEntry, StoreError> {
    let Entry { kind, key, version, is_latest, size, etag, last_modified, storage_class } = entry;
    Ok(ListEntry {
        key: decode_key(key.as_deref(), encoding)?,
        version: version.map(VersionId::new),
        is_latest: kind == Kind::Object || is_latest == Some(true),
        is_delete_marker: kind == Kind::DeleteMarker,
        size: unsigned(size),
        etag: etag.as_deref().map(ETag::new),
        last_modified: timestamp(last_modified.as_ref()),
        storage_class: storage_class.map(StorageClass::new),
    })
}

/// The key as S3 holds it. Listings are asked for in URL encoding, because XML
/// can't carry every key; the SDK leaves them so. S3 writes a space as `+`.
fn decode_key(key: Option<&str>, encoding: Option<&EncodingType>) -> Result<ObjectKey, StoreError> {
    let invalid = |what: &str| unusable_answer(StoreErrorKind::Invalid, what);
    let raw = key.ok_or_else(|| invalid("an entry of the listing has no key"))?;
    let is_encoded = encoding == Some(&EncodingType::Url) && raw.contains(['+', '%']);
    let key = if is_encoded {
        let form = raw.replace('+', " ");
        let text = percent_decode_str(&form).decode_utf8();
        text.map_err(|_| invalid("a key in the listing isn't UTF-8"))?.into_owned()
    } else {
        // Nothing is encoded, or the endpoint ignored what we asked for.
        raw.to_owned()
    };
    ObjectKey::new(key).map_err(|e| invalid(&e.to_string()))
}

#[cfg(test)]
mod against_the_sdk;
#[cfg(test)]
mod tests;
