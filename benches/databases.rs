//! The databases that people are kept in. Each engine has one at a time, in a temporary folder.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::Result;
use crate::postgres::Instance;
use crate::report::Report;
use crate::tools;

/// What installations have; the rest is PostgreSQL's defaults and what the tests set.
const SETTINGS: [&str; 1] = ["shared_buffers = 256MB"];

/// The database of people.
const NAME: &str = "people";

/// Where databases are made.
pub enum Engine {
    /// With the folder of the file.
    Sqlite(PathBuf),
    Postgres(Instance),
}

impl Engine {
    /// SQLite in this folder, and PostgreSQL if it is installed, which the report notes otherwise.
    pub fn all(folder: &Path, group: &str, report: &mut Report) -> Vec<Self> {
        let mut all = vec![Self::Sqlite(folder.join("sqlite"))];
        let place = env::temp_dir();
        let place = place.display();
        report.note(format!(
            "{group}: the databases are in {place}; SQLite has a WAL and synchronous = normal"
        ));
        if tools::has_postgresql() {
            let instance = Instance::start(&SETTINGS);
            let [version, fsync, buffers] = ["server_version", "fsync", "shared_buffers"]
                .map(|name| instance.sql("postgres", &format!("SHOW {name}")));
            report.note(format!(
                "{group}: PostgreSQL {version} has fsync = {fsync} and shared_buffers = {buffers}; it is on the same cores"
            ));
            all.push(Self::Postgres(instance));
        } else {
            report.note(format!(
                "{group}: PostgreSQL skipped, not found: `apt-get install -y postgresql`"
            ));
        }
        all
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.join("people.db").display()),
            Self::Postgres(instance) => instance.url(NAME),
        }
    }

    /// Makes an empty database, and removes that of before.
    pub fn renew(&self) -> Result<()> {
        match self {
            Self::Sqlite(folder) => {
                if let Err(error) = fs::remove_dir_all(folder)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    return Err(error.into());
                }
                fs::create_dir(folder)?;
            }
            Self::Postgres(instance) => {
                let drop = format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)");
                instance.sql("postgres", &drop);
                instance.sql("postgres", &format!("CREATE DATABASE {NAME}"));
            }
        }
        Ok(())
    }

    /// Does at once what the server would do by itself in the minutes after an import, during the next measurements.
    pub fn settle(&self) {
        if let Self::Postgres(instance) = self {
            instance.sql(NAME, "VACUUM (ANALYZE)");
            instance.sql(NAME, "CHECKPOINT");
        }
    }
}
