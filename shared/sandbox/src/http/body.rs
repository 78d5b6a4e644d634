//! Bodies of answers: bytes at hand, or bytes made up while they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::model::{Content, Model};

/// Generated content goes out in frames of this many bytes.
const FRAME: u64 = 64 << 10;

/// A dump goes out in frames of this many keys.
const DUMP_KEYS: usize = 1000;

/// The body of an answer.
pub(super) enum Body {
    /// Nothing, or nothing more.
    Empty,
    /// Bytes at hand.
    Bytes(Bytes),
    /// A stretch of an object's content.
    Content { content: Content, position: u64, end: u64 },
    /// The lines of a bucket's dump.
    Dump { model: Arc<Mutex<Model>>, bucket: String, after: Option<String> },
}

impl Body {
    fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Empty => None,
            Self::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                (!bytes.is_empty()).then_some(bytes)
            }
            Self::Content { content, position, end } => {
                let len = FRAME.min(*end - *position);
                let bytes = content.read(*position, len);
                *position += len;
                (len > 0).then_some(bytes)
            }
            Self::Dump { model, bucket, after } => dump(model, bucket, after),
        }
    }
}

fn dump(model: &Mutex<Model>, bucket: &str, after: &mut Option<String>) -> Option<Bytes> {
    let lines = {
        let model = model.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        model.dump(bucket, after.as_deref(), DUMP_KEYS)?
    };
    *after = Some(lines.last()?.key.clone());
    let mut out = Vec::new();
    for line in &lines {
        // A line is plain data with text for names: it always has a JSON form.
        serde_json::to_writer(&mut out, line).ok()?;
        out.push(b'\n');
    }
    Some(out.into())
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Content { position, end, .. } => SizeHint::with_exact(end - position),
            Self::Dump { .. } => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Content { position, end, .. } => position == end,
            Self::Dump { .. } => false,
        }
    }
}
