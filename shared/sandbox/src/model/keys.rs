//! KMS keys and aliases, and S3's use of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::attributes::words;
use super::encryption::KeyArn;
use super::fault::{Code, Fault};
use super::moment::Moment;
use super::roles::RoleRules;

words! {
    /// The states of a KMS key.
    KeyState {
        Enabled = "Enabled",
        Disabled = "Disabled",
        PendingDeletion = "PendingDeletion",
        PendingImport = "PendingImport",
        Unavailable = "Unavailable",
    }
}

words! {
    /// Who manages a key.
    KeyManager {
        Customer = "CUSTOMER",
        Aws = "AWS",
    }
}

words! {
    /// Who may use a key through S3.
    KeyAccess {
        OwnAccount = "own-account",
        AnyAccount = "any-account",
        Nobody = "nobody",
    }
}

/// The key specification of ordinary keys, the only one that S3 can use.
pub const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";

/// The alias of the key that S3 makes for itself when a writer names none.
pub(crate) const AWS_S3_ALIAS: &str = "alias/aws/s3";

/// One KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKey {
    /// Its id, the last part of the ARN.
    pub id: String,
    /// The full ARN.
    pub arn: KeyArn,
    /// The account that owns it.
    pub account: String,
    /// The region it lives in.
    pub region: String,
    /// Its state.
    pub state: KeyState,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    pub spec: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    pub usage: String,
    /// Who manages it.
    pub manager: KeyManager,
    /// Who may use it through S3.
    pub access: KeyAccess,
    /// Free text.
    pub description: String,
    /// When it was made.
    pub created: Moment,
    /// What it says about roles.
    pub roles: Box<RoleRules>,
    /// When it will be gone, while its deletion is pending.
    pub deletion: Option<Moment>,
}

/// An account and a region: where a key id or an alias is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyScope {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
}

impl KeyScope {
    pub(crate) fn key_arn(&self, id: &str) -> String {
        format!("arn:aws:kms:{}:{}:key/{id}", self.region, self.account)
    }

    pub(crate) fn alias_arn(&self, alias: &str) -> String {
        format!("arn:aws:kms:{}:{}:{alias}", self.region, self.account)
    }
}

/// Whether a string is a full key ARN, the only form that UpdateObjectEncryption takes.
pub(crate) fn is_key_arn(reference: &str) -> bool {
    split_arn(reference)
        .is_some_and(|(_, name)| name.strip_prefix("key/").is_some_and(|id| !id.is_empty()))
}

/// Takes `arn:aws:kms:REGION:ACCOUNT:NAME` apart.
fn split_arn(reference: &str) -> Option<(KeyScope, &str)> {
    let mut fields = reference.splitn(6, ':');
    if fields.next()? != "arn" || !fields.next()?.starts_with("aws") || fields.next()? != "kms" {
        return None;
    }
    let (region, account) = (fields.next()?.to_owned(), fields.next()?.to_owned());
    Some((KeyScope { account, region }, fields.next()?))
}

/// All keys of all accounts and regions.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyStore {
    keys: BTreeMap<KeyArn, KmsKey>,
    aliases: BTreeMap<(KeyScope, String), KeyArn>,
}

impl KeyStore {
    pub(crate) fn insert(&mut self, key: KmsKey) {
        self.keys.insert(Arc::clone(&key.arn), key);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &KmsKey> {
        self.keys.values()
    }

    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&KeyScope, &str, &KeyArn)> {
        self.aliases.iter().map(|((scope, alias), arn)| (scope, alias.as_str(), arn))
    }

    /// Points `alias` at a key; false if the alias is taken.
    pub(crate) fn add_alias(&mut self, scope: KeyScope, alias: String, arn: KeyArn) -> bool {
        match self.aliases.entry((scope, alias)) {
            std::collections::btree_map::Entry::Occupied(_) => false,
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(arn);
                true
            }
        }
    }

    /// Finds a key by id, alias, key ARN or alias ARN, as seen from `scope`.
    pub(crate) fn resolve(&self, reference: &str, scope: &KeyScope) -> Option<&KmsKey> {
        let (scope, name) = match split_arn(reference) {
            Some((own, name)) => (own, name),
            None => (scope.clone(), reference),
        };
        let arn = if name.starts_with("alias/") {
            self.aliases.get(&(scope, name.to_owned()))?.to_string()
        } else {
            scope.key_arn(name.strip_prefix("key/").unwrap_or(name))
        };
        self.keys.get(arn.as_str())
    }

    pub(crate) fn resolve_mut(&mut self, reference: &str, scope: &KeyScope) -> Option<&mut KmsKey> {
        let arn = Arc::clone(&self.resolve(reference, scope)?.arn);
        self.keys.get_mut(&arn)
    }

    /// The key that S3 manages for an account, made when first needed.
    pub(crate) fn managed_by_aws(&mut self, scope: &KeyScope, now: Moment) -> KeyArn {
        if let Some(key) = self.resolve(AWS_S3_ALIAS, scope) {
            return Arc::clone(&key.arn);
        }
        let id = "a0000000-0000-4000-8000-000000000053".to_owned();
        let arn = KeyArn::from(scope.key_arn(&id));
        self.insert(KmsKey {
            id,
            arn: Arc::clone(&arn),
            account: scope.account.clone(),
            region: scope.region.clone(),
            state: KeyState::Enabled,
            spec: SYMMETRIC_DEFAULT.to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            manager: KeyManager::Aws,
            access: KeyAccess::OwnAccount,
            description: "Default key that protects my S3 objects when no other key is defined"
                .to_owned(),
            created: now,
            roles: Box::default(),
            deletion: None,
        });
        self.add_alias(scope.clone(), AWS_S3_ALIAS.to_owned(), Arc::clone(&arn));
        arn
    }

    /// Whether a caller of `account`, acting in `role` or in none, may decrypt under `key`.
    pub(crate) fn lets_decrypt(&self, key: &KeyArn, account: &str, role: Option<&str>) -> bool {
        let Some(key) = self.keys.get(key) else { return false };
        let said = role.and_then(|role| key.roles.allow(role));
        said.unwrap_or(key.access == KeyAccess::AnyAccount || key.account == account)
    }

    /// The key that S3 would use for `reference`, or S3's refusal to use it.
    pub(crate) fn for_s3(&self, reference: &str, scope: &KeyScope) -> Result<KeyArn, Fault> {
        if let Some((own, _)) = split_arn(reference)
            && own.region != scope.region
        {
            return Err(Fault::new(Code::KmsNotFound, format!("Invalid arn {}", own.region)));
        }
        let Some(key) = self.resolve(reference, scope) else {
            return Err(missing_key(reference, scope));
        };
        check_usable(key, scope)?;
        Ok(Arc::clone(&key.arn))
    }
}

fn missing_key(reference: &str, scope: &KeyScope) -> Fault {
    match split_arn(reference) {
        // KMS doesn't tell strangers which keys exist.
        Some((own, _)) if own.account != scope.account => not_authorized(reference),
        Some((_, name)) if name.starts_with("alias/") => {
            Fault::new(Code::KmsNotFound, format!("Alias {reference} is not found."))
        }
        Some(_) => Fault::new(Code::KmsNotFound, format!("Key '{reference}' does not exist")),
        None if reference.starts_with("alias/") => Fault::new(
            Code::KmsNotFound,
            format!("Alias {} is not found.", scope.alias_arn(reference)),
        ),
        None => Fault::new(
            Code::KmsNotFound,
            format!("Key '{}' does not exist", scope.key_arn(reference)),
        ),
    }
}

fn not_authorized(reference: &str) -> Fault {
    Fault::new(
        Code::AccessDenied,
        format!(
            "The caller is not authorized to perform: kms:GenerateDataKey on resource: {reference} \
             because no resource-based policy allows the kms:GenerateDataKey action"
        ),
    )
}

fn check_usable(key: &KmsKey, scope: &KeyScope) -> Result<(), Fault> {
    let allowed = match key.access {
        KeyAccess::OwnAccount => key.account == scope.account,
        KeyAccess::AnyAccount => true,
        KeyAccess::Nobody => false,
    };
    if !allowed {
        return Err(not_authorized(&key.arn));
    }
    if key.spec != SYMMETRIC_DEFAULT {
        return Err(Fault::new(
            Code::KmsInvalidKeyUsage,
            format!(
                "{} key spec is {}, which is not valid for GenerateDataKey.",
                key.arn, key.spec
            ),
        ));
    }
    match key.state {
        KeyState::Enabled => Ok(()),
        KeyState::Disabled => {
            Err(Fault::new(Code::KmsDisabled, format!("{} is disabled.", key.arn)))
        }
        KeyState::PendingDeletion => {
            Err(Fault::new(Code::KmsInvalidState, format!("{} is pending deletion.", key.arn)))
        }
        KeyState::PendingImport => {
            Err(Fault::new(Code::KmsInvalidState, format!("{} is pending import.", key.arn)))
        }
        KeyState::Unavailable => {
            Err(Fault::new(Code::KmsInvalidState, format!("{} is unavailable.", key.arn)))
        }
    }
}
