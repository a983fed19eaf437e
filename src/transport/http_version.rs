//! Which version of HTTP a connection speaks.

use std::fmt;

/// The versions that a client agrees to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HttpVersions {
    /// With TLS what ALPN says; in plaintext HTTP/2, and HTTP/1.1 if the server does not speak that.
    Auto,
    Http1,
    #[default]
    Http2,
}

/// The version of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    Http1,
    Http2,
}

impl HttpVersions {
    /// Their names in ALPN (RFC 7301, section 6), the best first.
    pub fn alpn(self) -> Vec<Vec<u8>> {
        let names: &[HttpVersion] = match self {
            Self::Auto => &[HttpVersion::Http2, HttpVersion::Http1],
            Self::Http1 => &[HttpVersion::Http1],
            Self::Http2 => &[HttpVersion::Http2],
        };
        names.iter().map(|it| it.alpn().as_bytes().into()).collect()
    }

    /// The version that a server chose with ALPN. One that chose nothing speaks HTTP/1.1. `None` if that was not offered.
    pub fn chosen(self, alpn: Option<&[u8]>) -> Option<HttpVersion> {
        let chosen = match alpn {
            Some(name) if name == HttpVersion::Http2.alpn().as_bytes() => HttpVersion::Http2,
            _ => HttpVersion::Http1,
        };
        match (self, chosen) {
            (Self::Http2, HttpVersion::Http1) | (Self::Http1, HttpVersion::Http2) => None,
            _ => Some(chosen),
        }
    }
}

impl HttpVersion {
    /// Its name in ALPN.
    pub fn alpn(self) -> &'static str {
        match self {
            Self::Http1 => "http/1.1",
            Self::Http2 => "h2",
        }
    }
}

impl fmt::Display for HttpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_chooses_nothing_speaks_http_1() {
        for (versions, alpn, chosen) in [
            (HttpVersions::Auto, Some("h2"), Some(HttpVersion::Http2)),
            (
                HttpVersions::Auto,
                Some("http/1.1"),
                Some(HttpVersion::Http1),
            ),
            (HttpVersions::Auto, None, Some(HttpVersion::Http1)),
            (HttpVersions::Http1, None, Some(HttpVersion::Http1)),
            (HttpVersions::Http2, None, None),
            (HttpVersions::Http2, Some("http/1.1"), None),
        ] {
            let found = versions.chosen(alpn.map(str::as_bytes));
            assert_eq!(found, chosen, "{versions:?} {alpn:?}");
        }
    }
}
