//! Which metadata holds secrets: its values are masked wherever they would be shown, unless `-vv` asks for them.

use std::borrow::Cow;

/// What is shown instead of a secret.
pub const MASK: &str = "***";

/// Whether metadata of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 11] = [
        "apikey",
        "authorization",
        "cookie",
        "credentials",
        "jwt",
        "passwd",
        "password",
        "secret",
        "token",
        // "key" alone may be any key.
        "-key",
        "_key",
    ];
    let name = name.strip_suffix("-bin").unwrap_or(name);
    ENDS.iter().any(|end| name.ends_with(end))
}

/// The schemes of `authorization` that are shown: nothing else tells a scheme from the first word of a secret.
const SCHEMES: [&str; 7] = [
    "apikey",
    "basic",
    "bearer",
    "digest",
    "dpop",
    "negotiate",
    "token",
];

/// The value, or a mask. A missing or wrong scheme of an `authorization` is a common mistake, so a known one is shown.
pub fn masked<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if !is_secret(name) {
        return value.into();
    }
    match value.split_once(' ') {
        Some((scheme, _))
            if name.ends_with("authorization")
                && SCHEMES.contains(&scheme.to_lowercase().as_str()) =>
        {
            format!("{scheme} {MASK}").into()
        }
        _ => MASK.into(),
    }
}

/// A word without the password that it may have: that of a URL, also of one that is misspelled (`postgres//me:secret@db`), and
/// those of parameters (`?password=secret`). What is masked may be more than the password, never less.
pub fn without_password(word: &str) -> String {
    match word.rsplit_once('@') {
        Some((before, host)) => {
            let Some(start) = password(before) else {
                return without_parameters(word);
            };
            let (user, password) = before.split_at(start);
            // What is behind the @ may belong to a password with these characters, or to that of a parameter.
            if password.contains(['/', '?', '#']) {
                return format!("{user}{MASK}");
            }
            format!("{user}{MASK}@{}", without_parameters(host))
        }
        None => without_parameters(word),
    }
}

/// Where the password starts, behind the colon that is not the scheme's.
fn password(user_info: &str) -> Option<usize> {
    let (first, rest) = user_info.split_once(':')?;
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    let is_scheme = slashes >= 2 || (slashes == 1 && first.contains("postgres"));
    if !is_scheme {
        return Some(first.len() + 1);
    }
    let colon = rest.find(':')?;
    Some(first.len() + 1 + colon + 1)
}

/// Masks `password=secret`, in a URL up to the next parameter.
fn without_parameters(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    // In libpq's `password=secret user=me`, a value may have any character between quotes.
    let ends: &[char] = if word.contains('?') { &['&'] } else { &[] };
    let mut rest = word;
    while let Some((name, value)) = rest.split_once('=') {
        text.push_str(name);
        text.push('=');
        rest = value;
        let name = name.rsplit(['?', '&', ' ', ';']).next().unwrap_or(name);
        let name = name.to_ascii_lowercase();
        // One with escapes may be anything.
        if is_secret(&name) || name.contains('%') {
            text.push_str(MASK);
            rest = value
                .get(value.find(ends).unwrap_or(value.len())..)
                .unwrap_or_default();
        }
    }
    text + rest
}

/// The URL of a database with its host and its path only: whose it is, and how it is reached, is nobody's business either.
pub fn host_and_path(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if tail.contains('@') {
        // That is of a password, either in a parameter or one that has these characters itself.
        return format!("{scheme}://...");
    }
    let hosts = authority
        .rsplit_once('@')
        .map_or(authority, |(_, hosts)| hosts);
    let path = tail.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{hosts}{path}")
}

/// A text with a secret masked where that is a word of its own. Inside of other words, what is left of them would reveal a
/// short one.
pub fn without(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        masked.push_str(before);
        masked.push_str(if is_word { MASK } else { secret });
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_masked() {
        for (name, value, shown) in [
            ("authorization", "Bearer abc", "Bearer ***"),
            ("authorization", "abc", "***"),
            ("authorization", "correct horse", "***"),
            ("cookie", "a=b; c=d", "***"),
            ("x-api-key", "abc", "***"),
            ("x-auth-token-bin", "YWJj", "***"),
            ("token", "abc", "***"),
            ("access_token", "abc", "***"),
            ("apikey", "abc", "***"),
            ("authtoken", "abc", "***"),
            ("x-password", "abc", "***"),
            ("proxy-authorization", "Basic abc", "Basic ***"),
            ("set-cookie", "a=b", "***"),
            ("key", "abc", "abc"),
            ("x-request-id", "abc", "abc"),
            ("keyboard", "abc", "abc"),
        ] {
            assert_eq!(masked(name, value), shown, "{name}");
        }
    }

    #[test]
    fn a_password_in_a_word_is_masked_wherever_it_is() {
        for (word, shown) in [
            (
                "postgres://me:secret@db/people",
                "postgres://me:***@db/people",
            ),
            ("postgres:/me:secret@db", "postgres:/me:***@db"),
            ("postgres//me:secret@db", "postgres//me:***@db"),
            ("postgres:me:secret@db", "postgres:***@db"),
            ("./postgres://me:secret@db", "./postgres://me:***@db"),
            ("me:secret@db", "me:***@db"),
            ("me:/secret:x@db", "me:***"),
            ("postgres://me:se@cret@db", "postgres://me:***@db"),
            ("postgres://me:se/cr@et@db", "postgres://me:***"),
            ("postgres://me:se?cret=1@db", "postgres://me:***"),
            (
                "postgres://db:5432/x?password=x@secret",
                "postgres://db:***",
            ),
            (
                "postgres://db/x?password=x@secret",
                "postgres://db/x?password=***",
            ),
            (
                "postgres://db/x?password=secret&sslmode=require",
                "postgres://db/x?password=***&sslmode=require",
            ),
            (
                "postgres://db/x?p%61ssword=secret",
                "postgres://db/x?p%61ssword=***",
            ),
            ("host=db password='se cret' user=me", "host=db password=***"),
            ("--from=me:secret@db", "--from=me:***@db"),
        ] {
            assert_eq!(without_password(word), shown);
        }
    }

    #[test]
    fn a_word_without_a_password_stays() {
        for word in [
            "",
            "Eve",
            "localhost:50051",
            "postgres://me@db:5432/people?sslmode=require",
            "me@example.com",
            "name=http://a@b",
            "http://[::1]:80/a=b",
            "C:\\people.json",
        ] {
            assert_eq!(without_password(word), word);
        }
    }

    #[test]
    fn a_secret_is_masked_as_a_word_of_its_own() {
        assert_eq!(without("role \"me\" of me", "me"), "role \"***\" of ***");
        assert_eq!(without("some men", "me"), "some men");
        assert_eq!(without("some", ""), "some");
    }
}
