//! Addresses to listen on, as users write them.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::net::split_host_port;

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

impl FromStr for ListenAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::usage(format!("cannot listen on {text:?}: {why}"))
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
        let port = port.ok_or_else(|| bad("the port is missing"))?;
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
