//! TLS under the server's connections:
//!
//! - `load`: the files → rustls's configuration;
//! - `clients`: which client certificates are accepted;
//! - `handshake`: one handshake, with the newest configuration;
//! - `expiry`: what is said about a certificate that is about to expire.
//!
//! The rules are those of gRPC over HTTP/2: TLS 1.2 or later, and ALPN h2 (PROTOCOL-HTTP2.md, "Security").

mod clients;
mod expiry;
mod handshake;
mod load;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;

use crate::certificates::readable_time;
use crate::error::Result;
use load::Loaded;

/// Where the server's certificate is, and who may connect.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// PEM: the server's certificate, then those between it and its authority.
    pub cert: PathBuf,
    pub key: PathBuf,
    /// A client has to show a certificate that an authority in this file has issued.
    pub client_ca: Option<PathBuf>,
    /// The client's certificate has to be for one of these names; any, if there are none.
    pub client_names: Vec<String>,
    /// Whether clients may speak HTTP/1.1.
    pub http1: bool,
}

/// TLS, as the files say. They can be read again while connections are open: those keep the certificate that they began
/// with.
pub struct Tls {
    files: TlsFiles,
    current: ArcSwap<Loaded>,
}

impl Tls {
    /// # Errors
    /// When a file cannot be read or used, or the key does not belong to the certificate. The error names the file.
    pub fn load(files: TlsFiles) -> Result<Self> {
        let loaded = Loaded::from_files(&files)?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(loaded),
        })
    }

    /// Reads the files again, for handshakes from now on.
    ///
    /// # Errors
    /// As [`Self::load`]; then everything stays as it is.
    pub fn reload(&self) -> Result<()> {
        self.current
            .store(Arc::new(Loaded::from_files(&self.files)?));
        Ok(())
    }

    /// When the certificate expires, in seconds since 1970.
    pub fn not_after(&self) -> u64 {
        self.current.load().not_after
    }

    /// When the certificate expires, for people.
    pub fn valid_until(&self) -> String {
        readable_time(self.expires())
    }

    /// What there is to say if the certificate has expired, or will soon.
    pub fn expiry_warning(&self) -> Option<String> {
        expiry::warning(&self.files.cert, self.expires(), SystemTime::now())
    }

    /// Says that now and once a day, until the future is dropped.
    pub async fn warn_of_expiry(&self, report: impl Fn(&str)) {
        expiry::daily(|| {
            if let Some(warning) = self.expiry_warning() {
                report(&warning);
            }
        })
        .await;
    }

    fn expires(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.not_after())
    }
}

impl TlsFiles {
    /// What has to be read again when it changes.
    pub fn paths(&self) -> Vec<PathBuf> {
        let own = [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()];
        own.into_iter().flatten().cloned().collect()
    }
}
