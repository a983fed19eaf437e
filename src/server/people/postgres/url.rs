//! The syntax of a connection URL, as libpq reads it (PostgreSQL's manual, section 34.1.1.2, "Connection URIs"). What its
//! parameters mean is in `settings`.

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

/// What a URL says, decoded. It may hold a password, so it cannot be printed.
#[derive(Default)]
pub struct Parts {
    pub user: Option<String>,
    pub password: Option<String>,
    /// Hosts without a port have that of the parameter `port`.
    pub hosts: Vec<(String, Option<u16>)>,
    pub database: Option<String>,
    /// In their order; of two with one name, the last one holds.
    pub parameters: Vec<(String, String)>,
}

const ESCAPES: &str =
    "write / as %2F, ? as %3F, # as %23, @ as %40 and % as %25 in a user name and a password";

/// # Errors
/// When it is not such a URL. The error repeats nothing that may be a part of a password.
pub fn parse(url: &str) -> Result<Parts> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or_else(|| bad("a database's URL starts with postgres://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // A password with a slash or a question mark ends the host too early: `me:123/x@host` could also be a host, its port and a
    // database with an @ in its name.
    let path = tail.split(['?', '#']).next().unwrap_or_default();
    if path.contains('@') || (tail.contains('@') && hosts(authority).is_err()) {
        return Err(bad("the URL of the database is not valid").hinted(ESCAPES));
    }
    if tail.contains('#') {
        return Err(bad("the URL of the database has a #").hinted(ESCAPES));
    }
    let (user_info, at) = match authority.rsplit_once('@') {
        Some((user_info, at)) => (Some(user_info), at),
        None => (None, authority),
    };
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let mut parts = Parts {
        hosts: hosts(at)?,
        ..Parts::default()
    };
    if let Some(user_info) = user_info {
        let (user, password) = match user_info.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user_info, None),
        };
        parts.user = Some(decode(user, "user name")?).filter(|user| !user.is_empty());
        parts.password = password.map(|it| decode(it, "password")).transpose()?;
    }
    let database = path.strip_prefix('/').unwrap_or_default();
    parts.database = Some(decode(database, "name of the database")?).filter(|it| !it.is_empty());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| bad("a parameter in the URL of the database has no value"))?;
        let name = decode(name, "name of a parameter")?;
        let value = decode(value, "value of a parameter")?;
        parts.parameters.push((name, value));
    }
    Ok(parts)
}

fn bad(message: &str) -> Error {
    Error::usage(message)
}

fn decode(text: &str, what: &str) -> Result<String> {
    let is_escape = |rest: &str| {
        let mut digits = rest.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.next().is_some() && digits.next().is_some()
    };
    if text.split('%').skip(1).any(|rest| !is_escape(rest)) {
        let why = format!("the {what} in the URL of the database has a % without two digits");
        return Err(Error::usage(why).hinted("write % as %25"));
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| {
        Error::usage(format!(
            "the {what} in the URL of the database is not UTF-8"
        ))
    })?;
    if decoded.contains('\0') {
        let why = format!("the {what} in the URL of the database has a NUL");
        return Err(Error::usage(why));
    }
    Ok(decoded.into_owned())
}

/// `host`, `host:port`, `[::1]:port`, `%2Frun%2Fpostgresql`, or several of them with commas.
fn hosts(text: &str) -> Result<Vec<(String, Option<u16>)>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(host).collect()
}

fn host(text: &str) -> Result<(String, Option<u16>)> {
    let wrong = || {
        Error::usage("the host in the URL of the database is not valid")
            .hinted("hosts are written HOST, HOST:PORT or [IPv6]:PORT, with commas between them")
    };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
            let port = match rest {
                "" => None,
                rest => Some(rest.strip_prefix(':').ok_or_else(wrong)?),
            };
            (host, port)
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err(wrong()),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.filter(|port| !port.is_empty());
    let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
    Ok((decode(host, "host")?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_decoded() {
        let parts = parse("postgres://m%65:s%40:x@db%2D1:1,[::1]:2,%2Frun,db:/peo%20ple?a=b%26&c=")
            .unwrap();
        assert_eq!(parts.user.as_deref(), Some("me"));
        assert_eq!(parts.password.as_deref(), Some("s@:x"));
        let hosts = [
            ("db-1", Some(1)),
            ("::1", Some(2)),
            ("/run", None),
            ("db", None),
        ];
        assert_eq!(
            parts.hosts,
            hosts.map(|(host, port)| (host.to_owned(), port))
        );
        assert_eq!(parts.database.as_deref(), Some("peo ple"));
        let pairs = [("a", "b&"), ("c", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(parts.parameters, pairs);
    }

    #[test]
    fn every_part_may_be_left_out() {
        for url in [
            "postgres://",
            "postgresql:///",
            "postgres:///?",
            "postgres://@",
        ] {
            let parts = parse(url).unwrap();
            assert_eq!(
                (parts.user, parts.password, parts.database),
                (None, None, None)
            );
            assert!(
                parts.hosts.is_empty() && parts.parameters.is_empty(),
                "{url}"
            );
        }
    }

    #[test]
    fn a_password_may_have_an_at_sign() {
        let parts = parse("postgres://me:p@ss@db/people").unwrap();
        assert_eq!(parts.password.as_deref(), Some("p@ss"));
        assert_eq!(parts.hosts, [("db".to_owned(), None)]);
    }

    #[test]
    fn a_malformed_url_is_an_error_that_does_not_repeat_it() {
        for url in [
            "mysql://me:secret@db",
            "postgres://me:secret@db:x/people",
            "postgres://me:secret@db:1:2/people",
            "postgres://me:secret@[::1/people",
            "postgres://me:secret@[::1]x/people",
            "postgres://me:secret%@db/people",
            "postgres://me:secret%ff@db/people",
            "postgres://me:secret%00@db/people",
            "postgres://me:secret/x@db/people",
            "postgres://me:secret?x@db/people",
            "postgres://me:5432/secret@db/people",
            "postgres://me:5432?secret@db/people",
            "postgres://me:secret#x@db/people",
            "postgres://me:secret@db/people#x",
            "postgres://me:secret@db/people?secret",
        ] {
            let error = parse(url).err().expect(url);
            let said = format!("{} {:?}", error.message_with_causes(), error.hint());
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
