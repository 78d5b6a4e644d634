//! The proxy itself: what each fault does to a request, seen by a client that
//! isn't `reseal`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reseal_tests::{Answer, Fault, Proxy, Rule, Sandbox};

const TEXT: &str = "twelve bytes";

struct World {
    sandbox: Sandbox,
    proxy: Proxy,
}

/// What a client hears: the status and the body, or that the answer broke.
type Heard = Option<(u16, String)>;

impl World {
    fn new(seed: u64) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket("b", None);
        let proxy = Proxy::before(sandbox.url(), seed);
        Self { sandbox, proxy }
    }

    fn put(&self, key: &str) -> Heard {
        let url = format!("{}/b/{key}", self.proxy.url());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        heard(agent.put(&url).send(TEXT))
    }

    fn get(&self, key: &str) -> Heard {
        let url = format!("{}/b/{key}", self.proxy.url());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        heard(agent.get(&url).call())
    }

    fn is_there(&self, key: &str) -> bool {
        self.sandbox.dump("b").iter().any(|version| version.key == key)
    }
}

fn heard(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Heard {
    let mut answer = answer.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.body_mut().read_to_string().ok()?))
}

#[test]
fn what_no_rule_names_passes_unchanged() {
    let world = World::new(1);
    world.proxy.rule(Rule::on("PutObject").key("other").answers(500, "InternalError"));
    assert_eq!(world.put("a"), Some((200, String::new())));
    assert_eq!(world.get("a"), Some((200, TEXT.to_owned())));
    assert_eq!(world.get("none").map(|(status, _)| status), Some(404));
    assert_eq!((world.proxy.requests("GetObject"), world.proxy.faulted("GetObject")), (2, 0));
}

#[test]
fn each_fault_does_what_it_says() {
    let error = || Answer::new(503, "SlowDown");
    for (fault, arrives, status) in [
        (Fault::Refuse(error()), false, Some(503)),
        (Fault::RefuseAfter(error()), true, Some(503)),
        (Fault::ResetBefore, false, None),
        (Fault::ResetAfter, true, None),
        (Fault::BreakOff, true, None),
        (Fault::Delay(std::time::Duration::from_millis(1)), true, Some(200)),
    ] {
        let world = World::new(1);
        world.proxy.rule(Rule::on("PutObject").does(fault.clone()));
        let heard = world.put("a");
        assert_eq!(heard.as_ref().map(|(status, _)| *status), status, "{fault:?}");
        let says_so = heard.is_some_and(|(_, body)| body.contains("<Code>SlowDown</Code>"));
        assert_eq!(says_so, status == Some(503), "{fault:?}");
        assert_eq!(world.is_there("a"), arrives, "{fault:?}");
        let counts = world.proxy.counts()["PutObject"];
        let expected = (1, u64::from(arrives), 1);
        assert_eq!((counts.requests, counts.forwarded, counts.faulted), expected, "{fault:?}");
    }
}

#[test]
fn an_answer_is_cut_where_the_seed_says() {
    let cut = |seed, key: &str| {
        let world = World::new(seed);
        let _ = world.put(key);
        world.proxy.rule(Rule::on("GetObject").does(Fault::CutShort));
        let (status, body) = world.get(key).expect("an answer that is whole to HTTP");
        assert!(status == 200 && body.len() < TEXT.len() && TEXT.starts_with(&body), "{body:?}");
        body.len()
    };
    let keys = ["a", "b", "c", "d", "e"];
    let first = keys.map(|key| cut(1, key));
    assert_eq!(first, keys.map(|key| cut(1, key)));
    assert_ne!(first, keys.map(|key| cut(2, key)));
}

#[test]
fn rules_count_by_operation_and_by_key() {
    let world = World::new(1);
    world.proxy.rule(Rule::on("PutObject").nth(2).answers(409, "OperationAborted"));
    world.proxy.rule(Rule::on("GetObject").first_of_each_key(1).answers(500, "InternalError"));
    let status = |heard: Heard| heard.map(|(status, _)| status);
    assert_eq!(["a", "b", "c"].map(|key| status(world.put(key))), [200, 409, 200].map(Some));
    assert_eq!(["a", "a", "c", "c"].map(|k| status(world.get(k))), [500, 200, 500, 200].map(Some));
    world.proxy.heal();
    assert_eq!(status(world.get("b")), Some(404));
}

/// Whatever order requests come in, the same ones are hit.
#[test]
fn chance_follows_from_the_seed_and_the_object() {
    let hit = |seed: u64, keys: &[String]| {
        let world = World::new(seed);
        world.proxy.rule(Rule::on("GetObject").per_mille(500).does(Fault::ResetBefore));
        let mut hit: Vec<_> = keys.iter().filter(|key| world.get(key).is_none()).cloned().collect();
        hit.sort();
        hit
    };
    let keys: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
    let reversed: Vec<String> = keys.iter().rev().cloned().collect();
    let first = hit(7, &keys);
    assert!((5..=35).contains(&first.len()), "{first:?}");
    assert_eq!(first, hit(7, &reversed));
    assert_ne!(first, hit(8, &keys));
}

#[test]
fn hooks_run_before_and_after_the_server_is_asked() {
    let world = World::new(1);
    let steps = Arc::new(AtomicU64::new(0));
    let seen = |url: String, steps: Arc<AtomicU64>| {
        move |_: &reseal_tests::Call| {
            let there = ureq::get(&url).call().is_ok();
            steps.fetch_add(if there { 10 } else { 1 }, Ordering::Relaxed);
        }
    };
    let url = format!("{}/b/a", world.sandbox.url());
    let before = seen(url.clone(), Arc::clone(&steps));
    let after = seen(url, Arc::clone(&steps));
    world.proxy.rule(Rule::on("PutObject").first(before).then(after));
    assert_eq!(world.put("a"), Some((200, String::new())));
    assert_eq!(steps.load(Ordering::Relaxed), 11, "not there before, there after");
}
