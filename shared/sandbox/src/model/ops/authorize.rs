//! Who may do what, decided before a request is served.

use super::super::acl::{Access, CanonicalId, Ownership, Permission, canonical_id};
use super::super::bucket::Bucket;
use super::super::request::demand::Demand;
use super::super::{Caller, Fault, Model, ObjectVersion, Request};

impl Model {
    /// Refuses a request that needs a permission which its caller hasn't got.
    pub(in super::super) fn authorize(
        &self,
        caller: &Caller,
        request: &Request,
    ) -> Result<(), Fault> {
        let account = self.account(caller);
        let buckets = request.bucket().into_iter().chain(request.source_bucket());
        let mut found = buckets.filter_map(|name| self.buckets.get(name));
        // What nearly everybody does all the time: work in a bucket of one's own, without ACLs.
        if found.all(|bucket| bucket.home.account == account && bucket.owns_everything()) {
            return Ok(());
        }
        let who = canonical_id(account);
        for demand in request.demands() {
            // A bucket that isn't there is the business of the operation.
            let Some(bucket) = self.buckets.get(demand.bucket) else { continue };
            let unpaid = bucket.requester_pays && bucket.home.account != account;
            if (unpaid && !caller.request_payer) || !is_permitted(bucket, account, &who, &demand) {
                return Err(Fault::access_denied());
            }
        }
        Ok(())
    }
}

fn is_permitted(bucket: &Bucket, account: &str, who: &CanonicalId, demand: &Demand<'_>) -> bool {
    let Demand { action, bucket: _, key, version } = *demand;
    let object = key.and_then(|key| bucket.find(key, version).ok());
    if bucket.home.account == account {
        // A bucket's owner may replace, restore and delete what others own in it, no more.
        let theirs = object.filter(|_| acts_on_content(action));
        return theirs.is_none_or(|found| {
            let access = bucket.access_to(&found.object);
            access.owner == *who
                || object_permission(action).is_some_and(|wanted| access.allows(who, wanted))
        });
    }
    let by_bucket = bucket_permission(action).is_some_and(|w| bucket.access().allows(who, w));
    let by_object = object_permission(action).zip(object);
    by_bucket
        || by_object
            .is_some_and(|(wanted, found)| bucket.access_to(&found.object).allows(who, wanted))
}

/// Whether an action on a key concerns the object that is there.
fn acts_on_content(action: &str) -> bool {
    !matches!(
        action,
        "s3:PutObject"
            | "s3:DeleteObject"
            | "s3:DeleteObjectVersion"
            | "s3:RestoreObject"
            | "s3:AbortMultipartUpload"
            | "s3:ListMultipartUploadParts"
    )
}

/// The grant of an object's ACL that allows an action.
fn object_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:GetObject" | "s3:GetObjectVersion" => Some(Permission::Read),
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" => Some(Permission::ReadAcp),
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// The grant of a bucket's ACL that allows an action.
fn bucket_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:ListBucket" | "s3:ListBucketVersions" | "s3:ListBucketMultipartUploads" => {
            Some(Permission::Read)
        }
        "s3:PutObject" | "s3:DeleteObject" => Some(Permission::Write),
        "s3:GetBucketAcl" => Some(Permission::ReadAcp),
        "s3:PutBucketAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

impl Bucket {
    /// Whether ACLs are off, so that its owner owns every object.
    fn owns_everything(&self) -> bool {
        self.ownership == Some(Ownership::BucketOwnerEnforced)
    }

    fn private(&self) -> Access {
        Access::private(canonical_id(&self.home.account))
    }

    /// Who may do what to the bucket.
    pub(super) fn access(&self) -> Access {
        match self.access.as_deref() {
            Some(access) if !self.owns_everything() => access.clone(),
            _ => self.private(),
        }
    }

    /// The owner of an object, where that isn't the bucket's.
    pub(super) fn foreign_owner(&self, object: &ObjectVersion) -> Option<CanonicalId> {
        let access = object.access.as_deref().filter(|_| !self.owns_everything())?;
        let is_foreign = access.owner != canonical_id(&self.home.account);
        is_foreign.then(|| CanonicalId::clone(&access.owner))
    }

    /// Who may do what to an object in it.
    pub(super) fn access_to(&self, object: &ObjectVersion) -> Access {
        match object.access.as_deref() {
            Some(access) if !self.owns_everything() => access.clone(),
            _ => self.private(),
        }
    }
}
