//! Access control lists: who owns an object or bucket, and who else may do what to it.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::attributes::words;
use super::content::hex;
use super::fault::{Code, Fault};

/// An account as ACLs name it: 64 hexadecimal digits.
pub type CanonicalId = Arc<str>;

/// The canonical id of an account. It follows from the account, as far as anybody can
/// see: the real ones are given out.
pub fn canonical_id(account: &str) -> CanonicalId {
    hex(&Sha256::digest(account.as_bytes())).into()
}

/// Reads a canonical id; nothing else than 64 hexadecimal digits is one.
pub fn parse_canonical_id(text: &str) -> Option<CanonicalId> {
    let is_id = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.into())
}

words! {
    /// Whether a bucket's ACLs count, and to whom new objects belong.
    Ownership {
        BucketOwnerEnforced = "BucketOwnerEnforced",
        BucketOwnerPreferred = "BucketOwnerPreferred",
        ObjectWriter = "ObjectWriter",
    }
}

words! {
    /// What a grant allows.
    Permission {
        FullControl = "FULL_CONTROL",
        Read = "READ",
        Write = "WRITE",
        ReadAcp = "READ_ACP",
        WriteAcp = "WRITE_ACP",
    }
}

words! {
    /// Groups that grants can name.
    Group {
        AllUsers = "http://acs.amazonaws.com/groups/global/AllUsers",
        AuthenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
        LogDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery",
    }
}

words! {
    /// ACLs with a name of their own.
    CannedAcl {
        Private = "private",
        PublicRead = "public-read",
        PublicReadWrite = "public-read-write",
        AuthenticatedRead = "authenticated-read",
        AwsExecRead = "aws-exec-read",
        BucketOwnerRead = "bucket-owner-read",
        BucketOwnerFullControl = "bucket-owner-full-control",
    }
}

/// EC2's image service, to which `aws-exec-read` grants READ.
const EXEC_READER: &str = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

/// ACLs have at most this many grants.
const MOST_GRANTS: usize = 100;

/// Whom a grant is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// An account.
    User(CanonicalId),
    /// A group.
    Group(Group),
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "id={id}"),
            Self::Group(group) => write!(f, "uri={}", group.as_str()),
        }
    }
}

/// One line of an ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

impl Grant {
    /// A grant to an account.
    pub fn to_user(id: CanonicalId, permission: Permission) -> Self {
        Self { grantee: Grantee::User(id), permission }
    }

    /// A grant to a group.
    pub fn to_group(group: Group, permission: Permission) -> Self {
        Self { grantee: Grantee::Group(group), permission }
    }
}

/// What a request says about an ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclRequest {
    /// `x-amz-acl`.
    Canned(CannedAcl),
    /// Exactly these grants: of the `x-amz-grant-…` headers or a document.
    Grants(Vec<Grant>),
}

impl AclRequest {
    /// The grants that it means.
    fn grants(&self, owner: &CanonicalId, bucket_owner: &CanonicalId) -> Result<Vec<Grant>, Fault> {
        let canned = match self {
            Self::Grants(grants) if grants.len() > MOST_GRANTS => return Err(malformed_acl()),
            Self::Grants(grants) => return Ok(grants.clone()),
            Self::Canned(canned) => *canned,
        };
        let mut grants = vec![Grant::to_user(CanonicalId::clone(owner), Permission::FullControl)];
        let mut public = |group, permission| grants.push(Grant::to_group(group, permission));
        match canned {
            CannedAcl::Private => {}
            CannedAcl::PublicRead => public(Group::AllUsers, Permission::Read),
            CannedAcl::PublicReadWrite => {
                public(Group::AllUsers, Permission::Read);
                public(Group::AllUsers, Permission::Write);
            }
            CannedAcl::AuthenticatedRead => public(Group::AuthenticatedUsers, Permission::Read),
            CannedAcl::AwsExecRead => {
                grants.push(Grant::to_user(EXEC_READER.into(), Permission::Read));
            }
            CannedAcl::BucketOwnerRead | CannedAcl::BucketOwnerFullControl
                if owner == bucket_owner => {}
            CannedAcl::BucketOwnerRead => {
                grants.push(Grant::to_user(CanonicalId::clone(bucket_owner), Permission::Read));
            }
            CannedAcl::BucketOwnerFullControl => {
                let id = CanonicalId::clone(bucket_owner);
                grants.push(Grant::to_user(id, Permission::FullControl));
            }
        }
        Ok(grants)
    }

    /// Whether it says no more than what holds anyway in a bucket without ACLs.
    fn says_bucket_owner_only(&self, bucket_owner: &str) -> bool {
        match self {
            Self::Canned(canned) => {
                matches!(canned, CannedAcl::Private | CannedAcl::BucketOwnerFullControl)
            }
            Self::Grants(grants) => matches!(
                grants.as_slice(),
                [Grant { grantee: Grantee::User(id), permission: Permission::FullControl }]
                    if **id == *canonical_id(bucket_owner)
            ),
        }
    }
}

/// An owner and the grants beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who owns it, and may always read and write its ACL.
    pub owner: CanonicalId,
    /// The ACL.
    pub grants: Vec<Grant>,
}

impl Access {
    /// Nobody but the owner.
    pub fn private(owner: CanonicalId) -> Self {
        let grants = vec![Grant::to_user(CanonicalId::clone(&owner), Permission::FullControl)];
        Self { owner, grants }
    }

    /// What an object or bucket keeps: nothing where it is as good as untouched.
    pub(crate) fn boxed(self, bucket_owner: &str) -> Option<Box<Self>> {
        (self != Self::private(canonical_id(bucket_owner))).then(|| Box::new(self))
    }

    /// Whether `who` may do that. Every caller is an authenticated one.
    pub(crate) fn allows(&self, who: &CanonicalId, wanted: Permission) -> bool {
        let on_acl = matches!(wanted, Permission::ReadAcp | Permission::WriteAcp);
        if on_acl && self.owner == *who {
            return true;
        }
        self.grants.iter().any(|Grant { grantee, permission }| {
            let is_meant = match grantee {
                Grantee::User(id) => id == who,
                Grantee::Group(Group::AllUsers | Group::AuthenticatedUsers) => true,
                Grantee::Group(Group::LogDelivery) => false,
            };
            is_meant && (*permission == wanted || *permission == Permission::FullControl)
        })
    }
}

/// The access to a version that `writer` makes in a bucket of `bucket_owner`, both
/// accounts; absent where it is the bucket owner's alone.
pub(crate) fn for_new_object(
    ownership: Option<Ownership>,
    bucket_owner: &str,
    writer: &str,
    request: Option<&AclRequest>,
) -> Result<Option<Box<Access>>, Fault> {
    if ownership == Some(Ownership::BucketOwnerEnforced) {
        return match request {
            Some(request) if !request.says_bucket_owner_only(bucket_owner) => {
                Err(acls_not_supported())
            }
            _ => Ok(None),
        };
    }
    if request.is_none() && bucket_owner == writer {
        return Ok(None);
    }
    let private = AclRequest::Canned(CannedAcl::Private);
    let request = request.unwrap_or(&private);
    let handed_over = ownership == Some(Ownership::BucketOwnerPreferred)
        && *request == AclRequest::Canned(CannedAcl::BucketOwnerFullControl);
    let bucket_owner_id = canonical_id(bucket_owner);
    let owner =
        if handed_over { CanonicalId::clone(&bucket_owner_id) } else { canonical_id(writer) };
    let grants = request.grants(&owner, &bucket_owner_id)?;
    Ok(Access { owner, grants }.boxed(bucket_owner))
}

/// The access after a request to change it; the owner stays.
pub(crate) fn changed(
    before: &Access,
    bucket_owner: &str,
    request: &AclRequest,
) -> Result<Option<Box<Access>>, Fault> {
    let grants = request.grants(&before.owner, &canonical_id(bucket_owner))?;
    Ok(Access { owner: CanonicalId::clone(&before.owner), grants }.boxed(bucket_owner))
}

pub(crate) fn acls_not_supported() -> Fault {
    Fault::new(Code::AccessControlListNotSupported, "The bucket does not allow ACLs")
}

fn malformed_acl() -> Fault {
    Fault::new(
        Code::MalformedAcl,
        "The ACL that you provided was not well formed or did not validate against our published \
         schema",
    )
}
