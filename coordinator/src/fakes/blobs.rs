//! Objects to be read whole: the bytes that the probe wrote.

use async_trait::async_trait;
use reseal_core::ports::{Blob, BlobBody, BlobPin, BlobRequest, Blobs};

use super::{FakeCloud, StoreError};

#[async_trait]
impl Blobs for FakeCloud {
    async fn open(&self, request: &BlobRequest<'_>) -> Result<Blob, StoreError> {
        self.verb("open")?;
        let stored = self.find(request.object)?;
        let pin = BlobPin { etag: stored.head.etag, version: stored.head.version };
        let size = stored.body.len() as u64;
        let from = usize::try_from(request.from).expect("a small object");
        Ok(Blob { pin, size, body: Box::new(Body(Some(stored.body[from..].to_vec()))) })
    }
}

struct Body(Option<Vec<u8>>);

#[async_trait]
impl BlobBody for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.take().filter(|piece| !piece.is_empty()))
    }
}
