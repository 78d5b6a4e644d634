//! Which endpoint URLs may be used at all.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why an endpoint URL was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not `http://host…` or `https://host…`.
    #[error("the endpoint must be http://HOST or https://HOST, without a user name")]
    Malformed,
    /// Plain HTTP to another machine.
    #[error(
        "the endpoint '{0}' is plain HTTP on another machine: object data's keys and signed requests would be readable on the wire; use https, or allow plain HTTP explicitly"
    )]
    PlainHttp(String),
}

/// Lets an endpoint pass when it is https, or http on this machine, or http
/// that the user allowed.
///
/// # Errors
/// When it is none of these, or no URL. A URL with a user name is refused:
/// `http://127.0.0.1@elsewhere/` would read as loopback.
pub(crate) fn check(url: &str, allow_plain_http: bool) -> Result<(), EndpointError> {
    let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Malformed)?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = host_of(authority).ok_or(EndpointError::Malformed)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if allow_plain_http || is_loopback(host) => Ok(()),
        "http" => Err(EndpointError::PlainHttp(format!("http://{authority}"))),
        _ => Err(EndpointError::Malformed),
    }
}

fn host_of(authority: &str) -> Option<&str> {
    if authority.contains('@') || authority.contains(char::is_whitespace) {
        return None;
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// `localhost` is loopback by RFC 6761; other names are not resolved, because
/// an answer now binds nobody later.
fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || name.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_pass() {
        for url in [
            "https://s3.example.com",
            "HTTPS://s3.example.com/path",
            "http://localhost:9000",
            "http://s3.localhost:4566/",
            "http://127.0.0.1:9000",
            "http://127.8.8.8",
            "http://[::1]:9000",
        ] {
            assert_eq!(check(url, false), Ok(()), "{url}");
        }
    }

    #[test]
    fn plain_http_elsewhere_needs_permission() {
        for url in [
            "http://s3.example.com",
            "HTTP://10.0.0.1:9000",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[fe80::1]",
        ] {
            assert!(matches!(check(url, false), Err(EndpointError::PlainHttp(_))), "{url}");
            assert_eq!(check(url, true), Ok(()), "{url}");
        }
    }

    #[test]
    fn what_only_looks_like_loopback_is_refused_outright() {
        for url in [
            "http://127.0.0.1@evil.example/",
            "http://localhost:80@evil.example",
            "ftp://localhost",
            "localhost:9000",
            "http://",
            "http://[::1",
        ] {
            assert_eq!(check(url, true), Err(EndpointError::Malformed), "{url}");
        }
    }
}
