//! ACLs of objects and buckets, and the rule that switches them off.

use super::super::acl::{
    Access, AclRequest, CanonicalId, Ownership, acls_not_supported, canonical_id, changed,
};
use super::super::bucket::Bucket;
use super::super::{AclView, Caller, Code, Fault, Model, ObjectRef, Response};
use super::DONE;

impl Model {
    pub(in super::super) fn object_acl(
        &self,
        caller: &Caller,
        object: &ObjectRef,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, &object.bucket)?;
        let found = bucket.find(&object.key, object.version.as_deref())?;
        let Access { owner, grants } = bucket.access_to(&found.object);
        Ok(Response::Acl(AclView { version_id: bucket.reported(found.id), owner, grants }))
    }

    pub(in super::super) fn put_object_acl(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        owner: Option<&CanonicalId>,
        acl: &AclRequest,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, &object.bucket)?;
        check_acls_count(bucket)?;
        let found = bucket.find(&object.key, object.version.as_deref())?;
        let before = bucket.access_to(&found.object);
        check_owner(&before, owner)?;
        let after = changed(&before, &bucket.home.account, acl)?;
        let (_, version) = bucket.find_mut(&object.key, object.version.as_deref())?;
        version.access = after;
        DONE
    }

    pub(in super::super) fn bucket_acl(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Response, Fault> {
        let Access { owner, grants } = self.bucket(caller, name)?.access();
        Ok(Response::Acl(AclView { version_id: None, owner, grants }))
    }

    pub(in super::super) fn put_bucket_acl(
        &mut self,
        caller: &Caller,
        name: &str,
        owner: Option<&CanonicalId>,
        acl: &AclRequest,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, name)?;
        check_acls_count(bucket)?;
        let before = bucket.access();
        check_owner(&before, owner)?;
        bucket.access = changed(&before, &bucket.home.account, acl)?;
        DONE
    }
}

fn check_acls_count(bucket: &Bucket) -> Result<(), Fault> {
    match bucket.ownership {
        Some(Ownership::BucketOwnerEnforced) => Err(acls_not_supported()),
        Some(Ownership::BucketOwnerPreferred | Ownership::ObjectWriter) | None => Ok(()),
    }
}

/// An ACL's document names the owner, whom nobody can change.
fn check_owner(before: &Access, named: Option<&CanonicalId>) -> Result<(), Fault> {
    match named {
        Some(named) if *named != before.owner => Err(Fault::access_denied()),
        _ => Ok(()),
    }
}

/// Switches ACLs off only where the bucket's own says nothing but "the owner".
pub(super) fn change_ownership(bucket: &mut Bucket, to: Option<Ownership>) -> Result<(), Fault> {
    let private = Access::private(canonical_id(&bucket.home.account));
    if to == Some(Ownership::BucketOwnerEnforced) && bucket.access() != private {
        return Err(Fault::new(
            Code::InvalidBucketAclWithOwnership,
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        ));
    }
    bucket.ownership = to;
    Ok(())
}
