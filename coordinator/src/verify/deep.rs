//! `--deep`: whether an object is as it was before the job, but for its
//! encryption. The report has a digest of what HEAD told then; tags, ACL and
//! checksum are compared with the old version, where the bucket still has it.

use reseal_core::ports::ObjectStore;
use reseal_core::{
    AclTerms, Checksum, JobSpec, ObjectHead, ObjectRef, Snapshot, StoreError, StoreErrorKind,
    TagRoom, TagSet,
};

use super::judge::{Claim, Difference, Judged};
use crate::retry::Patience;

/// Looks deeper than a HEAD.
pub(crate) struct Deep<'a> {
    pub(crate) store: &'a dyn ObjectStore,
    pub(crate) patience: Patience<'a>,
}

impl Deep<'_> {
    /// Compares an object that is at the target with what it was before.
    pub(super) async fn judge(
        &self,
        spec: &JobSpec,
        acls: &AclTerms,
        claim: &Claim,
        head: &ObjectHead,
    ) -> Judged {
        let Some(before) = &claim.before else { return Judged::AtTarget };
        if let Some(digest) = &before.attributes
            && *digest != head.attributes.digest()
        {
            return differs("metadata, headers or redirect");
        }
        match self.against_old_version(spec, acls, claim, before, head).await {
            Ok(None) => Judged::AtTarget,
            Ok(Some(what)) => differs(what),
            Err(error) => Judged::Difference(Difference::Unreadable, error.to_string()),
        }
    }

    async fn against_old_version(
        &self,
        spec: &JobSpec,
        acls: &AclTerms,
        claim: &Claim,
        before: &Snapshot,
        head: &ObjectHead,
    ) -> Result<Option<&'static str>, StoreError> {
        let Some(old) = before.version.clone().filter(|old| head.version.as_ref() != Some(old))
        else {
            return Ok(None);
        };
        let named = |version| ObjectRef {
            bucket: claim.bucket.clone(),
            key: claim.row.key.clone(),
            version,
        };
        let (old, new) = (named(Some(old)), named(head.version.clone()));
        let compared = self.compare(spec, acls, &old, &new).await;
        match compared {
            // Somebody removed it: there is nothing left to compare with.
            Err(error) if error.kind == StoreErrorKind::Gone => Ok(None),
            other => other,
        }
    }

    async fn compare(
        &self,
        spec: &JobSpec,
        acls: &AclTerms,
        old: &ObjectRef,
        new: &ObjectRef,
    ) -> Result<Option<&'static str>, StoreError> {
        let Self { store, patience } = self;
        let was = patience.retry(|| store.tags(old)).await?;
        if patience.retry(|| store.tags(new)).await? != with_marker(spec, was) {
            return Ok(Some("tags"));
        }
        if *acls != AclTerms::Ignored {
            let was = patience.retry(|| store.acl(old)).await?;
            if patience.retry(|| store.acl(new)).await? != was {
                return Ok(Some("ACL"));
            }
        }
        let was = patience.retry(|| store.checksum(old)).await?;
        let is = patience.retry(|| store.checksum(new)).await?;
        Ok(checksum_differs(was.as_ref(), is.as_ref()).then_some("checksum"))
    }
}

fn differs(what: &str) -> Judged {
    Judged::Difference(Difference::NotAsBefore, what.to_owned())
}

/// The tags that the job should have left.
fn with_marker(spec: &JobSpec, was: TagSet) -> TagSet {
    match spec.behaviour.tag.as_ref().map(|marker| marker.beside(&was)) {
        Some(TagRoom::With(tags)) => tags,
        Some(TagRoom::Marked | TagRoom::Full) | None => was,
    }
}

/// A copy may gain a checksum, or have one over the whole object instead of
/// its parts; the algorithm stays, and so does a sum over the whole.
fn checksum_differs(was: Option<&Checksum>, is: Option<&Checksum>) -> bool {
    match (was, is) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(was), Some(is)) => {
            let comparable = was.full_object && is.full_object;
            was.algorithm != is.algorithm || (comparable && was.value != is.value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(algorithm: &str, full_object: bool, value: &str) -> Checksum {
        Checksum { algorithm: algorithm.to_owned(), full_object, value: value.to_owned() }
    }

    #[test]
    fn checksums_may_be_gained_and_change_their_kind_but_not_their_value() {
        let (a, b) = (checksum("CRC32", true, "a"), checksum("CRC32", true, "b"));
        assert!(!checksum_differs(None, Some(&a)) && !checksum_differs(Some(&a), Some(&a)));
        assert!(checksum_differs(Some(&a), Some(&b)) && checksum_differs(Some(&a), None));
        let parts = checksum("CRC32", false, "c-2");
        assert!(!checksum_differs(Some(&parts), Some(&b)));
        assert!(checksum_differs(Some(&parts), Some(&checksum("SHA1", true, "d"))));
    }
}
