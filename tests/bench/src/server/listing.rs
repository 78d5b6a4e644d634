//! Pages of a listing, made up as they are asked for: ListObjectsV2, and
//! version 1 and delimiters for tools that use them.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::objects::etag;
use super::state::State;
use super::wire::{Call, MODIFIED_ISO, Reply, S3_NAMESPACE, XML_START, xml};

/// S3's largest page.
const MAX_KEYS: usize = 1_000;

/// One page.
pub(super) fn page(state: &State, call: &Call<'_>) -> Reply {
    let asked = Asked::read(call);
    let mut page = Page::default();
    page.fill(state, &asked);
    xml(page.document(call.bucket, &asked))
}

struct Asked<'a> {
    second_version: bool,
    prefix: Cow<'a, str>,
    after: Cow<'a, str>,
    limit: usize,
    delimited: bool,
    url_encoded: bool,
}

impl<'a> Asked<'a> {
    fn read(call: &Call<'a>) -> Self {
        let limit = call.value("max-keys").and_then(|limit| limit.parse().ok());
        let places = ["continuation-token", "start-after", "marker"];
        Self {
            second_version: call.asks("list-type"),
            prefix: call.value("prefix").unwrap_or_default(),
            after: places.iter().find_map(|name| call.value(name)).unwrap_or_default(),
            limit: limit.unwrap_or(MAX_KEYS).clamp(1, MAX_KEYS),
            delimited: call.value("delimiter").as_deref() == Some("/"),
            url_encoded: call.value("encoding-type").as_deref() == Some("url"),
        }
    }
}

#[derive(Default)]
struct Page {
    content: String,
    entries: usize,
    /// Where the next page goes on; `None` when this is the last one.
    next: Option<String>,
}

impl Page {
    fn fill(&mut self, state: &State, asked: &Asked<'_>) {
        let range = state.keys.range(&asked.prefix, &asked.after);
        let mut index = range.start;
        let mut last = String::new();
        while index < range.end {
            if self.entries == asked.limit {
                self.next = Some(last);
                return;
            }
            let key = state.keys.key(index);
            self.entries += 1;
            match folder(&key, asked) {
                Some(folder) => {
                    let _ = write!(
                        self.content,
                        "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"
                    );
                    index = state.keys.after_prefix_of(index);
                    // The page goes on behind the last key of the folder.
                    last = state.keys.key(index - 1);
                }
                None => {
                    self.object(state, index, &key);
                    last = key;
                    index += 1;
                }
            }
        }
    }

    fn object(&mut self, state: &State, index: u64, key: &str) {
        let done = state.encryption(index).1;
        let etag = etag(index, done);
        let size = state.object_size;
        let _ = write!(
            self.content,
            "<Contents><Key>{key}</Key><LastModified>{MODIFIED_ISO}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            etag.trim_matches('"')
        );
    }

    fn document(&self, bucket: &str, asked: &Asked<'_>) -> String {
        let mut text = format!(
            "{XML_START}<ListBucketResult xmlns=\"{S3_NAMESPACE}\"><Name>{bucket}</Name><Prefix>{}</Prefix><MaxKeys>{}</MaxKeys>",
            asked.prefix, asked.limit
        );
        if asked.url_encoded {
            text.push_str("<EncodingType>url</EncodingType>");
        }
        if asked.delimited {
            text.push_str("<Delimiter>/</Delimiter>");
        }
        if asked.second_version {
            let _ = write!(text, "<KeyCount>{}</KeyCount>", self.entries);
        }
        let _ = write!(text, "<IsTruncated>{}</IsTruncated>", self.next.is_some());
        if let Some(next) = &self.next {
            let name = if asked.second_version { "NextContinuationToken" } else { "NextMarker" };
            let _ = write!(text, "<{name}>{next}</{name}>");
        }
        text.push_str(&self.content);
        text.push_str("</ListBucketResult>");
        text
    }
}

/// The folder that stands for this key where a delimiter is asked for.
fn folder<'a>(key: &'a str, asked: &Asked<'_>) -> Option<&'a str> {
    if !asked.delimited {
        return None;
    }
    let rest = key.get(asked.prefix.len()..)?;
    let slash = rest.find('/')?;
    key.get(..=asked.prefix.len() + slash)
}
