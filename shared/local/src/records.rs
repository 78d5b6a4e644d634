//! Small files by name, below a folder of this machine.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use reseal_core::ports::{FileError, FileErrorKind, Records};

/// The `Records` port below one folder, which is made where it isn't there.
/// A file is whole or not there at all, a crash of the machine included.
#[derive(Clone, Debug)]
pub struct LocalRecords {
    folder: PathBuf,
}

/// What becomes of a file that is there.
#[derive(Clone, Copy)]
enum There {
    Stays,
    Goes,
}

impl LocalRecords {
    /// Below this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    async fn write(&self, name: &str, bytes: &[u8], there: There) -> Result<bool, FileError> {
        let (path, bytes) = (self.folder.join(name), bytes.to_vec());
        let written = run(move || write(&path, &bytes, there)).await;
        written.map_err(|error| self.failed(name, &error))
    }

    fn failed(&self, name: &str, error: &io::Error) -> FileError {
        FileError {
            what: self.folder.join(name).display().to_string(),
            message: error.to_string(),
            kind: FileErrorKind::OutOfReach,
        }
    }
}

#[async_trait]
impl Records for LocalRecords {
    async fn create(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
        match self.write(name, bytes, There::Stays).await? {
            true => Ok(None),
            false => self.read(name).await,
        }
    }

    async fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.write(name, bytes, There::Goes).await.map(|_| ())
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let (root, below) = (self.folder.clone(), folder.to_owned());
        let listed = run(move || {
            let mut names = Vec::new();
            list(&root, &below, &mut names)?;
            names.sort_unstable();
            Ok(names)
        });
        listed.await.map_err(|error| self.failed(folder, &error))
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.folder.join(name);
        match run(move || fs::read(path)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(name, &error)),
        }
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Side files and what has no name of ours aside.
fn list(root: &Path, folder: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{folder}/{name}");
        match entry.file_type()?.is_dir() {
            true => list(root, &name, names)?,
            false if name.contains("/.") => {}
            false => names.push(name),
        }
    }
    Ok(())
}

/// Whether it was written. A side file of this process alone, which then gets
/// the name: by a link where the name must be free, since a rename would not
/// ask.
fn write(path: &Path, bytes: &[u8], there: There) -> io::Result<bool> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let side = folder.join(format!(".{name}-{}", std::process::id()));
    let mut file = File::create(&side)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let written = match there {
        There::Goes => fs::rename(&side, path).map(|()| true),
        There::Stays => {
            let linked = fs::hard_link(&side, path);
            fs::remove_file(&side)?;
            match linked {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            }
        }
    };
    File::open(folder)?.sync_all()?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_writer_of_a_name_wins_and_a_replacement_does_not_ask() {
        let folder = std::env::temp_dir().join(format!("reseal-records-{}", std::process::id()));
        let records = LocalRecords::new(folder.clone());
        assert_eq!(records.read("a/b.json").await, Ok(None));
        assert_eq!(records.create("a/b.json", b"one").await, Ok(None));
        assert_eq!(records.create("a/b.json", b"two").await, Ok(Some(b"one".to_vec())));
        assert_eq!(records.read("a/b.json").await, Ok(Some(b"one".to_vec())));
        assert_eq!(records.replace("a/b.json", b"three").await, Ok(()));
        assert_eq!(records.read("a/b.json").await, Ok(Some(b"three".to_vec())));
        let left = fs::read_dir(folder.join("a")).expect("a folder").count();
        assert_eq!(left, 1, "no side file is left");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn what_is_below_a_folder_is_listed_with_its_names() {
        let folder = std::env::temp_dir().join(format!("reseal-listed-{}", std::process::id()));
        let records = LocalRecords::new(folder.clone());
        assert_eq!(records.list("a").await, Ok(Vec::new()));
        for name in ["a/2/x.json", "a/1/y.json", "ab/z.json", "a/1/.side"] {
            assert_eq!(records.replace(name, b"").await, Ok(()));
        }
        let listed = ["a/1/y.json", "a/2/x.json"].map(str::to_owned);
        assert_eq!(records.list("a").await, Ok(listed.to_vec()));
        fs::remove_dir_all(folder).expect("removed");
    }
}
