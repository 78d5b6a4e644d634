use reseal_core::{BucketName, EncryptionStatus, ObjectKey, SourceRow, StorageClass};

use super::{Band, Census, Count, Seal, Shown, write_csv};

fn bucket() -> BucketName {
    "stock".parse().expect("a name")
}

fn row(size: u64, status: Option<EncryptionStatus>) -> SourceRow {
    SourceRow {
        size: Some(size),
        storage_class: Some(StorageClass::standard()),
        encryption_status: status,
        ..SourceRow::of_key(ObjectKey::new("a").expect("a key"))
    }
}

#[test]
fn bands_are_cut_where_a_price_or_a_way_to_copy_changes() {
    let edges = [
        (0, "0 B"),
        (1, "< 128 KiB"),
        (131_071, "< 128 KiB"),
        (131_072, "< 1 MiB"),
        (1_048_576, "< 128 MiB"),
        (134_217_728, "<= 5 GiB"),
        (5_368_709_120, "<= 5 GiB"),
        (5_368_709_121, "> 5 GiB"),
    ];
    for (size, word) in edges {
        assert_eq!(Band::of(Some(size)).word(), word, "{size}");
    }
    assert_eq!(Band::of(None).word(), "?");
}

#[test]
fn what_a_source_does_not_tell_is_left_to_be_asked() {
    let mut census = Census::default();
    assert!(!census.told(&bucket(), &row(1, None)));
    assert!(census.told(&bucket(), &row(1, Some(EncryptionStatus::SseS3))));
    let marker = SourceRow { is_delete_marker: true, ..row(0, None) };
    assert!(census.told(&bucket(), &marker));
    assert_eq!((census.total(), census.delete_markers), (Count { objects: 1, bytes: 1 }, 1));
}

#[test]
fn one_line_a_group_and_nothing_that_a_spreadsheet_runs() {
    let mut census = Census::default();
    let odd: StorageClass = serde_json::from_str("\"=1+1\"").expect("a class");
    for size in [10, 20] {
        let row = SourceRow { storage_class: Some(odd.clone()), ..row(size, None) };
        census.add(&bucket(), &row, Seal::unknown());
    }
    census.told(&bucket(), &row(200_000, Some(EncryptionStatus::NotSse)));
    let mut out = Vec::new();
    write_csv(&Shown::new(None, Vec::new(), 0, census), &mut out).expect("in memory");
    let text = String::from_utf8(out).expect("UTF-8");
    let lines: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "stock,?,,,,,,'=1+1,current,< 128 KiB,2,30",
            "stock,NOT-SSE,,,,,,STANDARD,current,< 1 MiB,1,200000",
        ]
    );
}
