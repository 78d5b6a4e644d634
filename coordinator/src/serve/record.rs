//! What outlives a process: which report was handled, under which policy.
//!
//! A report is bound by the SHA-256 of its manifest. Handling one for a job
//! begins with a claim, whose first writer names the job: whoever comes later,
//! after a crash or beside, goes on with that job and never with a second one.

use reseal_core::{AccountId, Behaviour, JobId, PriceList, Selection, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cli::{Caps, TargetRequest};
use crate::sources::{Newest, is_report_date};

/// Everything that makes handling a report this handling. With another policy
/// every newest report is handled again, the same for another mode.
#[derive(Debug, Serialize)]
pub(crate) struct Policy<'a> {
    pub(crate) mode: &'static str,
    pub(crate) target: &'a TargetRequest,
    pub(crate) selection: &'a Selection,
    pub(crate) behaviour: &'a Behaviour,
    /// A limit that refused a job is no reason to refuse it for ever.
    pub(crate) caps: &'a Caps,
    /// What a limit in money is held against: with other prices what it refused
    /// may be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prices: Option<&'a PriceList>,
    pub(crate) owner: &'a AccountId,
    pub(crate) region: &'a str,
}

impl Policy<'_> {
    /// Sixteen digits that tell policies apart.
    ///
    /// # Errors
    /// When it can't be written as JSON, which all of its parts can.
    pub(crate) fn mark(&self) -> Result<String, serde_json::Error> {
        let digest = Sha256::digest(serde_json::to_vec(self)?);
        Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The names of one report's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    folder: String,
    stem: String,
}

impl Names {
    pub(crate) fn new(report: &Newest, mode: &str, mark: &str) -> Self {
        let Newest { source, date, digest, .. } = report;
        let folder = format!("{source}/{date}");
        let stem = format!("{folder}/{mode}-{mark}-{digest}");
        Self { folder, stem }
    }

    /// What makes it done.
    pub(crate) fn handled(&self) -> String {
        format!("{}.json", self.stem)
    }

    pub(crate) fn claim(&self) -> String {
        format!("{}.claim.json", self.stem)
    }

    /// A result for people and scripts.
    pub(crate) fn result(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

/// The dates and digests of older reports on the same bucket of which a job was
/// to be made, under the same mode and policy, and nothing is recorded.
pub(crate) fn open_claims<'a>(
    listed: &'a [String],
    report: &Newest,
    mode: &str,
    mark: &str,
) -> Vec<(&'a str, &'a str)> {
    let claim = |name: &'a str| {
        let (date, name) =
            name.strip_prefix(report.source.as_str())?.strip_prefix('/')?.split_once('/')?;
        let digest = name.strip_prefix(&format!("{mode}-{mark}-"))?.strip_suffix(".claim.json")?;
        (date < report.date.as_str() && is_report_date(date)).then_some((date, digest))
    };
    let is_recorded = |(date, digest): &(&str, &str)| {
        let older =
            Newest { date: (*date).to_owned(), digest: (*digest).to_owned(), ..report.clone() };
        listed.contains(&Names::new(&older, mode, mark).handled())
    };
    listed.iter().filter_map(|name| claim(name)).filter(|open| !is_recorded(open)).collect()
}

/// That a job is to be made of a report, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    pub(crate) job: JobId,
    pub(crate) at: Timestamp,
}

/// That nothing is left to be done about a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Handled {
    /// `s3://…/manifest.json`.
    pub(crate) manifest: String,
    /// Its SHA-256.
    pub(crate) digest: String,
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// Census and plan are written.
    Reported,
    /// The job is with the fleet.
    Submitted { job: JobId },
    /// Somebody cancelled the job before it was handed out.
    Cancelled { job: JobId },
    /// A newer report's job, which is handed out, has come in the place of
    /// this one's, which was begun and is cancelled.
    Overtaken { job: JobId, by: JobId },
    /// Refused before any object was touched.
    Refused { why: String },
}

impl Outcome {
    /// One word for the log.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Submitted { .. } => "submitted",
            Self::Cancelled { .. } => "cancelled",
            Self::Overtaken { .. } => "overtaken",
            Self::Refused { .. } => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_claims_without_a_record_are_open() {
        let report = Newest {
            source: "stock".parse().expect("a bucket"),
            bucket: "reports".parse().expect("a bucket"),
            key: reseal_core::ObjectKey::new("k").expect("a key"),
            date: "2026-11-21T01-00Z".to_owned(),
            digest: "new".to_owned(),
        };
        let listed = [
            "stock/2026-11-18T01-00Z/encrypt-m-done.claim.json",
            "stock/2026-11-18T01-00Z/encrypt-m-done.json",
            "stock/2026-11-18T01-00Z/encrypt-m-open.claim.json",
            "stock/2026-11-19T01-00Z/encrypt-other-open.claim.json",
            "stock/2026-11-19T01-00Z/report-m-open.claim.json",
            "stock/2026-11-21T01-00Z/encrypt-m-new.claim.json",
            "stock/2026-11-22T01-00Z/encrypt-m-newer.claim.json",
            "stock/0/encrypt-m-no-date.claim.json",
            "stocks/2026-11-18T01-00Z/encrypt-m-open.claim.json",
        ]
        .map(str::to_owned);
        let open = open_claims(&listed, &report, "encrypt", "m");
        assert_eq!(open, [("2026-11-18T01-00Z", "open")]);
    }

    #[test]
    fn another_policy_has_another_mark_and_the_same_one_the_same() {
        let (selection, behaviour) = (Selection::default(), Behaviour::default());
        let owner = "111122223333".parse().expect("an account");
        let (target, caps) = (TargetRequest::SseS3, Caps::NONE);
        let priced = |mode, target: &TargetRequest, caps: &Caps, prices: Option<&PriceList>| {
            let (selection, behaviour, owner) = (&selection, &behaviour, &owner);
            let region = "us-east-1";
            let policy = Policy { mode, target, selection, behaviour, caps, prices, owner, region };
            policy.mark().expect("JSON")
        };
        let mark = |mode, target: &TargetRequest, caps: &Caps| priced(mode, target, caps, None);
        let built_in = PriceList::built_in();
        let mut others = built_in.clone();
        others.regions.values_mut().for_each(|region| region.dsse_per_gib = Some(0.1));
        let key = |key: &str| TargetRequest::SseKms { key: key.to_owned(), bucket_key: true };
        let capped = Caps { max_objects: Some(5), ..caps };
        let marks = [
            mark("report", &target, &caps),
            mark("encrypt", &target, &caps),
            mark("encrypt", &key("alias/a"), &caps),
            mark("encrypt", &key("alias/b"), &caps),
            mark("encrypt", &key("alias/b"), &capped),
            priced("encrypt", &key("alias/b"), &capped, Some(&built_in)),
            priced("encrypt", &key("alias/b"), &capped, Some(&others)),
        ];
        let unlike: std::collections::BTreeSet<_> = marks.iter().collect();
        assert_eq!(unlike.len(), marks.len(), "{marks:?}");
        assert_eq!(mark("report", &target, &caps), marks[0]);
    }
}
