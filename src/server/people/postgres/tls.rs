//! TLS to a database, as libpq's sslmode means it (PostgreSQL's manual, section 34.19).
//!
//! The connector is ours: tokio-postgres-rustls brings a second library for X.509, and has no verify-ca. Channel binding
//! (RFC 5929, tls-server-end-point) comes with it, so that no one in the middle can log in with what we send.

mod verify;

use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ring::digest;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::settings::{Root, TlsMode, TlsSettings};
use crate::certificates::{certified_key, pem};
use crate::error::{Error, Result};
use verify::{Checks, Verifier};

/// Starts TLS on connections. Without a configuration, none is started.
#[derive(Clone)]
pub struct Connector(Option<Arc<ClientConfig>>);

impl Connector {
    pub fn none() -> Self {
        Self(None)
    }

    /// Reads the files, which is done for each connection: certificates are renewed while a server runs.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub fn load(settings: &TlsSettings) -> Result<Self> {
        if settings.mode == TlsMode::Disable {
            return Ok(Self::none());
        }
        let provider = Arc::new(default_provider());
        let (checks, path) = match (settings.mode, &settings.root) {
            (_, Root::System) => (Checks::System, None),
            (TlsMode::VerifyFull, Root::File(path) | Root::Default(Some(path))) => {
                (Checks::Name, Some(path))
            }
            // As libpq does it: with a certificate to trust, `require` is `verify-ca`.
            (
                TlsMode::VerifyCa | TlsMode::Require,
                Root::File(path) | Root::Default(Some(path)),
            ) => (Checks::Issuer, Some(path)),
            _ => (Checks::Nothing, None),
        };
        let trusted = match path {
            Some(path) => pem::certificates(&pem::read(path)?, path)?,
            None => Vec::new(),
        };
        let verifier = Verifier::new(checks, trusted, &provider).map_err(|error| {
            let what = path.map_or_else(
                || "the system's certificates".to_owned(),
                |path| format!("the certificates in {}", path.display()),
            );
            Error::failed(format!("cannot trust {what}")).caused_by(error)
        })?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::failed("cannot set up TLS").caused_by(error))?
            // The verifier takes their place.
            .with_root_certificates(RootCertStore::empty());
        let mut config = match &settings.cert {
            None => builder.with_no_client_auth(),
            Some(cert) => {
                let key = settings.key.as_ref().unwrap_or(cert);
                check_private(key)?;
                let chain = pem::certificates(&pem::read(cert)?, cert)?;
                let private = pem::read(key)?;
                if pem::is_encrypted(&private) || pem::is_encrypted_in_old_form(&private) {
                    return Err(pem::bad(key, "is encrypted")
                        .hinted("sslkey has to be a key without a password"));
                }
                let private = pem::private_key(&private, key)?;
                let pair = certified_key((chain, cert), (private, key), &provider)?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
            }
        };
        config
            .dangerous()
            .set_certificate_verifier(Arc::new(verifier));
        Ok(Self(Some(Arc::new(config))))
    }
}

/// Refuses a key that others may read, as libpq does. One of root may be read by its group.
#[cfg(unix)]
fn check_private(key: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let Ok(metadata) = std::fs::metadata(key) else {
        // Reading it says why.
        return Ok(());
    };
    let refused = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & refused == 0 {
        return Ok(());
    }
    let hint = format!("chmod 0600 {}", key.display());
    Err(pem::bad(key, "may be read by others").hinted(hint))
}

#[cfg(not(unix))]
fn check_private(_key: &Path) -> Result<()> {
    Ok(())
}

/// A handshake that failed, which tells it from other errors of a connection.
#[derive(Debug)]
pub struct HandshakeError(Box<dyn std::error::Error + Send + Sync>);

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for HandshakeError {}

impl Connector {
    /// A handshake with a host.
    pub fn handshake(&self, host: String) -> Handshake {
        Handshake {
            config: self.0.clone(),
            host,
        }
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Stream<Socket>;
    type TlsConnect = Handshake;
    type Error = HandshakeError;

    fn make_tls_connect(&mut self, host: &str) -> std::result::Result<Handshake, HandshakeError> {
        Ok(self.handshake(host.to_owned()))
    }
}

/// One handshake.
#[derive(Clone)]
pub struct Handshake {
    config: Option<Arc<ClientConfig>>,
    host: String,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> TlsConnect<S> for Handshake {
    type Stream = Stream<S>;
    type Error = HandshakeError;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Stream<S>, HandshakeError>> + Send>>;

    fn connect(self, socket: S) -> Self::Future {
        Box::pin(async move {
            let config = self
                .config
                .ok_or_else(|| HandshakeError("TLS is off".into()))?;
            let name =
                ServerName::try_from(self.host).map_err(|error| HandshakeError(error.into()))?;
            let connected = TlsConnector::from(config).connect(name, socket).await;
            let stream = connected.map_err(|error| HandshakeError(error.into()))?;
            Ok(Stream(Box::new(stream)))
        })
    }
}

/// A connection with TLS.
pub struct Stream<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.0.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        match certificate.and_then(|der| end_point(der)) {
            Some(hash) => ChannelBinding::tls_server_end_point(hash),
            None => ChannelBinding::none(),
        }
    }
}

/// The hash of a certificate by the hash of its signature, and SHA-256 for MD5 and SHA-1 (RFC 5929, section 4.1). A
/// signature without one, such as Ed25519, has no channel binding.
fn end_point(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let signature = certificate.signature_algorithm.algorithm.to_id_string();
    let hash = match signature.as_str() {
        // RSA with MD5, SHA-1 and SHA-256, and ECDSA with SHA-1 and SHA-256.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2" => &digest::SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(hash, der).as_ref().to_vec())
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    /// Without close_notify, which PgBouncer would take for the end of a cancel request. PostgreSQL's own messages have lengths and
    /// an end, so that nothing can be cut off unseen.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
}
