//! The measures, and the statements of a bucket's policy that each consists of.

use std::collections::BTreeSet;

use reseal_core::{BucketName, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What `guard` can do to a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    DefaultEncryption,
    DenyWrongEncryption,
    BlockSseC,
    DenyUntaggedReads,
    TlsOnly,
}

const WRONG_TYPE: &str = "ResealDenyWrongEncryption";
const WRONG_KEY: &str = "ResealDenyWrongKey";
const UNNAMED_KEY: &str = "ResealDenyUnnamedKey";
const CUSTOMER_KEYS: &str = "ResealDenyCustomerKeys";
const UNTAGGED_READS: &str = "ResealDenyUntaggedReads";
const TLS_ONLY: &str = "ResealTlsOnly";

impl Measure {
    pub(crate) const ALL: [Self; 5] = [
        Self::DefaultEncryption,
        Self::DenyWrongEncryption,
        Self::BlockSseC,
        Self::DenyUntaggedReads,
        Self::TlsOnly,
    ];

    /// By its Sids a statement is known to be ours.
    pub(crate) fn sids(self) -> &'static [&'static str] {
        match self {
            Self::DefaultEncryption => &[],
            Self::DenyWrongEncryption => &[WRONG_TYPE, WRONG_KEY, UNNAMED_KEY],
            Self::BlockSseC => &[CUSTOMER_KEYS],
            Self::DenyUntaggedReads => &[UNTAGGED_READS],
            Self::TlsOnly => &[TLS_ONLY],
        }
    }

    /// What everybody should know before he puts it in force.
    pub(crate) fn trade(self) -> &'static [&'static str] {
        match self {
            Self::DefaultEncryption => &[
                "new objects whose writer names no encryption get this one; objects that are there stay as they are: `reseal run` is for those",
                "under a KMS key whoever uploads without naming an encryption needs kms:GenerateDataKey on it, and whoever reads needs kms:Decrypt: uploads fail until they have it",
                "each such upload is a request to KMS, unless bucket keys are on",
            ],
            Self::DenyWrongEncryption => &[
                "a writer who names another encryption, or another key, is refused (403); one who names none passes and gets the bucket's default: set that as well (--default-encryption)",
                "the key must be named by its full ARN: a writer who names it by id or alias is refused, and so is one who asks for aws:kms and names no key, since S3 then takes the key aws/s3",
                "a customer's own key (SSE-C) is another header: --block-sse-c is for that. Bucket keys on or off aren't looked at",
                "replicas are written under s3:ReplicateObject and by what the replication rule says: they aren't stopped by it",
            ],
            Self::BlockSseC => &[
                "nobody can write objects under a key of his own any more; those that are there can still be read by whoever has the key",
                "both by the policy and by the bucket's setting BlockedEncryptionTypes, which holds for replication as well. AWS documents that buckets made since April 2026 have that setting from the start",
            ],
            Self::DenyUntaggedReads => &[
                "every object without the tag becomes unreadable, old versions included: run `reseal run --tag` first, and `reseal verify`",
                "uploads go on as before, but what is uploaded can't be read until it has the tag: let uploaders send it (x-amz-tagging), or tag it on arrival",
                "whoever may tag objects (s3:PutObjectTagging) can lift it for them: deny that to readers",
                "HEAD is a read, too; listings, deletes and tags go on working",
                "S3 reads the source of a copy in the copier's name: replication and lifecycle rules aren't stopped by it, copies by others are",
            ],
            Self::TlsOnly => &[
                "every request over plain HTTP is refused (403), for objects and for the bucket: look for http:// endpoints in old clients first",
            ],
        }
    }
}

/// One statement, its members in the order in which policies are read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statement {
    pub(crate) sid: &'static str,
    pub(crate) effect: &'static str,
    pub(crate) principal: Value,
    pub(crate) action: Value,
    pub(crate) resource: Value,
    pub(crate) condition: Value,
}

impl Statement {
    /// As it is written into a policy.
    pub(crate) fn text(&self) -> String {
        // Texts, lists and maps of texts always have a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What the measures are to be about.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) measures: BTreeSet<Measure>,
    /// The encryption, and whether AWS manages its key.
    pub(crate) target: Option<(Target, bool)>,
    pub(crate) tag: Option<(String, String)>,
    pub(crate) exempt: Vec<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`: the second field of ARNs.
    pub(crate) partition: &'static str,
}

/// The partition of a region.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

impl Wanted {
    /// The statements that a bucket's policy should have.
    pub(crate) fn statements(&self, bucket: &BucketName) -> Vec<Statement> {
        let place = Place { partition: self.partition, bucket };
        let mut statements = Vec::new();
        for measure in &self.measures {
            match measure {
                Measure::DefaultEncryption => {}
                Measure::DenyWrongEncryption => {
                    let target = self.target.iter();
                    statements.extend(target.flat_map(|(t, managed)| place.wrong(t, *managed)));
                }
                Measure::BlockSseC => statements.push(place.customer_keys()),
                Measure::DenyUntaggedReads => {
                    statements.extend(self.tag.iter().map(|tag| place.untagged(tag, &self.exempt)));
                }
                Measure::TlsOnly => statements.push(place.tls_only()),
            }
        }
        statements
    }
}

struct Place<'a> {
    partition: &'static str,
    bucket: &'a BucketName,
}

const TYPE_HEADER: &str = "s3:x-amz-server-side-encryption";
const KEY_HEADER: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const CUSTOMER_HEADER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

impl Place<'_> {
    fn objects(&self) -> Value {
        json!(format!("arn:{}:s3:::{}/*", self.partition, self.bucket))
    }

    fn deny_writes(&self, sid: &'static str, condition: Value) -> Statement {
        let (action, resource) = (json!("s3:PutObject"), self.objects());
        Statement { sid, effect: "Deny", principal: json!("*"), action, resource, condition }
    }

    /// A header that isn't sent must pass: then the bucket's default applies,
    /// and UploadPart and CompleteMultipartUpload, which also need s3:PutObject,
    /// never send one. A negated comparison holds for a header that isn't there,
    /// and with `IfExists` as well: in a denial either would refuse all of these.
    /// So `Null: false`, "the header is there", has to hold beside it.
    fn wrong(&self, target: &Target, aws_managed: bool) -> Vec<Statement> {
        let is_not = |header: &str, value: &str| json!({ "Null": { header: "false" }, "StringNotEquals": { header: value } });
        let mut statements = vec![self.deny_writes(WRONG_TYPE, is_not(TYPE_HEADER, target.word()))];
        if let Some(key) = target.key() {
            statements.push(self.deny_writes(WRONG_KEY, is_not(KEY_HEADER, key.as_str())));
            // Who asks for KMS and names no key doesn't get the bucket's default
            // key, but aws/s3.
            if !aws_managed {
                let nameless = json!({ "Null": { TYPE_HEADER: "false", KEY_HEADER: "true" } });
                statements.push(self.deny_writes(UNNAMED_KEY, nameless));
            }
        }
        statements
    }

    fn customer_keys(&self) -> Statement {
        self.deny_writes(CUSTOMER_KEYS, json!({ "Null": { CUSTOMER_HEADER: "false" } }))
    }

    /// A negated comparison also holds where the tag isn't there at all. Both
    /// must hold for the denial: the tag is missing, and the caller isn't exempt.
    fn untagged(&self, (key, value): &(String, String), exempt: &[String]) -> Statement {
        let mut differs = json!({ format!("s3:ExistingObjectTag/{key}"): value });
        if !exempt.is_empty() {
            differs["aws:PrincipalArn"] = json!(exempt);
        }
        Statement {
            action: json!(["s3:GetObject", "s3:GetObjectVersion"]),
            ..self.deny_writes(UNTAGGED_READS, json!({ "StringNotEquals": differs }))
        }
    }

    fn tls_only(&self) -> Statement {
        let bucket = format!("arn:{}:s3:::{}", self.partition, self.bucket);
        Statement {
            action: json!("s3:*"),
            resource: json!([bucket, format!("{bucket}/*")]),
            ..self.deny_writes(TLS_ONLY, json!({ "Bool": { "aws:SecureTransport": "false" } }))
        }
    }
}
