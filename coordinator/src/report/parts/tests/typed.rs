//! Parts as Parquet: typed, exact, the same bytes each time, and on from where
//! a killed report ended. That others read them so is tested with pyarrow.

use std::fs;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use reseal_core::{FailReason, Timestamp};

use super::*;

/// Keeps so many parts, then fails as if the machine had.
struct Dying<'a>(&'a dyn Shelf, Mutex<u32>);

#[async_trait]
impl Shelf for Dying<'_> {
    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ReportError> {
        let left = self.1.lock().expect("unpoisoned").checked_sub(1);
        let left = left.ok_or_else(|| ReportError::Write(io::Error::other("killed")))?;
        *self.1.lock().expect("unpoisoned") = left;
        self.0.put(name, bytes, limit).await
    }

    fn place(&self, name: &str) -> String {
        self.0.place(name)
    }
}

fn file(bytes: &[u8]) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(bytes::Bytes::copy_from_slice(bytes)).expect("Parquet")
}

fn fields(shelf: &Memory) -> Vec<Vec<(String, Field)>> {
    let mut rows = Vec::new();
    for bytes in shelf.files().values() {
        for row in file(bytes).get_row_iter(None).expect("rows") {
            rows.push(row.expect("a row").into_columns());
        }
    }
    rows
}

/// What the CSV says there.
fn cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bool(flag) => flag.to_string(),
        Field::Int(count) => count.to_string(),
        Field::Long(size) => size.to_string(),
        Field::TimestampMicros(time) => Timestamp::from_millis(time / 1_000).to_string(),
        other => panic!("{other:?}"),
    }
}

fn parquet<'a>(
    shelf: &'a dyn Shelf,
    rows: &'a [OutcomeRow],
    full: usize,
) -> impl Future<Output = Result<u32, ReportError>> + 'a {
    write_as(Encoding::Parquet, shelf, rows, RowKind::Objects, full)
}

fn many() -> Vec<OutcomeRow> {
    rows(&(0..50).map(|n| format!("key-{n}")).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn every_value_comes_back_exactly_or_as_null(
        keys in proptest::collection::vec("(?s)['=+@\\\\%\t\r\n\",-]?.{1,30}", 1..20),
        full in 1_usize..8_000,
        failed in any::<bool>(),
    ) {
        let (shelf, mut rows) = (Memory::default(), rows(&keys));
        if failed {
            let lost = OutcomeBuilder::new(1, Outcome::Failed(FailReason::Denied)).with(|row| {
                (row.before, row.after, row.detail) = (None, None, None);
            });
            rows.push(lost.build());
        }
        wait(parquet(&shelf, &rows, full)).expect("writes");
        let found = fields(&shelf);
        prop_assert_eq!(found.len(), rows.len());
        for (found, row) in found.iter().zip(&rows) {
            let columns = RowKind::Objects.columns();
            prop_assert_eq!(found.len(), columns.len());
            for ((name, field), (column, says)) in found.iter().zip(columns) {
                prop_assert_eq!(name, column);
                prop_assert_eq!(cell(field), says.text(row));
                prop_assert_eq!(matches!(field, Field::Null), says.text(row).is_empty());
            }
        }
    }
}

#[test]
fn no_release_and_no_place_is_in_a_part() {
    let (shelf, other) = (Memory::default(), Memory::default());
    wait(parquet(&shelf, &many(), PART)).expect("writes");
    wait(parquet(&other, &many(), PART)).expect("writes");
    assert_eq!(shelf.files(), other.files());
    let files = shelf.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["objects-parquet/job=job-1/part-00000.parquet"]);
    let metadata = file(files.values().next().expect("a part")).metadata().clone();
    assert_eq!(metadata.file_metadata().created_by(), Some("reseal version 1"));
    assert_eq!(metadata.file_metadata().key_value_metadata(), None);
}

#[test]
fn a_part_is_one_row_group_of_bounded_bytes_and_rows() {
    let shelf = Memory::default();
    assert!(wait(parquet(&shelf, &many(), 2_000)).expect("writes") > 3);
    for bytes in shelf.files().values() {
        assert_eq!(file(bytes).metadata().num_row_groups(), 1);
        assert!(file(bytes).metadata().row_group(0).num_rows() < 50);
    }

    let mut table = table::Table::new(RowKind::OldVersions).expect("columns");
    let row = many().remove(0);
    let mut rows = 0;
    while !table.is_full(usize::MAX) {
        table.add(&row).expect("takes");
        rows += 1;
    }
    assert_eq!(rows, 100_000);
}

#[test]
fn what_is_there_is_compared_to_its_last_byte_and_never_replaced() {
    let (shelf, rows) = (Memory::default(), many());
    let parts = wait(parquet(&shelf, &rows, 2_000)).expect("writes");
    assert_eq!(wait(parquet(&shelf, &rows, 2_000)).expect("again"), parts);
    let name = "objects-parquet/job=job-1/part-00002.parquet";
    let whole = shelf.files()[name].clone();
    let flipped = whole.iter().enumerate().map(|(n, byte)| if n == 100 { !byte } else { *byte });
    let longer = [&whole[..], b"x"].concat();
    for other in [flipped.collect(), longer, whole[1..].to_vec(), Vec::new()] {
        shelf.0.lock().expect("unpoisoned").insert(name.to_owned(), other.clone());
        let error = wait(parquet(&shelf, &rows, 2_000)).expect_err("it differs");
        assert!(matches!(&error, ReportError::Taken(place) if place == name), "{error}");
        assert_eq!(shelf.files()[name], other);
    }
}

#[test]
fn a_killed_report_goes_on_and_ends_like_one_that_was_not() {
    let (through, rows) = (Memory::default(), many());
    let parts = wait(parquet(&through, &rows, 2_000)).expect("writes");
    let folder = std::env::temp_dir().join(format!("reseal-typed-{}", std::process::id()));
    let shelf = super::super::super::FolderShelf(folder.clone());
    for kept in [1, 3] {
        let dying = Dying(&shelf, Mutex::new(kept));
        let error = wait(parquet(&dying, &rows, 2_000)).expect_err("killed");
        assert!(error.to_string().contains("killed"), "{error}");
    }
    // What a kill in mid-file leaves.
    let inside = folder.join("objects-parquet/job=job-1");
    fs::write(inside.join(".part-00003.parquet.partial"), b"PAR1 torn").expect("writes");
    assert_eq!(fs::read_dir(&inside).expect("a folder").count(), 4);
    assert_eq!(wait(parquet(&shelf, &rows, 2_000)).expect("goes on"), parts);
    for (name, bytes) in through.files() {
        assert_eq!(fs::read(folder.join(&name)).expect("a part"), bytes, "{name}");
    }
    assert_eq!(fs::read_dir(&inside).expect("a folder").count(), parts as usize);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_report_without_rows_is_a_schema() {
    let shelf = Memory::default();
    assert_eq!(wait(parquet(&shelf, &[], PART)).expect("writes"), 1);
    assert_eq!(fields(&shelf).len(), 0);
}

#[test]
fn what_a_column_cannot_hold_is_refused() {
    let row = |change: fn(&mut OutcomeRow)| {
        let rows = [OutcomeBuilder::new(0, Outcome::ReEncrypted).with(change).build()];
        wait(parquet(&Memory::default(), &rows, PART))
    };
    assert!(row(|row| row.attempts = u32::MAX).is_err());
    assert!(row(|row| row.settled_at = Timestamp::from_millis(i64::MAX)).is_err());
}
