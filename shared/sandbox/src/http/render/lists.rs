//! Pages of objects and versions.

use std::fmt::{self, Display};

use super::super::codec::encode_listed;
use super::super::dates::iso_date;
use super::super::route::close_token;
use super::super::wire::Call;
use super::super::xml::{S3_NAMESPACE, Xml};
use super::buckets::owner_id;
use super::{Reply, xml};
use crate::model::{
    ListedObject, ListedVersion, ObjectPage, ObjectVersion, VersionPage, canonical_id,
};

/// Bytes of an object in a listing with a key of middling length.
const TYPICAL: usize = 256;

/// Writes keys and prefixes plainly or, if the client asked, url-encoded.
#[derive(Clone, Copy)]
pub(super) enum KeyStyle {
    Plain,
    Url,
}

impl KeyStyle {
    pub(super) fn of(call: &Call) -> Self {
        match call.query("encoding-type") {
            Some("url") => Self::Url,
            _ => Self::Plain,
        }
    }

    pub(super) fn show(self, text: &str) -> impl Display {
        fmt::from_fn(move |out| match self {
            Self::Plain => out.write_str(text),
            Self::Url => write!(out, "{}", encode_listed(text)),
        })
    }
}

/// Repeats a parameter of the query, encoded if it holds a key.
pub(super) fn echo(xml: &mut Xml, call: &Call, style: KeyStyle, element: &str, parameter: &str) {
    xml.text(element, style.show(call.query(parameter).unwrap_or_default()));
}

/// How the page rolls keys up and writes them.
pub(super) fn roll_settings(xml: &mut Xml, call: &Call, style: KeyStyle) {
    if call.query("delimiter").is_some_and(|delimiter| !delimiter.is_empty()) {
        echo(xml, call, style, "Delimiter", "delimiter");
    }
    if let KeyStyle::Url = style {
        xml.text("EncodingType", "url");
    }
}

pub(super) fn page_size(call: &Call, parameter: &str) -> usize {
    call.number(parameter).ok().flatten().unwrap_or(1000).min(1000)
}

pub(super) fn prefixes(xml: &mut Xml, style: KeyStyle, prefixes: &[String]) {
    for prefix in prefixes {
        xml.nest("CommonPrefixes", |xml| xml.text("Prefix", style.show(prefix)));
    }
}

pub(super) fn objects(call: &Call, page: &ObjectPage) -> Reply {
    let ObjectPage { objects, prefixes: rolled, next, owner: account } = page;
    let style = KeyStyle::of(call);
    let second = call.query("list-type") == Some("2");
    let with_owner = !second || call.query("fetch-owner") == Some("true");
    xml(Xml::document("ListBucketResult", Some(S3_NAMESPACE), |xml| {
        xml.expect(objects.len() * TYPICAL);
        xml.text("Name", call.bucket.as_deref().unwrap_or_default());
        echo(xml, call, style, "Prefix", "prefix");
        xml.text("MaxKeys", page_size(call, "max-keys"));
        roll_settings(xml, call, style);
        xml.text("IsTruncated", next.is_some());
        if second {
            xml.text("KeyCount", objects.len() + rolled.len());
            xml.maybe("ContinuationToken", call.query("continuation-token"));
            if call.has("start-after") {
                echo(xml, call, style, "StartAfter", "start-after");
            }
            xml.maybe("NextContinuationToken", next.as_deref().map(close_token));
        } else {
            echo(xml, call, style, "Marker", "marker");
            // The first generation tells where to go on only when it rolled keys up.
            if call.query("delimiter").is_some_and(|delimiter| !delimiter.is_empty()) {
                xml.maybe("NextMarker", next.as_deref().map(|next| style.show(next)));
            }
        }
        let account = canonical_id(account);
        for ListedObject { key, object, owner } in objects {
            xml.nest("Contents", |xml| {
                xml.text("Key", style.show(key));
                describe(xml, object);
                if with_owner {
                    owner_id(xml, "Owner", owner.as_ref().unwrap_or(&account));
                }
            });
        }
        prefixes(xml, style, rolled);
    }))
}

fn describe(xml: &mut Xml, object: &ObjectVersion) {
    xml.text("LastModified", iso_date(object.last_modified));
    xml.text("ETag", format_args!("\"{}\"", object.etag));
    if let Some(checksum) = &object.checksum {
        xml.text("ChecksumAlgorithm", checksum.algorithm.as_str());
        xml.text("ChecksumType", checksum.kind.as_str());
    }
    xml.text("Size", object.content.len());
    xml.text("StorageClass", object.storage_class.as_str());
}

pub(super) fn versions(call: &Call, page: &VersionPage) -> Reply {
    let VersionPage { versions, prefixes: rolled, next, owner: account } = page;
    let style = KeyStyle::of(call);
    xml(Xml::document("ListVersionsResult", Some(S3_NAMESPACE), |xml| {
        xml.text("Name", call.bucket.as_deref().unwrap_or_default());
        echo(xml, call, style, "Prefix", "prefix");
        echo(xml, call, style, "KeyMarker", "key-marker");
        xml.text("VersionIdMarker", call.query("version-id-marker").unwrap_or_default());
        xml.text("MaxKeys", page_size(call, "max-keys"));
        roll_settings(xml, call, style);
        xml.text("IsTruncated", next.is_some());
        if let Some((key, version)) = next {
            xml.text("NextKeyMarker", style.show(key));
            xml.maybe("NextVersionIdMarker", version.as_ref());
        }
        let account = canonical_id(account);
        for version in versions {
            list_version(xml, style, version, &account);
        }
        prefixes(xml, style, rolled);
    }))
}

fn list_version(xml: &mut Xml, style: KeyStyle, version: &ListedVersion, account: &str) {
    let ListedVersion { key, version_id, is_latest, entry, owner } = version;
    let element = if entry.is_ok() { "Version" } else { "DeleteMarker" };
    xml.nest(element, |xml| {
        xml.text("Key", style.show(key));
        xml.text("VersionId", version_id);
        xml.text("IsLatest", is_latest);
        match entry {
            Ok(object) => describe(xml, object),
            Err(date) => xml.text("LastModified", iso_date(*date)),
        }
        owner_id(xml, "Owner", owner.as_deref().unwrap_or(account));
    });
}
