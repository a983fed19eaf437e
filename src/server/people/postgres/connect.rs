//! One connection: the hosts in turn, TLS or not, the startup, and what the server has to be.
//!
//! A server stops a statement of a lookup by itself (`statement_timeout` in the startup's `options`, and not by `SET`, which
//! PgBouncer would leave to the next client). Those of an import or an export may take long, but not wait for a lock for ever
//! (`lock_timeout`). PgBouncer before 1.20 refuses `options`, and later ones refuse these parameters in it, unless the
//! administrator lists it in `ignore_startup_parameters`; then the connection goes without, and only the client's limit holds
//! (`lookup`), which cancels the statement.

use std::net::SocketAddr;

use tokio::net::lookup_host;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;

use super::super::store::{Failure, StoreError};
use super::cancel::Cancel;
use super::connection::Connection;
use super::error::{Explain, converted};
use super::password_file::{self, Found, Wanted};
use super::session::{self, Purpose};
use super::settings::{Host, Session, Settings, TlsMode};
use super::tls::{Connector, HandshakeError};
use crate::net::join_host_port;

/// Connects to the first host that answers and fits.
pub async fn connect(
    settings: &Settings,
    explain: &Explain,
    purpose: Purpose,
) -> Result<Connection, StoreError> {
    let connector = load(settings).await?;
    let session = match (purpose, settings.session) {
        (Purpose::Write, _) => Session::ReadWrite,
        (_, session) => session,
    };
    let attempt = Attempt {
        settings,
        explain,
        purpose,
        connector,
    };
    if session == Session::PreferStandby {
        let standby = attempt.any_host(Session::Standby).await;
        return match standby {
            Err(error) if *error.failure() == Failure::Unavailable => {
                attempt.any_host(Session::Any).await
            }
            standby => standby,
        };
    }
    attempt.any_host(session).await
}

/// On a thread, which may wait: a file may be on a network.
async fn load(settings: &Settings) -> Result<Connector, StoreError> {
    let tls = settings.tls.clone();
    let loaded = spawn_blocking(move || Connector::load(&tls)).await;
    match loaded {
        Ok(loaded) => loaded.map_err(|error| converted(&error)),
        Err(error) => Err(StoreError::new(Failure::Other, "cannot set up TLS").caused_by(error)),
    }
}

struct Attempt<'a> {
    settings: &'a Settings,
    explain: &'a Explain,
    purpose: Purpose,
    connector: Connector,
}

/// Why an attempt failed.
enum Refusal {
    Postgres(tokio_postgres::Error),
    Store(StoreError),
}

impl Attempt<'_> {
    async fn any_host(&self, session: Session) -> Result<Connection, StoreError> {
        let mut hosts: Vec<&Host> = self.settings.hosts.iter().collect();
        if self.settings.is_balanced {
            fastrand::shuffle(&mut hosts);
        }
        let mut errors = Vec::new();
        'hosts: for host in hosts {
            let addresses = match self.addresses(host).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            for address in addresses {
                let limit = self.settings.connect_timeout;
                let connected = timeout(limit, async {
                    let connection = self.address(host, address).await?;
                    let fits = session::check(&connection, session, self.purpose, self.explain);
                    let fits = fits.await;
                    Ok((connection, fits))
                });
                let error = match connected.await {
                    Ok(Ok((connection, Ok(())))) => return Ok(connection),
                    Ok(Ok((_, Err(error)))) => {
                        errors.push(error);
                        continue;
                    }
                    Ok(Err(error)) => error,
                    Err(_) => StoreError::new(
                        Failure::Unavailable,
                        format!("the database at {} does not answer", shown(host)),
                    )
                    .hinted("connect_timeout in the URL is how long it has"),
                };
                // As libpq does it (34.1.1.3, "Specifying Multiple Hosts"): if a host lets nobody in with this password, the
                // others are not asked.
                let is_last = !matches!(error.failure(), Failure::Unavailable);
                errors.push(error);
                if is_last {
                    break 'hosts;
                }
            }
        }
        Err(self.all_failed(errors))
    }

    fn all_failed(&self, mut errors: Vec<StoreError>) -> StoreError {
        let refused = errors
            .iter()
            .position(|error| *error.failure() != Failure::Unavailable);
        if let Some(index) = refused {
            return errors.swap_remove(index);
        }
        match (errors.pop(), errors.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => StoreError::new(
                Failure::Unavailable,
                format!("no host of {} can be used", self.explain.place()),
            )
            .caused_by(last),
            (None, _) => StoreError::new(
                Failure::Unavailable,
                format!("the hosts of {} have no addresses", self.explain.place()),
            ),
        }
    }

    /// The addresses of a host; of a socket, one that stands for it.
    async fn addresses(&self, host: &Host) -> Result<Vec<Option<SocketAddr>>, StoreError> {
        if let Some(address) = host.address {
            return Ok(vec![Some(SocketAddr::new(address, host.port))]);
        }
        if host.is_socket() {
            return Ok(vec![None]);
        }
        let found = timeout(
            self.settings.connect_timeout,
            lookup_host((host.name.as_str(), host.port)),
        )
        .await;
        let unknown = StoreError::new(
            Failure::Unavailable,
            format!("cannot find the address of {}", host.name),
        );
        match found {
            Ok(Ok(addresses)) => Ok(addresses.map(Some).collect()),
            Ok(Err(error)) => Err(unknown.caused_by(error)),
            Err(_) => Err(unknown),
        }
    }

    async fn address(
        &self,
        host: &Host,
        address: Option<SocketAddr>,
    ) -> Result<Connection, StoreError> {
        let (config, note) = self.config(host, address).await;
        match self.start(config, host.is_socket()).await {
            Ok(connection) => Ok(connection),
            Err(Refusal::Store(error)) => Err(error),
            Err(Refusal::Postgres(error)) => {
                let error = self.explain.connecting(&shown(host), &error);
                Err(match note {
                    Some(note) if *error.failure() == Failure::Denied => error.hinted(note),
                    _ => error,
                })
            }
        }
    }

    /// The configuration for an address, and what is to be said if the password is refused.
    async fn config(&self, host: &Host, address: Option<SocketAddr>) -> (Config, Option<String>) {
        let settings = self.settings;
        let mut config = Config::new();
        config
            .user(&settings.user)
            .dbname(&settings.database)
            .application_name(&settings.application_name)
            .port(host.port)
            .channel_binding(settings.channel_binding)
            .keepalives(settings.keepalive.is_on)
            .keepalives_idle(settings.keepalive.idle)
            .keepalives_interval(settings.keepalive.interval)
            .keepalives_retries(settings.keepalive.count)
            .tcp_user_timeout(settings.keepalive.user_timeout)
            .host(&host.name);
        if let Some(address) = address {
            config.hostaddr(address.ip());
        }
        let mut note = None;
        match (&settings.password, &settings.password_file) {
            (Some(password), _) => {
                config.password(password);
            }
            (None, Some(path)) => {
                let (path, host) = (path.clone(), host.clone());
                let (database, user) = (settings.database.clone(), settings.user.clone());
                let found = spawn_blocking(move || {
                    let wanted = Wanted {
                        host: &host,
                        database: &database,
                        user: &user,
                    };
                    password_file::find(&path, &wanted)
                });
                match found.await {
                    Ok(Found::Password(password)) => {
                        config.password(password);
                    }
                    Ok(Found::Unused(why)) => note = Some(why),
                    Ok(Found::Nothing) | Err(_) => {}
                }
            }
            (None, None) => {}
        }
        (config, note)
    }

    /// With the options of its purpose, or without where they are refused.
    async fn start(&self, mut config: Config, is_socket: bool) -> Result<Connection, Refusal> {
        let mut options = self.purpose.options();
        let number = (self.purpose == Purpose::Lookups).then(|| fastrand::u64(..).to_string());
        if let Some(number) = &number {
            options += &session::told(number);
        }
        let mut with_options = config.clone();
        match &self.settings.options {
            Some(own) => {
                config.options(own);
                with_options.options(format!("{options} {own}"));
            }
            None => {
                with_options.options(options);
            }
        }
        match self.with_or_without_tls(&with_options, is_socket).await {
            Err(Refusal::Postgres(error)) if refuses_options(&error) => {}
            Ok(mut connection) => {
                if let Some(number) = number {
                    connection.is_own_session = session::knows(&connection, &number).await;
                }
                return Ok(connection);
            }
            refused => return refused,
        }
        self.with_or_without_tls(&config, is_socket).await
    }

    async fn with_or_without_tls(
        &self,
        config: &Config,
        is_socket: bool,
    ) -> Result<Connection, Refusal> {
        let (first, second) = match self.settings.tls.mode {
            // PostgreSQL has no TLS on Unix sockets.
            _ if is_socket => (SslMode::Disable, None),
            TlsMode::Disable => (SslMode::Disable, None),
            TlsMode::Allow => (SslMode::Disable, Some(SslMode::Require)),
            TlsMode::Prefer => (SslMode::Prefer, Some(SslMode::Disable)),
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => (SslMode::Require, None),
        };
        match (self.open(config, first).await, second) {
            (Err(Refusal::Postgres(error)), Some(second)) if may_need_other(&error) => {
                match self.open(config, second).await {
                    // There is no TLS: what was said without it holds.
                    Err(Refusal::Postgres(other)) if other.as_db_error().is_none() => {
                        Err(Refusal::Postgres(error))
                    }
                    opened => opened,
                }
            }
            (opened, _) => opened,
        }
    }

    async fn open(&self, config: &Config, mode: SslMode) -> Result<Connection, Refusal> {
        let mut config = config.clone();
        config.ssl_mode(mode);
        let connector = self.connector.clone();
        let (client, connection) = config.connect(connector).await.map_err(Refusal::Postgres)?;
        let encoding = connection.parameter("server_encoding").unwrap_or("UTF8");
        if encoding != "UTF8" {
            let message = format!(
                "{} has the encoding {encoding}, and people need UTF8",
                self.explain.place()
            );
            return Err(Refusal::Store(StoreError::new(Failure::Other, message).hinted(
                "create the database with: createdb --encoding=UTF8 --template=template0 --locale=C.UTF-8",
            )));
        }
        let cancel = Cancel::new(&client, &config, &self.connector);
        Ok(Connection::start(client, connection, cancel))
    }
}

/// PgBouncer does: "unsupported startup parameter: options", or "unsupported startup parameter in options: …".
fn refuses_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| {
        db.message().contains("startup parameter") || db.message().contains("options")
    })
}

/// Whether the other one of TLS and no TLS may work: the handshake failed, or pg_hba.conf or PgBouncer refused.
fn may_need_other(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;

    match error.as_db_error() {
        Some(db) => {
            *db.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
                || db.message().contains("SSL required")
        }
        None => error
            .source()
            .is_some_and(<dyn std::error::Error>::is::<HandshakeError>),
    }
}

/// The host as errors name it.
fn shown(host: &Host) -> String {
    if host.is_socket() {
        return format!("{}/.s.PGSQL.{}", host.name, host.port);
    }
    join_host_port(&host.name, host.port)
}
