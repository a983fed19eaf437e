//! Why there is no connection, in words that say what was in the way and what to try.

use std::io;

use super::Endpoint;
use super::connect_error::ConnectError;
use super::dial::DialError;
use super::greeting::Greeting;
use super::http_answer::quoted;
use super::tls::{self, TlsSession};
use crate::error::{Error, plain};

/// The error of dialing.
pub fn not_dialed(endpoint: &Endpoint, error: DialError) -> ConnectError {
    let error = match error {
        DialError::Io(error) => error,
        DialError::Proxy(proxy, error) => {
            let why = plain(&error);
            let error = Error::failed(format!(
                "cannot connect to {endpoint}: cannot connect to the proxy {proxy}: {why}"
            ));
            return ConnectError::passing(
                error.hinted("is this the proxy's address? --proxy, or a variable, names it"),
            );
        }
        DialError::Explained(failed) => return failed,
        DialError::Unresolved { host, why } => {
            let error = Error::failed(format!(
                "cannot connect to {endpoint}: cannot resolve {host}: {why}"
            ));
            return ConnectError::passing(
                error.hinted("is the name right, and is there a network?"),
            );
        }
    };
    let failed = Error::failed(format!("cannot connect to {endpoint}: {}", plain(&error)));
    ConnectError::passing(match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound if endpoint.is_default() => {
            failed.hinted(
                "is the server running? `routeguide serve` starts RouteGuide, and --in-process needs no server",
            )
        }
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            failed.hinted("is the server running, and is this its address?")
        }
        _ => failed,
    })
}

/// The error for a server whose first bytes are not HTTP/2.
pub fn not_http2(
    endpoint: &Endpoint,
    greeting: Greeting,
    tls: Option<&TlsSession>,
) -> ConnectError {
    let try_tls = format!("call it with -a https://{}", endpoint.authority());
    let may_expect_tls = match tls {
        None => format!("is this a gRPC port? if it expects TLS, {try_tls}"),
        Some(_) => "is this a gRPC port?".to_owned(),
    };
    let is_closed = greeting == Greeting::Closed;
    let (what, hint) = match greeting {
        Greeting::Alert(alert) => {
            let place = endpoint.to_string();
            return ConnectError::lasting(match tls {
                Some(tls) if tls.asked_for_certificate => {
                    tls::refused_certificate(Some(alert), tls.sent_certificate, &place)
                }
                _ => Error::failed(format!(
                    "cannot connect to {place}: the server ended the TLS session ({})",
                    tls::alert_name(alert)
                )),
            });
        }
        Greeting::Closed if let Some(tls) = tls.filter(|tls| tls.asked_for_certificate) => {
            let place = endpoint.to_string();
            let error = tls::refused_certificate(None, tls.sent_certificate, &place);
            return ConnectError::lasting(error);
        }
        Greeting::Tls => ("the server expects TLS", try_tls.as_str()),
        Greeting::Http1(answer) => {
            let answer = answer.map_or_else(String::new, |it| format!(": it answered with {it}"));
            let why = format!(
                "cannot connect to {endpoint}: the server speaks HTTP/1, not HTTP/2{answer}"
            );
            return ConnectError::lasting(
                Error::failed(why)
                    .hinted("is this a gRPC port? it looks like a web server or a proxy"),
            );
        }
        Greeting::Closed => (
            "the server closed the connection without answering",
            may_expect_tls.as_str(),
        ),
        Greeting::Other(start) => {
            let why = format!(
                "cannot connect to {endpoint}: the server does not speak HTTP/2: it answered with {}",
                quoted(&start)
            );
            return ConnectError::lasting(Error::failed(why).hinted(may_expect_tls));
        }
        Greeting::Http2 => ("the server does not speak HTTP/2", may_expect_tls.as_str()),
    };
    let error = Error::failed(format!("cannot connect to {endpoint}: {what}")).hinted(hint);
    if is_closed {
        // A proxy does this while the server behind it is starting.
        ConnectError::passing(error)
    } else {
        ConnectError::lasting(error)
    }
}
