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

/// A URL without its user's password.
pub fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    // A password may have any character.
    match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}{name}:{MASK}@{host}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    }
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
}
