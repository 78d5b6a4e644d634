//! The one way in which a file is made: whole, durable, and never twice.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a file unless its name is taken; the bytes that are there then.
/// Both are on the disk before this returns. Not to be called by two at a
/// time for one name.
///
/// 1. The bytes go to `<name>.tmp` and are fsynced: a crash leaves at most
///    that, which nobody reads and the next attempt overwrites.
/// 2. A rename gives them their name: readers see all of them or none.
/// 3. The folder is fsynced, without which a power cut may undo the rename.
pub(super) fn publish(path: &Path, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file without a folder"))?;
    make_folder(folder)?;
    match fs::read(path) {
        Ok(taken) => {
            // Its writer may have died before step 3.
            sync_folder(folder)?;
            return Ok(Some(taken));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let draft = draft_of(path);
    if let Err(error) = write(&draft, bytes).and_then(|()| fs::rename(&draft, path)) {
        // On a full disk the remains would be in the way of everything else.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(folder)?;
    Ok(None)
}

fn write(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn draft_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".tmp");
    PathBuf::from(name)
}

/// Makes a folder and those above it, durably and for the owner's eyes only:
/// keys of objects may be confidential.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = match folder.parent() {
        None => return Ok(()),
        Some(here) if here.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
    };
    make_folder(above)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }?;
    sync_folder(above)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders can't be opened for that.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
