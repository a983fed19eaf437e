//! The version of Connect in requests ("Connect-Protocol-Version").

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

pub const VERSION_HEADER: HeaderName = HeaderName::from_static("connect-protocol-version");

/// The version there is.
pub const VERSION: HeaderValue = HeaderValue::from_static("1");

/// The request is of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadVersion;

impl fmt::Display for BadVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value of connect-protocol-version is not 1")
    }
}

/// Whether a request says that it is of Connect. Only a unary one may have to: those of streams have a content type of
/// their own.
///
/// # Errors
/// When it is of another version.
pub fn has_version(headers: &HeaderMap) -> Result<bool, BadVersion> {
    match headers.get(VERSION_HEADER) {
        None => Ok(false),
        Some(value) if *value == VERSION => Ok(true),
        Some(_) => Err(BadVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_version_is_one() {
        for (value, expected) in [
            ("1", Ok(true)),
            ("2", Err(BadVersion)),
            ("", Err(BadVersion)),
        ] {
            let headers = HeaderMap::from_iter([(VERSION_HEADER, HeaderValue::from_static(value))]);
            assert_eq!(has_version(&headers), expected, "{value}");
        }
        assert_eq!(has_version(&HeaderMap::new()), Ok(false));
    }
}
