//! Checks that every verifier makes, whatever else it trusts.

use std::time::SystemTime;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error};

use super::Certificate;

/// Whether a certificate is valid at this time. webpki does not say for one that is trusted as it is.
///
/// # Errors
/// When it is not, with both times, or it is damaged.
pub fn check_dates(der: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = Certificate::read(der).ok_or(CertificateError::BadEncoding)?;
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        UnixTime::since_unix_epoch(since.unwrap_or_default())
    };
    let not_before = seconds(certificate.not_before);
    let not_after = seconds(certificate.not_after);
    if now < not_before {
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before,
        }
        .into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext {
            time: now,
            not_after,
        }
        .into());
    }
    Ok(())
}

/// Whether webpki's refusal may be one of a server's own certificate as a trust anchor (`CaUsedAsEndEntity`), which is what
/// `openssl req -x509` makes and what other clients accept.
pub fn may_be_trusted_as_it_is(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::Other(_),
        )
    )
}

/// The methods of a `ServerCertVerifier` about signatures: the key is checked even where the certificate is not. The verifier
/// has its algorithms in a field `algorithms`.
macro_rules! signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &rustls::pki_types::CertificateDer<'_>,
            dss: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &rustls::pki_types::CertificateDer<'_>,
            dss: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}
pub(crate) use signatures;
