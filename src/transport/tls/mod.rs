//! TLS under HTTP/2: what a user chooses, as a plain value, and the handshake.
//!
//! - `config`: the choices → rustls's configuration, and `identity`: a client certificate and its key from files;
//! - `verify`: whose certificates are trusted, and what the server showed;
//! - `explain`: why a handshake failed.
//!
//! rustls with ring: aws-lc-rs would add post-quantum key exchange, and costs ten times as long to build (38 s on two cores, not
//! 3) and 2 MB.

mod config;
mod explain;
mod identity;
mod verify;

use std::path::PathBuf;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ProtocolVersion};
use tokio_rustls::TlsConnector;

pub use config::{Configurations, Prepared, Secured};
pub use explain::{alert_name, refused_certificate};

use super::connect_error::ConnectError;
use super::greeting::{Greeted, Greeting};
use super::http_version::{HttpVersion, HttpVersions};
use crate::certificates::Certificate;
use crate::error::Error;
use crate::net::ByteStream;
use verify::Witness;

/// How to use TLS, as the user chose it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsOptions {
    /// Trust the certificates in this PEM file instead of the system's.
    pub ca: Option<PathBuf>,
    /// The client's certificate.
    pub identity: Option<IdentityFiles>,
    /// Accept any certificate.
    pub insecure: bool,
    /// The name to ask for and to expect in the certificate, instead of the host.
    pub server_name: Option<String>,
    /// It is a proxy, with HTTP/1.
    pub is_proxy: bool,
    /// What to offer to the server.
    pub http_versions: HttpVersions,
}

impl TlsOptions {
    /// The same trust for a proxy in front of the server. It sees no client certificate, and its own is always checked: it may get
    /// a password, and `--insecure` speaks of the server.
    #[must_use]
    pub fn for_proxy(&self) -> Self {
        Self {
            ca: self.ca.clone(),
            is_proxy: true,
            ..Self::default()
        }
    }
}

/// Where a client's certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityFiles {
    /// PEM, or PKCS#12, which has the key too.
    pub cert: PathBuf,
    /// PEM. `None` if the key is in the file of the certificate.
    pub key: Option<PathBuf>,
    pub password: Option<PathBuf>,
}

/// What a handshake agreed on.
#[derive(Clone, Debug)]
pub struct TlsSession {
    /// `TLS 1.3`
    pub version: &'static str,
    /// `TLS13_AES_256_GCM_SHA384`
    pub cipher: String,
    /// Whether the session of an earlier connection was resumed.
    pub resumed: bool,
    /// The server's certificate, if it can be read.
    pub certificate: Option<Certificate>,
    /// The server asked for a client certificate.
    pub asked_for_certificate: bool,
    /// A client certificate was sent.
    pub sent_certificate: bool,
    /// What the server chose with ALPN; `None` if nothing.
    pub alpn: Option<HttpVersion>,
    /// The version of HTTP that follows from it; `None` for a proxy.
    pub http: Option<HttpVersion>,
}

/// Starts TLS on a byte stream. `host` is the server's, and `place` names the server in errors. The server has to agree to a
/// version of HTTP that is offered, unless the configuration offers none, as for a proxy.
pub async fn handshake(
    io: Box<dyn ByteStream>,
    prepared: &Prepared,
    options: &TlsOptions,
    host: &str,
    place: &str,
) -> Result<(Box<dyn ByteStream>, TlsSession), ConnectError> {
    let has_alpn = !prepared.config.alpn_protocols.is_empty();
    let name = options.server_name.as_deref().unwrap_or(host);
    let server_name = ServerName::try_from(name.to_owned()).map_err(|_| {
        ConnectError::lasting(Error::usage(format!(
            "{name:?} is not a name that a certificate can have"
        )))
    })?;
    let witness = &prepared.witness;
    witness.reset();
    let config = prepared.config.clone();
    let (io, greeting) = Greeted::new(io);
    let connected = TlsConnector::from(config).connect(server_name, io).await;
    let io = match connected {
        Ok(io) => io,
        Err(error) => {
            // What came instead of TLS, if anything did.
            let greeting = greeting.await.unwrap_or(Greeting::Closed);
            return Err(explain::failed(
                &error, greeting, witness, options, name, place,
            ));
        }
    };
    let (_, session) = io.get_ref();
    let http = options.http_versions.chosen(session.alpn_protocol());
    if has_alpn && http.is_none() {
        let error = explain::no_version(options.http_versions, place);
        return Err(ConnectError::lasting(error));
    }
    let session = TlsSession {
        alpn: http.filter(|_| session.alpn_protocol().is_some()),
        http: http.filter(|_| has_alpn),
        ..describe(session, witness)
    };
    Ok((Box::new(io), session))
}

fn describe(session: &ClientConnection, witness: &Witness) -> TlsSession {
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let cipher = session.negotiated_cipher_suite();
    TlsSession {
        version: match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        },
        cipher: cipher.map_or_else(String::new, |cipher| format!("{:?}", cipher.suite())),
        resumed: session.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
        certificate: certificate.and_then(|der| Certificate::read(der)),
        asked_for_certificate: witness.was_asked(),
        sent_certificate: witness.has_sent(),
        alpn: None,
        http: None,
    }
}
