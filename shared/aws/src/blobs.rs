//! Objects that are read whole: a report's manifest and its files.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use reseal_core::ports::{Blob, BlobBody, BlobPin, BlobRequest, Blobs};
use reseal_core::{ETag, StoreError, StoreErrorKind, VersionId};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::store::quoted;
use crate::{S3Store, timeouts};

#[async_trait]
impl Blobs for S3Store {
    async fn open(&self, request: &BlobRequest<'_>) -> Result<Blob, StoreError> {
        let pinned = request.pin.and_then(|pin| pin.version.as_ref());
        let version = pinned.or(request.object.version.as_ref());
        // The attempt's deadline ends with the headers; this guards the body.
        let stalls = StalledStreamProtectionConfig::enabled().build();
        let here = self.at(&request.object.bucket);
        let call = here
            .client
            .get_object()
            .bucket(request.object.bucket.as_str())
            .key(request.object.key.as_str())
            .set_version_id(version.map(|version| version.as_str().to_owned()))
            .set_if_match(request.pin.map(|pin| quoted(&pin.etag)))
            .set_range((request.from > 0).then(|| format!("bytes={}-", request.from)))
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK).stalled_stream_protection(stalls));
        let answer = call.send().await.map_err(|e| store_error(Call::Read, e))?;
        let (size, served) = extent(&answer, request.from)?;
        if size > request.limit {
            let message = format!("it has {size} bytes, {} are allowed", request.limit);
            return Err(StoreError::new(StoreErrorKind::Invalid, "TooLarge", message));
        }
        let etag = answer.e_tag().map(ETag::new);
        let etag = etag.ok_or_else(|| invalid("the answer names no entity tag"))?;
        let pin = BlobPin { etag, version: answer.version_id.map(VersionId::new) };
        Ok(Blob { pin, size, body: Box::new(Body { stream: answer.body, left: served }) })
    }
}

/// The bytes of the whole object, and those that this answer serves.
fn extent(answer: &GetObjectOutput, from: u64) -> Result<(u64, u64), StoreError> {
    let served = answer.content_length().and_then(|length| u64::try_from(length).ok());
    let served = served.ok_or_else(|| invalid("the answer doesn't tell the object's size"))?;
    if from == 0 {
        return Ok((served, served));
    }
    // Where a range is ignored, the first bytes would come a second time.
    let range = answer.content_range().unwrap_or_default();
    let size = range.strip_prefix(&format!("bytes {from}-")).and_then(|rest| {
        let (last, size) = rest.split_once('/')?;
        let (last, size): (u64, u64) = (last.parse().ok()?, size.parse().ok()?);
        (last.checked_add(1) == Some(size)).then_some(size)
    });
    match size {
        Some(size) if size.checked_sub(from) == Some(served) => Ok((size, served)),
        _ => Err(invalid("the answer isn't the range that was asked for")),
    }
}

fn invalid(what: &str) -> StoreError {
    unusable_answer(StoreErrorKind::Invalid, what)
}

struct Body {
    stream: ByteStream,
    left: u64,
}

#[async_trait]
impl BlobBody for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let broken = |why: String| StoreError::new(StoreErrorKind::Unavailable, "NoAnswer", why);
        loop {
            match self.stream.next().await {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    let left = self.left.checked_sub(piece.len() as u64);
                    self.left = left.ok_or_else(|| invalid("more bytes came than announced"))?;
                    return Ok(Some(piece.to_vec()));
                }
                Some(Err(error)) => return Err(broken(error.to_string())),
                None if self.left > 0 => return Err(broken("the body broke off".to_owned())),
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(length: i64, range: Option<&str>) -> GetObjectOutput {
        let range = range.map(str::to_owned);
        GetObjectOutput::builder().content_length(length).set_content_range(range).build()
    }

    #[test]
    fn only_the_range_that_was_asked_for_is_taken() {
        assert_eq!(extent(&answer(9, None), 0), Ok((9, 9)));
        assert_eq!(extent(&answer(6, Some("bytes 3-8/9")), 3), Ok((9, 6)));
        for (length, range) in [
            (9, None),
            (9, Some("bytes 0-8/9")),
            (5, Some("bytes 3-7/9")),
            (6, Some("bytes 3-8/10")),
            (6, Some("bytes 3-8/*")),
            (5, Some("bytes 3-8/9")),
        ] {
            assert!(extent(&answer(length, range), 3).is_err(), "{length} {range:?}");
        }
        assert!(extent(&answer(-1, None), 0).is_err());
    }

    #[tokio::test]
    async fn a_body_that_is_too_short_or_too_long_is_an_error() {
        for left in [2, 4] {
            let mut body = Body { stream: ByteStream::from_static(b"abc"), left };
            let first = body.next().await;
            assert!(first.is_err() || body.next().await.is_err(), "{left}");
        }
    }
}
