//! Buckets and their settings.

use hyper::{Method, StatusCode};

use super::super::body::Body;
use super::super::dates::iso_date;
use super::super::wire::Call;
use super::super::xml::{S3_NAMESPACE, Xml};
use super::{Reply, empty, set, xml};
use crate::model::{
    Aspect, BucketLine, DefaultEncryption, SseAlgorithm, TagSet, Versioning, canonical_id,
};

pub(super) fn owner(xml: &mut Xml, element: &str, account: &str) {
    owner_id(xml, element, &canonical_id(account));
}

pub(super) fn owner_id(xml: &mut Xml, element: &str, id: &str) {
    xml.nest(element, |xml| xml.text("ID", id));
}

/// All of them, or a page where the query asks for one.
pub(super) fn list(call: &Call, account: &str, lines: &[BucketLine]) -> Reply {
    let after = call.query("continuation-token").unwrap_or_default();
    let prefix = call.query("prefix").unwrap_or_default();
    let most = call.query("max-buckets").and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    let asked = |line: &&BucketLine| {
        line.name.as_str() > after
            && line.name.starts_with(prefix)
            && call.query("bucket-region").is_none_or(|region| region == line.region)
    };
    let rest: Vec<&BucketLine> = lines.iter().filter(asked).collect();
    let page = &rest[..most.min(rest.len())];
    xml(Xml::document("ListAllMyBucketsResult", Some(S3_NAMESPACE), |xml| {
        owner(xml, "Owner", account);
        xml.nest("Buckets", |xml| {
            for BucketLine { name, created, region } in page {
                xml.nest("Bucket", |xml| {
                    xml.text("Name", name);
                    xml.text("CreationDate", iso_date(*created));
                    xml.text("BucketRegion", region);
                });
            }
        });
        let more = page.len() < rest.len();
        xml.maybe("ContinuationToken", page.last().filter(|_| more).map(|line| &line.name));
    }))
}

/// A page of inventory configurations, each as it came.
pub(super) fn inventories(call: &Call, documents: &[String], next: Option<&str>) -> Reply {
    let root = "ListInventoryConfigurationsResult";
    let more = next.is_some();
    let token = next
        .map(super::super::route::close_token)
        .map(|token| format!("<NextContinuationToken>{token}</NextContinuationToken>"));
    let given = call.query("continuation-token").filter(|token| !token.is_empty());
    let given = given.map(|token| format!("<ContinuationToken>{token}</ContinuationToken>"));
    let start =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{S3_NAMESPACE}\">");
    let text = [
        start,
        documents.concat(),
        format!("<IsTruncated>{more}</IsTruncated>"),
        given.unwrap_or_default(),
        token.unwrap_or_default(),
        format!("</{root}>"),
    ];
    xml(text.concat().into())
}

pub(super) fn location(call: &Call, region: &str) -> Reply {
    if call.method == Method::HEAD {
        let mut reply = empty(StatusCode::OK);
        set(reply.headers_mut(), "x-amz-bucket-region", region);
        return reply;
    }
    // The oldest region has no name of its own here.
    let name = if region == "us-east-1" { "" } else { region };
    let start = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{S3_NAMESPACE}\">"
    );
    xml(format!("{start}{name}</LocationConstraint>").into())
}

pub(super) fn versioning(status: Option<Versioning>, mfa_delete: bool) -> Reply {
    xml(Xml::document("VersioningConfiguration", Some(S3_NAMESPACE), |xml| {
        xml.maybe("Status", status.map(Versioning::as_str));
        xml.maybe("MfaDelete", mfa_delete.then_some("Enabled"));
    }))
}

pub(super) fn encryption(default: &DefaultEncryption) -> Reply {
    let DefaultEncryption { algorithm, key, bucket_key, blocks_customer_keys } = default;
    let root = "ServerSideEncryptionConfiguration";
    xml(Xml::document(root, Some(S3_NAMESPACE), |xml| {
        xml.nest("Rule", |xml| {
            xml.nest("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", SseAlgorithm::as_str(*algorithm));
                xml.maybe("KMSMasterKeyID", key.as_deref());
            });
            xml.text("BucketKeyEnabled", bucket_key);
            if let Some(blocks) = blocks_customer_keys {
                xml.nest("BlockedEncryptionTypes", |xml| {
                    xml.text("EncryptionType", if *blocks { "SSE-C" } else { "NONE" });
                });
            }
        });
    }))
}

pub(super) fn tags(tags: &TagSet) -> Reply {
    xml(Xml::document("Tagging", Some(S3_NAMESPACE), |xml| {
        xml.nest("TagSet", |xml| {
            for (key, value) in tags {
                xml.nest("Tag", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    }))
}

/// A stored document as it came, or the one that S3 gives by default.
pub(super) fn document(call: &Call, document: Option<String>) -> Reply {
    let aspect = call.query_names().find_map(Aspect::parse);
    match (document, aspect) {
        (Some(document), Some(Aspect::Policy)) => {
            let mut reply = Reply::new(Body::from(document));
            set(reply.headers_mut(), "content-type", "application/json");
            reply
        }
        (Some(document), _) => xml(document.into()),
        (None, aspect) => default_document(aspect),
    }
}

fn default_document(aspect: Option<Aspect>) -> Reply {
    let document = |root: &str, fill: &dyn Fn(&mut Xml)| {
        xml(Xml::document(root, Some(S3_NAMESPACE), |xml| fill(xml)))
    };
    match aspect {
        Some(Aspect::Notification) => document("NotificationConfiguration", &|_| {}),
        Some(Aspect::RequestPayment) => document("RequestPaymentConfiguration", &|xml| {
            xml.text("Payer", "BucketOwner");
        }),
        Some(Aspect::Logging) => document("BucketLoggingStatus", &|_| {}),
        Some(Aspect::Accelerate) => document("AccelerateConfiguration", &|_| {}),
        _ => empty(StatusCode::OK),
    }
}
