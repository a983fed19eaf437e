//! A certificate and its key, checked to belong together: a pair that does not fails only in the peer's half of a
//! handshake, with an alert that does not say why.

use std::path::Path;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::certificate;
use crate::error::{Error, Result};

/// The pair of a chain, whose first certificate is the key's, and the key. The paths are where they come from.
///
/// # Errors
/// When the key cannot be used, or does not belong to the certificate.
pub fn certified_key(
    (chain, cert_path): (Vec<CertificateDer<'static>>, &Path),
    (key, key_path): (PrivateKeyDer<'static>, &Path),
    provider: &CryptoProvider,
) -> Result<CertifiedKey> {
    let from = key_path.display();
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| {
            Error::failed(format!("cannot use the private key in {from}")).caused_by(error)
        })?;
    let pair = CertifiedKey::new(chain, key);
    // Not with `keys_match`: webpki does not read version 1 of X.509, and the certificate is the peer's to judge.
    let certified = pair
        .cert
        .first()
        .and_then(|der| certificate::public_key(der));
    match (certified, pair.key.public_key()) {
        (Some(certified), Some(own)) if certified != own.as_ref() => Err(Error::failed(format!(
            "the key in {from} does not belong to the certificate in {}",
            cert_path.display()
        ))),
        _ => Ok(pair),
    }
}
