//! A client that says what became of its handshake, which routeguide's own client leaves to rustls.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion,
    RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use super::super::harness::{Identity, LIMIT, Server};

/// How to connect. Connections of one client share its sessions.
pub struct Client {
    ca: CertificateDer<'static>,
    versions: &'static [&'static SupportedProtocolVersion],
    alpn: Vec<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    /// Made for the first connection: rustls resumes only sessions of the same verifier.
    config: OnceLock<Arc<ClientConfig>>,
}

/// What a handshake agreed on.
#[derive(Debug)]
pub struct Session {
    pub version: ProtocolVersion,
    pub alpn: Option<Vec<u8>>,
    pub kind: HandshakeKind,
    /// The server's certificate.
    pub certificate: Vec<u8>,
}

impl Client {
    /// A client that trusts this authority, and offers HTTP/2.
    pub fn trusting(ca: CertificateDer<'static>) -> Self {
        Self {
            ca,
            versions: rustls::ALL_VERSIONS,
            alpn: vec![b"h2".to_vec()],
            identity: None,
            config: OnceLock::new(),
        }
    }

    pub fn versions(mut self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        self.versions = versions;
        self
    }

    pub fn alpn(mut self, names: &[&str]) -> Self {
        self.alpn = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    pub fn identity(mut self, identity: &Identity) -> Self {
        self.identity = Some((identity.cert_der(), identity.key_der()));
        self
    }

    fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(self.config.get_or_init(|| Arc::new(self.new_config())))
    }

    fn new_config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.clone()));
                builder
                    .with_client_auth_cert(vec![cert.clone().into()], key)
                    .unwrap()
            }
        };
        config.alpn_protocols.clone_from(&self.alpn);
        config
    }

    /// Connects to the server, up to the first byte that it sends over TLS: in TLS 1.3, a client that is refused hears of it
    /// only after its own handshake is complete.
    #[track_caller]
    pub fn connect(&self, server: &Server) -> Result<Session, AlertDescription> {
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        tcp.set_read_timeout(Some(LIMIT)).unwrap();
        let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
        let session = ClientConnection::new(self.config(), name).unwrap();
        let mut stream = StreamOwned::new(session, tcp);
        // The client preface with an empty SETTINGS frame (RFC 9113, section 3.4).
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let exchange = stream
            .write_all(preface)
            .and_then(|()| stream.read_exact(&mut [0]));
        exchange.map_err(|error| alert(&error))?;
        let session = &stream.conn;
        Ok(Session {
            version: session.protocol_version().unwrap(),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            kind: session.handshake_kind().unwrap(),
            certificate: session.peer_certificates().unwrap()[0].to_vec(),
        })
    }
}

/// The alert that ended a handshake.
#[track_caller]
fn alert(error: &io::Error) -> AlertDescription {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => panic!("no alert: {error:?}"),
    }
}
