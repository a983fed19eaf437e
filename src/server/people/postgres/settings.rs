//! What a URL and libpq's environment variables say about a connection, as plain values. Names, values and defaults are
//! those of libpq (PostgreSQL's manual, sections 34.1.2 and 34.15) where nothing else is said.

mod source;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use super::url;
use crate::error::{Error, Result};
use source::{Source, invalid};

/// How long one address may take, from the first packet to the end of the startup. libpq waits for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach a database. It holds a password, so it cannot be printed.
pub struct Settings {
    /// At least one; they are tried in this order.
    pub hosts: Vec<Host>,
    /// They are tried in any order.
    pub is_balanced: bool,
    pub user: String,
    pub password: Option<String>,
    /// Where a password is looked up when there is none.
    pub password_file: Option<PathBuf>,
    pub database: String,
    pub application_name: String,
    /// What is given to the server besides the limit of a statement.
    pub options: Option<String>,
    pub connect_timeout: Duration,
    pub session: Session,
    pub tls: TlsSettings,
    pub channel_binding: ChannelBinding,
    pub keepalive: Keepalive,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name, an address, or the folder of a Unix socket.
    pub name: String,
    /// Where it is, without asking for its name.
    pub address: Option<IpAddr>,
    pub port: u16,
}

impl Host {
    /// The folder of a Unix socket.
    pub fn is_socket(&self) -> bool {
        self.name.starts_with('/')
    }
}

/// Which servers will do: `target_session_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    Disable,
    /// Without TLS, unless the server insists.
    Allow,
    /// With TLS, unless the server does not have it.
    Prefer,
    /// With TLS, and any certificate.
    Require,
    /// A certificate of an authority that is trusted.
    VerifyCa,
    /// One that has the server's name, too.
    VerifyFull,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    pub mode: TlsMode,
    pub root: Root,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// Whose certificates are trusted: `sslrootcert`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// libpq's file, if it exists.
    Default(Option<PathBuf>),
    File(PathBuf),
    System,
}

/// When a connection that says nothing is lost. libpq leaves this to the system, which takes hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    pub is_on: bool,
    pub idle: Duration,
    pub interval: Duration,
    pub count: u32,
    pub user_timeout: Duration,
}

impl Settings {
    /// Reads a URL. `environment` is asked for what it does not say.
    ///
    /// # Errors
    /// When it is not valid, or has a parameter that is not known. The error repeats no user name and no password.
    pub fn parse(url: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let parts = url::parse(url)?;
        let source = Source::new(url, parts, environment)?;
        let user = match source.get("user") {
            Some(user) => user,
            None => whoami::username().map_err(|error| {
                Error::usage("the URL of the database names no user").caused_by(error)
            })?,
        };
        let home = dirs::home_dir();
        let password_file = source.get("passfile").map(PathBuf::from);
        Ok(Self {
            hosts: hosts(&source)?,
            is_balanced: source.choice(
                "load_balance_hosts",
                &[("disable", false), ("random", true)],
                false,
            )?,
            database: source.get("dbname").unwrap_or_else(|| user.clone()),
            password: source.get("password"),
            password_file: password_file.or_else(|| home.as_ref().map(|it| it.join(".pgpass"))),
            user,
            application_name: source
                .get("application_name")
                .unwrap_or_else(|| "routeguide".to_owned()),
            options: source.get("options"),
            connect_timeout: match source.number("connect_timeout")? {
                None => CONNECT_TIMEOUT,
                Some(0) => Duration::MAX,
                Some(seconds) => Duration::from_secs(seconds.into()),
            },
            session: session(&source)?,
            tls: tls(
                &source,
                home.map(|home| home.join(".postgresql")).as_deref(),
            )?,
            channel_binding: source.choice(
                "channel_binding",
                &[
                    ("disable", ChannelBinding::Disable),
                    ("prefer", ChannelBinding::Prefer),
                    ("require", ChannelBinding::Require),
                ],
                ChannelBinding::Prefer,
            )?,
            keepalive: keepalive(&source)?,
        })
    }
}

fn hosts(source: &Source<'_>) -> Result<Vec<Host>> {
    let named = source
        .parts
        .parameters
        .iter()
        .any(|(name, _)| name == "host");
    let mut hosts = source.parts.hosts.clone();
    if named || hosts.is_empty() {
        let list = source.get("host").or_else(|| source.get("hostaddr"));
        hosts = list.map_or_else(Vec::new, |list| {
            list.split(',')
                .map(|name| (name.to_owned(), None))
                .collect()
        });
    }
    if hosts.is_empty() {
        hosts.push((String::new(), None));
    }
    let ports = source.list("port", hosts.len())?;
    let addresses = source.list("hostaddr", hosts.len())?;
    let hosts = hosts.into_iter().zip(ports).zip(addresses);
    hosts
        .map(|(((name, own), port), address)| {
            let port = match own {
                Some(port) => port,
                None if port.is_empty() => 5432,
                None => port.parse().map_err(|_| invalid("port"))?,
            };
            let address = Some(address).filter(|it| !it.is_empty());
            let address = address
                .map(|it| it.parse())
                .transpose()
                .map_err(|_| invalid("hostaddr"))?;
            let name = if name.is_empty() {
                default_host(port)
            } else {
                name
            };
            Ok(Host {
                name,
                address,
                port,
            })
        })
        .collect()
}

/// The folder in which a server of this machine has its socket, as the distributions and PostgreSQL itself have it.
fn default_host(port: u16) -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let has_socket = |folder: &&str| PathBuf::from(format!("{folder}/.s.PGSQL.{port}")).exists();
    let found = folders.into_iter().find(has_socket).filter(|_| cfg!(unix));
    found.unwrap_or("localhost").to_owned()
}

fn session(source: &Source<'_>) -> Result<Session> {
    let choices = [
        ("any", Session::Any),
        ("read-write", Session::ReadWrite),
        ("read-only", Session::ReadOnly),
        ("primary", Session::Primary),
        ("standby", Session::Standby),
        ("prefer-standby", Session::PreferStandby),
    ];
    source.choice("target_session_attrs", &choices, Session::Any)
}

fn tls(source: &Source<'_>, folder: Option<&Path>) -> Result<TlsSettings> {
    let file = |name: &str| {
        folder
            .map(|folder| folder.join(name))
            .filter(|it| it.exists())
    };
    let root = match source.get("sslrootcert") {
        Some(system) if system == "system" => Root::System,
        Some(path) => Root::File(path.into()),
        None => Root::Default(file("root.crt")),
    };
    let default = if root == Root::System {
        TlsMode::VerifyFull
    } else {
        TlsMode::Prefer
    };
    let choices = [
        ("disable", TlsMode::Disable),
        ("allow", TlsMode::Allow),
        ("prefer", TlsMode::Prefer),
        ("require", TlsMode::Require),
        ("verify-ca", TlsMode::VerifyCa),
        ("verify-full", TlsMode::VerifyFull),
    ];
    let mode = source.choice("sslmode", &choices, default)?;
    if root == Root::System && mode != TlsMode::VerifyFull {
        return Err(Error::usage("sslrootcert=system needs sslmode=verify-full")
            .hinted("anyone can have a certificate that the system trusts, so that the name has to be checked"));
    }
    if mode >= TlsMode::VerifyCa && root == Root::Default(None) {
        return Err(Error::usage("sslmode verify-ca and verify-full need a certificate to trust")
            .hinted("name its file with sslrootcert, or trust those of the system with sslrootcert=system"));
    }
    Ok(TlsSettings {
        mode,
        root,
        cert: source
            .get("sslcert")
            .map(PathBuf::from)
            .or_else(|| file("postgresql.crt")),
        key: source
            .get("sslkey")
            .map(PathBuf::from)
            .or_else(|| file("postgresql.key")),
    })
}

fn keepalive(source: &Source<'_>) -> Result<Keepalive> {
    // 0 is the system's, for libpq; here, as for all numbers that are not given, ours.
    let or = |name: &str, default: u32| -> Result<u32> {
        Ok(source.number(name)?.filter(|it| *it > 0).unwrap_or(default))
    };
    let seconds =
        |name: &str, default: u32| Ok::<_, Error>(Duration::from_secs(or(name, default)?.into()));
    Ok(Keepalive {
        is_on: source.number("keepalives")? != Some(0),
        idle: seconds("keepalives_idle", 30)?,
        interval: seconds("keepalives_interval", 10)?,
        count: or("keepalives_count", 3)?,
        user_timeout: Duration::from_millis(or("tcp_user_timeout", 30_000)?.into()),
    })
}

#[cfg(test)]
mod tests;
