//! The rules, one file per family of operations.
//!
//! Owns what a request does to the model. Must never decide anything by who
//! calls it (HTTP or in process). Every file adds methods to `Model`; what they
//! share is here. Next: `copy.rs` and `complete.rs`, which carry most of the
//! rules that a re-encryption depends on.

mod acl;
mod annotations;
mod attributes;
mod authorize;
mod buckets;
mod complete;
mod copy;
mod delete;
mod inventory;
mod kms;
mod list_objects;
mod list_uploads;
mod list_versions;
mod lock;
mod read;
mod restore;
mod roll;
mod settings;
mod sts;
mod tagging;
mod update;
mod uploads;
mod write;

pub(super) use lock::DefaultRetention;

use super::bucket::Bucket;
use super::checksum::Checksum;
use super::encryption::{Encryption, EncryptionRequest, SseAlgorithm};
use super::keys::KeyStore;
use super::{Caller, ChecksumView, Code, Content, Fault, Model, Response};

/// Keys are at most this many bytes of UTF-8.
const LONGEST_KEY: usize = 1024;

/// The most that one PUT or one part may carry, in bytes.
const LARGEST_PUT: u64 = 5 << 30;

/// A page holds no more than this, whatever was asked.
const LARGEST_PAGE: usize = 1000;

fn page_size(asked: Option<usize>) -> usize {
    asked.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)
}

fn check_key(key: &str) -> Result<(), Fault> {
    if key.len() > LONGEST_KEY {
        return Err(Fault::new(Code::KeyTooLong, "Your key is too long")
            .with("Size", key.len().to_string())
            .with("MaxSizeAllowed", LONGEST_KEY.to_string()));
    }
    Ok(())
}

fn check_put_size(content: &Content) -> Result<(), Fault> {
    if content.len() > LARGEST_PUT {
        return Err(Fault::new(
            Code::EntityTooLarge,
            "Your proposed upload exceeds the maximum allowed size",
        )
        .with("MaxSizeAllowed", LARGEST_PUT.to_string()));
    }
    Ok(())
}

fn show_checksum(checksum: &Checksum, content: &Content) -> ChecksumView {
    ChecksumView {
        algorithm: checksum.algorithm,
        kind: checksum.kind,
        value: checksum.value(content),
    }
}

/// A checksum in the answer to a write: only if nobody has to work it out.
fn known_checksum(checksum: Option<&Checksum>) -> Option<ChecksumView> {
    let Checksum { algorithm, kind, value } = checksum?;
    let value = value.as_ref()?.to_string();
    Some(ChecksumView { algorithm: *algorithm, kind: *kind, value })
}

impl Model {
    fn account<'a>(&'a self, caller: &'a Caller) -> &'a str {
        caller.account.as_deref().unwrap_or(&self.settings.account)
    }

    /// The bucket, if it exists and is whose the caller thinks it is. Whether the caller
    /// may use it was decided before.
    pub(super) fn bucket(&self, caller: &Caller, name: &str) -> Result<&Bucket, Fault> {
        self.open(caller, name, caller.expected_owner.as_deref())
    }

    /// The bucket that a copy reads.
    fn source_bucket(&self, caller: &Caller, name: &str) -> Result<&Bucket, Fault> {
        self.open(caller, name, caller.expected_source_owner.as_deref())
    }

    fn open(&self, caller: &Caller, name: &str, expected: Option<&str>) -> Result<&Bucket, Fault> {
        let bucket = self.buckets.get(name).ok_or_else(|| no_such_bucket(name))?;
        let owner = bucket.home.account.as_str();
        if expected.is_some_and(|expected| expected != owner) {
            return Err(Fault::access_denied());
        }
        let region = bucket.home.region.as_str();
        if caller.region.as_deref().is_some_and(|asked| asked != region) {
            return Err(Fault::new(
                Code::PermanentRedirect,
                "The bucket you are attempting to access must be addressed using the specified \
                 endpoint. Please send all future requests to this endpoint.",
            )
            .with("Region", region));
        }
        Ok(bucket)
    }

    fn bucket_mut(&mut self, caller: &Caller, name: &str) -> Result<&mut Bucket, Fault> {
        self.bucket(caller, name)?;
        self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))
    }

    /// Refuses to read what is encrypted under a key that can't be used, or not by the caller.
    fn check_decryption(
        &self,
        caller: &Caller,
        bucket: &Bucket,
        encryption: &Encryption,
    ) -> Result<(), Fault> {
        let Some(key) = encryption.kms_key() else { return Ok(()) };
        self.keys.for_s3(key, &bucket.home)?;
        let account = self.account(caller);
        let role = caller.role.as_ref().map(|session| &*session.role);
        if self.keys.lets_decrypt(key, account, role) {
            return Ok(());
        }
        let message = format!(
            "User: {} is not authorized to perform: kms:Decrypt on resource: {key} because no \
             resource-based policy allows the kms:Decrypt action",
            self.caller_arn(caller)
        );
        Err(Fault { message, ..Fault::access_denied() })
    }

    /// The encryption of a write to `bucket_name`, as sent or else by the bucket's default.
    fn encryption_for(
        &mut self,
        bucket_name: &str,
        request: &EncryptionRequest,
        now: super::Moment,
    ) -> Result<Encryption, Fault> {
        let bucket = self.buckets.get(bucket_name).ok_or_else(|| no_such_bucket(bucket_name))?;
        choose_encryption(&mut self.keys, bucket, request, now)
    }
}

fn no_such_bucket(name: &str) -> Fault {
    Fault::new(Code::NoSuchBucket, "The specified bucket does not exist").with("BucketName", name)
}

fn choose_encryption(
    keys: &mut KeyStore,
    bucket: &Bucket,
    request: &EncryptionRequest,
    now: super::Moment,
) -> Result<Encryption, Fault> {
    let EncryptionRequest { algorithm, key, bucket_key, context, customer_key_md5 } = request;
    if let Some(md5) = customer_key_md5 {
        if algorithm.is_some() || key.is_some() {
            return Err(Fault::argument(
                "Server Side Encryption with Customer provided key is incompatible with the \
                 encryption method specified",
            ));
        }
        if bucket.encryption.blocks_customer_keys == Some(true) {
            return Err(Fault {
                message: "Server Side Encryption with Customer provided keys is blocked for this \
                          bucket"
                    .to_owned(),
                ..Fault::access_denied()
            });
        }
        return Ok(Encryption::CustomerKey { key_md5: md5.as_str().into() });
    }
    if key.is_some() && !matches!(algorithm, Some(SseAlgorithm::Kms | SseAlgorithm::Dsse)) {
        return Err(Fault::argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header \
             x-amz-server-side-encryption : aws:kms",
        ));
    }
    // A key is never taken over from the bucket's default when the algorithm is sent.
    let default = &bucket.encryption;
    let (algorithm, key) = match algorithm {
        Some(algorithm) => (*algorithm, key.as_deref()),
        None => (default.algorithm, default.key.as_deref()),
    };
    if algorithm == SseAlgorithm::Aes256 {
        return Ok(Encryption::SseS3);
    }
    let key = match key {
        Some(key) => keys.for_s3(key, &bucket.home)?,
        None => keys.managed_by_aws(&bucket.home, now),
    };
    let context = context.as_deref().map(Into::into);
    match (algorithm, bucket_key) {
        (SseAlgorithm::Dsse, Some(true)) => Err(Fault::argument(
            "S3 Bucket Keys are not supported for dual-layer server-side encryption",
        )),
        (SseAlgorithm::Dsse, _) => Ok(Encryption::Dsse { key, context }),
        _ => {
            let bucket_key = bucket_key.unwrap_or(default.bucket_key);
            Ok(Encryption::Kms { key, bucket_key, context })
        }
    }
}

/// Shorthand for operations that answer nothing.
const DONE: Result<Response, Fault> = Ok(Response::Done);
