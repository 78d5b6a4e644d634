//! KMS: keys and aliases.

use super::super::keys::KeyScope;
use super::super::{
    AliasLine, Caller, Code, Fault, KeyAccess, KeyArn, KeyChange, KeyManager, KeyState, KmsKey,
    KmsRequest, KmsResponse, Model, Moment, Response, SYMMETRIC_DEFAULT,
};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Model {
    pub(in super::super) fn kms(
        &mut self,
        caller: &Caller,
        request: KmsRequest,
        now: Moment,
    ) -> Result<Response, Fault> {
        let scope = KeyScope {
            account: self.account(caller).to_owned(),
            region: self.settings.region.clone(),
        };
        let answer = match request {
            KmsRequest::CreateKey { description, spec, usage } => {
                KmsResponse::Key(self.create_key(&scope, description, spec, usage, now))
            }
            KmsRequest::DescribeKey(key) => KmsResponse::Key(self.key(&key, &scope)?.clone()),
            KmsRequest::ListKeys => KmsResponse::Keys(self.list_keys(&scope)),
            KmsRequest::CreateAlias { alias, key } => self.create_alias(scope, alias, &key)?,
            KmsRequest::ListAliases(key) => {
                KmsResponse::Aliases(self.list_aliases(&scope, key.as_deref())?)
            }
            KmsRequest::SetState { key, change } => self.change_state(&key, &scope, change)?,
            KmsRequest::ScheduleKeyDeletion { key, days } => {
                self.schedule_deletion(&key, &scope, days, now)?
            }
        };
        Ok(Response::Kms(answer))
    }

    fn key(&self, reference: &str, scope: &KeyScope) -> Result<&KmsKey, Fault> {
        let key = self.keys.resolve(reference, scope);
        // A key elsewhere is out of this endpoint's sight.
        key.filter(|key| key.region == scope.region).ok_or_else(|| not_found(reference, scope))
    }

    fn key_mut(&mut self, reference: &str, scope: &KeyScope) -> Result<&mut KmsKey, Fault> {
        let key = self.key(reference, scope)?;
        if key.account != scope.account {
            return Err(Fault::new(Code::KmsAccessDenied, "The key belongs to another account"));
        }
        let arn = key.arn.to_string();
        self.keys.resolve_mut(&arn, scope).ok_or_else(|| not_found(reference, scope))
    }

    fn create_key(
        &mut self,
        scope: &KeyScope,
        description: String,
        spec: Option<String>,
        usage: Option<String>,
        now: Moment,
    ) -> KmsKey {
        let id = self.serials.uuid();
        let key = KmsKey {
            arn: KeyArn::from(scope.key_arn(&id)),
            id,
            account: scope.account.clone(),
            region: scope.region.clone(),
            state: KeyState::Enabled,
            spec: spec.unwrap_or_else(|| SYMMETRIC_DEFAULT.to_owned()),
            usage: usage.unwrap_or_else(|| "ENCRYPT_DECRYPT".to_owned()),
            manager: KeyManager::Customer,
            access: KeyAccess::OwnAccount,
            description,
            roles: Box::default(),
            created: now,
            deletion: None,
        };
        self.keys.insert(key.clone());
        key
    }

    fn list_keys(&self, scope: &KeyScope) -> Vec<(String, KeyArn)> {
        let own = |key: &&KmsKey| key.account == scope.account && key.region == scope.region;
        self.keys.iter().filter(own).map(|key| (key.id.clone(), KeyArn::clone(&key.arn))).collect()
    }

    fn create_alias(
        &mut self,
        scope: KeyScope,
        alias: String,
        key: &str,
    ) -> Result<KmsResponse, Fault> {
        if !alias.starts_with("alias/") || alias.starts_with("alias/aws/") {
            return Err(Fault::new(
                Code::ValidationException,
                "Alias must start with the prefix \"alias/\" and must not be reserved",
            ));
        }
        let arn = KeyArn::clone(&self.key(key, &scope)?.arn);
        let alias_arn = scope.alias_arn(&alias);
        if self.keys.add_alias(scope, alias, arn) {
            return Ok(KmsResponse::Done);
        }
        let message = format!("An alias with the name {alias_arn} already exists");
        Err(Fault::new(Code::AlreadyExistsException, message))
    }

    fn list_aliases(&self, scope: &KeyScope, key: Option<&str>) -> Result<Vec<AliasLine>, Fault> {
        let only = match key {
            Some(key) => Some(KeyArn::clone(&self.key(key, scope)?.arn)),
            None => None,
        };
        let lines = self
            .keys
            .aliases()
            .filter(|(own, _, arn)| *own == scope && only.as_ref().is_none_or(|only| only == *arn))
            .map(|(own, alias, arn)| AliasLine {
                name: alias.to_owned(),
                arn: own.alias_arn(alias),
                key_id: arn.rsplit('/').next().unwrap_or_default().to_owned(),
            });
        Ok(lines.collect())
    }

    fn change_state(
        &mut self,
        reference: &str,
        scope: &KeyScope,
        change: KeyChange,
    ) -> Result<KmsResponse, Fault> {
        let key = self.key_mut(reference, scope)?;
        let pending = key.state == KeyState::PendingDeletion;
        if pending != (change == KeyChange::CancelDeletion) {
            return Err(invalid_state(key));
        }
        key.state = change.result();
        key.deletion = None;
        Ok(match change {
            KeyChange::Enable | KeyChange::Disable => KmsResponse::Done,
            KeyChange::CancelDeletion => KmsResponse::Key(key.clone()),
        })
    }

    fn schedule_deletion(
        &mut self,
        reference: &str,
        scope: &KeyScope,
        days: u32,
        now: Moment,
    ) -> Result<KmsResponse, Fault> {
        if !(7..=30).contains(&days) {
            return Err(Fault::new(
                Code::ValidationException,
                "PendingWindowInDays must be between 7 and 30 (inclusive)",
            ));
        }
        let key = self.key_mut(reference, scope)?;
        if key.state == KeyState::PendingDeletion {
            return Err(invalid_state(key));
        }
        key.state = KeyState::PendingDeletion;
        key.deletion = Some(Moment::from_millis(now.millis() + i64::from(days) * DAY_MILLIS));
        Ok(KmsResponse::Key(key.clone()))
    }
}

fn invalid_state(key: &KmsKey) -> Fault {
    let state = match key.state {
        KeyState::PendingDeletion => "pending deletion",
        _ => "not pending deletion",
    };
    Fault::new(Code::KmsInvalidStateException, format!("{} is {state}.", key.arn))
}

fn not_found(reference: &str, scope: &KeyScope) -> Fault {
    let message = match reference {
        arn if arn.starts_with("arn:") && arn.split(':').nth(3) != Some(&scope.region) => {
            format!("Invalid arn {}", arn.split(':').nth(3).unwrap_or_default())
        }
        arn if arn.starts_with("arn:") => format!("Key '{arn}' does not exist"),
        alias if alias.starts_with("alias/") => {
            format!("Alias {} is not found.", scope.alias_arn(alias))
        }
        id => format!("Key '{}' does not exist", scope.key_arn(id)),
    };
    Fault::new(Code::NotFoundException, message)
}
