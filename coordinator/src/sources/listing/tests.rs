//! However it is cut, whatever comes first: every key once, in order.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proptest::prelude::*;
use reseal_core::ports::{ListEntry, ListPage, ListRequest, Lister, SCRATCH_PREFIX};
use reseal_core::{
    BucketName, Cursor, ETag, ObjectKey, StoreError, StoreErrorKind, VersionId, Versions,
};

use super::super::{Pulled, Source};
use super::Listing;
use super::ahead::{Ahead, Ask, HELD, OutOfOrder, Place};
use super::keyspace::{Alphabet, Sample, Stretch, cut};

/// Keys with versions as S3 orders them: by key, then the newest first.
type Bucket = BTreeSet<(String, u8)>;

fn list(bucket: &Bucket, prefix: &str, after: Option<&Place>, limit: usize) -> ListPage {
    let from = match after {
        None => Bound::Unbounded,
        Some(Place { key, version }) => {
            let version = version.as_ref().map_or(u8::MAX, |v| v.as_str().parse().expect("ours"));
            Bound::Excluded((key.clone(), version))
        }
    };
    let mut found = bucket
        .range((from, Bound::Unbounded))
        .filter(|(key, _)| key.starts_with(prefix))
        .map(entry);
    let entries: Vec<ListEntry> = found.by_ref().take(limit).collect();
    ListPage { entries, truncated: found.next().is_some() }
}

fn entry((key, version): &(String, u8)) -> ListEntry {
    ListEntry {
        key: ObjectKey::new(key.clone()).expect("a key"),
        version: Some(VersionId::new(version.to_string())),
        is_latest: *version == 0,
        is_delete_marker: false,
        size: Some(1),
        etag: Some(ETag::new("\"e\"")),
        last_modified: None,
        storage_class: None,
    }
}

/// What a run gave, and what it cost.
struct Listed {
    rows: Vec<(String, u8)>,
    requests: usize,
    /// Rounds in which everything under way is answered at once.
    rounds: usize,
    most_held: usize,
}

/// Answers in an order that `draw` decides, a few at a time.
fn run(
    bucket: &Bucket,
    prefix: &str,
    page: usize,
    slots: usize,
    mut draw: impl FnMut() -> usize,
) -> Listed {
    let mut ahead = Ahead::new(prefix.to_owned(), page, None);
    let mut listed = Listed { rows: Vec::new(), requests: 0, rounds: 0, most_held: 0 };
    let mut under_way: Vec<Ask> = Vec::new();
    let mut failures = 0;
    loop {
        while let Some(page) = ahead.take() {
            listed.rows.extend(page.iter().map(|entry| {
                let version = entry.version.as_ref().expect("one").as_str().parse();
                (entry.key.as_str().to_owned(), version.expect("ours"))
            }));
        }
        while let Some(ask) = ahead.ask(slots) {
            under_way.push(ask);
        }
        assert!(under_way.len() <= slots, "no more than may be");
        listed.most_held = listed.most_held.max(ahead.held() + under_way.len());
        if under_way.is_empty() {
            assert!(ahead.is_over());
            return listed;
        }
        listed.rounds += 1;
        let answers = (1 + draw() % under_way.len()).max(draw().min(under_way.len()));
        for _ in 0..answers {
            let ask = under_way.swap_remove(draw() % under_way.len());
            if failures < 50 && draw() % 10 == 7 {
                failures += 1;
                ahead.failed(ask.ticket);
            } else {
                listed.requests += 1;
                let page = list(bucket, prefix, ask.after.as_ref(), page);
                ahead.answer(ask.ticket, page).expect("in order");
            }
        }
    }
}

/// All that is under way is answered in each round.
fn at_once(bucket: &Bucket, prefix: &str, page: usize, slots: usize) -> Listed {
    run(bucket, prefix, page, slots, || usize::MAX - 6)
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c/]{1,6}",
        "logs/20[0-2][0-9]/0[1-9]/[0-9a-f]{1,4}",
        "[ -~]{1,5}",
        "(a|aaaa|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)[0-9]{1,3}",
        "[\u{1}\u{7f}é\u{d7ff}\u{e000}\u{10ffff}]{1,4}",
        Just("\u{10ffff}".repeat(256)),
    ]
}

/// A bucket whose pages fail now and then, and in which somebody writes and
/// deletes between any two of them.
struct Moving {
    bucket: Mutex<Bucket>,
    /// Come and go; all others stay.
    fleeting: Vec<(String, u8)>,
    draws: Mutex<std::iter::Cycle<std::vec::IntoIter<usize>>>,
    failures: AtomicU32,
}

impl Moving {
    fn draw(&self) -> usize {
        self.draws.lock().expect("whole").next().expect("endless")
    }
}

#[async_trait]
impl Lister for Moving {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        for _ in 0..self.draw() % 4 {
            tokio::task::yield_now().await;
        }
        let mut bucket = self.bucket.lock().expect("whole");
        if !self.fleeting.is_empty() {
            let moved = self.fleeting[self.draw() % self.fleeting.len()].clone();
            if !bucket.remove(&moved) {
                bucket.insert(moved);
            }
        }
        if self.draw().is_multiple_of(10) && self.failures.fetch_add(1, Ordering::Relaxed) < 60 {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "SlowDown", ""));
        }
        let after = request
            .after
            .map(|(key, version)| Place { key: key.to_owned(), version: version.cloned() });
        // Smaller pages, for more of them.
        Ok(list(&bucket, request.prefix, after.as_ref(), request.limit as usize / 100))
    }
}

/// Everything from a cursor on, pulled as the splitter does.
async fn pull_all(listing: &Listing, mut from: Cursor) -> Vec<Pulled> {
    let mut rows = Vec::new();
    loop {
        match listing.pull(&from).await {
            Err(_) => {}
            Ok(batch) => {
                rows.extend(batch.rows);
                let Some(next) = batch.next else { return rows };
                from = next;
            }
        }
    }
}

fn named(pulled: &Pulled) -> (String, u8) {
    let version = pulled.row.version.as_ref().expect("one").as_str().parse().expect("ours");
    (pulled.row.key.as_str().to_owned(), version)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_stays_is_seen_once_whoever_writes_and_wherever_it_goes_on(
        keys in prop::collection::btree_set((keys(), 0u8..4), 1..300),
        draws in prop::collection::vec(0usize..1_000, 8..64),
        churn in 0usize..3,
        resumed in any::<prop::sample::Index>(),
    ) {
        let ours = |(key, _): &&(String, u8)| !key.starts_with(SCRATCH_PREFIX);
        let fleeting: Vec<_> =
            keys.iter().enumerate().filter(|(n, _)| n % 3 < churn).map(|(_, key)| key.clone()).collect();
        let stays: Vec<_> = keys.iter().filter(|key| !fleeting.contains(key)).filter(ours).cloned().collect();
        let draws = Mutex::new(draws.into_iter().cycle());
        let lister = Arc::new(Moving { bucket: Mutex::new(keys), fleeting, draws, failures: AtomicU32::new(0) });
        let bucket: BucketName = "bucket".parse().expect("a name");
        let open = || Listing::new(lister.clone(), bucket.clone(), String::new(), Versions::All);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let rows = pull_all(&open(), Cursor::default()).await;
            let seen: Vec<_> = rows.iter().map(named).collect();
            prop_assert!(seen.is_sorted_by(|one, next| one < next), "once each: {seen:?}");
            let lasting: Vec<_> = seen.iter().filter(|key| stays.contains(key)).cloned().collect();
            prop_assert_eq!(&lasting, &stays);
            if !rows.is_empty() {
                let (before, after) = rows.split_at(resumed.index(rows.len()) + 1);
                let cursor = before.last().expect("one").after.clone();
                let again: Vec<_> = pull_all(&open(), cursor).await.iter().map(named).collect();
                let lasting = |key: &&(String, u8)| stays.contains(key);
                let after: Vec<_> = after.iter().map(named).collect();
                let (expected, found): (Vec<_>, Vec<_>) =
                    (after.iter().filter(lasting).collect(), again.iter().filter(lasting).collect());
                prop_assert_eq!(found, expected);
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_version_comes_once_and_in_order(
        keys in prop::collection::btree_set((keys(), 0u8..4), 0..400),
        prefix in prop_oneof![Just(""), Just("a"), Just("logs/"), Just("logs/201")],
        page in 1usize..12,
        slots in 1usize..20,
        draws in prop::collection::vec(any::<u32>(), 1..64),
    ) {
        let expected: Vec<(String, u8)> =
            keys.iter().filter(|(key, _)| key.starts_with(prefix)).cloned().collect();
        let mut turn = 0;
        let listed = run(&keys, prefix, page, slots, || {
            turn += 1;
            draws[turn % draws.len()] as usize % 1_000
        });
        prop_assert_eq!(listed.rows, expected);
        prop_assert!(listed.most_held <= HELD * slots + 1);
    }

    #[test]
    fn a_cut_lies_inside(after in keys(), end in keys(), key in keys(), share in 0.0f64..1.0) {
        prop_assume!(after < end);
        let mut alphabet = Alphabet::default();
        alphabet.learn(&after);
        alphabet.learn(&key);
        let seen = Sample { first: after.clone(), last: after.clone(), keys: 1 };
        let stretch = Stretch { after: &after, end: Some(&end), prefix: "" };
        if let Some(middle) = cut(&stretch, &seen, share, &alphabet) {
            prop_assert!(after < middle && middle < end && middle.len() <= 1_024);
        }
    }
}

fn bucket(keys: impl Iterator<Item = String>) -> Bucket {
    keys.map(|key| (key, 0)).collect()
}

/// Requests and rounds for the shapes that buckets have, against one page
/// after the other. Deterministic: no clock is read.
#[test]
fn buckets_of_every_shape_are_listed_side_by_side() {
    let hashed = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let shapes: [(&str, &str, Bucket); 6] = [
        ("flat, counted", "", bucket((0..100_000).map(|n| format!("obj-{n:08}")))),
        ("flat, hashed", "", bucket((0..100_000).map(|n| format!("{:016x}", hashed(n))))),
        (
            "by the hour",
            "",
            bucket((0..100_000u64).map(|n| {
                let (day, hour) = (n / 2_400, n / 100 % 24);
                format!(
                    "logs/2024/{:02}/{:02}/{hour:02}/{:016x}.json.gz",
                    1 + day / 28,
                    1 + day % 28,
                    hashed(n)
                )
            })),
        ),
        (
            "below a long prefix",
            "tenant/4711/archive/",
            bucket(
                (0..100_000).map(|n| {
                    format!("tenant/4711/archive/of/everything/that/was/ever/written/{n}")
                }),
            ),
        ),
        (
            "many small tenants",
            "",
            bucket((0..100_000u64).map(|n| format!("{:08x}/{}", hashed(n / 10) >> 32, n % 10))),
        ),
        (
            "one heavy among light ones",
            "",
            bucket(
                (0..100_000)
                    .map(|n| if n < 5_000 { format!("{n:05}") } else { format!("02500/{n:06}") }),
            ),
        ),
    ];
    for (shape, prefix, bucket) in shapes {
        let pages = bucket.len().div_ceil(100);
        let listed = at_once(&bucket, prefix, 100, 16);
        assert_eq!(listed.rows.len(), bucket.len(), "{shape}");
        let (faster, dearer) =
            (pages as f64 / listed.rounds as f64, listed.requests as f64 / pages as f64);
        println!("{shape}: {faster:.1} x as fast, {dearer:.2} x the requests");
        assert!(faster >= 8.0, "{shape}: {} rounds for {pages} pages", listed.rounds);
        assert!(dearer <= 1.6, "{shape}: {} requests for {pages} pages", listed.requests);
    }
}

#[test]
fn an_endpoint_without_order_is_refused() {
    let keys = bucket(["a", "b", "c"].into_iter().map(str::to_owned));
    let whole = list(&keys, "", None, 3);
    let mut ahead =
        Ahead::new(String::new(), 3, Some(Place { key: "b".to_owned(), version: None }));
    let ask = ahead.ask(1).expect("one");
    assert_eq!(ahead.answer(ask.ticket, whole.clone()), Err(OutOfOrder), "it began before b");
    let mut ahead = Ahead::new(String::new(), 3, None);
    let ask = ahead.ask(1).expect("one");
    let turned = ListPage { entries: whole.entries.into_iter().rev().collect(), ..whole };
    assert_eq!(ahead.answer(ask.ticket, turned), Err(OutOfOrder));
}

/// Sixteen requests that fail at once, after three that don't.
struct Outage(AtomicU32);

#[async_trait]
impl Lister for Outage {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        if (3..19).contains(&self.0.fetch_add(1, Ordering::Relaxed)) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "SlowDown", ""));
        }
        let keys = bucket((0..2_000).map(|n| format!("{n:04}")));
        let after = request.after.map(|(key, _)| Place { key: key.to_owned(), version: None });
        Ok(list(&keys, request.prefix, after.as_ref(), 10))
    }
}

#[test]
fn an_outage_of_all_that_is_under_way_is_borne() {
    let name: BucketName = "bucket".parse().expect("a name");
    let lister = Arc::new(Outage(AtomicU32::new(0)));
    let listing = Listing::new(lister, name, String::new(), Versions::Current);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (mut failures, mut rows, mut from) = (0, 0, Cursor::default());
        loop {
            match listing.pull(&from).await {
                Err(_) => failures += 1,
                Ok(batch) => {
                    rows += batch.rows.len();
                    let Some(next) = batch.next else { break };
                    from = next;
                }
            }
        }
        assert_eq!(rows, 2_000);
        // Each one halves what is asked for at once; whoever pulls bears nine.
        assert!((1..=7).contains(&failures), "{failures} failures");
    });
}

/// Two keys the wrong way round, whoever asks.
struct Turned;

#[async_trait]
impl Lister for Turned {
    async fn list(&self, _: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let entries = ["b", "a"].map(|key| entry(&(key.to_owned(), 0)));
        Ok(ListPage { entries: entries.into(), truncated: true })
    }
}

#[test]
fn what_broke_off_is_no_end_however_often_it_is_pulled() {
    let bucket: BucketName = "bucket".parse().expect("a name");
    let listing = Listing::new(Arc::new(Turned), bucket, String::new(), Versions::Current);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for _ in 0..3 {
        let pulled = runtime.block_on(listing.pull(&Cursor::default()));
        assert!(pulled.is_err(), "{pulled:?}");
    }
}

#[test]
fn a_small_bucket_costs_what_it_did() {
    for (keys, requests) in [(0, 1), (1, 1), (100, 1), (101, 2), (300, 3)] {
        let bucket = bucket((0..keys).map(|n| format!("obj-{n:08}")));
        let listed = at_once(&bucket, "", 100, 16);
        assert_eq!(listed.requests, requests, "{keys} keys");
    }
}
