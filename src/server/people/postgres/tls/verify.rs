//! What has to be right about a database's certificate.

use std::sync::Arc;

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{Error, RootCertStore};

use crate::certificates::{check_dates, may_be_trusted_as_it_is, signatures};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Only that the server has the key.
    Nothing,
    /// The issuer and the dates.
    Issuer,
    /// The name, too.
    Name,
    /// All, by the system's rules.
    System,
}

#[derive(Debug)]
pub struct Verifier {
    checks: Checks,
    system: Option<rustls_platform_verifier::Verifier>,
    roots: RootCertStore,
    trusted: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// # Errors
    /// When a certificate cannot be trusted, or the system has none.
    pub fn new(
        checks: Checks,
        trusted: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone())?;
        }
        let system = match checks {
            Checks::System => Some(rustls_platform_verifier::Verifier::new(Arc::clone(
                provider,
            ))?),
            Checks::Nothing | Checks::Issuer | Checks::Name => None,
        };
        Ok(Self {
            checks,
            system,
            roots,
            trusted,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    fn check_issuer(
        &self,
        certificate: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        ) {
            Err(error) if may_be_trusted_as_it_is(&error) && self.trusted.contains(certificate) => {
                check_dates(certificate, now)
            }
            checked => checked,
        }
    }
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
        if let Some(system) = &self.system {
            return system.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
        }
        if self.checks != Checks::Nothing {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            self.check_issuer(end_entity, &parsed, intermediates, now)?;
            if self.checks == Checks::Name {
                verify_server_name(&parsed, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    signatures!();
}
