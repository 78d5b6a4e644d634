//! ACLs and locks: out of S3's answers, and back into the requests that would
//! otherwise reset them.

use aws_sdk_s3::operation::get_object_acl::GetObjectAclOutput;
use aws_sdk_s3::types as sdk;
use aws_smithy_types::DateTime;
use reseal_core::{
    Acl, CanonicalId, Grant, Grantee, LockMode, ObjectLock, Permission, Protection, Retention,
    StoreError, StoreErrorKind,
};

use crate::failure::unusable_answer;

/// What a `Protection` comes to in headers. CopyObject and
/// CreateMultipartUpload take the same ones, through builders of two types.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ProtectionHeaders {
    pub(crate) full_control: Option<String>,
    pub(crate) read: Option<String>,
    pub(crate) read_acp: Option<String>,
    pub(crate) write_acp: Option<String>,
    pub(crate) lock_mode: Option<sdk::ObjectLockMode>,
    pub(crate) retain_until: Option<DateTime>,
    pub(crate) legal_hold: Option<sdk::ObjectLockLegalHoldStatus>,
}

impl From<&Protection> for ProtectionHeaders {
    fn from(protection: &Protection) -> Self {
        let Protection { acl, lock: ObjectLock { retention, legal_hold } } = protection;
        let grants = |permission| acl.as_ref().and_then(|acl| grantees(acl, permission));
        Self {
            full_control: grants(Permission::FullControl),
            read: grants(Permission::Read),
            read_acp: grants(Permission::ReadAcp),
            write_acp: grants(Permission::WriteAcp),
            lock_mode: retention.map(|Retention { mode, .. }| match mode {
                LockMode::Governance => sdk::ObjectLockMode::Governance,
                LockMode::Compliance => sdk::ObjectLockMode::Compliance,
            }),
            retain_until: retention
                .map(|Retention { until, .. }| DateTime::from_millis(until.as_millis())),
            legal_hold: legal_hold.then_some(sdk::ObjectLockLegalHoldStatus::On),
        }
    }
}

/// Puts a protection into a request.
macro_rules! protect {
    ($call:expr, $protection:expr) => {{
        let $crate::protection::ProtectionHeaders {
            full_control,
            read,
            read_acp,
            write_acp,
            lock_mode,
            retain_until,
            legal_hold,
        } = (*$protection).into();
        $call
            .set_grant_full_control(full_control)
            .set_grant_read(read)
            .set_grant_read_acp(read_acp)
            .set_grant_write_acp(write_acp)
            .set_object_lock_mode(lock_mode)
            .set_object_lock_retain_until_date(retain_until)
            .set_object_lock_legal_hold_status(legal_hold)
    }};
}
pub(crate) use protect;

/// Everybody with this permission, as a grant header wants it.
fn grantees(acl: &Acl, permission: Permission) -> Option<String> {
    let names: Vec<String> = acl
        .grants
        .iter()
        .filter(|grant| grant.permission == permission)
        .map(|grant| match &grant.grantee {
            Grantee::Account(CanonicalId(id)) => format!("id=\"{id}\""),
            Grantee::Group(uri) => format!("uri=\"{uri}\""),
        })
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A GetObjectAcl's answer in our words.
///
/// # Errors
/// When a line of it can't be restated: then the object must be left alone.
pub(crate) fn acl(answer: &GetObjectAclOutput) -> Result<Acl, StoreError> {
    let owner = answer.owner().and_then(sdk::Owner::id).ok_or_else(|| untold("no owner"))?;
    let mut grants = std::collections::BTreeSet::new();
    for line in answer.grants() {
        let grantee = line.grantee().ok_or_else(|| untold("a grant to nobody"))?;
        let permission = line.permission().ok_or_else(|| untold("a grant of nothing"))?;
        // "Not applicable" to objects by S3's documentation, so nobody loses
        // anything, and no header could set it.
        if *permission == sdk::Permission::Write {
            continue;
        }
        grants.insert(Grant { grantee: self::grantee(grantee)?, permission: to_ours(permission)? });
    }
    Ok(Acl { owner: CanonicalId(owner.to_owned()), grants })
}

fn grantee(grantee: &sdk::Grantee) -> Result<Grantee, StoreError> {
    match (grantee.id(), grantee.uri()) {
        (Some(id), _) => Ok(Grantee::Account(CanonicalId(id.to_owned()))),
        (None, Some(uri)) => Ok(Grantee::Group(uri.to_owned())),
        // S3 resolves e-mail addresses when an ACL is written.
        (None, None) => Err(untold("a grantee with neither id nor uri")),
    }
}

fn to_ours(permission: &sdk::Permission) -> Result<Permission, StoreError> {
    Ok(match permission {
        sdk::Permission::FullControl => Permission::FullControl,
        sdk::Permission::Read => Permission::Read,
        sdk::Permission::ReadAcp => Permission::ReadAcp,
        sdk::Permission::WriteAcp => Permission::WriteAcp,
        other => return Err(untold(&format!("an unknown permission: {other}"))),
    })
}

fn untold(what: &str) -> StoreError {
    unusable_answer(StoreErrorKind::Invalid, &format!("GetObjectAcl told {what}"))
}

#[cfg(test)]
mod tests {
    use reseal_core::Timestamp;

    use super::*;

    fn grant(grantee: Grantee, permission: Permission) -> Grant {
        Grant { grantee, permission }
    }

    #[test]
    fn every_grant_and_the_lock_find_their_header() {
        let account = |id: &str| Grantee::Account(CanonicalId(id.to_owned()));
        let everybody = Grantee::Group("http://acs.example/AllUsers".to_owned());
        let grants = [
            grant(account("me"), Permission::FullControl),
            grant(account("you"), Permission::Read),
            grant(everybody, Permission::Read),
            grant(account("you"), Permission::ReadAcp),
            grant(account("them"), Permission::WriteAcp),
        ];
        let acl = Acl { owner: CanonicalId("me".to_owned()), grants: grants.into() };
        let until = Timestamp::from_millis(1_000);
        let retention = Some(Retention { mode: LockMode::Governance, until });
        let lock = ObjectLock { retention, legal_hold: true };
        let headers = ProtectionHeaders::from(&Protection { acl: Some(acl), lock });
        let read = "id=\"you\", uri=\"http://acs.example/AllUsers\"";
        assert_eq!(headers.full_control.as_deref(), Some("id=\"me\""));
        assert_eq!(headers.read.as_deref(), Some(read));
        assert_eq!(headers.read_acp.as_deref(), Some("id=\"you\""));
        assert_eq!(headers.write_acp.as_deref(), Some("id=\"them\""));
        assert_eq!(headers.lock_mode, Some(sdk::ObjectLockMode::Governance));
        assert_eq!(headers.retain_until, Some(DateTime::from_millis(1_000)));
        assert_eq!(headers.legal_hold, Some(sdk::ObjectLockLegalHoldStatus::On));
    }

    #[test]
    fn nothing_to_protect_sends_nothing() {
        let headers = ProtectionHeaders::from(&Protection::default());
        assert_eq!(headers, ProtectionHeaders::default());
    }
}
