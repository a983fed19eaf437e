//! Certificates and keys from PEM files, with errors that name the file and what it lacks.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, Result};

/// What a file in PEM looks like.
pub const HINT: &str = "a certificate in PEM starts with -----BEGIN CERTIFICATE-----";

/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Error::failed(format!("cannot read {}", path.display())).caused_by(error))
}

/// An error about the content of a file.
pub fn bad(path: &Path, why: &str) -> Error {
    Error::failed(format!("{} {why}", path.display()))
}

pub fn is_pem(bytes: &[u8]) -> bool {
    contains(bytes, b"-----BEGIN ")
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// When there is none, or one is damaged.
pub fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(bad(path, "has no certificate").hinted(HINT)),
        Err(_) => Err(bad(path, "is not valid PEM").hinted(HINT)),
    }
}

/// Whether the key is encrypted in PKCS#8 (RFC 5958, section 3).
pub fn is_encrypted(pem: &[u8]) -> bool {
    contains(pem, b"ENCRYPTED PRIVATE KEY")
}

/// Whether the key is encrypted as OpenSSL did before PKCS#8.
pub fn is_encrypted_in_old_form(pem: &[u8]) -> bool {
    contains(pem, b"Proc-Type: 4,ENCRYPTED")
}

/// The private key of a PEM file.
///
/// # Errors
/// When there is none that is not encrypted.
pub fn private_key(pem: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        bad(path, "has no private key")
            .hinted("a key in PEM starts with -----BEGIN PRIVATE KEY-----; --key names its file")
    })
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}
