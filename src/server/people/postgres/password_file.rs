//! `.pgpass` (PostgreSQL's manual, section 34.16).

use std::path::Path;

use super::settings::Host;

/// What a password file says.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Password(String),
    /// No line matches, or there is no file.
    Nothing,
    /// It is not used, because of this.
    Unused(String),
}

/// Whom a password is for.
pub struct Wanted<'w> {
    pub host: &'w Host,
    pub database: &'w str,
    pub user: &'w str,
}

/// Looks a password up. As libpq does it, a file that others may read is not used.
pub fn find(path: &Path, wanted: &Wanted<'_>) -> Found {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Found::Nothing;
    };
    let shown = path.display();
    if !metadata.is_file() {
        return Found::Unused(format!("the password file {shown} is not a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        if metadata.permissions().mode() & 0o077 != 0 {
            return Found::Unused(format!(
                "the password file {shown} is not used, because others may read it: chmod 0600 {shown}"
            ));
        }
    }
    match std::fs::read_to_string(path) {
        Ok(text) => search(&text, wanted).map_or(Found::Nothing, Found::Password),
        Err(error) => {
            let why = crate::error::plain(&error);
            Found::Unused(format!("the password file {shown} cannot be read: {why}"))
        }
    }
}

fn search(text: &str, wanted: &Wanted<'_>) -> Option<String> {
    let port = wanted.host.port.to_string();
    // libpq knows only its own default folder by this name.
    let is_default =
        ["/var/run/postgresql", "/run/postgresql", "/tmp"].contains(&wanted.host.name.as_str());
    let host = if is_default {
        "localhost"
    } else {
        &wanted.host.name
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(fields)
        .find(|[to_host, to_port, to_database, to_user, _]| {
            let pairs = [
                (to_host, host),
                (to_port, port.as_str()),
                (to_database, wanted.database),
                (to_user, wanted.user),
            ];
            pairs
                .into_iter()
                .all(|(given, wanted)| given.is_any || given.text == wanted)
        })
        .map(|[.., password]| password.text)
}

#[derive(Default)]
struct Field {
    text: String,
    /// A single `*`.
    is_any: bool,
}

/// host:port:database:user:password. A backslash takes the next character as it is.
fn fields(line: &str) -> Option<[Field; 5]> {
    let mut fields: [Field; 5] = Default::default();
    let mut chars = line.chars().peekable();
    let last = fields.len() - 1;
    for (index, field) in fields.iter_mut().enumerate() {
        let mut is_escaped = false;
        let mut ended = index == last;
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek().is_some() => {
                    is_escaped = true;
                    field.text.extend(chars.next());
                }
                ':' if index < last => {
                    ended = true;
                    break;
                }
                c => field.text.push(c),
            }
        }
        field.is_any = field.text == "*" && !is_escaped;
        if !ended {
            return None;
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> Host {
        Host {
            name: name.to_owned(),
            address: None,
            port: 5432,
        }
    }

    fn password(text: &str, host: &Host) -> Option<String> {
        let wanted = Wanted {
            host,
            database: "people",
            user: "me:x",
        };
        search(text, &wanted)
    }

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        let text = concat!(
            "# db:5432:people:me\\:x:comment\n",
            "db:5433:people:me\\:x:port\n",
            "db:5432:other:me\\:x:database\n",
            "db:5432:people:me:user\n",
            "short:line\n",
            "db:*:people:me\\:x:a\\:b\\\\c:d\n",
            "*:*:*:*:any\n",
        );
        assert_eq!(password(text, &host("db")).as_deref(), Some("a:b\\c:d"));
        assert_eq!(password(text, &host("db2")).as_deref(), Some("any"));
        assert_eq!(password("", &host("db")), None);
    }

    #[test]
    fn an_escaped_star_is_a_star() {
        assert_eq!(password("\\*:*:*:*:star", &host("db")), None);
        assert_eq!(
            password("\\*:*:*:*:star", &host("*")).as_deref(),
            Some("star")
        );
    }

    #[test]
    fn the_default_socket_is_localhost() {
        let text = "localhost:*:*:*:local\n/srv:*:*:*:other\n";
        assert_eq!(
            password(text, &host("/var/run/postgresql")).as_deref(),
            Some("local")
        );
        assert_eq!(password(text, &host("/srv")).as_deref(), Some("other"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        let host = host("db");
        let wanted = Wanted {
            host: &host,
            database: "people",
            user: "me",
        };
        assert_eq!(find(&path, &wanted), Found::Nothing);
        std::fs::write(&path, "*:*:*:*:secret\n").unwrap();
        for (mode, used) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match find(&path, &wanted) {
                Found::Password(password) => assert!(used && password == "secret", "{mode:o}"),
                Found::Unused(why) => assert!(!used && why.contains("chmod 0600"), "{why}"),
                Found::Nothing => panic!("{mode:o}"),
            }
        }
        assert!(matches!(find(folder.path(), &wanted), Found::Unused(_)));
    }
}
