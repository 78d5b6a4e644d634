//! Who may do what, decided before a request is served.

use std::borrow::Cow;

use super::super::acl::{Access, CanonicalId, Ownership, Permission, canonical_id};
use super::super::bucket::{Bucket, Found};
use super::super::policy::{Effect, Situation};
use super::super::request::demand::{Demand, always, on_object, with_write};
use super::super::{
    AnnotationDirective, Caller, CopyObject, Directive, Fault, Model, ObjectVersion, Request,
    RoleSession, SseAlgorithm, TagSet,
};

static NO_TAGS: TagSet = TagSet::new();

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
        if found.all(|bucket| bucket.is_all_of(account)) {
            return Ok(());
        }
        for demand in request.demands() {
            self.check_demand(caller, &demand)?;
        }
        match request {
            Request::CopyObject(copy) => self.check_carried(caller, copy),
            _ => Ok(()),
        }
    }

    /// Whether the caller may do something that is only part of a request.
    pub(super) fn may(&self, caller: &Caller, demand: &Demand<'_>) -> bool {
        let plain = |bucket: &Bucket| bucket.is_all_of(self.account(caller));
        self.buckets.get(demand.bucket).is_some_and(plain)
            || self.check_demand(caller, demand).is_ok()
    }

    /// What a copy takes along must be readable there and writable here.
    fn check_carried(&self, caller: &Caller, copy: &CopyObject) -> Result<(), Fault> {
        let CopyObject { bucket, key, source, tagging, annotations, .. } = copy;
        let from = &source.object;
        let home = self.buckets.get(&from.bucket);
        let found = home.and_then(|home| home.find(&from.key, from.version.as_deref()).ok());
        let Some(Found { object, .. }) = found else { return Ok(()) };
        if *tagging == Directive::Copy && !object.tags.is_empty() {
            let read = on_object("s3:GetObjectTagging", "s3:GetObjectVersionTagging", from);
            self.check_demand(caller, &read)?;
            self.check_demand(caller, &with_write("s3:PutObjectTagging", bucket, key))?;
        }
        if *annotations == AnnotationDirective::Copy && object.annotations.is_some() {
            self.check_demand(caller, &always("s3:GetObjectAnnotation", from))?;
            self.check_demand(caller, &with_write("s3:PutObjectAnnotation", bucket, key))?;
        }
        Ok(())
    }

    fn check_demand(&self, caller: &Caller, demand: &Demand<'_>) -> Result<(), Fault> {
        // A bucket that isn't there is the business of the operation.
        let Some(bucket) = self.buckets.get(demand.bucket) else { return Ok(()) };
        let account = self.account(caller);
        let is_owner = bucket.home.account == account;
        if bucket.requester_pays && !is_owner && !caller.request_payer {
            return Err(Fault::access_denied());
        }
        let who = canonical_id(account);
        let found =
            demand.key.filter(|_| !demand.sent.with_write && acts_on_content(demand.action));
        let found = found.and_then(|key| bucket.find(key, demand.version).ok());
        let object = found.as_ref().map(|found| &*found.object);
        let said = bucket.policy.as_ref().and_then(|policy| {
            policy.decide(&self.situation(caller, &who, bucket, object, demand))
        });
        // Nobody locks himself out: a policy never denies its owner the policy.
        let about_policy = demand.action.ends_with("BucketPolicy");
        if said == Some(Effect::Deny) && !(is_owner && caller.role.is_none() && about_policy) {
            return Err(self.denied_by_policy(caller, demand));
        }
        let permitted = match is_owner {
            true => owner_may(bucket, &who, object, demand.action),
            false => stranger_may(bucket, &who, object, demand, said == Some(Effect::Allow)),
        };
        if permitted { Ok(()) } else { Err(Fault::access_denied()) }
    }

    fn situation<'a>(
        &'a self,
        caller: &'a Caller,
        who: &'a CanonicalId,
        bucket: &'a Bucket,
        object: Option<&'a ObjectVersion>,
        demand: &Demand<'a>,
    ) -> Situation<'a> {
        let Demand { action, bucket: name, key, version: _, sent } = *demand;
        let upload = sent.upload.and_then(|id| bucket.uploads.get(id));
        let begun = upload.map(|upload| &upload.attributes.encryption);
        let encryption = sent.encryption.or(begun);
        Situation {
            account: self.account(caller),
            canonical: who,
            principal: match &caller.role {
                Some(session) => Cow::Borrowed(&*session.role),
                None => Cow::Owned(self.caller_arn(caller)),
            },
            session: caller.role.as_ref().map(RoleSession::arn),
            action,
            resource: resource(name, key),
            algorithm: encryption.and_then(|sent| sent.algorithm).map(SseAlgorithm::as_str),
            kms_key: encryption.and_then(|sent| sent.key.as_deref()),
            customer_algorithm: encryption
                .and_then(|sent| sent.customer_key_md5.as_ref())
                .map(|_| "AES256"),
            request_tags: sent.tags.unwrap_or(&NO_TAGS),
            existing_tags: object.map_or(&NO_TAGS, |object| &object.tags),
            secure: self.controls.is_secure(),
        }
    }

    fn denied_by_policy(&self, caller: &Caller, demand: &Demand<'_>) -> Fault {
        let Demand { action, bucket, key, .. } = *demand;
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: \"{}\" with an explicit \
             deny in a resource-based policy",
            self.caller_arn(caller),
            resource(bucket, key)
        );
        Fault { message, ..Fault::access_denied() }
    }
}

fn resource(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}

/// A bucket's owner may replace, restore and delete what others own in it, no more.
fn owner_may(
    bucket: &Bucket,
    who: &CanonicalId,
    object: Option<&ObjectVersion>,
    action: &str,
) -> bool {
    object.is_none_or(|object| {
        let access = bucket.access_to(object);
        access.owner == *who
            || object_permission(action).is_some_and(|wanted| access.allows(who, wanted))
    })
}

/// Anybody else needs a grant, or the policy's permission for what the bucket's owner owns.
fn stranger_may(
    bucket: &Bucket,
    who: &CanonicalId,
    object: Option<&ObjectVersion>,
    demand: &Demand<'_>,
    allowed: bool,
) -> bool {
    if allowed && object.is_none_or(|object| bucket.foreign_owner(object).is_none()) {
        return true;
    }
    let action = demand.action;
    let wanted = match demand.sent.with_write && action == "s3:PutObjectAcl" {
        true => Some(Permission::Write),
        false => bucket_permission(action),
    };
    wanted.is_some_and(|wanted| bucket.access().allows(who, wanted))
        || object_permission(action)
            .zip(object)
            .is_some_and(|(wanted, object)| bucket.access_to(object).allows(who, wanted))
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
    /// Whether there is nothing to decide, as nearly always: a bucket of one's own, without
    /// ACLs and policy.
    fn is_all_of(&self, account: &str) -> bool {
        self.home.account == account && self.owns_everything() && self.policy.is_none()
    }

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
