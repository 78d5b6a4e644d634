//! What a request is: S3's operation by method, path, query and headers, KMS's,
//! SQS's and DynamoDB's by their target header, STS's and CloudFormation's by
//! their form.

use hyper::Method;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

/// One of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// S3.
    S3,
    /// KMS.
    Kms,
    /// STS.
    Sts,
    /// DynamoDB.
    DynamoDb,
    /// SQS.
    Sqs,
    /// CloudFormation.
    CloudFormation,
}

/// The folder of the probe's own objects.
pub(super) const SCRATCH: &str = ".reseal-probe/";

/// A request as rules and records see it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose it is.
    pub service: Service,
    /// The operation by the service's own name.
    pub operation: &'static str,
    /// The bucket, decoded.
    pub bucket: Option<String>,
    /// The key, decoded; of SQS the queue's name.
    pub key: Option<String>,
    /// When it was signed, as `x-amz-date` says.
    pub signed_at: Option<String>,
    /// The access key that it was signed with.
    pub access_key: Option<String>,
    /// HEAD: an answer has no body.
    pub is_head: bool,
}

/// Method, the query parameter that tells it from others, operation. The first
/// that fits; the last of each method fits always.
type Table = [(&'static str, &'static str, &'static str)];

const OBJECT: &Table = &[
    ("HEAD", "", "HeadObject"),
    ("GET", "uploadId", "ListParts"),
    ("GET", "tagging", "GetObjectTagging"),
    ("GET", "attributes", "GetObjectAttributes"),
    ("GET", "acl", "GetObjectAcl"),
    ("GET", "retention", "GetObjectRetention"),
    ("GET", "legal-hold", "GetObjectLegalHold"),
    ("GET", "annotationName", "GetObjectAnnotation"),
    ("GET", "annotation", "ListObjectAnnotations"),
    ("GET", "", "GetObject"),
    ("PUT", "tagging", "PutObjectTagging"),
    ("PUT", "encryption", "UpdateObjectEncryption"),
    ("PUT", "acl", "PutObjectAcl"),
    ("PUT", "retention", "PutObjectRetention"),
    ("PUT", "legal-hold", "PutObjectLegalHold"),
    ("PUT", "annotation", "PutObjectAnnotation"),
    ("PUT", "", "PutObject"),
    ("POST", "uploadId", "CompleteMultipartUpload"),
    ("POST", "uploads", "CreateMultipartUpload"),
    ("POST", "restore", "RestoreObject"),
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("DELETE", "tagging", "DeleteObjectTagging"),
    ("DELETE", "", "DeleteObject"),
];

const BUCKET: &Table = &[
    ("HEAD", "", "HeadBucket"),
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "uploads", "ListMultipartUploads"),
    ("GET", "list-type", "ListObjectsV2"),
    ("GET", "versioning", "GetBucketVersioning"),
    ("GET", "encryption", "GetBucketEncryption"),
    ("GET", "ownershipControls", "GetBucketOwnershipControls"),
    ("GET", "object-lock", "GetObjectLockConfiguration"),
    ("GET", "lifecycle", "GetBucketLifecycleConfiguration"),
    ("GET", "website", "GetBucketWebsite"),
    ("GET", "replication", "GetBucketReplication"),
    ("GET", "notification", "GetBucketNotificationConfiguration"),
    ("GET", "requestPayment", "GetBucketRequestPayment"),
    ("GET", "policyStatus", "GetBucketPolicyStatus"),
    ("GET", "policy", "GetBucketPolicy"),
    ("GET", "publicAccessBlock", "GetPublicAccessBlock"),
    ("GET", "tagging", "GetBucketTagging"),
    ("GET", "id", "GetBucketInventoryConfiguration"),
    ("GET", "inventory", "ListBucketInventoryConfigurations"),
    ("GET", "", "OtherOfBucket"),
    ("PUT", "policy", "PutBucketPolicy"),
    ("PUT", "encryption", "PutBucketEncryption"),
    ("PUT", "inventory", "PutBucketInventoryConfiguration"),
    ("DELETE", "policy", "DeleteBucketPolicy"),
    ("DELETE", "inventory", "DeleteBucketInventoryConfiguration"),
];

const KMS: [&str; 5] = ["DescribeKey", "Encrypt", "Decrypt", "GenerateDataKey", "GetKeyPolicy"];
const DYNAMODB: [&str; 11] = [
    "GetItem",
    "BatchGetItem",
    "PutItem",
    "UpdateItem",
    "Query",
    "TransactWriteItems",
    "CreateTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "UpdateTimeToLive",
    "OtherOfDynamoDb",
];
const SQS: [&str; 10] = [
    "SendMessageBatch",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "CreateQueue",
    "PurgeQueue",
    "SendMessage",
    "OtherOfSqs",
];
const STS: [&str; 2] = ["GetCallerIdentity", "AssumeRole"];
const CLOUDFORMATION: [&str; 3] = ["DescribeStacks", "DescribeStackEvents", "DeleteStack"];
const COPIES: [&str; 2] = ["CopyObject", "UploadPartCopy"];
const OTHERS: [&str; 7] = [
    "AssumeRole",
    "GetCallerIdentity",
    "ListBuckets",
    "OtherOfKms",
    "OtherOfS3",
    "OtherOfSts",
    "UploadPart",
];

/// Whether any request can be called so: a rule with a misspelt name would
/// never match, and its test prove nothing.
pub(super) fn is_known(operation: &str) -> bool {
    let tables = OBJECT.iter().chain(BUCKET).map(|(_, _, name)| *name);
    let tables = tables.chain(DYNAMODB).chain(SQS).chain(CLOUDFORMATION);
    tables.chain(KMS).chain(COPIES).chain(OTHERS).any(|name| name == operation)
}

impl Call {
    /// Whether it is about one of the probe's own objects.
    #[must_use]
    pub fn is_of_the_probe(&self) -> bool {
        self.key.as_deref().is_some_and(|key| key.starts_with(SCRATCH))
    }

    pub(super) fn read(parts: &Parts, body: &[u8]) -> Self {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let signed_at = header("x-amz-date").map(str::to_owned);
        let credential = header("authorization").and_then(|it| it.split_once("Credential="));
        let access_key = credential.and_then(|(_, scope)| scope.split('/').next());
        let access_key = access_key.map(str::to_owned);
        let call = |service, operation, bucket, key| Self {
            service,
            operation,
            bucket,
            key,
            signed_at,
            access_key,
            is_head: parts.method == Method::HEAD,
        };
        if let Some(target) = header("x-amz-target") {
            let (of, name) = target.rsplit_once('.').unwrap_or_default();
            let (service, names, other): (_, &[&str], _) = match of {
                "AmazonSQS" => (Service::Sqs, &SQS, "OtherOfSqs"),
                of if of.starts_with("DynamoDB") => {
                    (Service::DynamoDb, &DYNAMODB, "OtherOfDynamoDb")
                }
                _ => (Service::Kms, &KMS, "OtherOfKms"),
            };
            let known = names.iter().find(|known| **known == name);
            return call(service, known.unwrap_or(&other), None, queue(body));
        }
        let path = parts.uri.path().trim_start_matches('/');
        if path.is_empty() && parts.method == Method::POST {
            let form = String::from_utf8_lossy(body);
            let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
            let is_asked = |known: &&&str| action == Some(**known);
            if let Some(known) = CLOUDFORMATION.iter().find(is_asked) {
                return call(Service::CloudFormation, known, None, None);
            }
            let operation = STS.iter().find(is_asked).unwrap_or(&"OtherOfSts");
            return call(Service::Sts, operation, None, None);
        }
        if path.is_empty() && parts.method == Method::GET {
            return call(Service::S3, "ListBuckets", None, None);
        }
        // Only the slash that ends the bucket: a key may begin with one.
        let path = parts.uri.path().strip_prefix('/').unwrap_or_default();
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let [bucket, key] = [bucket, key].map(|text| Some(decode(text)).filter(|t| !t.is_empty()));
        let table = if key.is_some() { OBJECT } else { BUCKET };
        let copies = header("x-amz-copy-source").is_some();
        let operation = operation(table, parts, copies);
        call(Service::S3, operation, bucket, key)
    }
}

fn operation(table: &Table, parts: &Parts, copies: bool) -> &'static str {
    let query = parts.uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let method = parts.method.as_str();
    if method == "PUT" && has("uploadId") {
        return if copies { "UploadPartCopy" } else { "UploadPart" };
    }
    let fits = |(m, parameter, _): &&(&str, &str, _)| {
        *m == method && (parameter.is_empty() || has(parameter))
    };
    match table.iter().find(fits) {
        Some((_, _, "PutObject")) if copies => "CopyObject",
        Some((_, _, operation)) => operation,
        None => "OtherOfS3",
    }
}

fn queue(body: &[u8]) -> Option<String> {
    let asked: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(asked["QueueUrl"].as_str()?.rsplit('/').next()?.to_owned())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn read(method: &str, uri: &str, header: Option<(&str, &str)>) -> Call {
        let mut request = Request::builder().method(method).uri(uri);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Call::read(&parts, b"Action=GetCallerIdentity&Version=2011-06-15")
    }

    #[test]
    fn every_call_of_the_data_path_is_told_from_the_others() {
        let copy = Some(("x-amz-copy-source", "b/k"));
        for (method, uri, header, operation) in [
            ("HEAD", "/b/k", None, "HeadObject"),
            ("GET", "/b/k?tagging", None, "GetObjectTagging"),
            ("GET", "/b/k?uploadId=u&max-parts=1", None, "ListParts"),
            ("PUT", "/b/k", None, "PutObject"),
            ("PUT", "/b/k?x-id=CopyObject", copy, "CopyObject"),
            ("PUT", "/b/k?partNumber=1&uploadId=u", copy, "UploadPartCopy"),
            ("PUT", "/b/k?encryption&versionId=v", None, "UpdateObjectEncryption"),
            ("POST", "/b/k?uploads", None, "CreateMultipartUpload"),
            ("POST", "/b/k?uploadId=u", None, "CompleteMultipartUpload"),
            ("DELETE", "/b/k?uploadId=u", None, "AbortMultipartUpload"),
            ("DELETE", "/b/k", None, "DeleteObject"),
            ("GET", "/b?list-type=2", None, "ListObjectsV2"),
            ("GET", "/b/?versions", None, "ListObjectVersions"),
            ("POST", "/", Some(("x-amz-target", "TrentService.DescribeKey")), "DescribeKey"),
            ("POST", "/", Some(("x-amz-target", "AmazonSQS.PurgeQueue")), "PurgeQueue"),
            ("POST", "/", Some(("x-amz-target", "DynamoDB_20120810.PutItem")), "PutItem"),
            ("POST", "/", None, "GetCallerIdentity"),
        ] {
            assert_eq!(read(method, uri, header).operation, operation, "{method} {uri}");
            assert!(is_known(operation), "{operation}");
        }
        assert!(!is_known("CopyObjects"));
    }

    #[test]
    fn keys_are_decoded_once_and_nothing_of_them_is_lost() {
        let call = read("HEAD", "/b//a%252F%3FversionId=1/../c", None);
        assert_eq!(call.bucket.as_deref(), Some("b"));
        assert_eq!(call.key.as_deref(), Some("/a%2F?versionId=1/../c"));
    }
}
