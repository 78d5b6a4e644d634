//! Requests to ministack by hand, and a seed as such requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_core::{Attributes, Checksum, Encryption, Grant, Grantee, LockMode, ObjectLock, TagSet};
use reseal_testkit::conformance::object_store::{Doubt, Seed};
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

/// 32 times `k`, and its MD5.
const CUSTOMER_KEY: &str = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const CUSTOMER_KEY_MD5: &str = "mT2HRsMGJ5IX5C+0rreZ8Q==";

const IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) type Headers = Vec<(String, String)>;

/// A client that says who it is, as far as ministack cares.
pub(crate) struct Client {
    pub(crate) url: String,
    agent: Agent,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { url: url.to_owned(), agent }
    }

    /// Sends a request as the holder of this access key.
    pub(crate) fn send(
        &self,
        as_whom: &str,
        (method, path, query): (&str, &str, &str),
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Response<Body>, Doubt> {
        let path = utf8_percent_encode(path, IN_PATHS);
        let mark = if query.is_empty() { "" } else { "?" };
        let service = if path.to_string().is_empty() { "kms" } else { "s3" };
        let scope = format!("{as_whom}/20261122/us-east-1/{service}/aws4_request");
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}{mark}{query}", self.url))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            );
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(cannot)?;
        let mut answer = self.agent.run(request).map_err(cannot)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let code = text.split("<Code>").nth(1).and_then(|rest| rest.split('<').next());
        Err(cannot(format!("refuses to be prepared so: {}", code.unwrap_or(&text))))
    }
}

pub(crate) fn cannot(error: impl std::fmt::Display) -> Doubt {
    Doubt::CannotBeAsked(error.to_string())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// All of a seed but its bytes and annotations, for PutObject or CreateMultipartUpload.
pub(crate) fn headers(seed: &Seed, in_parts: bool) -> Result<Headers, Doubt> {
    let Seed {
        bucket: _,
        key: _,
        content: _,
        encryption,
        attributes,
        tags,
        lock,
        grants,
        annotations: _,
    } = seed;
    let mut headers = described(attributes);
    headers.extend(encrypted(encryption)?);
    headers.extend(locked(*lock));
    headers.extend(grants.iter().filter_map(granted));
    if let Some(Checksum { algorithm, .. }) = &attributes.checksum {
        let name =
            if in_parts { "x-amz-checksum-algorithm" } else { "x-amz-sdk-checksum-algorithm" };
        headers.push((name.to_owned(), algorithm.clone()));
    }
    if !tags.is_empty() {
        headers.push(("x-amz-tagging".to_owned(), tag_query(tags)));
    }
    Ok(headers)
}

fn tag_query(tags: &TagSet) -> String {
    let pairs: Vec<_> =
        tags.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

fn described(attributes: &Attributes) -> Headers {
    let Attributes {
        storage_class,
        metadata,
        missing_metadata: _,
        content_type,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
        website_redirect,
        checksum: _,
    } = attributes;
    let class = Some(storage_class.as_str().to_owned());
    let named = [
        ("x-amz-storage-class", &class),
        ("content-type", content_type),
        ("content-encoding", content_encoding),
        ("content-language", content_language),
        ("content-disposition", content_disposition),
        ("cache-control", cache_control),
        ("expires", expires),
        ("x-amz-website-redirect-location", website_redirect),
    ];
    let named =
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    let metadata =
        metadata.iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value.clone()));
    named.chain(metadata).collect()
}

fn encrypted(encryption: &Encryption) -> Result<Headers, Doubt> {
    let sse = "x-amz-server-side-encryption";
    let headers = match encryption {
        Encryption::None => vec![],
        Encryption::SseS3 => vec![(sse.to_owned(), "AES256".to_owned())],
        Encryption::SseKms { key: Some(key), bucket_key: false } => vec![
            (sse.to_owned(), "aws:kms".to_owned()),
            (format!("{sse}-aws-kms-key-id"), key.clone()),
        ],
        Encryption::DsseKms { key: Some(key) } => vec![
            (sse.to_owned(), "aws:kms:dsse".to_owned()),
            (format!("{sse}-aws-kms-key-id"), key.clone()),
        ],
        Encryption::SseC => vec![
            (format!("{sse}-customer-algorithm"), "AES256".to_owned()),
            (format!("{sse}-customer-key"), CUSTOMER_KEY.to_owned()),
            (format!("{sse}-customer-key-md5"), CUSTOMER_KEY_MD5.to_owned()),
        ],
        other => return Err(cannot(format!("{other:?} isn't prepared here"))),
    };
    Ok(headers)
}

fn locked(lock: ObjectLock) -> Headers {
    let ObjectLock { retention, legal_hold } = lock;
    let mut headers = Vec::new();
    if let Some(retention) = retention {
        let mode = match retention.mode {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        };
        let until = retention.until.to_string();
        headers.push(("x-amz-object-lock-mode".to_owned(), mode.to_owned()));
        headers.push(("x-amz-object-lock-retain-until-date".to_owned(), until));
    }
    if legal_hold {
        headers.push(("x-amz-object-lock-legal-hold".to_owned(), "ON".to_owned()));
    }
    headers
}

/// A canned ACL leaves the owner's grant in place, whose id isn't known here.
fn granted(grant: &Grant) -> Option<(String, String)> {
    match &grant.grantee {
        Grantee::Group(uri) if uri.ends_with("/AllUsers") => {
            Some(("x-amz-acl".to_owned(), "public-read".to_owned()))
        }
        Grantee::Group(_) | Grantee::Account(_) => None,
    }
}
