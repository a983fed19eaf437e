//! The bearer tokens of a file (RFC 6750, section 2.1).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use ring::digest::{SHA256, digest};
use subtle::{Choice, ConstantTimeEq as _};

use crate::error::{Error, Result};

/// The SHA-256 of a token. Digests are compared, not tokens, so that the time that it takes tells nothing about a token, not
/// even its length.
type Digest = Vec<u8>;

/// The tokens, any of which permits a call. They can be read again while calls are made.
pub struct Tokens {
    path: PathBuf,
    current: ArcSwap<Vec<Digest>>,
}

impl Tokens {
    /// Reads a file with a token on each line; lines that are blank or start with `#` are skipped.
    ///
    /// # Errors
    /// When it cannot be read, has no token, or has one that cannot be sent.
    pub fn load(path: PathBuf) -> Result<Self> {
        let current = ArcSwap::from_pointee(read(&path)?);
        Ok(Self { path, current })
    }

    /// Reads the file again, for calls from now on.
    ///
    /// # Errors
    /// As [`Self::load`]; then the tokens stay.
    pub fn reload(&self) -> Result<()> {
        self.current.store(Arc::new(read(&self.path)?));
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn count(&self) -> usize {
        self.current.load().len()
    }

    /// Whether the metadata of a call has one of the tokens.
    pub fn permit(&self, headers: &HeaderMap) -> bool {
        let Some(sent) = bearer(headers) else {
            return false;
        };
        let sent = digest(&SHA256, sent);
        // All of them, so that the time does not tell which one it was.
        let found = self
            .current
            .load()
            .iter()
            .fold(Choice::from(0), |found, token| {
                found | token.as_slice().ct_eq(sent.as_ref())
            });
        found.into()
    }
}

/// The token of a call. A call with two has none: which one counts would depend on who reads them.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    // Schemes are case-insensitive (RFC 9110, section 11.1).
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

fn read(path: &Path) -> Result<Vec<Digest>> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        Error::failed(format!("cannot read token file {shown}")).caused_by(error)
    })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut tokens = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if !line.iter().all(u8::is_ascii_graphic) {
            let number = index + 1;
            return Err(Error::failed(format!(
                "token file {shown}, line {number}: a token consists of visible ASCII characters, without spaces"
            )));
        }
        tokens.push(digest(&SHA256, line).as_ref().to_vec());
    }
    if tokens.is_empty() {
        return Err(Error::failed(format!("token file {shown} has no token"))
            .hinted("it holds a token on each line"));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn tokens(content: &str) -> Result<Tokens> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, content).unwrap();
        Tokens::load(path)
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| {
            let value = HeaderValue::from_str(value).unwrap();
            (AUTHORIZATION, value)
        });
        values.collect()
    }

    #[track_caller]
    fn permits(content: &str, values: &[&str]) -> bool {
        tokens(content).unwrap().permit(&headers(values))
    }

    #[test]
    fn any_token_of_the_file_is_enough() {
        let content = "\u{feff}# of the proxy\n  first\r\n\nsecond  \n# third\n#fourth";
        for token in ["first", "second"] {
            assert!(permits(content, &[&format!("Bearer {token}")]));
        }
        for token in ["", "third", "#fourth", "firs", "firstt", "first second"] {
            assert!(!permits(content, &[&format!("Bearer {token}")]), "{token}");
        }
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for value in ["Bearer one", "bearer one", "BEARER   one "] {
            assert!(permits("one", &[value]), "{value}");
        }
        for value in ["", "one", "Bearer", "Bearerone", "Basic one", "Bearer\tone"] {
            assert!(!permits("one", &[value]), "{value}");
        }
    }

    #[test]
    fn a_call_without_exactly_one_has_none() {
        assert!(!permits("one", &[]));
        assert!(!permits("one", &["Bearer one", "Bearer two"]));
        assert!(!permits("one", &["Bearer one", "Bearer one"]));
    }

    #[track_caller]
    fn error(content: &str) -> String {
        let error = tokens(content).map(|_| ()).unwrap_err().to_string();
        let (_, end) = error.split_once("tokens").unwrap();
        end.to_owned()
    }

    #[test]
    fn a_file_without_tokens_is_an_error() {
        for content in ["", "\n\n", "# one\n"] {
            assert_eq!(error(content), " has no token");
        }
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_an_error_that_does_not_show_it() {
        for token in ["se cret", "s\u{e9}cret", "se\u{7}cret"] {
            assert_eq!(
                error(&format!("one\n{token}\n")),
                ", line 2: a token consists of visible ASCII characters, without spaces"
            );
        }
    }

    #[test]
    fn a_bad_file_leaves_the_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, "one").unwrap();
        let tokens = Tokens::load(path.clone()).unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(tokens.reload().is_err());
        assert!(tokens.permit(&headers(&["Bearer one"])));
        std::fs::write(&path, "two\nthree").unwrap();
        tokens.reload().unwrap();
        assert_eq!(tokens.count(), 2);
        assert!(!tokens.permit(&headers(&["Bearer one"])));
        assert!(tokens.permit(&headers(&["Bearer two"])));
    }
}
