//! One handshake. A client that is refused hears why, by an alert.

use std::io;
use std::pin::pin;

use rustls::pki_types::UnixTime;
use rustls::server::Acceptor;
use rustls::{HandshakeKind, ServerConnection};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::Tls;
use super::load::Loaded;

/// A record with the fatal alert no_application_protocol (RFC 8446, section 6, and RFC 7301, section 3.2). rustls sends it to
/// a client whose protocols do not include ours, and goes on with one that names none.
const NO_APPLICATION_PROTOCOL: &[u8] = &[21, 3, 3, 0, 2, 2, 120];

/// What is read from a client after it was refused: the rest of its handshake, and its first requests.
const LAST_BYTES: u64 = 64 << 10;

/// How much rustls keeps of what a client does not take, in bytes: a record of the largest size.
const UNSENT: usize = 16 << 10;

impl Tls {
    /// Answers a client's handshake by the newest configuration. It takes as long as the client does; the caller limits
    /// that.
    ///
    /// # Errors
    /// When the client leaves or does not speak TLS, TLS 1.2 or later, or what is served; and when it has no certificate that is
    /// accepted.
    pub async fn accept<I>(&self, io: I) -> io::Result<TlsStream<I>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let mut hello = pin!(LazyConfigAcceptor::new(Acceptor::default(), io));
        let start = match hello.as_mut().await {
            Ok(start) => start,
            Err(error) => {
                if let Some(io) = hello.take_io() {
                    part(io).await;
                }
                return Err(error);
            }
        };
        if start.client_hello().alpn().is_none() && !self.files.http1 {
            let mut io = start.io;
            io.write_all(NO_APPLICATION_PROTOCOL).await?;
            part(io).await;
            return Err(refused("the client does not offer HTTP/2 (ALPN h2)"));
        }
        let loaded = self.current.load_full();
        let stream = start.into_stream(loaded.config.clone()).into_fallible();
        match stream.await {
            Ok(mut stream) => {
                stream.get_mut().1.set_buffer_limit(Some(UNSENT));
                loaded.verify_again(stream.get_ref().1, UnixTime::now())?;
                Ok(stream)
            }
            Err((error, io)) => {
                part(io).await;
                Err(error)
            }
        }
    }
}

impl Loaded {
    /// Verifies the client of a session that was resumed: rustls does so only when a session begins, and the certificate may
    /// have expired since.
    fn verify_again(&self, session: &ServerConnection, now: UnixTime) -> io::Result<()> {
        let (Some(verifier), Some(HandshakeKind::Resumed)) =
            (&self.clients, session.handshake_kind())
        else {
            return Ok(());
        };
        let Some([own, intermediates @ ..]) = session.peer_certificates() else {
            return Err(refused("the resumed session has no client certificate"));
        };
        verifier
            .verify_client_cert(own, intermediates, now)
            .map_err(io::Error::other)?;
        Ok(())
    }
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Closes the connection of a client that is refused, after reading what it sends: closing a socket with unread data resets
/// the connection (RFC 1122, section 4.2.2.13), and the reset may overtake the alert.
async fn part(mut io: impl AsyncRead + AsyncWrite + Unpin) {
    if io.shutdown().await.is_ok() {
        // The client may be gone already.
        let _ = tokio::io::copy(&mut io.take(LAST_BYTES), &mut tokio::io::sink()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
    };
    use rustls::crypto::ring::default_provider;
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::DuplexStream;
    use tokio_rustls::TlsConnector;

    use super::super::TlsFiles;
    use super::*;

    /// A server and a client with certificates of one authority, which expire in 2050.
    fn server_and_client() -> (Tls, Arc<ClientConfig>) {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(2050, 1, 1);
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &authority).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let tls = Tls::load(TlsFiles {
            cert: file("cert.pem", own.pem()),
            key: file("key.pem", key.serialize_pem()),
            client_ca: Some(file("ca.pem", authority.pem())),
            client_names: Vec::new(),
            http1: false,
        });
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                vec![own.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        let mut client = client.unwrap();
        client.alpn_protocols = vec![b"h2".to_vec()];
        (tls.unwrap(), Arc::new(client))
    }

    /// The server's end of a connection, after the client has received the tickets.
    async fn connect(tls: &Tls, client: &Arc<ClientConfig>) -> TlsStream<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let connector = TlsConnector::from(Arc::clone(client));
        let connecting = connector.connect("localhost".try_into().unwrap(), theirs);
        let (accepted, connected) = tokio::join!(tls.accept(ours), connecting);
        let (mut accepted, mut connected) = (accepted.unwrap(), connected.unwrap());
        accepted.write_all(b"x").await.unwrap();
        accepted.flush().await.unwrap();
        connected.read_exact(&mut [0]).await.unwrap();
        accepted
    }

    #[tokio::test]
    async fn a_resumed_session_ends_with_its_clients_certificate() {
        let (tls, client) = server_and_client();
        let year =
            |year: u64| UnixTime::since_unix_epoch(Duration::from_hours((year - 1970) * 8766));
        let first = connect(&tls, &client).await;
        let second = connect(&tls, &client).await;
        let session = second.get_ref().1;
        assert_eq!(session.handshake_kind(), Some(HandshakeKind::Resumed));
        let loaded = tls.current.load();
        assert!(loaded.verify_again(session, year(2049)).is_ok());
        assert!(loaded.verify_again(session, year(2051)).is_err());
        // The handshake itself has verified the first one.
        let session = first.get_ref().1;
        assert_eq!(session.handshake_kind(), Some(HandshakeKind::Full));
        assert!(loaded.verify_again(session, year(2051)).is_ok());
    }
}
