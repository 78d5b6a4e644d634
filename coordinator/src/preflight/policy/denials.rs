//! Which statements would deny what a run does.

use super::conditions::all_hold;
use super::{Ours, Policy, Principal, Principals, Statement, Verdict};

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Certainty {
    /// Nobody is exempt, and our requests meet its conditions.
    Certain,
    /// It depends on what the policy alone doesn't tell.
    Possible,
}

/// A statement that denies something a run needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Denial {
    pub(in super::super) statement: String,
    pub(in super::super) actions: Vec<String>,
    /// Where it isn't the whole bucket.
    pub(in super::super) resources: Vec<String>,
    pub(in super::super) certainty: Certainty,
}

/// The statements of this bucket's policy that deny any of these actions to us.
pub(in super::super) fn denials(
    policy: &Policy,
    bucket: &str,
    account: &str,
    actions: &[&str],
    ours: &Ours<'_>,
) -> Vec<Denial> {
    let denying = policy.statements.iter().filter(|s| !s.allows && s.touches_objects_of(bucket));
    denying.filter_map(|s| s.denies(bucket, account, actions, ours)).collect()
}

impl Statement {
    fn denies(
        &self,
        bucket: &str,
        account: &str,
        actions: &[&str],
        ours: &Ours<'_>,
    ) -> Option<Denial> {
        let us = self.means_us(account);
        let verdict = |action: &str| match (us, all_hold(&self.conditions, action, ours)) {
            (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
            (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
            _ => Verdict::Perhaps,
        };
        let acted: Vec<(&str, Verdict)> = actions
            .iter()
            .filter(|action| self.acts(action))
            .map(|action| (*action, verdict(action)))
            .collect();
        let of = |wanted: Verdict| {
            let found = acted.iter().filter(move |(_, verdict)| *verdict == wanted);
            found.map(|(action, _)| (*action).to_owned()).collect::<Vec<_>>()
        };
        let (certainty, actions) = match (of(Verdict::Yes), of(Verdict::Perhaps)) {
            (none, maybe) if none.is_empty() => (Certainty::Possible, maybe),
            (certain, _) => (Certainty::Certain, certain),
        };
        let denial = Denial {
            statement: self.name.clone(),
            actions,
            resources: self.narrower_than(bucket),
            certainty,
        };
        (!denial.actions.is_empty()).then_some(denial)
    }

    /// All that we know of ourselves is our account.
    fn means_us(&self, account: &str) -> Verdict {
        let named = match &self.principals {
            Principals::Everyone => return Verdict::Yes,
            Principals::EveryoneBut => return Verdict::Perhaps,
            Principals::Named(named) => named,
        };
        let ours = |principal: &Principal| match principal {
            Principal::Aws(name) => name == account || name.contains(&format!(":{account}:")),
            Principal::Canonical(_) | Principal::Federated(_) => true,
            Principal::Service(_) => false,
        };
        if named.iter().any(ours) { Verdict::Perhaps } else { Verdict::No }
    }
}
