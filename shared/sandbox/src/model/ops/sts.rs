//! STS: who the caller is, and becoming somebody else.

use super::super::roles::{AssumedRole, RoleSession, is_role_arn};
use super::super::{Caller, Code, Fault, Model, Moment, Response, StsRequest, StsResponse};

/// How long a session may last, in seconds.
const SESSION_SECONDS: std::ops::RangeInclusive<u32> = 900..=43_200;

/// Access keys of sessions begin so.
pub(in super::super) const SESSION_KEY: &str = "ASIA";

impl Model {
    pub(in super::super) fn sts(
        &mut self,
        caller: &Caller,
        request: &StsRequest,
        now: Moment,
    ) -> Result<Response, Fault> {
        match request {
            StsRequest::GetCallerIdentity => Ok(Response::Sts(StsResponse::Identity {
                account: self.account(caller).to_owned(),
                arn: self.caller_arn(caller),
            })),
            StsRequest::AssumeRole { role, session, seconds } => {
                self.assume_role(caller, role, session, *seconds, now)
            }
        }
    }

    fn assume_role(
        &mut self,
        caller: &Caller,
        role: &str,
        session: &str,
        seconds: u32,
        now: Moment,
    ) -> Result<Response, Fault> {
        let invalid = |message: &str| Fault::new(Code::ValidationError, message);
        if !is_role_arn(role) {
            return Err(invalid(&format!("{role} is invalid")));
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if !(2..=64).contains(&session.len()) || !session.chars().all(is_word) {
            return Err(invalid("roleSessionName failed to satisfy constraint"));
        }
        if !SESSION_SECONDS.contains(&seconds) {
            return Err(invalid("durationSeconds failed to satisfy constraint"));
        }
        if !self.roles.is_known(role) {
            let arn = self.caller_arn(caller);
            let message = format!(
                "User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
            );
            return Err(Fault { message, ..Fault::access_denied() });
        }
        let access_key = format!("{SESSION_KEY}{}", self.serials.opaque()[..16].to_uppercase());
        let assumed = AssumedRole {
            access_key,
            session: RoleSession { role: role.into(), name: session.into() },
            expiry: Moment::from_millis(now.millis() + i64::from(seconds) * 1000),
        };
        self.roles.open(assumed.clone());
        Ok(Response::Sts(StsResponse::Assumed(assumed)))
    }

    /// Who signs with `access_key`: a session of a role, or an account if the key is twelve
    /// digits, or nobody in particular.
    ///
    /// # Errors
    /// If the key is one of a session that isn't known or is over.
    pub fn recognise(&self, access_key: &str, now: Moment) -> Result<Caller, Fault> {
        if access_key.starts_with(SESSION_KEY) {
            let role = self.roles.session(access_key, now)?;
            let account = Some(role.account().to_owned());
            return Ok(Caller { account, role: Some(role), ..Caller::default() });
        }
        let is_account =
            access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit());
        let account = is_account.then(|| access_key.to_owned());
        Ok(Caller { account, ..Caller::default() })
    }

    /// The caller's ARN as answers name it.
    pub(super) fn caller_arn(&self, caller: &Caller) -> String {
        match &caller.role {
            Some(role) => role.arn(),
            None => format!("arn:aws:iam::{}:user/sandbox", self.account(caller)),
        }
    }
}
