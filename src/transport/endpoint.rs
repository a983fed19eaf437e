//! An endpoint: the server to call and how to reach it, as a plain value, which is the key of its connection.

use std::fmt;
use std::time::Duration;

use super::route::Route;
use super::tls::TlsOptions;
use super::{Address, Dialer, HttpVersions};

/// A server, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    dialer: Dialer,
    has_tls: bool,
    /// For the server if it has TLS, and for a proxy that has.
    tls: TlsOptions,
    /// The value of `:authority`, if it is not the address.
    authority: Option<String>,
    route: Route,
    keepalive: Option<Duration>,
    http_versions: HttpVersions,
}

impl Endpoint {
    /// An endpoint that is called in plaintext.
    pub fn new(dialer: Dialer) -> Self {
        Self {
            dialer,
            has_tls: false,
            tls: TlsOptions::default(),
            authority: None,
            route: Route::default(),
            keepalive: None,
            http_versions: HttpVersions::default(),
        }
    }

    /// The server at an address, which says whether it has TLS.
    pub fn at(address: Address, tls: TlsOptions) -> Self {
        Self {
            has_tls: address.has_tls(),
            tls,
            ..Self::new(Dialer::Address(address))
        }
    }

    /// Sends this `:authority`.
    #[must_use]
    pub fn with_authority(mut self, authority: Option<String>) -> Self {
        self.authority = authority;
        self
    }

    /// Takes this way to the server.
    #[must_use]
    pub fn by(mut self, route: Route) -> Self {
        self.route = route;
        self
    }

    /// How to use TLS with the proxy, if that asks for it.
    pub fn proxy_tls(&self) -> Option<TlsOptions> {
        let proxy = self.route.proxy.as_ref()?;
        proxy.has_tls().then(|| self.tls.for_proxy())
    }

    /// Sends PINGs at this interval while calls are open.
    #[must_use]
    pub fn kept_alive(mut self, interval: Option<Duration>) -> Self {
        self.keepalive = interval;
        self
    }

    /// Speaks these versions of HTTP.
    #[must_use]
    pub fn speaking(mut self, versions: HttpVersions) -> Self {
        self.http_versions = versions;
        self.tls.http_versions = versions;
        self
    }

    pub fn http_versions(&self) -> HttpVersions {
        self.http_versions
    }

    pub fn keepalive(&self) -> Option<Duration> {
        self.keepalive
    }

    pub fn route(&self) -> &Route {
        &self.route
    }

    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// How to use TLS with the server; `None` for plaintext.
    pub fn tls(&self) -> Option<&TlsOptions> {
        self.has_tls.then_some(&self.tls)
    }

    /// Whether this is the server that is called unless another one is named.
    pub fn is_default(&self) -> bool {
        matches!(&self.dialer, Dialer::Address(address) if address.is_default())
    }

    /// The server's host, which its certificate has to name.
    pub fn host(&self) -> &str {
        match &self.dialer {
            Dialer::Address(Address::Tcp { host, .. }) => host,
            Dialer::Address(Address::Unix(_)) | Dialer::InProcess(_) => "localhost",
        }
    }

    /// The value of `:authority` for calls to the server.
    pub fn authority(&self) -> String {
        match (&self.authority, &self.dialer) {
            (Some(authority), _) => authority.clone(),
            (None, Dialer::Address(address)) => address.authority(),
            (None, Dialer::InProcess(_)) => "localhost".to_owned(),
        }
    }
}

/// The server's name in messages.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dialer {
            Dialer::Address(address) => address.fmt(f),
            Dialer::InProcess(_) => f.write_str("the server in this process"),
        }
    }
}
