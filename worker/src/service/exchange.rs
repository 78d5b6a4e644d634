//! One request on a connection of its own, driven within the caller's future:
//! nothing is left running when that is dropped.

use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longer answers are nobody's whom we ask.
const LONGEST: usize = 64 * 1024;

/// What is answered.
///
/// # Errors
/// Why there is no answer, in one line.
pub(super) async fn exchange(
    stream: TcpStream,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), String> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    let exchange = async move {
        let response: Response<_> =
            sender.send_request(request).await.map_err(|e| e.to_string())?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST).collect().await.map_err(|e| e.to_string())?;
        Ok((parts.status, body.to_bytes()))
    };
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
    let mut connected = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut exchange => return answer,
            // What it brought is read to its end by the exchange.
            _ = &mut connection, if connected => connected = false,
        }
    }
}
