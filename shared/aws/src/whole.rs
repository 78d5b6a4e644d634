//! Answers that aren't whole. The SDK's reader takes a document that ends in
//! the middle for a whole one: a cut list of tags, parts or rules would pass
//! for a short one, and a cut setting for one that nobody made.
//!
//! A connection that breaks off is noticed by HTTP's own lengths. This is for
//! whatever stands between S3 and us and counts what it was given.

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::xml;

/// Refuses every answer to S3 whose body is XML and isn't one whole document,
/// whatever the SDK made of it: as one that never came, since asked again it
/// may come whole. Nothing is read of an object's own bytes, which the SDK
/// hands on as they come; nor of refusals, whose status says enough.
#[derive(Debug)]
pub(crate) struct OnlyWhole;

/// In a call's settings: whoever reads the answer itself has looked.
#[derive(Debug)]
pub(crate) struct LooksItself;

impl Storable for LooksItself {
    type Storer = StoreReplace<Self>;
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for OnlyWhole {
    fn name(&self) -> &'static str {
        "OnlyWhole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if !response.status().is_success() || config.load::<LooksItself>().is_some() {
            return Ok(());
        }
        match response.body().bytes() {
            Some(body) if is_xml(body) => Ok(xml::check_whole(body)?),
            // A policy is JSON; most answers to changes are empty.
            Some(_) | None => Ok(()),
        }
    }
}

/// By how it begins. S3 sends white space first where an answer takes long.
fn is_xml(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests;
