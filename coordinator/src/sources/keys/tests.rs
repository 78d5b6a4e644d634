//! Lists of keys: good ones give every row, bad ones name their line.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// A file that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("reseal-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("writes");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn check(name: &str, text: &[u8]) -> Result<Vec<Pulled>, String> {
    let file = Scratch::new(name, text);
    let list = KeyList::check("list", &file.0).map_err(|e| e.to_string())?;
    let batch = list.pull_batch(&Cursor::default()).map_err(|e| e.to_string())?;
    // Pulling on from any row gives the rest, neither more nor less.
    for (index, pulled) in batch.rows.iter().enumerate() {
        let rest = list.pull_batch(&pulled.after).map_err(|e| e.to_string())?;
        assert_eq!(rest.rows, batch.rows[index + 1..]);
    }
    assert_eq!(list.rows(), batch.rows.len() as u64);
    Ok(batch.rows)
}

fn named(rows: &[Pulled]) -> Vec<(&str, &str, Option<&str>)> {
    rows.iter()
        .map(|p| {
            let version = p.row.version.as_ref().map(reseal_core::VersionId::as_str);
            (p.bucket.as_str(), p.row.key.as_str(), version)
        })
        .collect()
}

#[test]
fn csv_with_and_without_header_and_versions() {
    let expected = vec![("bucket-a", "k 1", None), ("bucket-b", "k,\"2\"\nx", Some("v1"))];
    let body = "bucket-a,k 1\nbucket-b,\"k,\"\"2\"\"\nx\",v1\n";
    for text in [
        body.to_owned(),
        format!("bucket,key,version\n{body}"),
        format!("\u{feff}Bucket,Key,VersionId\r\n{body}"),
        body.replacen("k 1\n", "k 1,\r\n", 1),
    ] {
        assert_eq!(named(&check("csv", text.as_bytes()).expect("reads")), expected, "{text:?}");
    }
}

#[test]
fn ndjson_with_blank_lines_and_no_newline_at_the_end() {
    let text = b"{\"bucket\":\"bucket-a\",\"key\":\"a\\u0000b\"}\n\n{\"bucket\":\"bucket-a\",\"key\":\"k\",\"version\":\"null\"}";
    let rows = check("ndjson", text).expect("reads");
    assert_eq!(named(&rows), [("bucket-a", "a\0b", None), ("bucket-a", "k", Some("null"))]);
}

#[test]
fn malformed_lines_are_named() {
    let long = format!("bucket-a,a\nbucket-a,\"{}", "x".repeat(200_000));
    let cases: &[(&[u8], &str)] = &[
        (b"", "line 1: the list names no object"),
        (b"bucket,key\n", "names no object"),
        (b"bucket-a,a\nbucket-a\n", "line 2: 1 fields"),
        (b"bucket-a,a\nbucket-a,b,c,d\n", "line 2: 4 fields"),
        (b"bucket-a,a\nb!,b\n", "line 2: 'b!' is not a bucket name"),
        (b"bucket-a,a\nbucket-a,\n", "line 2: a key must have"),
        (b"bucket-a,\"a\nb\"\nbucket-a,c,d,e", "line 3: 4 fields"),
        (b"bucket-a,a\nbucket-a,\xff\n", "line 2: not UTF-8"),
        (long.as_bytes(), "line 2: longer than"),
        (b"{\"bucket\":\"bucket-a\",\"key\":\"a\"}\nnonsense\n", "line 2: not an object"),
        (b"{\"bucket\":\"bucket-a\",\"key\":\"a\",\"versoin\":\"x\"}\n", "line 1: not an object"),
        (b"{\"bucket\":\"bucket-a\",\"key\":\"a\"}\n{\"bucket\":\"bucket-a\"}", "line 2"),
    ];
    for (text, expected) in cases {
        let line = check("malformed", text).expect_err(expected);
        assert!(line.starts_with("list, line ") && line.contains(expected), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn a_list_that_changed_since_it_was_checked_is_refused() {
    let file = Scratch::new("changed", b"bucket-a,a\n");
    let list = KeyList::check("list", &file.0).expect("is good");
    std::fs::write(&file.0, b"bucket-a,a\nbucket-a,b\n").expect("writes");
    assert!(matches!(list.pull_batch(&Cursor::default()), Err(SourceError::Changed { .. })));
}

proptest! {
    #[test]
    fn any_key_comes_through_csv_and_ndjson(keys in proptest::collection::vec("(?s).{1,40}", 1..20)) {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let mut ndjson = Vec::new();
        for key in &keys {
            csv.write_record(["bucket-a", key.as_str()]).expect("writes");
            let line = serde_json::json!({"bucket": "bucket-a", "key": key});
            ndjson.extend(line.to_string().bytes());
            ndjson.push(b'\n');
        }
        let csv = csv.into_inner().expect("flushes");
        for (name, text) in [("any-csv", csv), ("any-ndjson", ndjson)] {
            let rows = check(name, &text).expect("reads");
            let found: Vec<&str> = rows.iter().map(|p| p.row.key.as_str()).collect();
            prop_assert_eq!(&found, &keys);
        }
    }

    #[test]
    fn hostile_bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = check("hostile", &text);
    }
}
