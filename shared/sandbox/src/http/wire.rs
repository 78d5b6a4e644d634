//! One S3 request as it came over the wire, read but not yet understood.

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, header};

use super::{chunked, codec};
use crate::model::{Caller, Code, Fault};

/// A request with everything decoded exactly once.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Absent at the service's root.
    pub(super) bucket: Option<String>,
    /// Absent for requests about the bucket.
    pub(super) key: Option<String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    /// Reads a request and unwraps its body.
    pub(super) fn read(parts: Parts, body: Bytes) -> Result<Self, Fault> {
        let Parts { method, uri, mut headers, .. } = parts;
        let invalid = || Fault::new(Code::InvalidArgument, "Couldn't parse the specified URI.");
        let (bucket, key) = split_path(uri.path(), virtual_host(&headers)).ok_or_else(invalid)?;
        let query = codec::parse_pairs(uri.query().unwrap_or_default()).ok_or_else(invalid)?;
        let body = unwrap_body(&mut headers, body)?;
        Ok(Self { method, bucket, key, query, headers, body })
    }

    /// Whether the query has this parameter, with a value or without.
    pub(super) fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(have, _)| have == name)
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The names of all parameters.
    pub(super) fn query_names(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(|(name, _)| name.as_str())
    }

    /// A number in the query.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Fault> {
        self.query(name).filter(|text| !text.is_empty()).map(|text| parse(name, text)).transpose()
    }

    /// A header's value; bytes that aren't UTF-8 are replaced.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// Whether the request copies something.
    pub(super) fn is_copy(&self) -> bool {
        self.headers.contains_key("x-amz-copy-source")
    }

    /// All headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What `signer` says with the request beside its question.
    pub(super) fn caller(&self, signer: Caller) -> Caller {
        Caller {
            region: region(&self.headers),
            expected_owner: self.header("x-amz-expected-bucket-owner"),
            expected_source_owner: self.header("x-amz-source-expected-bucket-owner"),
            request_payer: self.header("x-amz-request-payer").as_deref() == Some("requester"),
            bypass_governance: self.header("x-amz-bypass-governance-retention").as_deref()
                == Some("true"),
            ..signer
        }
    }
}

/// Reads a number or says which parameter isn't one.
pub(super) fn parse<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Fault> {
    let invalid = || Fault::new(Code::InvalidArgument, format!("Provided {name} is not valid"));
    text.trim().parse().map_err(|_| invalid())
}

/// The scope of a signature: access key, date, region, service.
fn credential(headers: &HeaderMap) -> Option<impl Iterator<Item = &str>> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    Some(credential.split(',').next()?.trim().split('/'))
}

/// The region that the request was signed for, if it was signed.
fn region(headers: &HeaderMap) -> Option<String> {
    credential(headers)?.nth(2).map(str::to_owned)
}

/// The access key that a request was signed with; empty if it wasn't signed.
pub(super) fn access_key(headers: &HeaderMap) -> &str {
    credential(headers).and_then(|mut scope| scope.next()).unwrap_or_default()
}

/// The bucket in a host name like `bucket.localhost:9000` or `bucket.s3.region.host`.
fn virtual_host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let host = host.split(':').next()?;
    let at = host.find(".s3.").or_else(|| host.find(".localhost"))?;
    Some(&host[..at]).filter(|bucket| *bucket != "s3").map(str::to_owned)
}

/// Bucket and key of a raw path. Nothing is normalised: a key may hold `..` and `//`.
fn split_path(path: &str, host_bucket: Option<String>) -> Option<(Option<String>, Option<String>)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = match host_bucket {
        Some(bucket) => (bucket, path),
        None => match path.split_once('/') {
            Some((bucket, key)) => (codec::decode(bucket)?, key),
            None => (codec::decode(path)?, ""),
        },
    };
    let key = if key.is_empty() { None } else { Some(codec::decode(key)?) };
    Some((Some(bucket).filter(|bucket| !bucket.is_empty()), key))
}

/// Takes `aws-chunked` off a body and turns its trailers into headers.
fn unwrap_body(headers: &mut HeaderMap, body: Bytes) -> Result<Bytes, Fault> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let streaming = text("x-amz-content-sha256").is_some_and(|sum| sum.starts_with("STREAMING-"));
    let encoding = text("content-encoding").unwrap_or_default().to_owned();
    let mut others = encoding.split(',').map(str::trim).filter(|word| !word.is_empty()).peekable();
    let named = others.clone().any(|word| word == "aws-chunked");
    let kept: Vec<_> = others.by_ref().filter(|word| *word != "aws-chunked").collect();
    if !streaming && !named {
        return Ok(body);
    }
    let expected = text("x-amz-decoded-content-length").map(str::to_owned);
    headers.remove(header::CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&kept.join(","))
        && !value.is_empty()
    {
        headers.insert(header::CONTENT_ENCODING, value);
    }
    let incomplete =
        || Fault::new(Code::InvalidRequest, "The aws-chunked body is malformed or incomplete");
    let decoded = chunked::decode(body).ok_or_else(incomplete)?;
    if expected.is_some_and(|length| length != decoded.body.len().to_string()) {
        return Err(incomplete());
    }
    for (name, value) in decoded.trailers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            headers.insert(name, value);
        }
    }
    Ok(decoded.body)
}
