//! Why a TLS handshake failed, in words that say what to change.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use super::TlsOptions;
use super::verify::Witness;
use crate::certificates::{Certificate, readable_time};
use crate::error::{Error, plain};
use crate::transport::connect_error::ConnectError;
use crate::transport::greeting::{Greeting, tls_error};
use crate::transport::http_version::HttpVersions;

/// The error of a failed handshake. `name` is the one that the certificate was to have.
pub fn failed(
    error: &io::Error,
    greeting: Greeting,
    witness: &Witness,
    options: &TlsOptions,
    name: &str,
    place: &str,
) -> ConnectError {
    let fail = |why: &str| {
        let why = if options.is_proxy {
            why.replace("the server", "the proxy")
        } else {
            why.to_owned()
        };
        Error::failed(format!("cannot connect to {place}: {why}"))
    };
    let Some(tls) = tls_error(error) else {
        let error = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                fail("the server closed the connection during the TLS handshake")
                    .hinted("does it expect TLS? http:// calls it in plaintext")
            }
            _ => fail(&plain(error)),
        };
        return ConnectError::passing(error);
    };
    let error = match (tls, greeting) {
        (rustls::Error::InvalidMessage(_), Greeting::Http2) => fail("the server does not use TLS")
            .hinted(format!("call it with -a http://{}", plaintext(place))),
        (rustls::Error::InvalidMessage(_), Greeting::Http1(answer)) => {
            let answer = answer.map_or_else(String::new, |it| format!(": it answered with {it}"));
            fail(&format!(
                "the server does not use TLS, and speaks HTTP/1{answer}"
            ))
            .hinted("is this a gRPC port? it looks like a web server or a proxy")
        }
        (rustls::Error::InvalidMessage(_), _) => {
            fail("the server does not use TLS").hinted("is this a gRPC port?")
        }
        (rustls::Error::InvalidCertificate(why), _) => {
            certificate(why, witness, options, name, &fail)
        }
        (
            rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion),
            _,
        ) => fail("the server's version of TLS is too old: 1.2 or 1.3 is needed"),
        (rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol), _) => {
            no_version(options.http_versions, place)
        }
        (rustls::Error::AlertReceived(AlertDescription::UnrecognisedName), _) => {
            fail(&format!("the server does not know the name {name}"))
                .hinted("name it as its certificate does with --server-name")
        }
        (rustls::Error::AlertReceived(alert), _) if witness.was_asked() => {
            refused_certificate(Some(*alert), witness.has_sent(), place)
        }
        (
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)
            | rustls::Error::PeerIncompatible(_),
            _,
        ) => fail("the server and this client have no TLS parameters in common"),
        (rustls::Error::AlertReceived(alert), _) => fail(&format!(
            "the server refused the TLS handshake ({})",
            alert_name(*alert)
        )),
        _ => fail("the TLS handshake failed").caused_by(tls.clone()),
    };
    ConnectError::lasting(error)
}

/// The server does not agree to a version of HTTP that was offered.
pub fn no_version(offered: HttpVersions, place: &str) -> Error {
    let (version, alpn) = match offered {
        HttpVersions::Http1 => ("HTTP/1.1", "http/1.1"),
        HttpVersions::Auto => ("HTTP/2 or HTTP/1.1", "h2, http/1.1"),
        HttpVersions::Http2 => ("HTTP/2", "h2"),
    };
    Error::failed(format!(
        "cannot connect to {place}: the server did not agree to {version} in the TLS handshake (ALPN {alpn})"
    ))
    .hinted("is this a gRPC port? it looks like a web server or a proxy")
}

/// The server refused the client's certificate, or its absence.
pub fn refused_certificate(alert: Option<AlertDescription>, has_sent: bool, place: &str) -> Error {
    let alert = match alert {
        Some(alert) => format!(" ({})", alert_name(alert)),
        None => String::new(),
    };
    let fail = |why: &str| Error::failed(format!("cannot connect to {place}: {why}{alert}"));
    if has_sent {
        fail("the server refused the client certificate")
            .hinted("is it valid, and does the server trust its issuer?")
    } else {
        fail("the server asks for a client certificate").hinted("give one with --cert and --key")
    }
}

fn certificate(
    why: &CertificateError,
    witness: &Witness,
    options: &TlsOptions,
    name: &str,
    fail: &dyn Fn(&str) -> Error,
) -> Error {
    let chain = witness.chain();
    let own = chain.first().and_then(|der| Certificate::read(der));
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = own.map(|own| own.names).unwrap_or_default();
            let error = fail(&format!(
                "the server's certificate is not for {name}, but for {}",
                listed(&names)
            ));
            match names.first() {
                Some(first) if !first.contains('*') => error.hinted(format!(
                    "call the server by one of these names, or expect one with --server-name {first}"
                )),
                _ => error.hinted("expect another name with --server-name"),
            }
        }
        CertificateError::ExpiredContext { time, not_after } => fail(&format!(
            "the server's certificate expired on {}",
            at(*not_after)
        ))
        .hinted(format!("is the clock right? it says {}", at(*time))),
        CertificateError::NotValidYetContext { time, not_before } => fail(&format!(
            "the server's certificate is not valid before {}",
            at(*not_before)
        ))
        .hinted(format!("is the clock right? it says {}", at(*time))),
        // Of a certificate that is its own issuer, webpki says `CaUsedAsEndEntity`.
        CertificateError::UnknownIssuer | CertificateError::Other(_)
            if *why == CertificateError::UnknownIssuer
                || own.as_ref().is_some_and(Certificate::is_self_signed) =>
        {
            let Some(own) = own else {
                return fail("the server's certificate cannot be read");
            };
            let error = fail(&format!(
                "the server's certificate ({}) is not trusted: its issuer ({}) is not known",
                own.subject, own.issuer
            ));
            let last = chain.last().and_then(|der| Certificate::read(der));
            let is_complete = chain.len() > 1 || last.is_some_and(|last| last.is_self_signed());
            match &options.ca {
                None => error.hinted("to trust the issuer, give its certificate with --cacert"),
                Some(ca) if is_complete => error.hinted(format!(
                    "none of the certificates in {} is the issuer's",
                    ca.display()
                )),
                Some(ca) => error.hinted(format!(
                    "add the issuer's certificate to {}, or have the server send it",
                    ca.display()
                )),
            }
        }
        CertificateError::Revoked => fail("the server's certificate is revoked"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            fail("the server's certificate is not for a server")
        }
        CertificateError::BadEncoding => fail("the server's certificate cannot be read"),
        other => fail("the server's certificate is not valid")
            .caused_by(rustls::Error::InvalidCertificate(other.clone())),
    }
}

/// `a, b and c`
fn listed(names: &[String]) -> String {
    match names {
        [] => "no name".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn at(time: UnixTime) -> String {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(time.as_secs());
    readable_time(time)
}

/// The name of an alert in RFC 8446, section 6.
pub fn alert_name(alert: AlertDescription) -> String {
    let name = format!("{alert:?}");
    let mut words = String::new();
    let mut was_capital = false;
    for (index, letter) in name.chars().enumerate() {
        let starts_word = letter.is_ascii_uppercase() && !was_capital && index > 0;
        if starts_word {
            words.push('_');
        }
        was_capital = letter.is_ascii_uppercase();
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The place without its scheme.
fn plaintext(place: &str) -> &str {
    place.strip_prefix("https://").unwrap_or(place)
}
