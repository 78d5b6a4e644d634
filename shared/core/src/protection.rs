//! Who may read an object, and until when it may not be deleted: what HEAD
//! tells in part or not at all, and every copy resets.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ObjectLock;

/// The canonical user id of an account, by which ACLs name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CanonicalId(pub String);

impl fmt::Display for CanonicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a grant is for. S3 resolves e-mail addresses when an ACL is written,
/// so that none is ever read back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grantee {
    /// An account.
    Account(CanonicalId),
    /// One of S3's groups, by its URI: everybody, everybody who signs in, log delivery.
    Group(String),
}

/// What a grant allows. `WRITE` means nothing on objects, and isn't kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// All of the others.
    FullControl,
    /// Reading the object.
    Read,
    /// Reading the ACL.
    ReadAcp,
    /// Writing the ACL.
    WriteAcp,
}

/// One line of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

/// An object's access control list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// Whose the object is: the account that wrote it, not always the bucket's.
    pub owner: CanonicalId,
    /// All grants, in a fixed order: S3's own order means nothing.
    pub grants: BTreeSet<Grant>,
}

/// What a copy must be told so that nobody gains or loses access, and nobody
/// can delete what is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// The ACL, where the bucket uses ACLs: a copy is private to its writer.
    #[serde(default)]
    pub acl: Option<Acl>,
    /// What still holds of the lock: a copy has none, or the bucket's default.
    #[serde(default)]
    pub lock: ObjectLock,
}
