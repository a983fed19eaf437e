//! What `-v` shows of a connection and a call, on stderr.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::{KeyAndValueRef, MetadataMap};

use crate::certificates::{Certificate, readable_time};
use crate::error::code_name;
use crate::output::{Attempt, Console};
use crate::protocol::Protocol;
use crate::secret::masked;
use crate::transport::{Connection, Endpoint};

/// Shows metadata. Secrets are masked, unless `-vv` asks for them.
pub fn show_metadata(console: &Console, mark: &str, metadata: &MetadataMap) {
    for entry in metadata.iter() {
        console.detail(mark, || {
            let (key, value) = match &entry {
                KeyAndValueRef::Ascii(key, value) => (key.as_str(), value.as_encoded_bytes()),
                KeyAndValueRef::Binary(key, value) => (key.as_str(), value.as_encoded_bytes()),
            };
            let value = String::from_utf8_lossy(value);
            if console.shows_secrets() {
                format!("{key}: {value}")
            } else {
                format!("{key}: {}", masked(key, &value))
            }
        });
    }
}

/// Shows how a connection came about, or that it is one that was kept.
pub fn show_connection(
    console: &Console,
    endpoint: &Endpoint,
    connection: &Connection,
    protocol: Protocol,
    elapsed: Duration,
) {
    if !console.is_verbose() {
        return;
    }
    let established = connection.established();
    let resolved: Vec<String> = established
        .resolved
        .iter()
        .map(|it| it.ip().to_string())
        .collect();
    let is_name = resolved.first().is_some_and(|ip| *ip != established.host);
    if is_name {
        console.detail("*", || {
            let (host, time) = (&established.host, established.resolving);
            format!("resolved {host} to {} in {time:.1?}", resolved.join(", "))
        });
    }
    if let Some(address) = established.address
        && (is_name || endpoint.tls().is_some() || established.proxy.is_some())
    {
        let time = established.connecting;
        console.detail("*", || format!("TCP connection to {address} in {time:.1?}"));
    }
    if let Some(proxy) = &established.proxy {
        let time = established.tunneling;
        console.detail("*", || {
            format!("tunnel through the proxy {proxy} in {time:.1?}")
        });
    }
    if let Some(tls) = &established.tls {
        let resumed = if tls.resumed { ", resumed" } else { "" };
        console.detail("*", || {
            let time = established.handshake;
            let alpn = match tls.alpn {
                Some(version) => format!("ALPN {}", version.alpn()),
                None => "no ALPN".to_owned(),
            };
            format!(
                "{}, {}, {alpn}{resumed} in {time:.1?}",
                tls.version, tls.cipher
            )
        });
        if let Some(certificate) = &tls.certificate {
            show_certificate(console, certificate);
        }
        if tls.asked_for_certificate {
            let sent = if tls.sent_certificate { "one" } else { "none" };
            console.detail("*", || {
                format!("asked for a client certificate, and sent {sent}")
            });
        }
    }
    console.detail("*", || format!("connected to {endpoint} in {elapsed:.1?}"));
    // gRPC is always over HTTP/2.
    if protocol != Protocol::Grpc {
        console.detail("*", || {
            format!("{protocol} over {}", connection.http_version())
        });
    }
}

fn show_certificate(console: &Console, certificate: &Certificate) {
    console.detail("*", || {
        let mut line = format!("server certificate: {}", certificate.subject);
        if !certificate.names.is_empty() {
            let _ = write!(line, ", for {}", certificate.names.join(", "));
        }
        let _ = write!(line, ", issued by {}", certificate.issuer);
        line
    });
    console.detail("*", || {
        format!(
            "server certificate: valid from {} to {}, SHA-256 {}",
            readable_time(certificate.not_before),
            readable_time(certificate.not_after),
            certificate.fingerprint
        )
    });
}

/// Shows which request of a batch the lines below it are about, as errors name it.
pub fn show_request_number(console: &Console, index: u64) {
    console.detail("*", || format!("request {index}"));
}

/// Shows that a call is made again.
pub fn show_attempt(console: &Console, attempt: &Attempt) {
    console.detail("*", || {
        let Attempt { number, end, pause } = attempt;
        let code = code_name(end.code);
        let when = if pause.is_zero() {
            String::new()
        } else {
            format!(" in {pause:.1?}")
        };
        format!(
            "attempt {number} ended with {code}: {}; trying again{when}",
            end.message
        )
    });
}

/// When the events of a call happened, and how many bytes its messages had.
#[derive(Debug)]
pub struct Timeline {
    started: Instant,
    headers: Option<Instant>,
    first: Option<Instant>,
    last: Option<Instant>,
    end: Option<Instant>,
    sent: u64,
    received: u64,
}

impl Timeline {
    pub fn start(started: Instant) -> Self {
        Self {
            started,
            headers: None,
            first: None,
            last: None,
            end: None,
            sent: 0,
            received: 0,
        }
    }

    pub fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    pub fn headers(&mut self, at: Instant) {
        self.headers = Some(at);
    }

    pub fn received(&mut self, bytes: usize, at: Instant) {
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.received += bytes as u64;
    }

    /// Sets the end, which is now otherwise.
    pub fn ended(&mut self, at: Instant) {
        self.end = Some(at);
    }

    /// `headers 0.5ms, first message 0.6ms, end 0.7ms; 7 bytes sent, 55 received`
    pub fn line(&self) -> String {
        let since = |at: Instant| at.saturating_duration_since(self.started);
        let mut line = String::new();
        let marks = [
            ("headers", self.headers),
            ("first message", self.first),
            (
                "last message",
                self.last.filter(|_| self.first != self.last),
            ),
            ("end", Some(self.end.unwrap_or_else(Instant::now))),
        ];
        for (name, at) in marks {
            if let Some(at) = at {
                let comma = if line.is_empty() { "" } else { ", " };
                let _ = write!(line, "{comma}{name} after {:.1?}", since(at));
            }
        }
        let _ = write!(
            line,
            "; {} bytes sent, {} received",
            self.sent, self.received
        );
        line
    }
}
