//! Headers that are not text. S3 stores what a client once sent, and HTTP lets
//! a header hold any bytes; the SDK refuses a whole HEAD over one of them, and
//! panics over such an `Expires`.

use std::collections::BTreeMap;

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::http::Headers;

/// How S3 itself tells of metadata that it can't return in a header.
const MISSING: &str = "x-amz-missing-meta";

/// Removes unreadable headers from an answer and counts them in S3's own
/// header for metadata that it could not return. So they reach the engine as
/// `Attributes::missing_metadata`: a copy that S3 makes by itself keeps them,
/// and one that would have to restate them isn't made.
#[derive(Debug)]
pub(crate) struct CountUnreadable;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for CountUnreadable {
    fn name(&self) -> &'static str {
        "CountUnreadable"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        count_unreadable(context.response_mut().headers_mut());
        Ok(())
    }
}

fn count_unreadable(headers: &mut Headers) {
    let mut unreadable: BTreeMap<String, u32> = BTreeMap::new();
    for (name, value) in headers.iter_bytes() {
        if std::str::from_utf8(value).is_err() {
            *unreadable.entry(name.to_owned()).or_default() += 1;
        }
    }
    if unreadable.is_empty() {
        return;
    }
    let already: u32 = headers.get(MISSING).and_then(|n| n.parse().ok()).unwrap_or(0);
    let count = unreadable.values().fold(already, |sum, n| sum.saturating_add(*n));
    for name in unreadable.keys() {
        headers.remove(name);
    }
    headers.insert(MISSING, count.to_string());
}
