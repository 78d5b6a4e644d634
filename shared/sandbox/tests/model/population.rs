use reseal_sandbox::model::{Model, Moment};
use reseal_sandbox::population::{BUCKET_A, BUCKET_B, Plan, Summary, populate};

const NOW: Moment = Moment::from_millis(1_795_294_380_000);

fn populated(seed: u64) -> (Model, Summary) {
    let mut model = Model::default();
    let summary = populate(&mut model, Plan { objects: 500, seed }, NOW).expect("populated");
    (model, summary)
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let dump = |seed| {
        let (model, summary) = populated(seed);
        let lines = |bucket| model.dump(bucket, None, usize::MAX).expect("there");
        (summary, lines(BUCKET_A), lines(BUCKET_B))
    };
    assert_eq!(dump(1), dump(1));
    assert_ne!(dump(1), dump(2));
}

#[test]
fn there_is_some_of_everything() {
    let (model, summary) = populated(1);
    let lines: Vec<_> = [BUCKET_A, BUCKET_B]
        .into_iter()
        .flat_map(|bucket| model.dump(bucket, None, usize::MAX).expect("there"))
        .collect();
    for status in ["NOT-SSE", "SSE-S3", "SSE-KMS", "DSSE-KMS"] {
        assert!(summary.by_encryption[status] > 5, "{status}");
    }
    let current = lines.iter().filter(|line| line.is_latest && !line.is_delete_marker).count();
    assert_eq!(summary.objects, current as u64);
    assert!(summary.noncurrent > 5 && summary.delete_markers > 2);
    assert!(lines.iter().any(|line| line.size == Some(6 << 30)));
    assert!(lines.iter().any(|line| line.size == Some(0)));
    assert!(lines.iter().any(|line| line.key.len() == 1024));
    assert!(lines.iter().any(|line| line.key.contains('\n')));
    assert!(lines.iter().any(|line| line.tags.len() == 10));
    assert!(lines.iter().any(|line| line.storage_class == Some("GLACIER")));
    assert!(lines.iter().all(|line| line.key.len() <= 1024));
}

#[test]
fn a_second_helping_uses_the_same_keys_and_buckets() {
    let (mut model, first) = populated(1);
    let second = populate(&mut model, Plan { objects: 10, seed: 9 }, NOW).expect("again");
    assert_eq!(second.new_key, first.new_key);
}
