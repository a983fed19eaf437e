//! A client's certificate and key, from PEM or PKCS#12 files.

use std::path::Path;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::IdentityFiles;
use crate::certificates::Certificate;
use crate::certificates::pem::{self, bad, is_pem, read};
use crate::error::Result;

/// A certificate chain, the client's own certificate first, and its key.
pub type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// # Errors
/// When a file cannot be read or does not have what is needed, or the password is wrong.
pub fn load(files: &IdentityFiles) -> Result<Identity> {
    let cert = read(&files.cert)?;
    let password = match &files.password {
        Some(path) => Some(password(path)?),
        None => None,
    };
    if !is_pem(&cert) {
        return pkcs12(&cert, password.as_deref(), files);
    }
    let chain = pem::certificates(&cert, &files.cert)?;
    let key = match &files.key {
        Some(path) => private_key(&read(path)?, path, password.as_deref())?,
        None => private_key(&cert, &files.cert, password.as_deref())?,
    };
    Ok((chain, key))
}

/// The first line of the file: a password rarely ends with a newline on purpose.
fn password(path: &Path) -> Result<String> {
    let text = String::from_utf8(read(path)?).map_err(|_| bad(path, "is not valid UTF-8"))?;
    let line = text.split('\n').next().unwrap_or_default();
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn private_key(pem: &[u8], path: &Path, password: Option<&str>) -> Result<PrivateKeyDer<'static>> {
    if pem::is_encrypted(pem) {
        return encrypted_key(pem, path, password);
    }
    if pem::is_encrypted_in_old_form(pem) {
        return Err(bad(path, "is encrypted in an old form")
            .hinted("convert it with openssl pkcs8 -topk8 -in KEY -out NEW"));
    }
    pem::private_key(pem, path)
}

/// A key in PKCS#8 that is encrypted (RFC 5958, section 3).
fn encrypted_key(
    pem: &[u8],
    path: &Path,
    password: Option<&str>,
) -> Result<PrivateKeyDer<'static>> {
    let Some(password) = password else {
        return Err(bad(path, "is encrypted")
            .hinted("give the file of its password with --key-password-file"));
    };
    let text = String::from_utf8_lossy(pem);
    let section = text
        .find("-----BEGIN ENCRYPTED")
        .and_then(|start| text.get(start..))
        .unwrap_or_default();
    let end = section
        .find("-----END ENCRYPTED PRIVATE KEY-----")
        .map(|at| at + "-----END ENCRYPTED PRIVATE KEY-----".len());
    let section = end.and_then(|end| section.get(..end)).unwrap_or(section);
    let (_, document) =
        pkcs8::SecretDocument::from_pem(section).map_err(|_| bad(path, "is not valid PEM"))?;
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|_| bad(path, "is not an encrypted key in PKCS#8"))?;
    let key = info
        .decrypt(password)
        .map_err(|_| bad(path, "cannot be decrypted").hinted("is the password right?"))?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

fn pkcs12(bytes: &[u8], password: Option<&str>, files: &IdentityFiles) -> Result<Identity> {
    let path = &files.cert;
    if Certificate::read(bytes).is_some() {
        return Err(bad(path, "is a certificate in DER")
            .hinted("convert it to PEM with openssl x509 -inform DER -in CERTIFICATE -out NEW"));
    }
    if files.key.is_some() {
        return Err(bad(path, "is not PEM").hinted("a PKCS#12 file has the key, too: omit --key"));
    }
    let store = KeyStore::from_pkcs12(
        bytes,
        password.unwrap_or_default(),
        Pkcs12ImportPolicy::Relaxed,
    );
    let store = store.map_err(|error| match (error, password) {
        (p12_keystore::error::Error::MacError(_), None) => bad(path, "is encrypted")
            .hinted("give the file of its password with --key-password-file"),
        (p12_keystore::error::Error::MacError(_), Some(_)) => {
            bad(path, "cannot be decrypted").hinted("is the password right?")
        }
        _ => bad(path, "is neither PEM nor PKCS#12").hinted(pem::HINT),
    })?;
    let chain = store
        .private_key_chain()
        .map(|(_, chain)| chain)
        .ok_or_else(|| bad(path, "has no private key"))?;
    let certificates = chain.certs().iter();
    let certificates = certificates.map(|cert| CertificateDer::from(cert.as_der().to_vec()));
    let key = PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec());
    Ok((certificates.collect(), key.into()))
}
