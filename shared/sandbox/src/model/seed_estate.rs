//! Buckets, keys and roles put in as no request could.

use super::acl::Ownership;
use super::bucket::Bucket;
use super::roles::is_role_arn;
use super::seed::missing_bucket;
use super::{
    Code, Fault, KeyAccess, KeyArn, KeyManager, KeyScope, KeyState, KmsKey, Model, Moment,
    RoleRules, SYMMETRIC_DEFAULT, Versioning,
};

/// A KMS key to put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedKey {
    /// Its id; absent means a new one.
    pub id: Option<String>,
    /// Its account; absent means the model's.
    pub account: Option<String>,
    /// Its region; absent means the model's.
    pub region: Option<String>,
    /// `alias/…`, if it has one.
    pub alias: Option<String>,
    /// Its state.
    pub state: KeyState,
    /// Its specification.
    pub spec: String,
    /// What it is for.
    pub usage: String,
    /// Who may use it through S3.
    pub access: KeyAccess,
    /// What it says about roles.
    pub roles: RoleRules,
    /// Who manages it.
    pub manager: KeyManager,
}

impl Default for SeedKey {
    fn default() -> Self {
        Self {
            id: None,
            account: None,
            region: None,
            alias: None,
            state: KeyState::Enabled,
            spec: SYMMETRIC_DEFAULT.to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            access: KeyAccess::OwnAccount,
            roles: RoleRules::default(),
            manager: KeyManager::Customer,
        }
    }
}

impl Model {
    /// Adds a bucket that belongs to `home` (absent: to the model's account and region),
    /// replacing none.
    pub fn seed_bucket(
        &mut self,
        name: &str,
        home: Option<KeyScope>,
        versioning: Option<Versioning>,
        now: Moment,
    ) {
        if !self.buckets.contains_key(name) {
            let home = home.unwrap_or_else(|| self.home());
            let mut bucket = Bucket::new(name.to_owned(), home, now.whole_seconds());
            bucket.versioning = versioning;
            self.buckets.insert(name.to_owned(), bucket);
        }
    }

    /// Makes deletes of a bucket's versions need a second factor or not.
    ///
    /// # Errors
    /// If the bucket doesn't exist.
    pub fn set_mfa_delete(&mut self, name: &str, on: bool) -> Result<(), Fault> {
        self.buckets.get_mut(name).ok_or_else(|| missing_bucket(name))?.mfa_delete = on;
        Ok(())
    }

    /// Makes ACLs of a bucket count or not; absent: it has no ownership controls at all.
    ///
    /// # Errors
    /// If the bucket doesn't exist.
    pub fn set_ownership(&mut self, name: &str, to: Option<Ownership>) -> Result<(), Fault> {
        self.buckets.get_mut(name).ok_or_else(|| missing_bucket(name))?.ownership = to;
        Ok(())
    }

    /// The ARN that an id or alias stands for in the model's account and region.
    pub fn key_arn(&self, reference: &str) -> Option<KeyArn> {
        self.keys.resolve(reference, &self.home()).map(|key| KeyArn::clone(&key.arn))
    }

    /// Adds a key, and its alias.
    ///
    /// # Errors
    /// If the alias is taken.
    pub fn seed_key(&mut self, seed: SeedKey, now: Moment) -> Result<KeyArn, Fault> {
        let home = self.home();
        let SeedKey { id, account, region, alias, state, spec, usage, access, roles, manager } =
            seed;
        let scope = KeyScope {
            account: account.unwrap_or(home.account),
            region: region.unwrap_or(home.region),
        };
        let id = id.unwrap_or_else(|| self.serials.uuid());
        let arn = KeyArn::from(scope.key_arn(&id));
        self.keys.insert(KmsKey {
            arn: KeyArn::clone(&arn),
            id,
            account: scope.account.clone(),
            region: scope.region.clone(),
            state,
            spec,
            usage,
            manager,
            access,
            roles: Box::new(roles),
            description: String::new(),
            created: now,
            deletion: None,
        });
        if let Some(alias) = alias
            && !self.keys.add_alias(scope, alias.clone(), KeyArn::clone(&arn))
        {
            let message = format!("An alias with the name {alias} already exists");
            return Err(Fault::new(Code::AlreadyExistsException, message));
        }
        Ok(arn)
    }

    /// Changes state and access of a key (id, alias or ARN) without any of KMS's rules.
    ///
    /// # Errors
    /// If there is no such key.
    pub fn set_key(
        &mut self,
        reference: &str,
        state: Option<KeyState>,
        access: Option<KeyAccess>,
    ) -> Result<KeyArn, Fault> {
        let home = self.home();
        let key = self
            .keys
            .resolve_mut(reference, &home)
            .ok_or_else(|| Fault::new(Code::NotFoundException, format!("no key {reference}")))?;
        key.state = state.unwrap_or(key.state);
        key.access = access.unwrap_or(key.access);
        Ok(KeyArn::clone(&key.arn))
    }

    /// Changes what a key (id, alias or ARN) says about roles.
    ///
    /// # Errors
    /// If there is no such key.
    pub fn set_key_roles(&mut self, reference: &str, roles: RoleRules) -> Result<KeyArn, Fault> {
        let home = self.home();
        let key = self
            .keys
            .resolve_mut(reference, &home)
            .ok_or_else(|| Fault::new(Code::NotFoundException, format!("no key {reference}")))?;
        *key.roles = roles;
        Ok(KeyArn::clone(&key.arn))
    }

    /// Makes a role known, so that everybody can assume it.
    ///
    /// # Errors
    /// If `arn` isn't one of a role.
    pub fn seed_role(&mut self, arn: &str) -> Result<(), Fault> {
        if !is_role_arn(arn) {
            return Err(Fault::new(Code::ValidationError, format!("{arn} is invalid")));
        }
        self.roles.add(arn.to_owned());
        Ok(())
    }

    fn home(&self) -> KeyScope {
        KeyScope { account: self.settings.account.clone(), region: self.settings.region.clone() }
    }
}
