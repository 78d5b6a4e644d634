//! Small files by name: what a long-lived command did, so that the next
//! process knows.

use async_trait::async_trait;

use super::FileError;

/// Files below one folder. A name is one or more parts of letters, digits,
/// `-`, `_` and `.`, with `/` between them. The caller retries.
#[async_trait]
pub trait Records: Send + Sync {
    /// Stores a file durably where there is none. The first writer of a name
    /// wins: where a file is there already, its bytes are returned instead.
    async fn create(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, FileError>;

    /// Stores a file durably, in the place of one that is there.
    async fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), FileError>;

    /// The names below a folder, sorted: those that are files, at any depth.
    /// Others' files may be among them.
    async fn list(&self, folder: &str) -> Result<Vec<String>, FileError>;

    /// A file's bytes; `None` where there is none.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError>;
}
