//! What copies must restate and HEAD doesn't tell: whether it can be read and
//! set here at all.

use reseal_core::ports::{CopyRequest, CopyTags, DestinationGuard, Setting, SourceGuard};
use reseal_core::{
    Acl, Annotations, CanonicalId, Grant, Grantee, ObjectRef, Permission, Protection,
    StoreErrorKind,
};

use super::findings::BucketProbe;
use super::{Ground, ProbeError};

impl Ground<'_> {
    /// All of it, on a scratch object that was copied already.
    pub(super) async fn details(
        &self,
        object: &ObjectRef,
        fenced: bool,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        if self.facts.acls == Setting::Yes && !self.prober.behaviour.accept_acl_reset {
            self.grants(object, fenced, probe).await?;
        }
        self.annotations(object, probe).await
    }

    /// Whether a copy gets the grants that it is told. Tried with a grant that
    /// gives nobody anything: to the owner, who has it already.
    async fn grants(
        &self,
        object: &ObjectRef,
        fenced: bool,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        let store = &self.prober.cloud.store;
        let reading = |e| self.failed("reading a scratch object's ACL", "s3:GetObjectAcl", e);
        let found = store.acl(object).await.map_err(reading)?;
        let to = |permission| Grant { grantee: Grantee::Account(found.owner.clone()), permission };
        let grants = [to(Permission::FullControl), to(Permission::ReadAcp)];
        let wanted = Acl { owner: found.owner.clone(), grants: grants.into() };
        let head = self.head(object).await?;
        let target = object.current();
        let request = CopyRequest {
            from: &target,
            to: &target,
            size: head.size,
            source: SourceGuard::ETag(head.etag.clone()),
            destination: match fenced {
                true => DestinationGuard::ETag(head.etag.clone()),
                false => DestinationGuard::Unfenced,
            },
            target: self.prober.target,
            attributes: &head.attributes,
            protection: &Protection { acl: Some(wanted.clone()), ..Protection::default() },
            tags: CopyTags::Keep,
        };
        let copied = store.copy(&request).await.map_err(|e| {
            self.failed("copying a scratch object with its ACL", "s3:PutObjectAcl", e)
        })?;
        self.wrote(&target, copied.version.clone());
        let made = store.acl(&target.at(copied.version)).await.map_err(reading)?;
        if made != wanted {
            return self.refuse(
                "a copy doesn't get the grants that it is told: a run would lose your objects' ACLs; --strategy update or --accept-acl-reset",
            );
        }
        probe.note("the grants of an object copied onto itself", true, "as told");
        let CanonicalId(writer) = &found.owner;
        probe.note("whose the objects are that a copy makes", true, writer.clone());
        probe.writer = Some(found.owner);
        Ok(())
    }

    async fn annotations(
        &self,
        object: &ObjectRef,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        let (found, seen) = match self.prober.cloud.store.annotations(object).await {
            Ok(_) => (Annotations::Readable, "can be listed"),
            Err(error) if error.kind == StoreErrorKind::Denied => (
                Annotations::Denied,
                "may not be listed (s3:ListObjectAnnotations): objects that must be copied in parts are left alone",
            ),
            Err(error) if error.is_transient() || error.kind == StoreErrorKind::Credentials => {
                let what = "listing a scratch object's annotations";
                return Err(self.failed(what, "s3:ListObjectAnnotations", error));
            }
            Err(_) => (Annotations::Unknown, "not known here"),
        };
        probe.capabilities.annotations = found;
        probe.note("annotations", found != Annotations::Denied, seen);
        Ok(())
    }

    /// Where objects may be locked, HEAD must show it.
    pub(super) async fn locks(
        &self,
        object: &ObjectRef,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        if self.facts.object_lock != Setting::Yes {
            return Ok(());
        }
        let permissions = "s3:GetObjectRetention and s3:GetObjectLegalHold";
        let seen = self.prober.cloud.scratch.sees_locks(object).await;
        match seen.map_err(|e| self.failed("reading a scratch object's lock", permissions, e))? {
            Setting::Yes => probe.note("the locks of objects", true, "can be seen"),
            Setting::No | Setting::Unreadable(_) => {
                return self.refuse(format!(
                    "the locks of objects can't be seen: {permissions} are needed, without them HEAD shows locked objects as free"
                ));
            }
        }
        Ok(())
    }
}
