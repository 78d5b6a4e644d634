//! What the server saw: the benchmarks' own view of every tool, whatever the
//! tool says of itself.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;

/// What a request is, as far as the figures care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Head,
    Copy,
    Update,
    CreateUpload,
    PartCopy,
    CompleteUpload,
    AbortUpload,
    ListParts,
    Tagging,
    /// Anything else about one object.
    OtherObject,
    Bucket,
    Scratch,
    /// STS and KMS.
    Service,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::List,
        Self::Head,
        Self::Copy,
        Self::Update,
        Self::CreateUpload,
        Self::PartCopy,
        Self::CompleteUpload,
        Self::AbortUpload,
        Self::ListParts,
        Self::Tagging,
        Self::OtherObject,
        Self::Bucket,
        Self::Scratch,
        Self::Service,
    ];

    /// Whether it is about one of the objects that are to be re-encrypted.
    pub(super) fn is_data(self) -> bool {
        !matches!(self, Self::List | Self::Bucket | Self::Scratch | Self::Service)
    }

    fn name(self) -> &'static str {
        match self {
            Self::List => "ListObjectsV2",
            Self::Head => "HeadObject",
            Self::Copy => "CopyObject",
            Self::Update => "UpdateObjectEncryption",
            Self::CreateUpload => "CreateMultipartUpload",
            Self::PartCopy => "UploadPartCopy",
            Self::CompleteUpload => "CompleteMultipartUpload",
            Self::AbortUpload => "AbortMultipartUpload",
            Self::ListParts => "ListParts",
            Self::Tagging => "Tagging",
            Self::OtherObject => "OtherObject",
            Self::Bucket => "Bucket",
            Self::Scratch => "Scratch",
            Self::Service => "Service",
        }
    }
}

/// Object requests of one second.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Second {
    accepted: u64,
    refused: u64,
}

/// All counts since the server began.
#[derive(Debug)]
pub(super) struct Counters {
    began: Instant,
    by_kind: [u64; Kind::ALL.len()],
    refused: u64,
    encrypted: u64,
    in_flight: u64,
    max_in_flight: u64,
    first_list: Option<f64>,
    first_data: Option<f64>,
    last_data: Option<f64>,
    seconds: Vec<Second>,
}

/// The counts as the admin route shows them. Times are seconds since the
/// server began.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    requests: BTreeMap<&'static str, u64>,
    refused: u64,
    encrypted: u64,
    max_in_flight: u64,
    first_list: Option<f64>,
    first_data: Option<f64>,
    last_data: Option<f64>,
    seconds: &'a [Second],
}

impl Counters {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            by_kind: [0; Kind::ALL.len()],
            refused: 0,
            encrypted: 0,
            in_flight: 0,
            max_in_flight: 0,
            first_list: None,
            first_data: None,
            last_data: None,
            seconds: Vec::new(),
        }
    }

    /// A request came.
    pub(super) fn began(&mut self, kind: Kind, now: Instant) {
        self.by_kind[kind as usize] += 1;
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        let at = self.at(now);
        if kind == Kind::List {
            self.first_list.get_or_insert(at);
        }
        if kind.is_data() {
            self.first_data.get_or_insert(at);
        }
    }

    /// An object request was admitted or refused.
    pub(super) fn decided(&mut self, accepted: bool, now: Instant) {
        let since_first = self.at(now) - self.first_data.unwrap_or_default();
        // Whole seconds since the first object request: small and positive.
        let second = since_first.max(0.0) as usize;
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, Second::default());
        }
        if accepted {
            self.seconds[second].accepted += 1;
        } else {
            self.seconds[second].refused += 1;
            self.refused += 1;
        }
    }

    /// Its answer goes out.
    pub(super) fn ended(&mut self, kind: Kind, now: Instant) {
        self.in_flight -= 1;
        if kind.is_data() {
            self.last_data = Some(self.at(now));
        }
    }

    /// One more object is at the target.
    pub(super) fn encrypted(&mut self) {
        self.encrypted += 1;
    }

    fn at(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.began).as_secs_f64()
    }

    /// The counts as JSON.
    pub(super) fn json(&self) -> String {
        let requests = Kind::ALL.into_iter().map(|kind| (kind.name(), self.by_kind[kind as usize]));
        let shown = Shown {
            requests: requests.filter(|(_, count)| *count > 0).collect(),
            refused: self.refused,
            encrypted: self.encrypted,
            max_in_flight: self.max_in_flight,
            first_list: self.first_list,
            first_data: self.first_data,
            last_data: self.last_data,
            seconds: &self.seconds,
        };
        serde_json::to_string(&shown).unwrap_or_default()
    }
}
