//! The files that the server reads: at its start, and again whenever they change or SIGHUP asks for it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::supervisor::Supervisor;
use crate::cli::ServeArgs;
use crate::error::{Error, Result};
use crate::output::{Console, count};
use crate::server::{
    Database, Failure, Metrics, People, Place, Reload, Server, Source, Store, StoreError, Tls,
    TlsFiles, Tokens, Watch, open_store,
};

/// Where the files are.
#[derive(Clone)]
pub struct Files {
    people: Option<Place>,
    /// How long to try to reach a database.
    wait: Duration,
    tls: Option<TlsFiles>,
    tokens: Option<PathBuf>,
}

/// What they hold.
pub struct Loaded {
    pub people: Source,
    /// How many; `None` if it takes too long to count them.
    pub number: Option<u64>,
    pub tls: Option<Arc<Tls>>,
    pub tokens: Option<Arc<Tokens>>,
}

impl Files {
    ///
    /// # Errors
    /// When people are to come from a URL that is not valid.
    pub fn of(args: &ServeArgs) -> Result<Self> {
        let tls = args.tls.cert.clone().zip(args.tls.key.clone());
        let people = args.people.as_ref();
        Ok(Self {
            people: people
                .map(|place| Place::parse(place.as_os_str()))
                .transpose()?,
            wait: args.wait.unwrap_or_default(),
            tls: tls.map(|(cert, key)| TlsFiles {
                cert,
                key,
                client_ca: args.tls.client_ca.clone(),
                client_names: args.tls.client_name.clone(),
                http1: super::protocols(args).has_http1(),
            }),
            tokens: args.auth_token_file.clone(),
        })
    }

    /// Where the people are; `None` for the built-in ones.
    pub fn people(&self) -> Option<&Place> {
        self.people.as_ref()
    }

    /// Reads them.
    ///
    /// # Errors
    /// When one cannot be read or is wrong; the error names it.
    pub async fn load(&self) -> Result<Loaded> {
        let files = self.clone();
        let from_database = match &self.people {
            Some(Place::Database(database)) => Some(open(database, self.wait).await?),
            _ => None,
        };
        // On another thread, like every reload: glibc frees memory in the arena it was allocated from. When the first
        // reload dropped 300,000 people from this thread's arena, allocations here were blocked for half a second.
        off_thread(move || {
            let tls = files.tls.map(Tls::load).transpose()?.map(Arc::new);
            let tokens = files.tokens.map(Tokens::load).transpose()?.map(Arc::new);
            let (people, number) = match (from_database, files.people) {
                (Some(opened), _) => opened,
                (None, Some(Place::File(path))) => counted(People::load(&path)?),
                (None, _) => counted(People::built_in()),
            };
            Ok(Loaded {
                people,
                number,
                tls,
                tokens,
            })
        })
        .await
    }

    fn people_file(&self) -> Option<PathBuf> {
        match &self.people {
            Some(Place::File(path)) => Some(path.clone()),
            _ => None,
        }
    }

    /// Watches them. Watching begins before they are read, so that no change is missed.
    pub fn watch(&self, supervisor: &Supervisor) -> Result<Watches> {
        let people = self.people_file().map(|path| vec![path]);
        let tokens = self.tokens.clone().map(|path| vec![path]);
        let tls = self.tls.as_ref().map(TlsFiles::paths);
        let is_empty = people.is_none() && tokens.is_none() && tls.is_none();
        Ok(Watches {
            people: people.map(Watch::new).transpose()?,
            tls: tls.map(Watch::new).transpose()?,
            tokens: tokens.map(Watch::new).transpose()?,
            nothing: is_empty.then(|| Watch::new(Vec::new())).transpose()?,
            supervisor: supervisor.clone(),
        })
    }
}

/// A watch for what is read together.
pub struct Watches {
    people: Option<Watch>,
    tls: Option<Watch>,
    tokens: Option<Watch>,
    nothing: Option<Watch>,
    supervisor: Supervisor,
}

impl Watches {
    /// Starts the tasks that read the files again, and the one that warns of the certificate's end.
    pub fn start(
        self,
        files: &Files,
        server: &Server,
        tls: Option<Arc<Tls>>,
        tokens: Option<Arc<Tokens>>,
        console: &Console,
        tasks: &mut JoinSet<()>,
    ) {
        let supervisor = self.supervisor;
        if let (Some(watch), Some(path)) = (self.people, files.people_file()) {
            let reload = reload_people(path, server.clone(), console.clone());
            let count = counting(Reload::People, Arc::clone(server.metrics()), reload);
            tasks.spawn(repeat(
                watch,
                "people",
                count,
                supervisor.clone(),
                console.clone(),
            ));
        }
        if let (Some(watch), Some(tls), Some(files)) = (self.tls, tls, &files.tls) {
            let metrics = Arc::clone(server.metrics());
            metrics.certificate_expires(tls.not_after());
            let reload = reload_tls(
                files.cert.clone(),
                Arc::clone(&tls),
                metrics,
                console.clone(),
            );
            let count = counting(Reload::Certificate, Arc::clone(server.metrics()), reload);
            tasks.spawn(repeat(
                watch,
                "certificate",
                count,
                supervisor.clone(),
                console.clone(),
            ));
            let console = console.clone();
            tasks.spawn(async move {
                let report = |warning: &str| console.warning(warning);
                tls.warn_of_expiry(report).await;
            });
        }
        if let (Some(watch), Some(tokens)) = (self.tokens, tokens) {
            let reload = reload_tokens(tokens, console.clone());
            tasks.spawn(repeat(
                watch,
                "tokens",
                reload,
                supervisor.clone(),
                console.clone(),
            ));
        }
        if let Some(watch) = self.nothing {
            let why = match &files.people {
                Some(Place::Database(_)) => {
                    "nothing to reload: changes of the database are served as they are made"
                }
                _ => "nothing to reload: the server was started without files",
            };
            tasks.spawn(say_nothing(watch, why, supervisor, console.clone()));
        }
    }
}

/// The people replace the ones before at once, or not at all.
fn reload_people(path: PathBuf, server: Server, console: Console) -> impl Fn() -> Result<()> {
    move || {
        let people = People::load(&path)?;
        let number = Some(people.count() as u64);
        server.replace_people(people);
        console.notice(&reloaded(&path, &people_of(number)));
        warn_if_empty(&path.display(), number, &console);
        Ok(())
    }
}

/// Counts the reloads, and which of them worked.
fn counting(
    what: Reload,
    metrics: Arc<Metrics>,
    reload: impl Fn() -> Result<()>,
) -> impl Fn() -> Result<()> {
    move || {
        let reloaded = reload();
        metrics.reloaded(what, reloaded.is_ok());
        reloaded
    }
}

fn reload_tls(
    cert: PathBuf,
    tls: Arc<Tls>,
    metrics: Arc<Metrics>,
    console: Console,
) -> impl Fn() -> Result<()> {
    move || {
        tls.reload()?;
        metrics.certificate_expires(tls.not_after());
        let until = format!("valid until {}", tls.valid_until());
        console.notice(&reloaded(&cert, &until));
        if let Some(warning) = tls.expiry_warning() {
            console.warning(&warning);
        }
        Ok(())
    }
}

fn reload_tokens(tokens: Arc<Tokens>, console: Console) -> impl Fn() -> Result<()> {
    move || {
        tokens.reload()?;
        let number = count(tokens.count() as u64, "token", "tokens");
        console.notice(&reloaded(tokens.path(), &number));
        Ok(())
    }
}

fn reloaded(path: &Path, what: &str) -> String {
    format!("reloaded {}: {what}", path.display())
}

/// Calls `reload` whenever the files have to be read again, on another thread, one time after the other: files that change
/// while they are read are read once more, so that the last version wins.
async fn repeat(
    mut watch: Watch,
    what: &str,
    reload: impl Fn() -> Result<()> + Send + Sync + 'static,
    supervisor: Supervisor,
    console: Console,
) {
    let reload = Arc::new(reload);
    loop {
        watch.next().await;
        let _reloading = supervisor.reloading();
        let reload = Arc::clone(&reload);
        match off_thread(move || reload()).await {
            Ok(()) => supervisor.status(&format!("reloaded the {what}")),
            Err(error) => {
                let kept = format!("keeping the {what} from before");
                console.report(&error);
                console.warning(&kept);
                supervisor.status(&kept);
            }
        }
    }
}

async fn say_nothing(
    mut watch: Watch,
    why: &'static str,
    supervisor: Supervisor,
    console: Console,
) {
    loop {
        watch.next().await;
        // Who asks for a reload waits for its end.
        let _reloading = supervisor.reloading();
        console.notice(why);
    }
}

/// Runs `work`, which is slow enough to stall calls, on a thread other than the server's.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(Error::failed("cannot read the files").caused_by(panic)))
}

fn counted(people: People) -> (Source, Option<u64>) {
    let number = people.count() as u64;
    (people.into(), Some(number))
}

/// Opens a database, and counts its people. Tries for some time to reach it.
async fn open(database: &Database, wait: Duration) -> Result<(Source, Option<u64>)> {
    let store = open_store(database).map_err(StoreError::into_error)?;
    reach(&*store, database, wait)
        .await
        .map_err(StoreError::into_error)?;
    let number = match store.count().await {
        Ok(number) => Some(number),
        // There are many of them, which is no reason not to serve them.
        Err(error) if *error.failure() == Failure::Timeout => None,
        Err(error) => return Err(error.into_error()),
    };
    Ok((Source::Database(store), number))
}

/// Checks the database until it is there. Without a time to wait, an attempt takes as long as it does.
async fn reach(
    store: &dyn Store,
    database: &Database,
    wait: Duration,
) -> std::result::Result<(), StoreError> {
    if wait.is_zero() {
        return store.check().await;
    }
    let mut last = None;
    let attempts = async {
        loop {
            match store.check().await {
                Err(error) if may_pass(&error) => last = Some(error),
                checked => return checked,
            }
            sleep(AGAIN).await;
        }
    };
    let reached = timeout(wait, attempts).await;
    reached.unwrap_or_else(|_| {
        Err(last.unwrap_or_else(|| {
            StoreError::new(
                Failure::Unavailable,
                format!("{database} did not answer in time"),
            )
        }))
    })
}

/// Whether it may be another at the next attempt: the database starts, or is migrated by someone else.
fn may_pass(error: &StoreError) -> bool {
    match error.failure() {
        Failure::Unavailable | Failure::Missing | Failure::Timeout | Failure::Locked => true,
        Failure::Schema { found, wanted } => found < wanted,
        Failure::Uncertain
        | Failure::Denied
        | Failure::Full
        | Failure::Corrupt
        | Failure::Person { .. }
        | Failure::Other => false,
    }
}

/// The time between two attempts to open a database.
const AGAIN: Duration = Duration::from_millis(250);

pub fn people_of(number: Option<u64>) -> String {
    match number {
        Some(number) => count(number, "person", "people"),
        None => "people, too many to be counted within 5s".to_owned(),
    }
}

/// A place without people is probably not the one that was meant.
pub fn warn_if_empty(place: &dyn fmt::Display, number: Option<u64>, console: &Console) {
    if number == Some(0) {
        console.warning(&format!("{place} has no people"));
    }
}
