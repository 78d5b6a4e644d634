//! A report held against its manifest, from the first byte to the last row,
//! several files at a time.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _};
use md5::Md5;
use sha2::Digest as _;

use super::contain::contained;
use super::counts::Counts;
use super::manifest::{Listed, Manifest};
use super::rows::{BadRow, Rows};
use super::{Stored, bad_row, differs, refused};
use crate::sources::SourceError;
use crate::sources::files::{Stamp, hex};

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// Sets its flag when nobody waits any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Verifies all files, as many at a time as there are cores, on threads of
/// their own: what a decoder trips over, be it a panic, becomes a refusal that
/// names the file.
///
/// # Errors
/// Naming the first file in the manifest's order that is not what it should
/// be, and the row.
pub(super) async fn verify(
    manifest: &Arc<Manifest>,
    paths: Vec<PathBuf>,
) -> Result<Vec<Stored>, SourceError> {
    let waiting = Waiting(Arc::new(AtomicBool::new(false)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let files = manifest.files.iter().cloned().zip(paths).map(|(listed, path)| {
        let (manifest, is_over) = (Arc::clone(manifest), Arc::clone(&waiting.0));
        async move {
            let key = listed.key.clone();
            decoded(key, move || verified(&manifest, &listed, path, &is_over)).await
        }
    });
    futures_util::stream::iter(files).buffered(cores).try_collect().await
}

/// Work on a file's bytes, on a thread of its own.
async fn decoded<T: Send + 'static>(
    key: String,
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let ended = tokio::task::spawn_blocking(move || contained(work)).await;
    let ended = ended.unwrap_or_else(|error| Err(error.to_string()));
    ended.unwrap_or_else(|why| Err(refused(&key, format!("its decoder failed: {why}"))))
}

/// Size first. Then MD5 and rows: in one read where rows are read from end to
/// end, the MD5 first where they aren't.
fn verified(
    manifest: &Arc<Manifest>,
    listed: &Listed,
    path: PathBuf,
    is_over: &AtomicBool,
) -> Result<Stored, SourceError> {
    let io = |error: io::Error| refused(&listed.key, format!("{}: {error}", path.display()));
    let mut file = File::open(&path).map_err(io)?;
    let stamp = Stamp::of(&file).map_err(io)?;
    if stamp.length() != listed.size {
        return Err(differs(&listed.key, listed, stamp.length(), ""));
    }
    if !manifest.layout.is_read_end_to_end() {
        same(listed, &md5_of(&mut file).map_err(io)?)?;
    }
    let bad = |bad: BadRow| bad_row(&listed.key, &bad);
    let mut rows = Rows::open(manifest, file, listed.size).map_err(bad)?;
    let mut counts = Counts::default();
    let ended = count(&mut rows, &mut counts, is_over);
    let total = rows.read();
    if let Some(md5) = rows.md5() {
        // A file that isn't the manifest's has no rows to complain about.
        same(listed, &md5.map_err(io)?)?;
    }
    ended.map_err(bad)?;
    Ok(Stored { path, stamp, rows: total, counts })
}

fn count(rows: &mut Rows, counts: &mut Counts, is_over: &AtomicBool) -> Result<(), BadRow> {
    let take = |counts: &mut Counts, rows: &mut Rows| {
        rows.next(|line| {
            counts.take(line);
            Ok(())
        })
    };
    while take(counts, rows)?.is_some() {
        // Ahead of a row a file may have much to unpack, so at each of them.
        if is_over.load(Ordering::Relaxed) {
            return Err(BadRow { row: None, what: "given up".to_owned() });
        }
    }
    Ok(())
}

fn same(listed: &Listed, md5: &str) -> Result<(), SourceError> {
    if md5 == listed.md5 { Ok(()) } else { Err(differs(&listed.key, listed, listed.size, md5)) }
}

/// The MD5 of a file from where it stands.
pub(super) fn md5_of(file: &mut File) -> io::Result<String> {
    let (mut md5, mut buffer) = (Md5::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&md5.finalize())),
            read => md5.update(&buffer[..read]),
        }
    }
}

/// Whether the file there has this MD5, looked at on a thread of its own.
pub(super) async fn has_md5(path: &Path, md5: &str) -> bool {
    let path = path.to_owned();
    let found = tokio::task::spawn_blocking(move || md5_of(&mut File::open(path)?)).await;
    found.is_ok_and(|found| found.is_ok_and(|found| found == md5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::inventory::Report;
    use crate::sources::inventory::tests::{Folder, on_disk};

    #[tokio::test]
    async fn a_panic_is_a_refusal_that_names_the_file() {
        let work = || -> Result<(), SourceError> { panic!("two\nlines") };
        let refusal = decoded("data/0.orc".to_owned(), work).await.expect_err("refused");
        let line = refusal.to_string();
        assert!(line.contains("data/0.orc") && line.contains("two\\nlines"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
    #[tokio::test]
    async fn what_nobody_waits_for_is_given_up_at_the_next_row() {
        let folder = Folder::new();
        let manifest = on_disk(&folder, "Bucket, Key", &["\"stock\",\"a\"\n\"stock\",\"b\"\n"]);
        let report = Report::on_disk(&manifest).await.expect("a report");
        for (is_over, read) in [(false, 2), (true, 1)] {
            let stored = &report.files[0];
            let file = File::open(&stored.path).expect("a file");
            let rows = Rows::open(&report.manifest, file, stored.stamp.length());
            let mut rows = rows.map_err(|bad| bad.what).expect("rows");
            let ended = count(&mut rows, &mut Counts::default(), &AtomicBool::new(is_over));
            assert_eq!((ended.is_err(), rows.read()), (is_over, read));
        }
    }
}
