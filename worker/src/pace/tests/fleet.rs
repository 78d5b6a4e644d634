//! A limit that several workers keep together (I12), on virtual time.

mod cut_off;
mod workers;

use cut_off::Fault;
use workers::{End, Fleet, Shift};

const LIMIT: f64 = 500.0;

/// From one to four to two.
#[tokio::test(start_paused = true)]
async fn a_limit_is_used_up_and_kept_through_scaling_out_and_in() {
    let fleet = Fleet::new(LIMIT).await;
    let admitted = fleet
        .work(vec![
            Shift::new("a", 0, 300, End::Leaves),
            Shift::new("b", 100, 300, End::Leaves),
            Shift::new("c", 100, 200, End::Leaves),
            Shift::new("d", 100, 200, End::Leaves),
        ])
        .await;
    admitted.never_exceeds(LIMIT);
    for (from, to) in [(5, 100), (130, 200), (230, 300)] {
        admitted.uses_up(LIMIT, from, to);
    }
    assert!(fleet.members().await.is_empty(), "they left");
}

#[tokio::test(start_paused = true)]
async fn a_dead_workers_share_comes_back_and_is_never_used_twice() {
    for seed in 0..2 {
        let fleet = Fleet::seeded(LIMIT, seed).await;
        let admitted = fleet
            .work(vec![
                Shift::new("a", 0, 300, End::Leaves),
                Shift::new("b", 20, 100 + seed, End::Crashes),
                Shift::new("c", 20, 100, End::Crashes),
                Shift::new("d", 20, 300, End::Leaves),
            ])
            .await;
        admitted.never_exceeds(LIMIT);
        admitted.uses_up(LIMIT, 50, 100);
        admitted.uses_up(LIMIT, 140, 300);
    }
}

/// Cut off from the ledger they go on for as long as their share is good, and
/// not until others have taken it.
#[tokio::test(start_paused = true)]
async fn a_worker_that_is_cut_off_stops_before_others_take_its_share() {
    for fault in [Fault::Unavailable, Fault::Hangs, Fault::LosesReplies] {
        let fleet = Fleet::new(LIMIT).await;
        let admitted = fleet
            .work(vec![
                Shift::new("a", 0, 400, End::Leaves),
                Shift::new("b", 20, 400, End::Leaves).cut_off(100, 200, fault),
            ])
            .await;
        admitted.never_exceeds(LIMIT);
        admitted.uses_up(LIMIT, 50, 100);
        if fault != Fault::LosesReplies {
            admitted.of("b").is_silent(121, 200);
            admitted.uses_up(LIMIT, 145, 200);
        }
        admitted.uses_up(LIMIT, 235, 400);
    }
}

/// What is given up on record is free to be taken from that moment on, and
/// not from when its old owner hears that it is on record.
#[tokio::test(start_paused = true)]
async fn less_is_used_before_that_is_written() {
    let fleet = Fleet::new(LIMIT).await;
    let late = |name, from| {
        Shift::new(name, from, 100, End::Leaves).cut_off(from, 100, Fault::LateReplies)
    };
    let shifts = vec![late("a", 0), Shift::new("b", 20, 100, End::Leaves), late("c", 50)];
    let admitted = fleet.work(shifts).await;
    admitted.never_exceeds(LIMIT);
    admitted.uses_up(LIMIT, 70, 100);
}

/// Writes that succeed and look as if they had not, reads that come late: all
/// the time, to everybody.
#[tokio::test(start_paused = true)]
async fn a_limit_holds_while_the_ledger_is_at_its_worst() {
    for seed in 0..3 {
        let fleet = Fleet::seeded(LIMIT, seed).await;
        let shaky = |name, from, to, end| Shift::new(name, from, to, end).shaky(0.3);
        let admitted = fleet
            .work(vec![
                shaky("a", 0, 200, End::Leaves),
                shaky("b", 30, 120, End::Crashes),
                shaky("c", 31, 200, End::Leaves),
                shaky("d", 60, 100, End::Leaves),
            ])
            .await;
        admitted.never_exceeds(LIMIT);
        let used = admitted.rate(150, 200) / LIMIT;
        assert!(used > 0.9, "seed {seed}: {used:.3} of the limit");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_changed_is_followed_by_all() {
    let fleet = Fleet::new(LIMIT).await;
    let changing = async {
        fleet.sleep(100).await;
        fleet.limit(200.0).await;
        fleet.sleep(100).await;
        fleet.limit(800.0).await;
    };
    let shifts = vec![
        Shift::new("a", 0, 300, End::Leaves),
        Shift::new("b", 10, 300, End::Leaves),
        Shift::new("c", 20, 300, End::Leaves),
    ];
    let (admitted, ()) = tokio::join!(fleet.work(shifts), changing);
    // Each reads the limits anew within some seconds.
    for (limit, from, to) in [(LIMIT, 0, 100), (200.0, 107, 200), (800.0, 207, 300)] {
        admitted.between(from, to).never_exceeds(limit);
        admitted.uses_up(limit, (from + 30).min(to), to);
    }
    admitted.between(0, 200).never_exceeds(LIMIT);
}

/// Who has nothing to do leaves its share to who has.
#[tokio::test(start_paused = true)]
async fn an_idle_workers_share_flows_to_the_hungry_and_back() {
    let fleet = Fleet::new(LIMIT).await;
    let admitted = fleet
        .work(vec![
            Shift::new("a", 0, 300, End::Leaves),
            Shift::new("b", 0, 300, End::Leaves).slow(20.0, 100, 200),
        ])
        .await;
    admitted.never_exceeds(LIMIT);
    admitted.uses_up(LIMIT, 30, 100);
    // All but the little that the idle one is kept, of which it uses a part.
    let hungry = admitted.of("a").rate(130, 200);
    assert!(hungry > LIMIT * 0.85, "{hungry}");
    let idle = admitted.of("b").rate(130, 200);
    assert!((19.0..=21.0).contains(&idle), "{idle}: it got what it asked for");
    admitted.uses_up(LIMIT, 210, 300);
    let again = admitted.of("b").rate(208, 216);
    assert!((0.45..=0.51).contains(&(again / LIMIT)), "{again}: it says so at once");
}

/// The prefix limits of a bucket are shared as well.
#[tokio::test(start_paused = true)]
async fn a_buckets_requests_are_shared_too() {
    let fleet = Fleet::new(LIMIT).await;
    let admitted = fleet
        .work(vec![
            Shift::new("a", 0, 200, End::Leaves).writing(),
            Shift::new("b", 50, 200, End::Crashes).writing(),
            Shift::new("c", 60, 120, End::Leaves).writing(),
        ])
        .await;
    admitted.never_exceeds(workers::WRITES);
    admitted.uses_up(workers::WRITES, 20, 50);
    admitted.uses_up(workers::WRITES, 90, 120);
    admitted.uses_up(workers::WRITES, 150, 200);
}
