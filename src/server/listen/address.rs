//! Addresses to listen on, as users write them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::net::split_host_port;
use crate::secret::without_password;

/// An argument of `--listen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// Both loopback addresses.
    Localhost(u16),
    /// A host name or an IP address; a name means every address it resolves to.
    Host(String, u16),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// The addresses of IP that it means: none if it is a Unix socket.
    ///
    /// # Errors
    /// When its host is unknown, or there is no folder for the socket.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>> {
        match self {
            Self::Localhost(port) => Ok(vec![
                (Ipv4Addr::LOCALHOST, *port).into(),
                (Ipv6Addr::LOCALHOST, *port).into(),
            ]),
            Self::Host(host, port) => match (host.as_str(), *port).to_socket_addrs() {
                Ok(sockets) => Ok(sockets.collect()),
                Err(error) => Err(
                    Error::failed(format!("cannot listen on {self}: unknown host"))
                        .caused_by(error),
                ),
            },
            Self::Unix(path) => {
                let folder = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new("."));
                match std::fs::metadata(folder) {
                    Ok(found) if found.is_dir() => Ok(Vec::new()),
                    Ok(_) => Err(Error::failed(format!(
                        "cannot listen on {self}: {} is not a folder",
                        folder.display()
                    ))),
                    Err(error) => {
                        Err(Error::failed(format!("cannot listen on {self}")).caused_by(error))
                    }
                }
            }
        }
    }
}

/// As it is written.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Localhost(port) => write!(f, "localhost:{port}"),
            Self::Host(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            let shown = without_password(text);
            Error::usage(format!("cannot listen on {shown:?}: {why}"))
                .hinted("write host:port, [::1]:port, :port or unix:PATH")
        };
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(bad("the path is missing")),
                path => Ok(Self::Unix(PathBuf::from(path))),
            };
        }
        if text.contains("://") {
            return Err(bad("an address to listen on has no scheme"));
        }
        let (host, port) = split_host_port(text).map_err(|why| bad(&why.to_string()))?;
        let Some(port) = port else {
            let missing = bad("the port is missing");
            // A number is a port whose colon was forgotten.
            return Err(match text.parse::<u16>() {
                Ok(port) => missing.hinted(format!("write :{port}")),
                Err(_) => missing,
            });
        };
        match host {
            "" | "localhost" => Ok(Self::Localhost(port)),
            host => Ok(Self::Host(host.to_owned(), port)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_understood() {
        let host = |host: &str, port| ListenAddress::Host(host.to_owned(), port);
        for (text, address) in [
            ("localhost:50051", ListenAddress::Localhost(50051)),
            (":0", ListenAddress::Localhost(0)),
            ("0.0.0.0:1", host("0.0.0.0", 1)),
            ("[::]:50051", host("::", 50051)),
            ("unix:/run/x", ListenAddress::Unix("/run/x".into())),
            ("unix:///run/x", ListenAddress::Unix("/run/x".into())),
        ] {
            assert_eq!(text.parse::<ListenAddress>().ok(), Some(address), "{text}");
        }
    }

    #[test]
    fn everything_else_is_a_usage_error() {
        for text in [
            "",
            "50051",
            "localhost",
            "localhost:",
            "::1:5",
            "[::1:5",
            "h:65536",
            "http://localhost:1",
            "unix:",
            "unix://",
        ] {
            let error = text.parse::<ListenAddress>().expect_err(text);
            assert_eq!(error.kind(), crate::error::Kind::Usage, "{text}");
        }
    }
}
