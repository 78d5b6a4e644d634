//! The commands around a run: status, pause, resume, retry, verify, limits.

use reseal_tests::{Ended, Reseal, Running, Sandbox, Scratch, read_report, wait_until, workspace};
use serde_json::{Value, json};

const BUCKET: &str = "steered";
const OBJECTS: u64 = 600;
/// Milliseconds since the epoch, years from now.
const LATER: u64 = 2_000_000_000_000;

struct World {
    sandbox: Sandbox,
    scratch: Scratch,
}

impl World {
    /// So many objects, made with these fields besides their names.
    fn with(objects: u64, fields: &Value) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        let world = Self { sandbox, scratch: Scratch::new("commands") };
        world.put((0..objects).map(|n| format!("o{n:04}")), fields);
        world
    }

    fn new() -> Self {
        Self::with(OBJECTS, &json!({ "encryption": "NOT-SSE" }))
    }

    fn put(&self, keys: impl Iterator<Item = String>, fields: &Value) {
        let objects: Vec<Value> = keys
            .map(|key| {
                let mut object = json!({ "bucket": BUCKET, "key": key, "size": 10 });
                let more = fields.as_object().expect("fields").clone();
                object.as_object_mut().expect("an object").extend(more);
                object
            })
            .collect();
        self.sandbox.admin("objects", &json!(objects));
    }

    fn run(&self) -> Reseal {
        Reseal::new("run", &self.sandbox)
            .args([&format!("s3://{BUCKET}"), "--sse", "AES256", "--chunk-rows", "100"])
            .args(["--yes", "--output", "json"])
            .state(self.scratch.folder())
    }

    /// A run that would take half a minute, in the middle of its work.
    fn working(&self) -> Running {
        let running = self.run().args(["--rate", "20"]).start();
        let copies = || self.sandbox.requests().get("CopyObject").copied().unwrap_or(0);
        wait_until("40 copies", || copies() >= 40);
        running
    }

    /// A command that names a job: the endpoint is the job's.
    fn command(&self, words: &[&str]) -> Reseal {
        let (command, rest) = words.split_first().expect("a command");
        Reseal::without_endpoint(command)
            .args(rest)
            .args(["--output", "json"])
            .state(self.scratch.folder())
    }

    fn json(&self, words: &[&str]) -> Value {
        self.command(words).run().expect_code(0).json()
    }

    fn newest_job(&self) -> String {
        self.json(&["status"])["jobs"][0]["job"].as_str().expect("a job").to_owned()
    }

    fn encrypted(&self) -> u64 {
        let versions = self.sandbox.dump(BUCKET);
        versions.iter().filter(|v| v.encryption.as_deref() == Some("SSE-S3")).count() as u64
    }
}

fn job_of(ended: &Ended) -> String {
    ended.json()["job"].as_str().expect("a job").to_owned()
}

#[test]
fn a_paused_job_stands_still_until_the_same_command_or_a_resume() {
    let world = World::new();
    let running = world.working();
    let job = world.newest_job();
    let status = world.json(&["status", &job]);
    assert_eq!((&status["state"], &status["taken_in"]), (&json!("running"), &json!(OBJECTS)));
    world.json(&["pause", &job]);
    let _ = running.wait().expect_code(130);
    let status = world.json(&["status", &job, "--watch"]);
    assert_eq!(status["state"], json!({ "paused": "requested" }), "and watching ends there");
    let settled = status["settled"].as_u64().expect("a count");
    assert!((1..OBJECTS).contains(&settled), "{status}");
    assert_eq!(status["chunks"]["leased"], 0, "all was given back");

    // Parts that are written stay as they are: not of a job that goes on.
    let folder = world.scratch.path("parts");
    let parts = ["report", &job, "--layout", "hive", "--out", folder.to_str().expect("UTF-8")];
    let refused = world.command(&parts).run().expect_code(2);
    assert!(refused.stderr.contains("--layout hive"), "{}", refused.stderr);
    assert!(!folder.exists());

    // Pausing again changes nothing; resuming makes it run again, and says by what.
    world.json(&["pause", &job]);
    let resumed = world.command(&["resume", &job]).run().expect_code(0);
    assert_eq!(resumed.json()["state"], "running");
    world.json(&["pause", &job]);

    let ended = world.run().run().expect_code(0);
    assert_eq!(job_of(&ended), job);
    assert!(ended.stderr.contains("paused: somebody asked"), "{}", ended.stderr);
    let status = world.json(&["status", &job]);
    assert_eq!((&status["state"], &status["settled"]), (&json!("finished"), &json!(OBJECTS)));
    assert_eq!(status["chunks"]["done"], 6);
    assert_eq!(world.encrypted(), OBJECTS);
    assert_eq!(world.json(&parts)["taken_in"], OBJECTS);
    assert!(folder.join(format!("objects/job={job}/part-00000.csv.gz")).is_file());
    let _ = world.command(&["pause", &job]).run().expect_code(2);
}

#[test]
fn jobs_are_listed_newest_first() {
    let world = World::with(3, &json!({}));
    let first = job_of(&world.run().run().expect_code(0));
    let second = job_of(&world.run().run().expect_code(0));
    let listed = world.json(&["status"]);
    let jobs: Vec<&Value> =
        listed["jobs"].as_array().expect("jobs").iter().map(|j| &j["job"]).collect();
    assert_eq!(jobs, [&json!(second), &json!(first)]);
}

/// Objects under a key that nobody may use, and two that are fine.
fn locked_out(objects: u64) -> (World, String) {
    let world = World::with(2, &json!({}));
    let key = world.sandbox.key("alias/old");
    let fields = json!({ "encryption": "SSE-KMS", "kmsKey": key });
    world.put((0..objects).map(|n| format!("k{n:04}")), &fields);
    world.sandbox.admin("keys", &json!({ "key": "alias/old", "access": "nobody" }));
    (world, key)
}

#[test]
fn what_failed_is_retried_as_a_job_of_its_own_once_it_may_succeed() {
    let (world, _) = locked_out(5);
    world.put(["cold".to_owned()].into_iter(), &json!({ "storageClass": "GLACIER" }));
    let first = world.run().run().expect_code(3);
    let overall = first.json()["totals"]["overall"].clone();
    assert_eq!(
        (&overall["failed"]["denied"], &overall["skipped"]["archived"]),
        (&json!(5), &json!(1))
    );
    let job = job_of(&first);

    let wrong = world.command(&["retry", &job, "--reason", "gone", "--yes"]).run().expect_code(2);
    assert!(wrong.stderr.contains("--reason"), "{}", wrong.stderr);
    world.sandbox.admin("keys", &json!({ "key": "alias/old", "access": "own-account" }));
    let again = world.command(&["retry", &job, "--reason", "denied", "--yes"]).run().expect_code(0);
    assert_ne!(job_of(&again), job);
    assert_eq!(again.json()["retry_of"], json!(job));
    assert_eq!(again.json()["totals"]["taken_in"], 5, "the archived one was not asked for");
    let rows = read_report(&again.report());
    assert!(rows.iter().all(|row| row.key.starts_with('k') && row.outcome == "re-encrypted"));

    // By default everything that needs a look; here that is still archived.
    let rest = world.command(&["retry", &job, "--yes"]).run().expect_code(3);
    assert_eq!(rest.json()["totals"]["overall"]["already_compliant"], 5);
    assert_eq!(rest.json()["totals"]["overall"]["skipped"]["archived"], 1);
    let nothing = world.command(&["retry", &job_of(&again), "--yes"]).run().expect_code(0);
    assert_eq!(nothing.json()["objects"], 0);
}

#[test]
fn a_job_that_is_not_over_is_not_retried() {
    let world = World::new();
    let running = world.working();
    let job = world.newest_job();
    let refused = world.command(&["retry", &job, "--yes"]).run().expect_code(2);
    assert!(refused.stderr.contains("isn't over"), "{}", refused.stderr);
    running.kill_9();
}

#[test]
fn too_many_failures_pause_the_job_unless_they_are_allowed() {
    let (world, _) = locked_out(OBJECTS);
    let ended = world.run().args(["--rate", "100"]).run().expect_code(1);
    assert!(ended.stderr.contains("--failure-threshold"), "{}", ended.stderr);
    assert_eq!(ended.json()["state"], json!({ "paused": "failures" }));
    let failed = ended.json()["totals"]["overall"]["failed"]["denied"].as_u64().expect("a count");
    assert!((99..OBJECTS).contains(&failed), "{failed} failed");
    let status = world.json(&["status", &job_of(&ended)]);
    assert!(status["paused_because"].as_str().expect("why").contains("too many"), "{status}");
    let ended = world.run().args(["--failure-threshold", "100%"]).run().expect_code(3);
    assert_eq!(ended.json()["totals"]["overall"]["failed"]["denied"], OBJECTS);
}

#[test]
fn limits_on_objects_and_cost_refuse_before_anything_is_touched() {
    let world = World::new();
    let below = (OBJECTS - 1).to_string();
    for (flag, limit, figure) in
        [("--max-objects", below.as_str(), "599"), ("--max-cost-usd", "0.0001", "$0.00")]
    {
        let ended = world.run().args([flag, limit]).run().expect_code(2);
        for word in [flag, figure] {
            assert!(ended.stderr.contains(word), "no {word} in {}", ended.stderr);
        }
        assert_eq!(world.encrypted(), 0, "{flag}: something was touched");
    }
    // Nobody confirmed that job: it can be neither paused nor resumed into work.
    let job = world.newest_job();
    for command in ["pause", "resume"] {
        let _ = world.command(&[command, &job]).run().expect_code(2);
        assert_eq!(world.json(&["status", &job])["state"], "planned");
    }
    let exact = OBJECTS.to_string();
    let ended = world.run().args(["--max-objects", &exact, "--max-cost-usd", "1"]).run();
    let ended = ended.expect_code(0);
    assert_eq!(ended.json()["totals"]["taken_in"], OBJECTS);
    assert_eq!(world.encrypted(), OBJECTS);
}

#[test]
fn an_estimate_is_the_sum_of_its_inputs_at_the_prices_given() {
    let world =
        World::with(300, &json!({ "encryption": "NOT-SSE", "storageClass": "STANDARD_IA" }));
    let _ = world.sandbox.key("alias/target");
    let plan = |more: &[&str]| {
        Reseal::new("plan", &world.sandbox)
            .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", "alias/target"])
            .args(["--output", "json"])
            .args(more)
            .run()
    };
    let built_in = plan(&[]).expect_code(0).json();
    let prices = json!({ "as_of": "today", "source": "us", "regions": { "us-east-1": {
        "classes": { "STANDARD": { "write_per_1000": 1, "read_per_1000": 2,
            "retrieval_per_gib": 0, "storage_per_gib_month": 0 } },
        "kms_per_10000": 5, "batch_operations_per_job": 7, "batch_operations_per_million": 0,
        "fleet_per_million": 0 } } });
    let file = world.scratch.write("prices.json", prices.to_string());
    let file = file.to_str().expect("UTF-8");
    let ours = plan(&["--prices", file]).expect_code(0).json();
    // 300 copies at $1 and 300 looks at $2 per thousand, 300 KMS requests at $5
    // per ten thousand.
    assert!((ours["total_usd"].as_f64().expect("a number") - 1.05).abs() < 1e-9, "{ours}");
    assert_eq!(ours["estimate"]["kms"], 300);
    let unpriced = json!([{ "class": "STANDARD_IA", "objects": 300, "bytes": 3_000 }]);
    assert_eq!(ours["estimate"]["unpriced_classes"], unpriced);
    let limited = plan(&["--prices", file, "--max-cost-usd", "9"]).expect_code(0);
    assert!(limited.stderr.contains("would be refused"), "{}", limited.stderr);
    assert!(limited.stderr.contains("STANDARD_IA"), "{}", limited.stderr);
    assert_eq!(ours["estimate"]["batch_operations"]["fees_usd"], json!(7.0));
    for plan in [&built_in, &ours] {
        let number = |value: &Value| value.as_f64().expect("a number");
        let lines = plan["estimate"]["lines"].as_array().expect("lines");
        let sum: f64 = lines
            .iter()
            .map(|l| number(&l["quantity"]) / number(&l["per"]) * number(&l["usd_each"]))
            .sum();
        assert!((sum - number(&plan["total_usd"])).abs() < 1e-9, "{plan}");
    }
    assert!(built_in["estimate"]["early_deletion_usd"].as_f64().expect("a number") > 0.0);
    let misspelt = world.scratch.write("wrong.json", "{}");
    let refused = plan(&["--prices", misspelt.to_str().expect("UTF-8")]).expect_code(2);
    assert!(refused.stderr.contains("--prices"), "{}", refused.stderr);
}

#[test]
fn a_limit_on_cost_knows_what_restores_cost_by_tier() {
    let world = World::with(300, &json!({ "encryption": "NOT-SSE", "storageClass": "GLACIER" }));
    let restore = |tier: &str| {
        let how = ["--archived", "restore", "--restore-class", "STANDARD_IA", "--restore-tier"];
        world.run().args(how).args([tier, "--max-cost-usd", "1"])
    };
    // 300 requests at $10 a thousand.
    let refused = restore("expedited").run().expect_code(2);
    assert!(refused.stderr.contains("--max-cost-usd 1: the estimate is $3.0"), "{refused:?}");
    assert!(refused.stderr.contains("restore-expedited, GLACIER: 300 restores"), "{refused:?}");
    // Nor is it let through where the list has no such price.
    let built_in = workspace().join("shared/core/src/price/prices.json");
    let text = std::fs::read_to_string(built_in).expect("the prices");
    let mut prices: Value = serde_json::from_str(&text).expect("JSON");
    let glacier = &mut prices["regions"]["us-east-1"]["classes"]["GLACIER"];
    let _ = glacier["restore"].as_object_mut().expect("tiers").remove("expedited").expect("one");
    let file = world.scratch.write("prices.json", prices.to_string());
    let file = file.to_str().expect("UTF-8");
    let refused = restore("expedited").args(["--prices", file]).run().expect_code(2);
    assert!(refused.stderr.contains("the restore of 300 objects"), "{refused:?}");
    assert!(refused.stderr.contains("--prices FILE"), "{refused:?}");
    assert!(!world.sandbox.requests().contains_key("RestoreObject"));
    let _ = restore("bulk").args(["--prices", file]).run().expect_code(3);
    assert_eq!(world.sandbox.requests()["RestoreObject"], 300);
}

#[test]
fn a_limit_on_cost_is_refused_where_its_prices_are_not_known() {
    let world = World::with(0, &json!({}));
    world.sandbox.admin("buckets", &json!({ "name": "far", "region": "eu-west-1" }));
    let run = |more: &[&str]| {
        Reseal::new("run", &world.sandbox)
            .args(["s3://far", "--sse", "AES256", "--yes", "--output", "json"])
            .args(["--region", "eu-west-1", "--max-cost-usd", "9"])
            .args(more)
            .state(world.scratch.folder())
            .run()
    };
    let before = world.sandbox.mutations();
    let refused = run(&[]).expect_code(2);
    let line = refused.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(line.contains("--max-cost-usd 9: ") && line.contains("eu-west-1"), "{refused:?}");
    assert!(line.contains("--prices"), "{refused:?}");
    assert_eq!(world.sandbox.mutations(), before, "not even probed");
    let built_in = std::fs::read_to_string(workspace().join("shared/core/src/price/prices.json"));
    let there = built_in.expect("the prices").replace("\"us-east-1\"", "\"eu-west-1\"");
    let file = world.scratch.write("prices.json", there);
    let _ = run(&["--prices", file.to_str().expect("UTF-8")]).expect_code(0);
}

#[test]
fn verify_finds_what_was_written_after_the_job() {
    let world = World::new();
    let job = job_of(&world.run().run().expect_code(0));
    let before = world.sandbox.mutations();
    let verified = world.json(&["verify", &job]);
    assert_eq!(
        (&verified["looked_at"], &verified["at_target"]),
        (&json!(OBJECTS), &json!(OBJECTS))
    );
    assert_eq!(world.sandbox.mutations(), before, "verify changes nothing");

    world.put(["o0001".to_owned()].into_iter(), &json!({ "encryption": "NOT-SSE" }));
    let fine = json!({ "encryption": "SSE-S3", "size": 11, "lastModified": LATER });
    world.put(["o0002".to_owned()].into_iter(), &fine);
    // As if it had been written in the same second: the report says otherwise.
    let odd = json!({ "encryption": "SSE-S3", "size": 12, "lastModified": 1_000 });
    world.put(["o0003".to_owned()].into_iter(), &odd);
    let out = world.scratch.path("differences.csv");
    let file = out.to_str().expect("UTF-8");
    let verified = world.command(&["verify", &job, "--out", file]).run().expect_code(3).json();
    assert_eq!(
        verified["differences"],
        json!({ "not-at-target": 1, "rewritten": 1, "differs": 1 })
    );
    assert_eq!(verified["need_a_look"], 2, "{verified}");
    let found = std::fs::read_to_string(&out).expect("the differences");
    assert!(found.contains("not-at-target,steered,o0001"), "{found}");

    // Without a job, only the target counts.
    let source = format!("s3://{BUCKET}");
    let of_source = |more: &[&str]| {
        Reseal::new("verify", &world.sandbox)
            .args([&source, "--sse", "AES256", "--output", "json"])
            .args(more)
            .state(world.scratch.folder())
            .run()
    };
    let verified = of_source(&[]).expect_code(3).json();
    assert_eq!(verified["differences"], json!({ "not-at-target": 1 }));
    let _ = of_source(&["--exclude-prefix", "o0001"]).expect_code(0);
}

#[test]
fn verify_looks_at_a_sample_that_its_seed_picks_again() {
    let world = World::new();
    let job = job_of(&world.run().run().expect_code(0));
    world.put((0..OBJECTS).map(|n| format!("o{n:04}")), &json!({ "encryption": "NOT-SSE" }));
    let sample = |seed: &str| {
        let words = ["verify", &job, "--sample", "20", "--seed", seed];
        world.command(&words).run().expect_code(3).json()
    };
    let first = sample("7");
    assert_eq!((&first["looked_at"], &first["seed"]), (&json!(20), &json!(7)));
    let keys = |found: &Value| {
        let listed = found["listed"].as_array().expect("a list");
        let mut keys: Vec<String> = listed.iter().map(|f| f["key"].to_string()).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&first), keys(&sample("7")));
    assert_ne!(keys(&first), keys(&sample("8")));
}

#[test]
fn verify_says_what_the_job_left_behind() {
    let (world, _) = locked_out(5);
    let job = job_of(&world.run().run().expect_code(3));
    let verified = world.command(&["verify", &job]).run().expect_code(3).json();
    assert_eq!(verified["differences"], json!({ "left-behind": 5 }));
    assert_eq!(verified["at_target"], 2);
}

#[test]
fn verify_works_beside_a_run() {
    let world = World::new();
    let running = world.working();
    let job = world.newest_job();
    let verified = world.command(&["verify", &job]).run().expect_code(3).json();
    assert!(verified["not_settled_yet"].as_u64().expect("a count") > 0, "{verified}");
    world.json(&["cancel", &job, "--yes"]);
    let _ = running.wait().expect_code(1);
}

#[test]
fn plain_output_has_no_control_characters_and_completions_come_for_each_shell() {
    let world = World::with(3, &json!({}));
    let ended = world.run().run().expect_code(0);
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\r'), "{}", ended.stderr);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let written = Reseal::without_endpoint("completions").args([shell]).run().expect_code(0);
        assert!(written.stdout.contains("failure-threshold"), "{shell}");
    }
    let totals = world.json(&["report"]);
    assert_eq!(totals["taken_in"], 3);
    let file = world.scratch.path("rows.csv");
    let written = world.json(&["report", "--out", file.to_str().expect("UTF-8")]);
    assert_eq!((&written["taken_in"], file.exists()), (&json!(3), true));
}
