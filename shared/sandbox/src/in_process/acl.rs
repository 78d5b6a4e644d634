//! ACLs between the engine's words and the model's.

use reseal_core::{Acl, CanonicalId, Grant, Grantee, Permission, StoreError};

use super::errors::unbuildable;
use crate::model;

/// Exactly these grants, as the grant headers would say.
pub(super) fn acl(acl: Option<&Acl>) -> Result<Option<Box<model::AclRequest>>, StoreError> {
    let Some(Acl { owner: _, grants }) = acl else { return Ok(None) };
    let grants: Result<Vec<model::Grant>, StoreError> = grants.iter().map(grant).collect();
    Ok(Some(Box::new(model::AclRequest::Grants(grants?))))
}

fn grant(grant: &Grant) -> Result<model::Grant, StoreError> {
    let Grant { grantee, permission } = grant;
    let permission = match permission {
        Permission::FullControl => model::Permission::FullControl,
        Permission::Read => model::Permission::Read,
        Permission::ReadAcp => model::Permission::ReadAcp,
        Permission::WriteAcp => model::Permission::WriteAcp,
    };
    let grantee = match grantee {
        Grantee::Account(CanonicalId(id)) => model::Grantee::User(id.as_str().into()),
        Grantee::Group(uri) => model::Grantee::Group(
            model::Group::parse(uri).ok_or_else(|| unbuildable(format!("no group {uri}")))?,
        ),
    };
    Ok(model::Grant { grantee, permission })
}

/// What GetObjectAcl says. `WRITE` means nothing on objects.
pub(super) fn from_view(view: &model::AclView) -> Acl {
    let model::AclView { version_id: _, owner, grants } = view;
    let grants = grants.iter().filter_map(|grant| {
        let permission = match grant.permission {
            model::Permission::FullControl => Permission::FullControl,
            model::Permission::Read => Permission::Read,
            model::Permission::Write => return None,
            model::Permission::ReadAcp => Permission::ReadAcp,
            model::Permission::WriteAcp => Permission::WriteAcp,
        };
        let grantee = match &grant.grantee {
            model::Grantee::User(id) => Grantee::Account(CanonicalId(id.to_string())),
            model::Grantee::Group(group) => Grantee::Group(group.as_str().to_owned()),
        };
        Some(Grant { grantee, permission })
    });
    Acl { owner: CanonicalId(owner.to_string()), grants: grants.collect() }
}
