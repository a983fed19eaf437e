//! Where settings come from: the parameters of a URL, and the environment variables of libpq.

use super::super::url::Parts;
use crate::error::{Error, Result};

/// What a URL may say, and the environment variable that says it where the URL does not.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("application_name", "PGAPPNAME"),
    ("options", "PGOPTIONS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("tcp_user_timeout", ""),
];

/// Where values come from.
pub struct Source<'e> {
    pub parts: Parts,
    environment: &'e dyn Fn(&str) -> Option<String>,
}

impl<'e> Source<'e> {
    /// # Errors
    /// When the URL has a parameter that is not known.
    pub fn new(
        url: &str,
        parts: Parts,
        environment: &'e dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let is_known = |name: &str| PARAMETERS.iter().any(|(known, _)| *known == name);
        let unknown = parts.parameters.iter().find(|(name, _)| !is_known(name));
        let Some((name, _)) = unknown else {
            return Ok(Self { parts, environment });
        };
        // It may be a piece of a password with a question mark, which is not repeated.
        let has_at = url
            .split_once('?')
            .is_some_and(|(_, query)| query.contains('@'));
        let is_name = name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        let error = if is_name && !has_at {
            Error::usage(format!(
                "unknown parameter {name:?} in the URL of the database"
            ))
        } else {
            Error::usage("unknown parameter in the URL of the database")
        };
        let names: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
        Err(error.hinted(format!("the parameters are {}", names.join(", "))))
    }

    /// The value of the URL or of the environment, unless it is empty.
    pub fn get(&self, name: &str) -> Option<String> {
        let parameters = self.parts.parameters.iter().rev();
        let own = match name {
            "user" => self.parts.user.as_ref(),
            "password" => self.parts.password.as_ref(),
            "dbname" => self.parts.database.as_ref(),
            _ => None,
        };
        parameters
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value)
            .chain(own)
            .find(|value| !value.is_empty())
            .cloned()
            .or_else(|| self.of_environment(name))
    }

    fn of_environment(&self, name: &str) -> Option<String> {
        let mut named = PARAMETERS
            .iter()
            .filter(|(_, variable)| !variable.is_empty());
        let (_, variable) = named.find(|(known, _)| *known == name)?;
        (self.environment)(variable).filter(|value| !value.is_empty())
    }

    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)], default: T) -> Result<T> {
        let Some(value) = self.get(name) else {
            return Ok(default);
        };
        let chosen = choices.iter().find(|(choice, _)| *choice == value);
        chosen.map(|(_, chosen)| *chosen).ok_or_else(|| {
            let choices: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            invalid(name).hinted(format!("{name} is one of {}", choices.join(", ")))
        })
    }

    pub fn number(&self, name: &str) -> Result<Option<u32>> {
        let number = self.get(name).map(|value| value.trim().parse());
        let number = number.transpose();
        number.map_err(|_| invalid(name).hinted(format!("{name} is a number")))
    }

    /// The items of a list; `count` empty ones if there is none.
    pub fn list(&self, name: &str, count: usize) -> Result<Vec<String>> {
        let Some(list) = self.get(name) else {
            return Ok(vec![String::new(); count]);
        };
        let items: Vec<String> = list.split(',').map(ToOwned::to_owned).collect();
        match items.as_slice() {
            // One port is that of all hosts.
            [only] if name == "port" => Ok(vec![only.clone(); count]),
            items if items.len() == count => Ok(items.to_vec()),
            items => {
                let why = format!(
                    "the database has {count} hosts, and {name} has {}",
                    items.len()
                );
                Err(Error::usage(why))
            }
        }
    }
}

/// The value may be a secret that is in the wrong place, so it is not shown.
pub fn invalid(name: &str) -> Error {
    Error::usage(format!("invalid value of {name} for the database"))
}
