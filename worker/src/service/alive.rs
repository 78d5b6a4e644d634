//! Whether a process of ours serves, asked from another one: for containers
//! without a shell.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use reseal_core::ports::Clock;
use tokio::net::TcpStream;

use super::exchange::exchange;
use super::http::ALIVE;

/// Below the five seconds that ECS and Docker commonly grant a health check.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the process that answers at this address for a sign of life.
///
/// # Errors
/// Why it gave none within two seconds, in one line.
pub async fn is_alive(address: SocketAddr, clock: &dyn Clock) -> Result<(), String> {
    let asked = async {
        let request = Request::get(ALIVE).header(header::HOST, address.to_string());
        let request = request.body(Full::new(Bytes::new())).map_err(|e| e.to_string())?;
        let stream = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
        exchange(stream, request).await
    };
    let answered = tokio::select! {
        biased;
        answered = asked => answered,
        () = clock.sleep(PATIENCE) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    match answered {
        Ok((status, _)) if status.is_success() => Ok(()),
        Ok((status, _)) => Err(format!("it answered {status}")),
        Err(error) => Err(error),
    }
}
