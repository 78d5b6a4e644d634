//! The steps of the protocol, and what may happen to each.

use crate::plan::Service;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    pub(crate) name: &'static str,
    pub(crate) service: Service,
    pub(crate) writes: bool,
}

macro_rules! steps {
    ($($constant:ident = $service:ident $kind:ident $name:literal;)*) => {
        impl Step {
            $(pub(crate) const $constant: Self =
                Self { name: $name, service: Service::$service, writes: steps!(@ $kind) };)*
        }
        /// Every step that belongs to the protocol.
        pub(crate) const STEPS: &[Step] = &[$(Step::$constant),*];
    };
    (@ read) => { false };
    (@ write) => { true };
}

steps! {
    HEAD = Store read "HeadObject";
    TAGS = Store read "GetObjectTagging";
    UPDATE = Store write "UpdateObjectEncryption";
    COPY = Store write "CopyObject";
    CREATE = Store write "CreateMultipartUpload";
    PART = Store write "UploadPartCopy";
    PARTS = Store read "ListParts";
    COMPLETE_UPLOAD = Store write "CompleteMultipartUpload";
    ABORT = Store write "AbortMultipartUpload";
    LIST = Store read "ListObjects";
    CREATE_JOB = Ledger write "create job";
    JOB = Ledger read "read job";
    JOBS = Ledger read "read jobs";
    SET_STATE = Ledger write "set job state";
    BIND = Ledger write "bind chunk";
    CLOSE = Ledger write "close source";
    SOURCE = Ledger read "read source";
    CHUNK = Ledger read "read chunk";
    OPEN_CHUNKS = Ledger read "read open chunks";
    LEASED_CHUNKS = Ledger read "read leased chunks";
    CHUNKS = Ledger read "read chunks";
    CLAIM = Ledger write "claim";
    RENEW = Ledger write "renew";
    CHECKPOINT = Ledger write "checkpoint";
    OPEN_UPLOAD = Ledger write "record upload";
    CLOSE_UPLOAD = Ledger write "forget upload";
    COMPLETE = Ledger write "complete chunk";
    QUARANTINE = Ledger write "quarantine chunk";
    RELEASE = Ledger write "release chunk";
    TALLIES = Ledger read "read tallies";
    BUDGET = Ledger read "read budget";
    SET_BUDGET = Ledger write "write budget";
    LIMITS = Ledger read "read limits";
    SET_LIMITS = Ledger write "write limits";
    BEAT = Ledger write "beat";
    STEWARD = Ledger read "read office";
    OFFICE = Ledger write "take office";
    SEND = Queue write "send";
    RECEIVE = Queue write "receive";
    EXTEND = Queue write "extend";
    ACKNOWLEDGE = Queue write "acknowledge";
    GIVE_BACK = Queue write "give back";
    BACKLOG = Queue read "backlog";
    PUT_FILE = Files write "put chunk file";
    GET_FILE = Files read "get chunk file";
    APPEND = Files write "put result file";
    READ_ROWS = Files read "get result file";
}

impl Step {
    /// A call that is no step of the protocol's own: details of an object that
    /// only some worlds have.
    pub(crate) const fn detail(name: &'static str, writes: bool) -> Self {
        Self { name, service: Service::Store, writes }
    }

    /// What a campaign must have shown. Nobody in a world creates jobs or reads
    /// results.
    pub(crate) fn may_meet(self, mishap: Mishap) -> bool {
        if [Self::CREATE_JOB, Self::READ_ROWS].contains(&self) {
            return false;
        }
        match mishap {
            Mishap::Throttled | Mishap::Unavailable => true,
            Mishap::Conflict => {
                self.writes && matches!(self.service, Service::Store | Service::Ledger)
            }
            Mishap::LostRequest | Mishap::LostReply => self.writes,
            Mishap::CrashBefore | Mishap::CrashAfter | Mishap::CutOff => true,
        }
    }
}

/// What may happen to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// Refused: too fast. Without effect.
    Throttled,
    /// Refused, or never connected. Without effect.
    Unavailable,
    /// Refused: somebody else writes, or so it seems. Without effect.
    Conflict,
    /// Lost on its way, which the caller can't know.
    LostRequest,
    /// Done, and the reply was lost.
    LostReply,
    /// The node dies before it makes the call.
    CrashBefore,
    /// The node dies after its effect.
    CrashAfter,
    /// The service can't be reached from this node.
    CutOff,
}

impl Mishap {
    pub(crate) const ALL: [Self; 8] = [
        Self::Throttled,
        Self::Unavailable,
        Self::Conflict,
        Self::LostRequest,
        Self::LostReply,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::CutOff,
    ];

    pub(crate) fn is_crash(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::LostRequest => "request lost",
            Self::LostReply => "reply lost",
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::CutOff => "cut off",
        }
    }
}
