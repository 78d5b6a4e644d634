//! Hazards to neighbours and readers, and when there are none. Each on its own
//! is seen over HTTP in `tests/tests/preflight`; here is what HTTP can't show.

use reseal_core::Encryption;
use reseal_core::ports::{LifecycleRule, PublicAccessBlock, ReplicationRule, Told};

use super::*;
use crate::fakes::Around;
use crate::hazards::{KeyOpens, NeighbourHazard, ReaderHazard};

async fn hazards_of(
    quirks: Quirks,
    target: &TargetRequest,
    strategy: Strategy,
    change: impl FnOnce(&mut Around),
) -> Vec<Hazard> {
    let fake = FakeCloud::new(quirks);
    change(&mut fake.around.lock().expect("not poisoned"));
    let buckets = BTreeSet::from([bucket("bucket")]);
    let (cloud, behaviour) = (fake.cloud(), behaviour(strategy));
    let checked = preflight(&cloud, &buckets, target, Selection::default(), &behaviour).await;
    checked.expect("nothing around a bucket refuses a run").hazards
}

async fn hazards(target: &TargetRequest, change: impl FnOnce(&mut Around)) -> Vec<Hazard> {
    hazards_of(Quirks::default(), target, Strategy::Auto, change).await
}

fn neighbours(hazards: &[Hazard]) -> Vec<&NeighbourHazard> {
    let mut found = Vec::new();
    for hazard in hazards {
        if let Hazard::Neighbour(hazard) = hazard {
            found.push(hazard);
        }
    }
    found
}

fn readers(hazards: &[Hazard]) -> Vec<&ReaderHazard> {
    let mut found = Vec::new();
    for hazard in hazards {
        if let Hazard::Reader(hazard) = hazard {
            found.push(hazard);
        }
    }
    found
}

fn policy(statements: &str) -> Told<Option<String>> {
    Told::Known(Some(format!(r#"{{"Statement": [{statements}]}}"#)))
}

const OAC: &str = r#"{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}"#;
const FOREIGN: &str = r#"{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:root",
    "arn:aws:iam::777788889999:role/r"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}"#;
const PUBLIC: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::bucket/*"}"#;

#[tokio::test(start_paused = true)]
async fn a_bucket_alone_disturbs_nobody() {
    let found = hazards(&TargetRequest::SseS3, |_| {}).await;
    assert!(neighbours(&found).is_empty() && readers(&found).is_empty(), "{found:?}");
    let found = hazards(&kms("alias/k"), |around| {
        around.bucket.default_encryption = Told::Known(Some(Encryption::SseKms {
            key: Some(key_arn("target").to_string()),
            bucket_key: true,
        }));
    })
    .await;
    assert!(neighbours(&found).is_empty(), "{found:?}");
    let need = ReaderHazard::ReadersNeedKey {
        key: key_arn("target"),
        iam_decides: Some(true),
        named: vec![],
    };
    assert_eq!(readers(&found), [&need]);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_can_not_be_read_passes_for_harmless() {
    let found = hazards(&kms("alias/k"), |around| {
        let why = || "no permission".to_owned();
        let bucket = &mut around.bucket;
        bucket.default_encryption = Told::Unreadable(why());
        bucket.replication = Told::Unreadable(why());
        bucket.listeners = Told::Unreadable(why());
        bucket.lifecycle = Told::Unreadable(why());
        bucket.requester_pays = Setting::Unreadable(why());
        bucket.policy = Told::Unreadable(why());
        bucket.policy_is_public = Setting::Unreadable(why());
        bucket.public_access_block = Told::Unreadable(why());
        around.key_policy = Told::Unreadable(why());
    })
    .await;
    let unknown = neighbours(&found)
        .iter()
        .filter(|h| matches!(h, NeighbourHazard::CannotTell { why, .. } if why == "no permission"))
        .count();
    // The block only matters where the public is known to be let in.
    assert_eq!(unknown, 8, "{found:?}");
    let garbage = hazards(&kms("alias/k"), |around| {
        around.bucket.policy = Told::Known(Some("<html/>".to_owned()));
        around.key_policy = Told::Known("<html/>".to_owned());
    })
    .await;
    let unknown =
        garbage.iter().filter(|h| h.text().contains("as reseal understands policies")).count();
    assert_eq!(unknown, 2, "{garbage:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_silent_about_neighbours_is_no_refusal() {
    for verb in ["look_around", "key_policy"] {
        let fails = Some((verb, StoreErrorKind::Unavailable));
        let fake = FakeCloud::new(Quirks { fails, ..Quirks::default() });
        let buckets = BTreeSet::from([bucket("bucket")]);
        let (cloud, target) = (fake.cloud(), kms("alias/k"));
        let auto = behaviour(Strategy::Auto);
        let checked = preflight(&cloud, &buckets, &target, Selection::default(), &auto).await;
        assert!(matches!(checked, Err(PreflightError::Unreachable { .. })), "{verb}");
    }
}

#[tokio::test(start_paused = true)]
async fn updates_alone_fire_no_events_and_replicate_nothing() {
    let busy = |around: &mut Around| {
        around.bucket.replication = Told::Known(vec![ReplicationRule {
            id: "r".to_owned(),
            destination: "arn:aws:s3:::replicas".to_owned(),
            replicates_kms: true,
            replica_key: Some("key".to_owned()),
        }]);
        around.bucket.listeners = Told::Known(vec!["EventBridge".to_owned()]);
        around.bucket.lifecycle = Told::Known(vec![LifecycleRule {
            id: "l".to_owned(),
            expires: Some(1),
            moves: vec![],
            old_versions_expire: Some(1),
        }]);
        around.bucket.default_encryption = Told::Known(Some(Encryption::SseKms {
            key: Some(key_arn("target").to_string()),
            bucket_key: true,
        }));
    };
    let names = |hazards: &[Hazard]| -> Vec<&'static str> {
        let name = |hazard: &&NeighbourHazard| match hazard {
            NeighbourHazard::CopiesReplicate { .. } => "copies",
            NeighbourHazard::ReplicasKeepEncryption { .. } => "replicas",
            NeighbourHazard::EventsFire { .. } => "events",
            NeighbourHazard::LifecycleRestarts { .. } => "lifecycle",
            NeighbourHazard::OldVersionsExpire { .. } => "old",
            _ => "other",
        };
        neighbours(hazards).iter().map(name).collect()
    };
    let versioned = Quirks { versioning: Some(Versioning::Enabled), ..Quirks::default() };
    let of = async |strategy| hazards_of(versioned, &kms("alias/k"), strategy, busy).await;
    assert_eq!(names(&of(Strategy::Update).await), ["replicas"]);
    assert_eq!(names(&of(Strategy::Copy).await), ["copies", "events", "lifecycle", "old"]);
    let auto = of(Strategy::Auto).await;
    assert_eq!(names(&auto), ["copies", "replicas", "events", "lifecycle", "old"]);
}

#[tokio::test(start_paused = true)]
async fn the_keys_policy_tells_whom_it_locks_out() {
    let opens = async |aws_managed: bool, key_policy: Told<String>| {
        let fake = FakeCloud::new(Quirks::default());
        {
            let mut around = fake.around.lock().expect("not poisoned");
            around.bucket.policy = policy(&[OAC, FOREIGN].join(","));
            around.key_policy = key_policy;
            let mut key = fake.key.lock().expect("not poisoned");
            key.as_mut().expect("a key").aws_managed = aws_managed;
        }
        let buckets = BTreeSet::from([bucket("bucket")]);
        let (cloud, target) = (fake.cloud(), kms("alias/k"));
        let auto = behaviour(Strategy::Auto);
        let checked = preflight(&cloud, &buckets, &target, Selection::default(), &auto).await;
        let mut told = Vec::new();
        for hazard in readers(&checked.expect("passes").hazards) {
            match hazard {
                ReaderHazard::OriginAccessControlReads { key_policy, .. } => {
                    told.push(("cloudfront".to_owned(), *key_policy));
                }
                ReaderHazard::ForeignReads { readers, key_policy, .. } => {
                    told.push((readers.join(" "), *key_policy));
                }
                _ => {}
            }
        }
        told
    };
    let (four, seven) = ("arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:role/r");
    let both = format!("{four} {seven}");
    let cloudfront = |opens| ("cloudfront".to_owned(), opens);
    let root = r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}}"#;
    let locked = opens(false, Told::Known(root.to_owned())).await;
    let out = KeyOpens::LocksOut;
    assert_eq!(locked, [cloudfront(out), (both.clone(), out)]);
    let some = r#"{"Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
        "Principal": {"AWS": "777788889999", "Service": "cloudfront.amazonaws.com"}}}"#;
    let some = opens(false, Told::Known(some.to_owned())).await;
    assert_eq!(some, [(seven.to_owned(), KeyOpens::LetsIn), (four.to_owned(), out)]);
    let unread = opens(false, Told::Unreadable("no".to_owned())).await;
    assert_eq!(unread, [cloudfront(KeyOpens::Unreadable), (both.clone(), KeyOpens::Unreadable)]);
    let managed = opens(true, Told::Known(root.to_owned())).await;
    assert_eq!(managed, [cloudfront(KeyOpens::AwsManaged), (both, KeyOpens::AwsManaged)]);
}

#[tokio::test(start_paused = true)]
async fn a_public_access_block_keeps_strangers_out_already() {
    let told = async |public: Setting, block: Told<PublicAccessBlock>, statements: String| {
        let found = hazards(&kms("alias/k"), |around| {
            around.bucket.policy = policy(&statements);
            around.bucket.policy_is_public = public;
            around.bucket.public_access_block = block;
        })
        .await;
        let public = |h: &&ReaderHazard| matches!(h, ReaderHazard::PublicReads { .. });
        let foreign = |h: &&ReaderHazard| matches!(h, ReaderHazard::ForeignReads { .. });
        let readers = readers(&found);
        (readers.iter().copied().filter(public).count(), readers.iter().any(foreign))
    };
    let closed =
        PublicAccessBlock { restricts_public_policy: true, ..PublicAccessBlock::default() };
    let open = || Told::Known(PublicAccessBlock::default());
    let both = || [PUBLIC, FOREIGN].join(",");
    assert_eq!(told(Setting::Yes, open(), both()).await, (1, true));
    assert_eq!(told(Setting::Yes, Told::Known(closed), both()).await, (0, false));
    // Without a public policy, it doesn't touch other accounts.
    assert_eq!(told(Setting::No, Told::Known(closed), FOREIGN.to_owned()).await, (0, true));
    assert_eq!(told(Setting::Yes, Told::Unreadable("no".to_owned()), both()).await, (1, true));
    // S3 knows better than we do what is public.
    assert_eq!(told(Setting::Yes, open(), FOREIGN.to_owned()).await, (1, true));
}

#[tokio::test(start_paused = true)]
async fn readers_matter_under_a_key_only() {
    let found = hazards(&TargetRequest::SseS3, |around| {
        around.bucket.policy = policy(&[PUBLIC, OAC, FOREIGN].join(","));
    })
    .await;
    assert!(readers(&found).is_empty(), "{found:?}");
}
