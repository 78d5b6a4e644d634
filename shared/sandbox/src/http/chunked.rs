//! The `aws-chunked` body that SDKs send: chunks with their lengths, then trailers.

use bytes::{Bytes, BytesMut};

/// A decoded body with the trailers that came after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) body: Bytes,
    /// Names in lower case.
    pub(super) trailers: Vec<(String, String)>,
}

/// Decodes a whole body; `None` if it isn't well formed.
pub(super) fn decode(mut rest: Bytes) -> Option<Decoded> {
    let mut pieces = Vec::new();
    loop {
        let line = take_line(&mut rest)?;
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        if rest.len() < size + 2 {
            return None;
        }
        pieces.push(rest.split_to(size));
        if *rest.split_to(2) != *b"\r\n" {
            return None;
        }
    }
    Some(Decoded { body: join(pieces), trailers: trailers(rest)? })
}

fn take_line(rest: &mut Bytes) -> Option<String> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = rest.split_to(end + 2);
    Some(std::str::from_utf8(&line[..end]).ok()?.to_owned())
}

fn join(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() == 1 {
        return pieces.remove(0);
    }
    let mut body = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    for piece in &pieces {
        body.extend_from_slice(piece);
    }
    body.freeze()
}

fn trailers(mut rest: Bytes) -> Option<Vec<(String, String)>> {
    let mut trailers = Vec::new();
    while !rest.is_empty() {
        let line = match take_line(&mut rest) {
            Some(line) => line,
            None => std::str::from_utf8(&std::mem::take(&mut rest)).ok()?.to_owned(),
        };
        // Between the last chunk and the trailers some clients leave an empty line.
        if line.is_empty() {
            continue;
        }
        let (name, value) = line.split_once(':')?;
        trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(trailers)
}
