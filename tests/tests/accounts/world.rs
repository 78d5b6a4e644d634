//! Three accounts with a bucket or two each, and a job file over all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use reseal_tests::{Proxy, Reseal, Sandbox, Scratch, Version};
use serde_json::{Value, json};

pub(crate) const TEAM_A: &str = "222233334444";
pub(crate) const TEAM_B: &str = "333344445555";
pub(crate) const ROLE_A: &str = "arn:aws:iam::222233334444:role/reseal";
pub(crate) const ROLE_B: &str = "arn:aws:iam::333344445555:role/reseal";
/// Each with its owner; the first one is the caller's.
pub(crate) const BUCKETS: [(&str, Option<&str>); 4] = [
    ("central", None),
    ("team-a-data", Some(TEAM_A)),
    ("team-a-logs", Some(TEAM_A)),
    ("team-b-data", Some(TEAM_B)),
];
pub(crate) const EACH: usize = 40;
const GIB: u64 = 1 << 30;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) proxy: Proxy,
    pub(crate) scratch: Scratch,
    /// The key's ARN: the caller's, open to all accounts.
    pub(crate) key: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        for role in [ROLE_A, ROLE_B] {
            sandbox.admin("roles", &json!({ "arn": role }));
        }
        for (bucket, owner) in BUCKETS {
            let mut body = json!({ "name": bucket, "versioning": "Enabled" });
            if let Some(owner) = owner {
                body["owner"] = owner.into();
            }
            sandbox.admin("buckets", &body);
            sandbox.admin("objects", &objects(bucket));
        }
        let key = sandbox.admin("keys", &json!({ "access": "any-account" }));
        let key = key["arn"].as_str().expect("an ARN").to_owned();
        let proxy = Proxy::before(sandbox.url(), 1);
        Self { sandbox, proxy, scratch: Scratch::new("accounts"), key }
    }

    /// All buckets, and a role for each team.
    pub(crate) fn job_file(&self, more: &str) -> PathBuf {
        let sources: String =
            BUCKETS.iter().map(|(bucket, _)| format!("  - s3://{bucket}\n")).collect();
        let text = format!(
            "sources:\n{sources}sse: aws:kms\nkms-key: {}\nassume-role-arn:\n  \
             - team-a-*={ROLE_A}\n  - team-b-*={ROLE_B}\n{more}",
            self.key
        );
        self.scratch.write("job.yaml", text)
    }

    /// A command that takes the job file.
    pub(crate) fn reseal(&self, name: &str, more: &str) -> Reseal {
        let file = self.job_file(more);
        Reseal::without_endpoint(name)
            .args(["--endpoint-url", self.proxy.url()])
            .args([std::ffi::OsStr::new("--job"), file.as_os_str()])
            .state(&self.scratch.path("state"))
    }

    /// A command that names a job and nothing else.
    pub(crate) fn of_a_job(&self, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        Reseal::without_endpoint(name).args(rest).state(&self.scratch.path("state"))
    }

    /// As its owner does it.
    pub(crate) fn tag(&self, bucket: &str, owner: Option<&str>, value: &str) {
        let who = owner.unwrap_or("test");
        let credential =
            format!("AWS4-HMAC-SHA256 Credential={who}/20261122/us-east-1/s3/aws4_request");
        let body = format!(
            "<Tagging><TagSet><Tag><Key>team</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
        );
        let url = format!("{}/{bucket}?tagging", self.sandbox.url());
        ureq::put(&url).header("authorization", &credential).send(body).expect("tagged");
    }

    pub(crate) fn versions(&self) -> BTreeMap<(String, String), Vec<Version>> {
        let mut all: BTreeMap<_, Vec<Version>> = BTreeMap::new();
        for (bucket, _) in BUCKETS {
            for version in self.sandbox.dump(bucket) {
                all.entry((bucket.to_owned(), version.key.clone())).or_default().push(version);
            }
        }
        all
    }

    /// Every object under the key, once, and nothing else of it changed.
    pub(crate) fn all_at_the_target(&self) {
        let versions = self.versions();
        assert_eq!(versions.len(), BUCKETS.len() * (EACH + 1));
        for (place, versions) in versions {
            let latest = versions.iter().find(|version| version.is_latest).expect("a version");
            assert_eq!(latest.kms_key.as_deref(), Some(self.key.as_str()), "{place:?}");
            assert!(versions.len() <= 2, "{place:?}: copied more than once");
            for version in &versions {
                assert_eq!(version.content(), latest.content(), "{place:?}");
            }
        }
    }

    /// Nobody but its own account's role ever asked for a bucket.
    pub(crate) fn each_account_by_its_own_role(&self) {
        let mut keys: BTreeMap<Option<&str>, BTreeSet<String>> = BTreeMap::new();
        for entry in self.proxy.log() {
            let Some(bucket) = entry.call.bucket else { continue };
            let Some((_, owner)) = BUCKETS.iter().find(|(name, _)| *name == bucket) else {
                continue;
            };
            let key = entry.call.access_key.expect("signed");
            assert_eq!(key.starts_with("ASIA"), owner.is_some(), "{bucket}: {key}");
            keys.entry(*owner).or_default().insert(key);
        }
        assert_eq!(keys.len(), 3, "{keys:?}");
        let all: Vec<&String> = keys.values().flatten().collect();
        let distinct: BTreeSet<&String> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len(), "a session of two accounts: {keys:?}");
    }
}

fn objects(bucket: &str) -> Value {
    let small = (0..EACH).map(|n| {
        json!({ "bucket": bucket, "key": format!("o{n:03}"), "size": 100 + n,
                "encryption": if n % 2 == 0 { "NOT-SSE" } else { "SSE-S3" },
                "tags": { "n": n.to_string() } })
    });
    let large = json!({ "bucket": bucket, "key": "large", "size": 6 * GIB,
                        "encryption": "SSE-S3", "tags": { "team": "a b" } });
    small.chain([large]).collect()
}
