//! `routeguide serve` as a server for other commands.

use std::ffi::OsStr;
use std::ops::{Deref, DerefMut};

use tonic::transport::{Channel, Endpoint};

use super::cli::Program;
use super::{Running, routeguide};

/// A running server; killed when dropped.
pub struct Server {
    running: Running,
    addresses: Vec<String>,
}

impl Server {
    /// On a free port of 127.0.0.1.
    #[track_caller]
    pub fn start() -> Self {
        Self::started([""; 0])
    }

    /// On a free port of 127.0.0.1, with more arguments.
    #[track_caller]
    pub fn started<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let program = routeguide(["serve", "--listen", "127.0.0.1:0"]);
        Self::ready(1, program.args(args))
    }

    /// With these arguments, which make it listen on one address.
    #[track_caller]
    pub fn with<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        Self::listening(1, args)
    }

    /// With these arguments, which make it listen on this many addresses.
    #[track_caller]
    pub fn listening<S: AsRef<OsStr>>(places: usize, args: impl IntoIterator<Item = S>) -> Self {
        Self::ready(places, routeguide(["serve"]).args(args))
    }

    /// As this command line says, on one address.
    #[track_caller]
    pub fn of(program: Program) -> Self {
        Self::ready(1, program)
    }

    /// A program that makes it listen on this many addresses, with `--listen` among its arguments.
    #[track_caller]
    pub fn ready(places: usize, program: Program) -> Self {
        Self::once_ready(places, program.start())
    }

    /// One that was started with `--listen` among its arguments, once it listens on this many addresses.
    #[track_caller]
    pub fn once_ready(places: usize, running: Running) -> Self {
        let addresses = |said: &str| -> Vec<String> {
            said.split_inclusive('\n')
                .filter_map(|line| line.strip_prefix("listening on ")?.strip_suffix('\n'))
                .map(str::to_owned)
                .collect()
        };
        let said = running.stderr().wait_until("the server to listen", |said| {
            addresses(said).len() >= places
        });
        Self {
            addresses: addresses(&said),
            running,
        }
    }

    /// The first address that it listens on.
    pub fn addr(&self) -> &str {
        &self.addresses[0]
    }

    /// Every address that it listens on, as it prints them.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Where it shows metrics, if it was started with `--metrics`.
    #[track_caller]
    pub fn metrics(&self) -> String {
        let said = self.stderr().wait_for("/metrics\n");
        let metrics = said.split("metrics at http://").nth(1).unwrap();
        metrics.split('/').next().unwrap().to_owned()
    }

    /// The port of the first address.
    pub fn port(&self) -> u16 {
        self.addr().rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// The first address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// A connection for a tonic client.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.url()).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub fn into_running(self) -> Running {
        self.running
    }
}

impl Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}
