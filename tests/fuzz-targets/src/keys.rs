//! The list of keys that a user gives, in CSV or NDJSON.

use std::collections::BTreeSet;

use reseal_coordinator::{KeyList, Pulled};
use reseal_core::{Cursor, SourceRow};

use crate::folder::Folder;
use crate::pulls::{pull_all, resumes_after_each};

/// What S3 gives version ids. Longer ones may not fit a record of the other
/// format, where escapes take more room.
const LONGEST_VERSION: usize = 1024;

pub(crate) fn key_list(bytes: &[u8]) {
    let folder = Folder::new();
    let path = folder.write("list", bytes);
    let Ok(list) = KeyList::check("list", &path) else { return };
    let rows = pull_all(&list, &Cursor::default()).expect("what was checked is pulled");
    assert_eq!(rows.len() as u64, list.rows(), "rows counted and pulled");
    let buckets: BTreeSet<_> = rows.iter().map(|pulled| pulled.bucket.clone()).collect();
    assert_eq!(&buckets, list.buckets(), "buckets named");
    resumes_after_each(&list, &rows);
    let long = |row: &SourceRow| {
        row.version.as_ref().is_some_and(|version| version.as_str().len() > LONGEST_VERSION)
    };
    if rows.iter().any(|pulled| long(&pulled.row)) {
        return;
    }
    for (format, text) in [("ndjson", ndjson(&rows)), ("csv", csv(&rows))] {
        let path = folder.write(format, &text);
        let again = KeyList::check(format, &path).expect("what we wrote is read");
        let again = pull_all(&again, &Cursor::default()).expect("what was checked is pulled");
        let names = |rows: &[Pulled]| -> Vec<_> {
            rows.iter().map(|pulled| (pulled.bucket.clone(), pulled.row.clone())).collect()
        };
        assert_eq!(names(&again), names(&rows), "as {format}");
    }
}

fn ndjson(rows: &[Pulled]) -> Vec<u8> {
    let line = |pulled: &Pulled| {
        let version = pulled.row.version.as_ref().map(|version| version.as_str());
        let key = pulled.row.key.as_str();
        let text =
            serde_json::json!({ "bucket": pulled.bucket.as_str(), "key": key, "version": version });
        format!("{text}\n")
    };
    rows.iter().map(line).collect::<String>().into_bytes()
}

/// With its header, or a first row named `bucket,key` would be taken for one.
fn csv(rows: &[Pulled]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["bucket", "key", "version"]).expect("writes");
    for pulled in rows {
        let version = pulled.row.version.as_ref().map_or("", |version| version.as_str());
        let record = [pulled.bucket.as_str(), pulled.row.key.as_str(), version];
        writer.write_record(record).expect("writes");
    }
    writer.into_inner().expect("flushes")
}
