//! What client and server share below HTTP/2: the byte stream under it, and the syntax of `host:port`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream between a client and a server.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Why a text is not a valid `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHostPort {
    /// `[::1`
    UnclosedBracket,
    /// `[example.org]`
    NotIpv6,
    /// `[::1]x`
    AfterBracket,
    /// `::1:50051`
    BareIpv6,
    /// `host:x`
    Port,
    /// `ho st`
    Characters,
}

impl fmt::Display for BadHostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnclosedBracket => "`[` has no matching `]`",
            Self::NotIpv6 => "the text in brackets is not an IPv6 address",
            Self::AfterBracket => "expected a colon and a port after `]`",
            Self::BareIpv6 => "an IPv6 address needs brackets",
            Self::Port => "the port is not a number from 0 to 65535",
            Self::Characters => "a host cannot contain spaces or control characters",
        })
    }
}

/// Whether a host is this machine, as far as its name tells.
pub fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let address: Option<IpAddr> = host.parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address
            .map(|address| address.to_canonical())
            // A client that connects to "any address" reaches this machine.
            .is_some_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Splits `host:port`, `[::1]:port`, `:port` or a host alone. The host is returned without brackets, and may be empty.
///
/// # Errors
/// When the text has any other form.
pub fn split_host_port(text: &str) -> Result<(&str, Option<u16>), BadHostPort> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(BadHostPort::UnclosedBracket)?;
        // The system resolves the zone (`fe80::1%eth0`).
        let address = host.split('%').next().unwrap_or(host);
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(BadHostPort::NotIpv6);
        }
        match rest.strip_prefix(':') {
            None if rest.is_empty() => (host, None),
            None => return Err(BadHostPort::AfterBracket),
            Some(port) => (host, Some(port)),
        }
    } else {
        match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => return Err(BadHostPort::BareIpv6),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(BadHostPort::Characters);
    }
    let port = port.map(str::parse).transpose();
    Ok((host, port.map_err(|_| BadHostPort::Port)?))
}

/// `host:port`, with brackets around an IPv6 address.
pub fn join_host_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_split_at_the_last_colon_outside_brackets() {
        for (text, split) in [
            ("example.org:1", ("example.org", Some(1))),
            ("example.org", ("example.org", None)),
            (":50051", ("", Some(50051))),
            ("[::1]:5", ("::1", Some(5))),
            ("[::1]", ("::1", None)),
            ("[fe80::1%eth0]:5", ("fe80::1%eth0", Some(5))),
        ] {
            assert_eq!(split_host_port(text), Ok(split), "{text}");
        }
    }

    #[test]
    fn every_other_form_is_refused_with_a_reason() {
        for (text, why) in [
            ("[::1", BadHostPort::UnclosedBracket),
            ("[nonsense]:1", BadHostPort::NotIpv6),
            ("[::1]x", BadHostPort::AfterBracket),
            ("::1:50051", BadHostPort::BareIpv6),
            ("host:", BadHostPort::Port),
            ("host:65536", BadHostPort::Port),
            ("ho st:1", BadHostPort::Characters),
        ] {
            assert_eq!(split_host_port(text), Err(why), "{text}");
        }
    }
}
