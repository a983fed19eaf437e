//! Where people are: a file, or a database. What is shown of a database never has its user and password.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::secret::{host_and_path, without_password};

/// Where people come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A people file.
    File(PathBuf),
    Database(Database),
}

/// A database by its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `sqlite:PATH`.
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

/// `postgres://…` or `postgresql://…`, as it was given. Its `Display` and `Debug` show neither the user nor a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// What is written in front of the path of a SQLite database.
const SQLITE: &str = "sqlite:";

const KNOWN: &str = "databases are sqlite:PATH and postgres://HOST/DATABASE";

impl Place {
    /// Reads a file name or a URL.
    ///
    /// # Errors
    /// When it is the URL of something else.
    pub fn parse(text: &OsStr) -> Result<Self> {
        // A URL is text.
        let Some(url) = text.to_str() else {
            return Ok(match strip_bytes(text, SQLITE) {
                Some(path) => Self::Database(Database::Sqlite(path)),
                None => Self::File(text.into()),
            });
        };
        Ok(match read(url)? {
            Some(database) => Self::Database(database),
            None => Self::File(text.into()),
        })
    }
}

impl Database {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is not one, or that of something else.
    pub fn parse(text: &OsStr) -> Result<Self> {
        match Place::parse(text)? {
            Place::Database(database) => Ok(database),
            Place::File(path) if path.as_os_str().is_empty() => {
                Err(Error::usage("the URL of the database is empty").hinted(KNOWN))
            }
            Place::File(path) => {
                let text = path.to_string_lossy();
                let shown = without_password(&text);
                let error = Error::usage(format!("{shown:?} is not the URL of a database"));
                Err(error.hinted(if shown == text {
                    format!("if it is a SQLite database, write sqlite:{shown}")
                } else {
                    KNOWN.to_owned()
                }))
            }
        }
    }
}

/// The database of a URL, or `None` for a file name.
fn read(text: &str) -> Result<Option<Database>> {
    if let Some(path) = text.strip_prefix(SQLITE) {
        return sqlite(path).map(|path| Some(Database::Sqlite(path)));
    }
    let Some((scheme, rest)) = text.split_once(':').filter(|(it, _)| is_scheme(it)) else {
        return Ok(None);
    };
    if ["postgres", "postgresql"].contains(&scheme) && rest.starts_with("//") {
        return Ok(Some(Database::Postgres(PostgresUrl(text.to_owned()))));
    }
    let has_host = rest.starts_with("//");
    let path = without_password(rest.trim_start_matches('/'));
    let meant = match scheme.to_ascii_lowercase().as_str() {
        "sqlite" | "sqlite3" => Some(format!("write sqlite:{path}")),
        "file" => Some(format!(
            "write sqlite:{path} for a SQLite database, and the path alone for a people file"
        )),
        "postgres" | "postgresql" | "pg" | "pgsql" | "psql" | "cockroach" | "cockroachdb"
        | "crdb" | "yugabyte" | "yugabytedb" => {
            Some("write postgres://HOST:PORT/DATABASE".to_owned())
        }
        "jdbc" => Some(format!("{KNOWN}, without jdbc:")),
        _ if has_host => Some(KNOWN.to_owned()),
        // A colon in the name of a file.
        _ => None,
    };
    match meant {
        Some(hint) => Err(Error::usage(format!(
            "no database here has a URL that starts with {scheme}:"
        ))
        .hinted(hint)),
        None => Ok(None),
    }
}

/// The path behind `sqlite:`.
fn sqlite(path: &str) -> Result<PathBuf> {
    match path {
        "" => {
            Err(Error::usage("sqlite: needs the path of a file").hinted("write sqlite:people.db"))
        }
        ":memory:" => Err(Error::usage("a SQLite database in memory has no people")
            .hinted("without a database, routeguide serve has its people in memory")),
        path => {
            let path = match path.strip_prefix("//") {
                Some(relative) if !relative.starts_with('/') => {
                    let why = "behind sqlite:// is a host, and SQLite has none";
                    let shown = without_password(relative);
                    return Err(Error::usage(why).hinted(format!("write sqlite:{shown}")));
                }
                Some(absolute) => absolute,
                None => path,
            };
            // No shell replaces it behind a colon.
            let home = path.strip_prefix("~/").zip(dirs::home_dir());
            Ok(match home {
                Some((rest, home)) => home.join(rest),
                None => path.into(),
            })
        }
    }
}

/// RFC 3986, section 3.1. One letter is a drive.
fn is_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_part)
}

#[cfg(unix)]
fn strip_bytes(text: &OsStr, prefix: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;

    let rest = text.as_bytes().strip_prefix(prefix.as_bytes())?;
    Some(OsStr::from_bytes(rest).into())
}

#[cfg(not(unix))]
fn strip_bytes(_text: &OsStr, _prefix: &str) -> Option<PathBuf> {
    None
}

impl PostgresUrl {
    /// All of it, for the connection.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&host_and_path(&self.0))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", Shown(path)),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&without_password(&path.to_string_lossy())),
            Self::Database(database) => database.fmt(f),
        }
    }
}

/// A SQLite database as messages name it.
struct Shown<'p>(&'p Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SQLITE}{}", without_password(&self.0.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Result<Place> {
        Place::parse(text.as_ref())
    }

    fn hint_of(text: &str) -> String {
        let error = place(text).expect_err(text);
        error.hint().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_name_without_a_scheme_is_a_file() {
        for text in [
            "people.json",
            "/srv/people.json",
            "./sqlite:people.db",
            "C:\\people.json",
            "a:b",
            "people-2026-01-01T12:00:00.json",
            "postgres",
            "",
        ] {
            assert_eq!(place(text).unwrap(), Place::File(text.into()));
        }
    }

    #[test]
    fn sqlite_has_a_path() {
        for (text, path) in [
            ("sqlite:people.db", "people.db"),
            ("sqlite:/srv/people.db", "/srv/people.db"),
            ("sqlite:///srv/people.db", "/srv/people.db"),
            ("sqlite:a?b#c%20", "a?b#c%20"),
            ("sqlite:sqlite:x", "sqlite:x"),
        ] {
            let expected = Place::Database(Database::Sqlite(path.into()));
            assert_eq!(place(text).unwrap(), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_need_not_be_unicode() {
        use std::os::unix::ffi::OsStrExt as _;

        let place = Place::parse(OsStr::from_bytes(b"sqlite:\xff")).unwrap();
        let path = OsStr::from_bytes(b"\xff").into();
        assert_eq!(place, Place::Database(Database::Sqlite(path)));
    }

    #[test]
    fn a_postgres_url_is_shown_without_its_user_and_password() {
        for (text, shown) in [
            ("postgres://db/people", "postgres://db/people"),
            (
                "postgresql://me@db:5432/people",
                "postgresql://db:5432/people",
            ),
            ("postgres://me:secret@db/people", "postgres://db/people"),
            ("postgres://me:se@cr/et?#x@db/people", "postgres://..."),
            ("postgres://me:se@cret@db/people", "postgres://db/people"),
            (
                "postgres://db/people?user=me&password=x@secret",
                "postgres://...",
            ),
            (
                "postgres://db1,db2:5433/people?sslmode=require&password=secret",
                "postgres://db1,db2:5433/people",
            ),
            (
                "postgres://me:secret@[::1]/people",
                "postgres://[::1]/people",
            ),
        ] {
            let place = place(text).unwrap();
            assert_eq!(place.to_string(), shown);
            let debug = format!("{place:?}");
            assert!(
                !debug.contains("secret") && !debug.contains("me:"),
                "{debug}"
            );
            let Place::Database(Database::Postgres(url)) = place else {
                panic!("{text}");
            };
            assert_eq!(url.as_str(), text);
        }
    }

    #[test]
    fn what_is_nearly_a_url_is_refused_with_what_may_be_meant() {
        for (text, hint) in [
            ("sqlite3:people.db", "write sqlite:people.db"),
            ("SQLite:people.db", "write sqlite:people.db"),
            ("sqlite://people.db", "write sqlite:people.db"),
            ("postgres:people", "write postgres://HOST:PORT/DATABASE"),
            ("psql://db/people", "write postgres://HOST:PORT/DATABASE"),
            (
                "Postgres://db/people",
                "write postgres://HOST:PORT/DATABASE",
            ),
            ("mysql://db/people", KNOWN),
            ("https://example.com/people.json", KNOWN),
        ] {
            assert_eq!(hint_of(text), hint, "{text}");
        }
        assert!(hint_of("sqlite:").contains("sqlite:people.db"));
        assert!(hint_of("sqlite::memory:").contains("memory"));
    }

    #[test]
    fn what_is_refused_is_not_repeated_with_its_password() {
        for text in [
            "mysql://me:secret@db/people",
            "pg://me:secret@db/people",
            "jdbc:postgresql://me:secret@db/x",
            "sqlite://me:secret@db/x",
            "file://me:secret@db/x",
            "sqlite3:me:secret@db",
        ] {
            let error = place(text).expect_err(text);
            let said = format!("{error} {:?}", error.hint());
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn what_is_not_the_url_of_a_database_is_shown_without_its_password() {
        for text in [
            "me:secret@db",
            "postgres//me:secret@db",
            "./postgres://me:secret@db/people",
            "people?password=secret",
            "host=db password=secret",
        ] {
            let error = Database::parse(text.as_ref()).expect_err(text);
            let said = format!("{error} {:?}", error.hint());
            assert!(!said.contains("secret"), "{said}");
            assert!(!place(text).unwrap().to_string().contains("secret"));
        }
    }

    #[test]
    fn a_file_is_not_a_database() {
        let error = Database::parse("people.db".as_ref()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"people.db\" is not the URL of a database"
        );
        assert_eq!(
            error.hint(),
            Some("if it is a SQLite database, write sqlite:people.db")
        );
        assert!(Database::parse("".as_ref()).is_err());
    }
}
