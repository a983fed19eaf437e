//! TLS choices → rustls's configuration. Configurations are kept, because they hold the sessions that later connections
//! resume, and because reading the system's certificates takes milliseconds.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, KeyLogFile, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::verify::{Trust, Witness};
use super::{HttpVersions, IdentityFiles, TlsOptions, identity};
use crate::certificates::{certified_key, pem};
use crate::error::{Error, Result};

/// What connections with the same choices share.
#[derive(Debug)]
pub struct Prepared {
    pub config: Arc<ClientConfig>,
    pub witness: Witness,
}

/// What connections to one endpoint use where they use TLS.
#[derive(Clone)]
pub struct Secured {
    pub server: Option<Arc<Prepared>>,
    pub proxy: Option<(TlsOptions, Arc<Prepared>)>,
}

impl Secured {
    /// The same, where the server is offered other versions of HTTP.
    pub fn offering(&self, versions: HttpVersions) -> Self {
        let server = self.server.as_ref().map(|prepared| {
            let mut config = ClientConfig::clone(&prepared.config);
            config.alpn_protocols = versions.alpn();
            Arc::new(Prepared {
                config: Arc::new(config),
                witness: prepared.witness.clone(),
            })
        });
        Self {
            server,
            proxy: self.proxy.clone(),
        }
    }
}

/// The configurations made so far.
#[derive(Default)]
pub struct Configurations(HashMap<TlsOptions, Arc<Prepared>>);

impl Configurations {
    /// The configuration for these choices.
    async fn get(&mut self, options: &TlsOptions) -> Result<Arc<Prepared>> {
        if let Some(prepared) = self.0.get(options) {
            return Ok(prepared.clone());
        }
        let owned = options.clone();
        // On a thread, which may wait for ever: a file may be a FIFO that nobody writes to.
        let prepared = tokio::task::spawn_blocking(move || prepare(&owned)).await;
        let prepared = prepared
            .unwrap_or_else(|error| Err(Error::failed("cannot set up TLS").caused_by(error)))?;
        let prepared = Arc::new(prepared);
        self.0.insert(options.clone(), prepared.clone());
        Ok(prepared)
    }

    /// The configurations for a server and for the proxy in front of it.
    ///
    /// # Errors
    /// When a file cannot be read or used, or the system has no certificates.
    pub async fn both(
        &mut self,
        server: Option<&TlsOptions>,
        proxy: Option<TlsOptions>,
    ) -> Result<Secured> {
        let server = match server {
            Some(options) => Some(self.get(options).await?),
            None => None,
        };
        let proxy = match proxy {
            Some(options) => {
                let prepared = self.get(&options).await?;
                Some((options, prepared))
            }
            None => None,
        };
        Ok(Secured { server, proxy })
    }
}

fn prepare(options: &TlsOptions) -> Result<Prepared> {
    let provider = Arc::new(ring::default_provider());
    let trust = trust(options, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::failed("cannot set up TLS").caused_by(error))?
        // The witness verifies.
        .with_root_certificates(RootCertStore::empty());
    let mut config = match &options.identity {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let identity = identity(files, builder.crypto_provider())?;
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
        }
    };
    if !options.is_proxy {
        config.alpn_protocols = options.http_versions.alpn();
    }
    // As curl and browsers do, for tools that read captured traffic. Without SSLKEYLOGFILE it does nothing.
    config.key_log = Arc::new(KeyLogFile::new());
    let witness = Witness::default();
    witness.watch(&mut config, trust);
    Ok(Prepared {
        config: Arc::new(config),
        witness,
    })
}

fn identity(files: &IdentityFiles, provider: &CryptoProvider) -> Result<CertifiedKey> {
    let (chain, key) = identity::load(files)?;
    let key_path = files.key.as_ref().unwrap_or(&files.cert);
    certified_key((chain, &files.cert), (key, key_path), provider)
}

fn trust(options: &TlsOptions, provider: &Arc<CryptoProvider>) -> Result<Trust> {
    if options.insecure {
        return Ok(Trust::Anything);
    }
    if let Some(path) = &options.ca {
        let trusted = pem::certificates(&pem::read(path)?, path)?;
        return Trust::file(trusted, provider).map_err(|error| {
            let path = path.display();
            Error::failed(format!("cannot trust the certificates in {path}")).caused_by(error)
        });
    }
    let verifier = Verifier::new(provider.clone()).map_err(|error| {
        Error::failed("cannot use the system's certificates")
            .caused_by(error)
            .hinted("give the certificates to trust with --cacert")
    })?;
    Ok(Trust::System(Arc::new(verifier)))
}
