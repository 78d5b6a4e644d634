//! UpdateObjectEncryption: another key around the same data key, nothing else touched.

use super::super::keys::is_key_arn;
use super::super::{
    Caller, Encryption, Fault, Model, Moment, ObjectVersion, Response, UpdateEncryption,
};
use super::DONE;

impl Model {
    pub(in super::super) fn update_encryption(
        &mut self,
        caller: &Caller,
        update: &UpdateEncryption,
        now: Moment,
    ) -> Result<Response, Fault> {
        let UpdateEncryption { object: wanted, key_arn, bucket_key } = update;
        let bucket = self.bucket(caller, &wanted.bucket)?;
        let found = bucket.find(&wanted.key, wanted.version.as_deref())?;
        check_arn(key_arn)?;
        check_source(&found.object, now)?;
        self.check_update_key(&bucket.home.account, key_arn)?;
        let key = self.keys.for_s3(key_arn, &bucket.home)?;
        self.check_decryption(caller, bucket, &found.object.encryption)?;
        let bucket = self.bucket_mut(caller, &wanted.bucket)?;
        let (_, object) = bucket.find_mut(&wanted.key, wanted.version.as_deref())?;
        let bucket_key = bucket_key.unwrap_or(false);
        object.encryption = Encryption::Kms { key, bucket_key, context: None };
        DONE
    }

    /// Also a key that is open to others must be of the bucket owner's account.
    fn check_update_key(&self, owner: &str, key_arn: &str) -> Result<(), Fault> {
        if key_arn.split(':').nth(4) == Some(owner) {
            return Ok(());
        }
        Err(Fault {
            message: "The AWS KMS key in the request must be owned by the same account as the \
                      bucket. Modify the request to specify a KMS key from the same account, and \
                      then try again."
                .to_owned(),
            ..Fault::access_denied()
        })
    }
}

fn check_arn(key_arn: &str) -> Result<(), Fault> {
    if key_arn.is_empty() {
        return Err(Fault::invalid(
            "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key \
             Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then \
             try again.",
        ));
    }
    if !is_key_arn(key_arn) {
        return Err(Fault::invalid(
            "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS \
             key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key \
             ARN in your request, and then try again.",
        ));
    }
    Ok(())
}

fn check_source(object: &ObjectVersion, now: Moment) -> Result<(), Fault> {
    match &object.encryption {
        Encryption::SseS3 | Encryption::Kms { .. } => {}
        Encryption::None => {
            return Err(Fault::invalid(
                "The UpdateObjectEncryption operation doesn't support unencrypted source objects. \
                 Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
            ));
        }
        Encryption::Dsse { .. } | Encryption::CustomerKey { .. } => {
            return Err(Fault::invalid(
                "The UpdateObjectEncryption operation doesn't support source objects with the \
                 encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or \
                 SSE-KMS are supported.",
            ));
        }
    }
    if object.lock.as_ref().is_some_and(|lock| lock.holds(now)) {
        return Err(Fault {
            message: "The encryption type for the specified object can't be updated because that \
                      object is protected by S3 Object Lock. If the object has a governance-mode \
                      retention period or a legal hold, you must first remove the Object Lock \
                      status on the object before you issue your UpdateObjectEncryption request. \
                      You can't use the UpdateObjectEncryption operation with objects that have \
                      an Object Lock compliance mode retention period applied to them."
                .to_owned(),
            ..Fault::access_denied()
        });
    }
    Ok(())
}
