//! What a plain reader of lines gets back is what the rows say, the same bytes
//! come out each time, and nobody's file is replaced.

mod typed;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::sync::Mutex;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use reseal_core::{ObjectKey, Outcome};
use reseal_testkit::build::OutcomeBuilder;

use super::text::line;
use super::*;

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Shelf for Memory {
    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ReportError> {
        assert!(bytes.len() as u64 <= limit, "our own part would be too long to be compared");
        let mut files = self.0.lock().expect("unpoisoned");
        if let Some(there) = files.get(name) {
            return Ok(Some(there.clone()));
        }
        files.insert(name.to_owned(), bytes.to_vec());
        Ok(None)
    }

    fn place(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl Memory {
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().expect("unpoisoned").clone()
    }

    /// All lines of all parts but their heads, cell by cell.
    fn cells(&self) -> Vec<Vec<String>> {
        let text = |bytes: &Vec<u8>| {
            let mut text = String::new();
            MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip");
            text
        };
        let parts: Vec<String> = self.files().values().map(text).collect();
        let lines = parts.iter().flat_map(|part| part.split_terminator('\n').skip(1));
        let decoded = |cell: &str| percent_decode_str(cell).decode_utf8().expect("UTF-8").into();
        lines.map(|line| line.split(',').map(decoded).collect()).collect()
    }
}

fn rows(keys: &[String]) -> Vec<OutcomeRow> {
    let row = |key: &String| {
        let change = |row: &mut OutcomeRow| {
            row.object.key = ObjectKey::new(key).expect("a key");
            row.detail = Some(format!("of \"{key}\", \\ and more"));
        };
        OutcomeBuilder::new(0, Outcome::ReEncrypted).with(change).build()
    };
    keys.iter().map(row).collect()
}

async fn write(
    shelf: &Memory,
    rows: &[OutcomeRow],
    kind: RowKind,
    full: usize,
) -> Result<u32, ReportError> {
    write_as(Encoding::Text, shelf, rows, kind, full).await
}

async fn write_as(
    encoding: Encoding,
    shelf: &dyn Shelf,
    rows: &[OutcomeRow],
    kind: RowKind,
    full: usize,
) -> Result<u32, ReportError> {
    let job = "job-1".parse().expect("an id");
    let mut parts = Parts::new(shelf, kind, encoding, &job, full)?;
    for chunk in rows.chunks(3) {
        parts.take(chunk).await?;
    }
    parts.finish().await.map(|(_, parts)| parts)
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

proptest! {
    #[test]
    fn every_cell_comes_back_exactly(
        keys in proptest::collection::vec("(?s)['=+@\\\\%\t\r\n\",-]?.{1,30}", 1..20),
        full in 1_usize..4_000,
    ) {
        let (shelf, rows) = (Memory::default(), rows(&keys));
        let parts = wait(write(&shelf, &rows, RowKind::Objects, full)).expect("writes");
        prop_assert_eq!(parts as usize, shelf.files().len());
        let found = shelf.cells();
        prop_assert_eq!(found.len(), rows.len());
        for (cells, row) in found.iter().zip(&rows) {
            let said: Vec<String> =
                RowKind::Objects.columns().iter().map(|(_, says)| says.text(row)).collect();
            prop_assert_eq!(cells, &said);
        }
    }
}

#[test]
fn nothing_that_a_reader_could_trip_over_is_in_a_cell() {
    let mut out = Vec::new();
    line(
        &mut out,
        ["=1+1", "a,b", "\"\\'\n\r\0 ", "ü\u{2028}", "s3://b/k:1"].map(str::to_owned).into_iter(),
    );
    let text = String::from_utf8(out).expect("ASCII");
    assert_eq!(text, "%3D1%2B1,a%2Cb,%22%5C%27%0A%0D%00%20,%C3%BC%E2%80%A8,s3://b/k:1\n");
}

#[tokio::test]
async fn the_same_rows_are_the_same_files_and_others_replace_none() {
    let keys: Vec<String> = (0..50).map(|n| format!("key-{n}")).collect();
    let (shelf, rows) = (Memory::default(), rows(&keys));
    let parts = write(&shelf, &rows, RowKind::Objects, 1_000).await.expect("writes");
    assert!(parts > 3, "{parts}");
    let files = shelf.files();
    let first = files.keys().next().expect("a part");
    assert_eq!(first, "objects/job=job-1/part-00000.csv.gz");
    assert_eq!(write(&shelf, &rows, RowKind::Objects, 1_000).await.expect("again"), parts);
    assert_eq!(shelf.files(), files);

    let other = write(&shelf, &rows[1..], RowKind::Objects, 1_000).await;
    let Err(ReportError::Taken(place)) = other else { panic!("{other:?}") };
    assert_eq!(place, *first);
    assert_eq!(shelf.files(), files);
}

/// Parts are compared by what they say, however they are packed.
#[tokio::test]
async fn a_part_that_was_packed_otherwise_is_the_same() {
    let (shelf, rows) = (Memory::default(), rows(&["a".to_owned()]));
    write(&shelf, &rows, RowKind::Objects, PART).await.expect("writes");
    for bytes in shelf.0.lock().expect("unpoisoned").values_mut() {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).expect("gzip");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&text).expect("packs");
        *bytes = encoder.finish().expect("packs");
    }
    assert_eq!(write(&shelf, &rows, RowKind::Objects, PART).await.expect("the same"), 1);
}

#[tokio::test]
async fn a_report_without_rows_is_a_head() {
    let shelf = Memory::default();
    let rows = rows(&["a".to_owned()]);
    // A re-encrypted object without an older version left behind.
    let parts = write(&shelf, &rows, RowKind::OldVersions, PART).await.expect("writes");
    assert_eq!((parts, shelf.cells().len()), (1, 0));
    let name = "old-versions/job=job-1/part-00000.csv.gz";
    assert_eq!(shelf.files().keys().collect::<Vec<_>>(), [name]);
}

#[tokio::test]
async fn a_folder_keeps_whole_files_and_gives_back_what_is_there() {
    let folder = std::env::temp_dir().join(format!("reseal-parts-{}", std::process::id()));
    let shelf = super::super::FolderShelf(folder.clone());
    assert_eq!(shelf.put("a/b.gz", b"one", 10).await.expect("writes"), None);
    assert_eq!(shelf.put("a/b.gz", b"two", 10).await.expect("reads"), Some(b"one".to_vec()));
    // Too long to be ours.
    assert_eq!(shelf.put("a/b.gz", b"two", 2).await.expect("looks"), Some(Vec::new()));
    let names: Vec<_> = std::fs::read_dir(folder.join("a")).expect("a folder").collect();
    assert_eq!(names.len(), 1, "{names:?}");
    std::fs::remove_dir_all(folder).expect("removed");
}
