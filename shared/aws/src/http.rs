//! The one HTTP client that all services share.

use std::time::Duration;

use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Idle connections are dropped after this long, well before servers do (60 s
/// and more is common): a request on a connection that the server closes at
/// that moment fails, and for a copy such a failure is ambiguous.
const IDLE: Duration = Duration::from_secs(20);

/// hyper 1 with rustls on ring. Idle connections per host are unlimited by
/// default, which suits hundreds of requests in flight to one bucket. It can
/// speak plain HTTP; `endpoint` decides who may.
pub(crate) fn client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
