//! Files → rustls's configuration: all of it or an error that says which file is wrong.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};

use super::TlsFiles;
use super::clients;
use crate::certificates::{Certificate, certified_key, pem};
use crate::error::{Error, Result};

/// HTTP/2 in ALPN (RFC 9113, section 3.2).
const H2: &[u8] = b"h2";
/// HTTP/1.1 (RFC 7301, section 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// What a version of the files says.
pub struct Loaded {
    pub config: Arc<ServerConfig>,
    /// What verifies client certificates, if they are asked for.
    pub clients: Option<Arc<dyn ClientCertVerifier>>,
    /// When the server's own certificate expires, in seconds since 1970. Those after it in the file are not asked: some
    /// authorities send an expired one on purpose, for old clients.
    pub not_after: u64,
}

impl Loaded {
    pub fn from_files(files: &TlsFiles) -> Result<Self> {
        let provider = Arc::new(default_provider());
        let (pair, not_after) = pair(&files.cert, &files.key)?;
        let clients = match &files.client_ca {
            None => None,
            Some(path) => {
                let roots = authorities(path)?;
                let verifier = clients::verifier(roots, files.client_names.clone(), &provider)
                    .map_err(|error| pem::bad(path, "cannot verify clients").caused_by(error))?;
                Some(verifier)
            }
        };
        let unusable = |error| Error::failed("cannot set up TLS").caused_by(error);
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = match &clients {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier)),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
        config.alpn_protocols = vec![H2.to_vec()];
        if files.http1 {
            config.alpn_protocols.push(HTTP_1_1.to_vec());
        }
        // With keys of its own: a session that began with other files, which may have trusted the client when these do
        // not, is not resumed.
        config.ticketer = Ticketer::new().map_err(unusable)?;
        Ok(Self {
            config: Arc::new(config),
            clients,
            not_after,
        })
    }
}

/// The server's certificate with its key, and when it expires.
fn pair(cert: &Path, key: &Path) -> Result<(CertifiedKey, u64)> {
    let chain = pem::certificates(&pem::read(cert)?, cert)?;
    let own = chain.first().and_then(|der| Certificate::read(der));
    let own = own.ok_or_else(|| pem::bad(cert, "has a certificate that cannot be read"))?;
    let bytes = pem::read(key)?;
    if pem::is_encrypted(&bytes) || pem::is_encrypted_in_old_form(&bytes) {
        return Err(pem::bad(key, "is encrypted").hinted(
            "a server starts without anyone to ask for a password: decrypt it with openssl pkey -in KEY -out NEW",
        ));
    }
    let private_key = pem::private_key(&bytes, key)?;
    let pair = certified_key((chain, cert), (private_key, key), &default_provider())?;
    let not_after = own.not_after.duration_since(UNIX_EPOCH);
    Ok((pair, not_after.unwrap_or_default().as_secs()))
}

/// The authorities that may issue client certificates.
fn authorities(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for authority in pem::certificates(&pem::read(path)?, path)? {
        roots
            .add(authority)
            .map_err(|_| pem::bad(path, "has a certificate that cannot be an authority's"))?;
    }
    Ok(roots)
}
