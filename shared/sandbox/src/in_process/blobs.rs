//! Objects to be read whole.

use async_trait::async_trait;
use reseal_core::ports::{Blob, BlobBody, BlobPin, BlobRequest, Blobs};
use reseal_core::{StoreError, StoreErrorKind};

use super::errors::{Call, unexpected};
use super::{SandboxPorts, words};
use crate::model::{
    ByteRange, Content, ReadConditions, ReadObject, Request, Response, Selection, TagCondition,
};

/// Bytes a piece.
const PIECE: u64 = 64 * 1024;

#[async_trait]
impl Blobs for SandboxPorts {
    async fn open(&self, request: &BlobRequest<'_>) -> Result<Blob, StoreError> {
        let mut object = words::object_ref(request.object);
        let mut conditions = ReadConditions::default();
        if let Some(BlobPin { etag, version }) = request.pin {
            conditions.if_match = Some(TagCondition::Tag(etag.as_str().to_owned()));
            object.version = version.as_ref().map(|v| v.as_str().to_owned()).or(object.version);
        }
        let selection = match request.from {
            0 => Selection::Whole,
            from => Selection::Range(ByteRange::From(from)),
        };
        let read = ReadObject { conditions, selection, ..ReadObject::whole(object) };
        let view = match self.ask(Call::Read, None, Request::GetObject(read)).await? {
            Response::Object(view) => view,
            _ => return Err(unexpected()),
        };
        let size = view.object.content.len();
        if size > request.limit {
            let message = format!("it has {size} bytes, {} are allowed", request.limit);
            return Err(StoreError::new(StoreErrorKind::Invalid, "TooLarge", message));
        }
        let pin = BlobPin {
            etag: words::etag(&view.object.etag),
            version: words::version(view.version_id),
        };
        let end = view.served.offset + view.served.len;
        let content = view.object.content.clone();
        Ok(Blob { pin, size, body: Box::new(Body { content, next: view.served.offset, end }) })
    }
}

struct Body {
    content: Content,
    next: u64,
    end: u64,
}

#[async_trait]
impl BlobBody for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let len = PIECE.min(self.end - self.next);
        if len == 0 {
            return Ok(None);
        }
        let piece = self.content.read(self.next, len).to_vec();
        self.next += len;
        Ok(Some(piece))
    }
}
