//! Which client certificates are accepted: those of an authority, and of these only those for certain names.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Requires a certificate of these authorities, for one of these names if there are any.
///
/// # Errors
/// When the authorities cannot be used.
pub fn verifier(
    authorities: RootCertStore,
    names: Vec<String>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Box<dyn std::error::Error + Send + Sync>> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(authorities.into(), Arc::clone(provider))
            .build()?;
    Ok(if names.is_empty() {
        verifier
    } else {
        Arc::new(Named {
            inner: verifier,
            names,
        })
    })
}

/// Accepts what another verifier accepts, if it is for one of these names.
#[derive(Debug)]
struct Named {
    inner: Arc<dyn ClientCertVerifier>,
    names: Vec<String>,
}

impl ClientCertVerifier for Named {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .inner
            .verify_client_cert(end_entity, intermediates, now)?;
        if is_for(end_entity, &self.names) {
            Ok(verified)
        } else {
            // The client receives the alert access_denied: the certificate is valid, and not enough (RFC 8446,
            // section 6.2).
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate is for one of these names. Its names are the DNS names and URIs among its alternative names, and
/// only if there are none, the common name, as RFC 6125, section 6.4.4, has it for servers. A wildcard stands for itself.
fn is_for(der: &[u8], names: &[String]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return false;
    };
    let alternatives = match certificate.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.as_slice(),
        Ok(None) => &[],
        // Names that cannot be read are not left out in favor of the common name.
        Err(_) => return false,
    };
    let mut is_named = false;
    for alternative in alternatives {
        let is_it = match alternative {
            GeneralName::DNSName(dns) => names.iter().any(|name| name.eq_ignore_ascii_case(dns)),
            GeneralName::URI(uri) => names.iter().any(|name| name == uri),
            _ => continue,
        };
        if is_it {
            return true;
        }
        is_named = true;
    }
    // The last one is the most specific.
    let common_name = certificate.subject().iter_common_name().last();
    let common_name = common_name.and_then(|name| name.as_str().ok());
    !is_named && common_name.is_some_and(|common| names.iter().any(|name| name == common))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd,
    };
    use rustls::crypto::ring::default_provider;

    use super::*;

    /// A certificate with this common name and these alternative names.
    fn params(common_name: &str, alternatives: Vec<SanType>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.remove(DnType::CommonName);
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.subject_alt_names = alternatives;
        params
    }

    fn dns(name: &str) -> SanType {
        SanType::DnsName(name.try_into().unwrap())
    }

    fn uri(uri: &str) -> SanType {
        SanType::URI(uri.try_into().unwrap())
    }

    #[track_caller]
    fn accepts(params: &CertificateParams, name: &str) -> bool {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        is_for(certificate.der(), &["another".to_owned(), name.to_owned()])
    }

    #[test]
    fn a_dns_name_or_a_uri_is_enough() {
        let uri_of_it = "spiffe://example.org/ns/prod/sa/web";
        let both = params("common", vec![dns("web.example.org"), uri(uri_of_it)]);
        assert!(accepts(&both, "web.example.org"));
        assert!(accepts(&both, "Web.Example.ORG"));
        assert!(accepts(&both, uri_of_it));
        assert!(!accepts(&both, "spiffe://example.org/ns/prod/sa/WEB"));
        assert!(!accepts(&both, "example.org"));
    }

    #[test]
    fn the_common_name_counts_only_without_them() {
        assert!(!accepts(&params("common", vec![dns("web")]), "common"));
        assert!(!accepts(&params("common", vec![uri("a:b")]), "common"));
        assert!(accepts(&params("common", Vec::new()), "common"));
        let address = SanType::IpAddress([127, 0, 0, 1].into());
        assert!(accepts(&params("common", vec![address]), "common"));
    }

    #[test]
    fn a_wildcard_in_a_certificate_covers_no_other_name() {
        let wildcard = params("common", vec![dns("*.example.org")]);
        assert!(!accepts(&wildcard, "web.example.org"));
        assert!(accepts(&wildcard, "*.example.org"));
    }

    #[test]
    fn what_is_not_a_certificate_has_no_name() {
        assert!(!is_for(b"nonsense", &[String::new()]));
    }

    #[test]
    fn a_certificate_is_refused_once_it_has_expired() {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let mut params = params("client", Vec::new());
        params.not_after = date_time_ymd(2030, 1, 1);
        let key = KeyPair::generate().unwrap();
        let client = params.signed_by(&key, &authority).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier = verifier(roots, vec!["client".to_owned()], &provider).unwrap();
        let is_valid_in = |year: u64| {
            let now = UnixTime::since_unix_epoch(Duration::from_hours((year - 1970) * 8766));
            verifier.verify_client_cert(client.der(), &[], now).is_ok()
        };
        assert!(is_valid_in(2028));
        assert!(!is_valid_in(2031));
    }
}
