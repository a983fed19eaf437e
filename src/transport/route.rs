//! The way to a server, where it is not the direct one: another address (`--resolve`, `--connect-to`) or a proxy.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};
use crate::net::{join_host_port, split_host_port};

/// How to get to a server. The default is: directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Route {
    /// Where to connect instead of the server's host and port.
    pub connect_to: Option<(String, u16)>,
    /// The addresses of the host, which is not looked up then.
    pub addresses: Vec<IpAddr>,
    pub proxy: Option<Proxy>,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    pub kind: ProxyKind,
    pub host: String,
    pub port: u16,
    pub user: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// CONNECT (RFC 9110, section 9.3.6).
    Http,
    /// The same, over TLS.
    Https,
    /// SOCKS 5 (RFC 1928); this side looks the server up.
    Socks5,
    /// The proxy looks the server up.
    Socks5h,
}

impl Proxy {
    pub fn has_tls(&self) -> bool {
        self.kind == ProxyKind::Https
    }
}

impl FromStr for Proxy {
    type Err = Error;

    /// As in curl: a URL, or host:port of an HTTP proxy. Does not repeat the text, which may have a password.
    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::usage(format!("invalid proxy: {why}"))
                .hinted("write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed")
        };
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let uri: Uri = with_scheme.parse().map_err(|_| bad("it is not a URL"))?;
        let (kind, default_port) = match uri.scheme_str().map(str::to_ascii_lowercase).as_deref() {
            Some("http") => (ProxyKind::Http, 80),
            Some("https") => (ProxyKind::Https, 443),
            Some("socks5") => (ProxyKind::Socks5, 1080),
            Some("socks5h") => (ProxyKind::Socks5h, 1080),
            _ => return Err(bad("unknown scheme")),
        };
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let authority = authority.ok_or_else(|| bad("there is no host"))?;
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = split_host_port(place).map_err(|why| bad(&why.to_string()))?;
        if host.is_empty() {
            return Err(bad("there is no host"));
        }
        let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        Ok(Self {
            kind,
            host: host.to_owned(),
            port: port.unwrap_or(default_port),
            user: user.map(|user| {
                let (name, password) = user.split_once(':').unwrap_or((user, ""));
                (decode(name), decode(password))
            }),
        })
    }
}

/// Without the user.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ProxyKind::Http => "http",
            ProxyKind::Https => "https",
            ProxyKind::Socks5 => "socks5",
            ProxyKind::Socks5h => "socks5h",
        };
        write!(f, "{scheme}://{}", join_host_port(&self.host, self.port))
    }
}

/// Shows no password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether the value of `NO_PROXY` covers a host: a name and what is below it, an address, a network, or `*`.
pub fn is_direct(host: &str, no_proxy: &str) -> bool {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let Ok(server) = format!("http://{host}").parse::<Uri>() else {
        return false;
    };
    let matcher = Matcher::builder().all("http://proxy").no(no_proxy).build();
    matcher.intercept(&server).is_none()
}

/// One `--resolve HOST:PORT:ADDR[,ADDR]...`, as in curl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    pub addresses: Vec<IpAddr>,
}

impl Resolve {
    /// Whether it is about this host and port. The host may be `*`.
    pub fn is_for(&self, host: &str, port: u16) -> bool {
        self.port == port && (self.host == "*" || self.host.eq_ignore_ascii_case(host))
    }
}

impl FromStr for Resolve {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::usage(format!("{text:?} does not resolve a host"))
                .hinted("write HOST:PORT:ADDRESS, as in example.org:443:127.0.0.1")
        };
        let (host, rest) = split_host(text).ok_or_else(bad)?;
        let (port, addresses) = rest.split_once(':').ok_or_else(bad)?;
        let addresses = addresses.split(',').map(|address| {
            let address = address.trim();
            let bare = address
                .strip_prefix('[')
                .and_then(|it| it.strip_suffix(']'));
            bare.unwrap_or(address).parse()
        });
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().map_err(|_| bad())?,
            addresses: addresses
                .collect::<std::result::Result<_, _>>()
                .map_err(|_| bad())?,
        })
    }
}

/// One `--connect-to HOST1:PORT1:HOST2:PORT2`, as in curl: an empty part means any, or the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    from: (String, Option<u16>),
    to: (String, Option<u16>),
}

impl ConnectTo {
    /// Where to connect instead of this host and port, if it is about them.
    pub fn instead_of(&self, host: &str, port: u16) -> Option<(String, u16)> {
        let is_host = self.from.0.is_empty() || self.from.0.eq_ignore_ascii_case(host);
        if !is_host || self.from.1.is_some_and(|from| from != port) {
            return None;
        }
        let host = if self.to.0.is_empty() {
            host
        } else {
            &self.to.0
        };
        Some((host.to_owned(), self.to.1.unwrap_or(port)))
    }
}

impl FromStr for ConnectTo {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::usage(format!("{text:?} does not say where to connect"))
                .hinted("write HOST:PORT:TO-HOST:TO-PORT; an empty part means any, or the same")
        };
        let port = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| bad()),
        };
        let (from_host, rest) = split_host(text).ok_or_else(bad)?;
        let (from_port, rest) = rest.split_once(':').ok_or_else(bad)?;
        let (to_host, to_port) = split_host(rest).ok_or_else(bad)?;
        Ok(Self {
            from: (from_host.to_owned(), port(from_port)?),
            to: (to_host.to_owned(), port(to_port)?),
        })
    }
}

/// Splits a host from what follows its colon. An IPv6 address has brackets.
fn split_host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            Some((host, rest.strip_prefix(':')?))
        }
        None => text.split_once(':'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_url_or_an_address() {
        for (text, shown, user) in [
            ("proxy:3128", "http://proxy:3128", None),
            ("http://proxy", "http://proxy:80", None),
            ("HTTPS://proxy/", "https://proxy:443", None),
            (
                "socks5h://a:b%40c@[::1]",
                "socks5h://[::1]:1080",
                Some(("a", "b@c")),
            ),
            ("socks5://a@proxy:1", "socks5://proxy:1", Some(("a", ""))),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!(proxy.to_string(), shown);
            let found = proxy
                .user
                .as_ref()
                .map(|(name, word)| (name.as_str(), word.as_str()));
            assert_eq!(found, user, "{text}");
        }
        for text in [
            "",
            "ftp://proxy",
            "http://",
            "http://a:secret@",
            "proxy:port",
        ] {
            let error = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn hosts_of_no_proxy_are_called_directly() {
        for (host, no_proxy, direct) in [
            ("example.org", "example.org", true),
            ("a.example.org", "example.org", true),
            ("a.example.org", ".example.org", true),
            ("badexample.org", "example.org", false),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("::1", "::1", true),
            ("example.org", "*", true),
            ("example.org", "other.org, example.org", true),
            ("example.org", "", false),
        ] {
            assert_eq!(is_direct(host, no_proxy), direct, "{host} in {no_proxy:?}");
        }
    }

    #[test]
    fn addresses_are_given_as_in_curl() {
        let resolve: Resolve = "example.org:443:127.0.0.1,[::1]".parse().unwrap();
        assert!(resolve.is_for("EXAMPLE.org", 443));
        assert!(!resolve.is_for("example.org", 80));
        assert_eq!(resolve.addresses.len(), 2);
        let any: Resolve = "*:443:::1".parse().unwrap();
        assert!(any.is_for("anything", 443));
        for text in [
            "",
            "example.org",
            "example.org:443",
            "example.org:x:127.0.0.1",
            "a:1:b",
        ] {
            assert!(text.parse::<Resolve>().is_err(), "{text}");
        }
    }

    #[test]
    fn another_place_is_given_as_in_curl() {
        let to = |text: &str| {
            let connect_to: ConnectTo = text.parse().unwrap();
            connect_to
                .instead_of("a", 1)
                .map(|(host, port)| format!("{host}:{port}"))
        };
        assert_eq!(to("a:1:b:2").as_deref(), Some("b:2"));
        assert_eq!(to("::b:").as_deref(), Some("b:1"));
        assert_eq!(to("a::[::1]:2").as_deref(), Some("::1:2"));
        assert_eq!(to("a:2:b:2"), None);
        assert_eq!(to("c::b:2"), None);
        for text in ["", "a:1", "a:1:b", "a:x:b:1"] {
            assert!(text.parse::<ConnectTo>().is_err(), "{text}");
        }
    }
}
