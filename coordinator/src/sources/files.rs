//! Small things about files that sources share.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// What tells cheaply that a file was replaced or written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }

    /// Bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

/// A digest in hexadecimal.
pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
