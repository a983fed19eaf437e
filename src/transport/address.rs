//! The syntax of addresses.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::Error;
use crate::net::{BadHostPort, join_host_port, split_host_port};
use crate::secret::without_password;

/// The server that is called unless another one is named.
pub const DEFAULT_ADDR: &str = "localhost:50051";

/// The address of a server. Every form except `unix:` has a host and a port. TLS is used exactly if the scheme is `https`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    Tcp {
        host: String,
        port: u16,
        tls: bool,
    },
    /// A path in the file system.
    Unix(PathBuf),
}

impl Address {
    /// Whether it is [`DEFAULT_ADDR`].
    pub fn is_default(&self) -> bool {
        self.to_string() == DEFAULT_ADDR
    }

    /// Whether its scheme is `https`.
    pub fn has_tls(&self) -> bool {
        matches!(self, Self::Tcp { tls: true, .. })
    }

    /// The value of `:authority`. A socket path cannot be one; grpc-go and grpcio send `localhost` too.
    pub fn authority(&self) -> String {
        match self {
            Self::Tcp { host, port, .. } => join_host_port(host, *port),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, tls } => {
                f.write_str(if *tls { "https://" } else { "" })?;
                f.write_str(&join_host_port(host, *port))
            }
            Self::Unix(path) => {
                write!(f, "unix:{}", without_password(&path.to_string_lossy()))
            }
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| {
            let shown = without_password(text);
            Error::usage(format!("invalid address {shown:?}: {why}"))
        };
        if text.is_empty() {
            return Err(bad("it is empty").hinted(format!(
                "is a variable not set? without -a, the server is {DEFAULT_ADDR}"
            )));
        }
        if text.starts_with(['/', '.']) {
            return Ok(Self::Unix(PathBuf::from(text)));
        }
        if let Some(path) = text.strip_prefix("unix:") {
            // `unix:///path` is the URI form in gRPC's name syntax.
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(bad("missing path")),
                path => Ok(Self::Unix(PathBuf::from(path))),
            };
        }
        let mut tls = false;
        let (authority, default_port) = match text.split_once("://") {
            // `dns:host:port` and `dns:///host:port`, as in gRPC's name syntax.
            None => (text.strip_prefix("dns:").unwrap_or(text), None),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("dns") => {
                match rest.strip_prefix('/') {
                    Some(rest) => (rest, None),
                    None => {
                        return Err(
                            bad("a DNS server cannot be chosen").hinted("use dns:///host:port")
                        );
                    }
                }
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                (rest.strip_suffix('/').unwrap_or(rest), Some(80))
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                tls = true;
                (rest.strip_suffix('/').unwrap_or(rest), Some(443))
            }
            Some((scheme, _)) => {
                return Err(bad(&format!("unknown scheme {scheme:?}"))
                    .hinted("use host:port, https://host:port, dns:///host:port or unix:PATH"));
            }
        };
        if authority.contains(',') {
            return Err(bad("it is a list").hinted("name one server"));
        }
        if authority.contains(['/', '?', '#', '@']) {
            return Err(bad("expected a host and a port, without a user or a path"));
        }
        let (host, port) = split_host_port(authority).map_err(|why| {
            let error = bad(&why.to_string());
            match why {
                BadHostPort::BareIpv6 => error.hinted(bracketed(authority)),
                _ => error,
            }
        })?;
        let Some(port) = port.or(default_port) else {
            // A number is a port whose colon was forgotten.
            let hint = match authority.parse::<u16>() {
                Ok(port) => format!("try :{port}"),
                Err(_) => format!("try {authority}:50051"),
            };
            return Err(bad("missing port").hinted(hint));
        };
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self::Tcp {
            host: host.to_owned(),
            port,
            tls,
        })
    }
}

/// How to write an IPv6 address that has no brackets: its port is what follows the last colon.
fn bracketed(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && host.parse::<Ipv6Addr>().is_ok() => {
            format!("use brackets: [{host}]:{port}")
        }
        _ => "use brackets, as in [::1]:50051".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp {
            host: host.to_owned(),
            port,
            tls: false,
        }
    }

    fn tls(host: &str, port: u16) -> Address {
        Address::Tcp {
            host: host.to_owned(),
            port,
            tls: true,
        }
    }

    #[test]
    fn every_documented_form_is_understood() {
        for (text, address) in [
            ("example.org:1", tcp("example.org", 1)),
            (":50051", tcp("localhost", 50051)),
            ("[::1]:50051", tcp("::1", 50051)),
            ("http://host:8080", tcp("host", 8080)),
            ("http://host/", tcp("host", 80)),
            ("http://[::1]", tcp("::1", 80)),
            ("unix:/run/x.sock", Address::Unix("/run/x.sock".into())),
            ("unix:///run/x.sock", Address::Unix("/run/x.sock".into())),
            ("unix:x.sock", Address::Unix("x.sock".into())),
            ("/run/x.sock", Address::Unix("/run/x.sock".into())),
            ("./x.sock", Address::Unix("./x.sock".into())),
            ("HTTP://host:8080", tcp("host", 8080)),
            ("dns:///host:1", tcp("host", 1)),
            ("https://host", tls("host", 443)),
            ("HTTPS://[::1]:8443/", tls("::1", 8443)),
            ("dns:host:1", tcp("host", 1)),
        ] {
            assert_eq!(text.parse::<Address>().ok(), Some(address), "{text}");
        }
    }

    #[test]
    fn any_other_form_is_a_usage_error() {
        for text in [
            "",
            "host",
            "host:",
            "host:x",
            "host:65536",
            "::1",
            "::1:50051",
            "[::1",
            "[::1]x",
            "[nonsense]:1",
            "ftp://host:1",
            "dns://8.8.8.8/host:1",
            "12345",
            "http://user@host:1",
            "http://host:1/path",
            "host:1/path",
            "unix:",
            "ho st:1",
            "a:1,b:2",
        ] {
            let error = text.parse::<Address>().err();
            assert_eq!(
                error.map(|error| error.kind()),
                Some(crate::error::Kind::Usage),
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_with_tls_is_shown_with_its_scheme() {
        assert_eq!(tls("host", 5).to_string(), "https://host:5");
        assert_eq!(tls("host", 5).authority(), "host:5");
    }

    #[test]
    fn an_ipv6_address_is_shown_in_brackets() {
        assert_eq!(tcp("::1", 5).to_string(), "[::1]:5");
    }
}
