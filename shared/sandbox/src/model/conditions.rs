//! Conditional requests, with S3's rules of precedence.

use super::attributes::ObjectVersion;
use super::fault::{Code, Fault};
use super::request::{ReadConditions, WriteConditions};
use super::{ETag, Moment, TagCondition};

/// The first condition that doesn't hold, by the header's name.
///
/// A tag that matches overrides `unmodified-since`; a tag that doesn't match
/// `none-match` overrides `modified-since`.
fn failed(conditions: &ReadConditions, etag: &ETag, modified: Moment) -> Option<&'static str> {
    let ReadConditions { if_match, if_none_match, if_modified_since, if_unmodified_since } =
        conditions;
    let modified = modified.whole_seconds();
    match (if_match, if_unmodified_since) {
        (Some(tag), _) if !tag.matches(etag) => return Some("If-Match"),
        (None, Some(date)) if modified > date.whole_seconds() => {
            return Some("If-Unmodified-Since");
        }
        _ => {}
    }
    match (if_none_match, if_modified_since) {
        (Some(tag), _) if tag.matches(etag) => Some("If-None-Match"),
        (None, Some(date)) if modified <= date.whole_seconds() => Some("If-Modified-Since"),
        _ => None,
    }
}

/// For HEAD and GET: 412, or 304 where the caller has it already.
pub(crate) fn check_read(conditions: &ReadConditions, object: &ObjectVersion) -> Result<(), Fault> {
    match failed(conditions, &object.etag, object.last_modified) {
        None => Ok(()),
        Some("If-None-Match" | "If-Modified-Since") => {
            Err(Fault::new(Code::NotModified, "Not Modified").with("ETag", object.etag.to_string()))
        }
        Some(condition) => Err(Fault::precondition(condition)),
    }
}

/// For the source of a copy: 412 in every case.
pub(crate) fn check_source(
    conditions: &ReadConditions,
    object: &ObjectVersion,
) -> Result<(), Fault> {
    let name = match failed(conditions, &object.etag, object.last_modified) {
        None => return Ok(()),
        Some("If-Match") => "x-amz-copy-source-If-Match",
        Some("If-Unmodified-Since") => "x-amz-copy-source-If-Unmodified-Since",
        Some("If-None-Match") => "x-amz-copy-source-If-None-Match",
        Some(_) => "x-amz-copy-source-If-Modified-Since",
    };
    Err(Fault::precondition(name))
}

/// For the version that a write would replace: never create what was deleted.
pub(crate) fn check_write(
    conditions: &WriteConditions,
    current: Option<&ObjectVersion>,
    key: &str,
) -> Result<(), Fault> {
    let WriteConditions { if_match, if_none_match } = conditions;
    match (if_match, current) {
        (Some(_), None) => return Err(Fault::no_such_key(key)),
        (Some(tag), Some(object)) if !tag.matches(&object.etag) => {
            return Err(Fault::precondition("If-Match"));
        }
        _ => {}
    }
    match (if_none_match, current) {
        (Some(TagCondition::Tag(_)), _) => Err(Fault::new(
            Code::NotImplemented,
            "A header you provided implies functionality that is not implemented",
        )
        .with("Header", "If-None-Match")),
        (Some(TagCondition::Any), Some(_)) => Err(Fault::precondition("If-None-Match")),
        _ => Ok(()),
    }
}
