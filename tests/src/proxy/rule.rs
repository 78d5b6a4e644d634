//! Which requests are hit: by operation, key, number or chance.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::fault::{Answer, Fault};
use super::operation::{Call, SCRATCH, Service, is_known};

/// Something that happens beside a request: an overwrite, a key disabled.
pub(super) type Hook = Arc<dyn Fn(&Call) + Send + Sync>;

enum Scope {
    Operation(&'static str),
    Service(Service),
}

enum When {
    Always,
    /// By number, counted from 1, both ends included.
    Between(u64, u64),
    /// The first so many of each key.
    OfEachKey(u64),
    /// So many in a thousand.
    Sometimes(u64),
}

/// A sentence such as `Rule::on("CopyObject").key("a").nth(1).loses_the_reply()`.
pub struct Rule {
    scope: Scope,
    only_if: Box<dyn Fn(&Call) -> bool + Send>,
    key: Box<dyn Fn(&str) -> bool + Send>,
    when: When,
    fault: Fault,
    before: Option<Hook>,
    after: Option<Hook>,
    seen: u64,
    seen_of: BTreeMap<String, u64>,
}

/// What is to be done to one request.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) fault: Option<Fault>,
    pub(super) before: Option<Hook>,
    pub(super) after: Option<Hook>,
    /// For whatever is left to chance.
    pub(super) dice: u64,
}

impl Rule {
    /// For requests of this operation.
    ///
    /// # Panics
    /// When no request is ever called so.
    #[must_use]
    pub fn on(operation: &'static str) -> Self {
        assert!(is_known(operation), "{operation} isn't told from other requests");
        Self::new(Scope::Operation(operation))
    }

    /// For whatever is asked of this service, the probe's requests included.
    #[must_use]
    pub fn on_all_of(service: Service) -> Self {
        Self { key: Box::new(|_| true), ..Self::new(Scope::Service(service)) }
    }

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            only_if: Box::new(|_| true),
            // Most tests are about what comes after the probe.
            key: Box::new(|key| !key.starts_with(SCRATCH)),
            when: When::Always,
            fault: Fault::Pass,
            before: None,
            after: None,
            seen: 0,
            seen_of: BTreeMap::new(),
        }
    }

    /// Only for this key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        let key = key.to_owned();
        Self { key: Box::new(move |found| found == key), ..self }
    }

    /// Only for keys that begin so.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        let prefix = prefix.to_owned();
        Self { key: Box::new(move |found| found.starts_with(&prefix)), ..self }
    }

    /// Only for requests of which this is true when they come; others aren't
    /// counted.
    #[must_use]
    pub fn only_if(self, is_so: impl Fn(&Call) -> bool + Send + 'static) -> Self {
        Self { only_if: Box::new(is_so), ..self }
    }

    /// Only the n-th of them, counted from 1.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.between(n, n)
    }

    /// Only from the n-th of them on, counted from 1.
    #[must_use]
    pub fn from(self, n: u64) -> Self {
        self.between(n, u64::MAX)
    }

    /// Only from the `first` to the `last` of them, counted from 1.
    #[must_use]
    pub fn between(self, first: u64, last: u64) -> Self {
        Self { when: When::Between(first, last), ..self }
    }

    /// Only the first so many of each key.
    #[must_use]
    pub fn first_of_each_key(self, n: u64) -> Self {
        Self { when: When::OfEachKey(n), ..self }
    }

    /// Only so many in a thousand, by the seed.
    #[must_use]
    pub fn per_mille(self, share: u64) -> Self {
        Self { when: When::Sometimes(share), ..self }
    }

    /// Runs this just before such a request is handed on or answered.
    #[must_use]
    pub fn first(self, hook: impl Fn(&Call) + Send + Sync + 'static) -> Self {
        Self { before: Some(Arc::new(hook)), ..self }
    }

    /// Runs this once the server has answered such a request, before the
    /// answer is handed back.
    #[must_use]
    pub fn then(self, hook: impl Fn(&Call) + Send + Sync + 'static) -> Self {
        Self { after: Some(Arc::new(hook)), ..self }
    }

    /// Does this to them.
    #[must_use]
    pub fn does(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// Answers with this status and error code, and asks no server.
    #[must_use]
    pub fn answers(self, status: u16, code: &str) -> Self {
        self.does(Fault::Refuse(Answer::new(status, code)))
    }

    /// Hands it on, and loses the reply with the connection.
    #[must_use]
    pub fn loses_the_reply(self) -> Self {
        self.does(Fault::ResetAfter)
    }

    /// What to do to this request; `None` when it isn't for this rule.
    pub(super) fn judge(&mut self, call: &Call, seed: u64) -> Option<Verdict> {
        if !self.is_about(call) {
            return None;
        }
        self.seen += 1;
        let place = format!("{:?} {:?}", call.bucket, call.key);
        let of_key = self.seen_of.entry(place.clone()).or_default();
        *of_key += 1;
        let draw = |salt: u64| dice(&format!("{seed} {salt} {} {place} {of_key}", call.operation));
        let hit = match self.when {
            When::Always => true,
            When::Between(first, last) => (first..=last).contains(&self.seen),
            When::OfEachKey(n) => *of_key <= n,
            When::Sometimes(share) => draw(0) % 1_000 < share,
        };
        hit.then(|| Verdict {
            fault: Some(self.fault.clone()),
            before: self.before.clone(),
            after: self.after.clone(),
            dice: draw(1),
        })
    }

    fn is_about(&self, call: &Call) -> bool {
        let in_scope = match self.scope {
            Scope::Operation(operation) => call.operation == operation,
            Scope::Service(service) => call.service == service,
        };
        in_scope && call.key.as_deref().is_none_or(|key| (self.key)(key)) && (self.only_if)(call)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Operation(operation) => operation.to_owned(),
            Scope::Service(service) => format!("{service:?}"),
        };
        write!(f, "Rule({scope}: {:?}, seen {})", self.fault, self.seen)
    }
}

/// A number that follows from a text alone: FNV-1a, then a good stir.
fn dice(text: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    fastrand::Rng::with_seed(hash).u64(..)
}
