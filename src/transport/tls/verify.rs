//! Whose certificates are trusted, and a witness of each handshake: what the server showed and asked for, which rustls
//! does not tell once a handshake has failed.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, Error, RootCertStore, SignatureScheme};

use crate::certificates::{check_dates, may_be_trusted_as_it_is, signatures};

/// What happened in the last handshake. Clones share it. Connections are opened one after the other, so one is enough for
/// all that share a configuration.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// The server's certificates, its own first.
    chain: Vec<CertificateDer<'static>>,
    asked: bool,
    sent: bool,
}

impl Witness {
    /// Makes a configuration verify by `trust`, and watches its handshakes. All connections share the verifier: rustls resumes
    /// a session only with the one that has verified it.
    pub fn watch(&self, config: &mut ClientConfig, trust: Trust) {
        let verifier = Verifier {
            trust,
            algorithms: config.crypto_provider().signature_verification_algorithms,
            witness: self.clone(),
        };
        let verifier = Arc::new(verifier);
        config.dangerous().set_certificate_verifier(verifier);
        config.client_auth_cert_resolver = Arc::new(WatchedKeys {
            inner: config.client_auth_cert_resolver.clone(),
            witness: self.clone(),
        });
    }

    /// Forgets what it has seen, before the next handshake.
    pub fn reset(&self) {
        self.with(|seen| *seen = Seen::default());
    }

    /// The certificates that the server showed, its own first.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.with(|seen| seen.chain.clone())
    }

    /// Whether the server asked for a client certificate.
    pub fn was_asked(&self) -> bool {
        self.with(|seen| seen.asked)
    }

    /// Whether a client certificate was sent.
    pub fn has_sent(&self) -> bool {
        self.with(|seen| seen.sent)
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Seen) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which certificates are trusted.
#[derive(Debug)]
pub enum Trust {
    /// Those that this verifier accepts: the system's.
    System(Arc<dyn ServerCertVerifier>),
    /// Those of a file, as issuers and as they are.
    File {
        issuers: Arc<WebPkiServerVerifier>,
        trusted: Vec<CertificateDer<'static>>,
    },
    /// Any. The server still has to prove that it has the key.
    Anything,
}

impl Trust {
    /// # Errors
    /// When a certificate cannot be a trust anchor.
    pub fn file(
        trusted: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone())?;
        }
        let issuers = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self::File { issuers, trusted })
    }
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
    witness: Witness,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.witness.with(|seen| {
            let chain = std::iter::once(end_entity).chain(intermediates);
            seen.chain = chain.map(|der| der.clone().into_owned()).collect();
        });
        let verify = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match &self.trust {
            Trust::System(verifier) => verify(&**verifier),
            Trust::Anything => Ok(ServerCertVerified::assertion()),
            Trust::File { issuers, trusted } => match verify(&**issuers) {
                Err(error) if may_be_trusted_as_it_is(&error) && trusted.contains(end_entity) => {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                    check_dates(end_entity, now)?;
                    Ok(ServerCertVerified::assertion())
                }
                verified => verified,
            },
        }
    }

    signatures!();
}

#[derive(Debug)]
struct WatchedKeys {
    inner: Arc<dyn ResolvesClientCert>,
    witness: Witness,
}

impl ResolvesClientCert for WatchedKeys {
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let key = self.inner.resolve(root_hint_subjects, schemes);
        self.witness.with(|seen| {
            seen.asked = true;
            seen.sent = key.is_some();
        });
        key
    }

    fn only_raw_public_keys(&self) -> bool {
        self.inner.only_raw_public_keys()
    }

    /// Always, so that it is known when the server asks.
    fn has_certs(&self) -> bool {
        true
    }
}
