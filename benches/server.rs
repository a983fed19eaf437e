//! Servers on free ports, ready when they are returned.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::client;
use crate::guard::Guard;
use crate::peer::Runtime;

/// Longer than the longest group.
const LIMIT: Duration = Duration::from_mins(30);
/// A server that reads a million people takes some seconds.
const START: Duration = Duration::from_mins(1);

/// A running server; dropping it ends the process.
pub struct Server {
    guard: Guard,
    addr: SocketAddr,
}

impl Server {
    /// `routeguide serve`, which prints its address on stderr.
    pub fn routeguide() -> Result<Self> {
        Self::routeguide_with(&[])
    }

    /// The same with more arguments.
    pub fn routeguide_with(arguments: &[&str]) -> Result<Self> {
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let mut command = client::routeguide(&[&serve, arguments].concat());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self::start(command)
    }

    /// The bare server.
    pub fn peer(runtime: Runtime) -> Result<Self> {
        Self::peer_as("server", runtime, &[])
    }

    /// A server of [`crate::peer`], which prints its address on stdout, and ends when its stdin does.
    pub fn peer_as(role: &str, runtime: Runtime, arguments: &[&str]) -> Result<Self> {
        let mut command = client::peer(role, runtime);
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self::start(command)
    }

    /// A server that is told its port, and may not say when it is ready.
    pub fn foreign(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        Self::foreign_with(Stdio::null(), command)
    }

    /// The same of one that ends when its stdin does.
    pub fn foreign_until_eof(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        Self::foreign_with(Stdio::piped(), command)
    }

    fn foreign_with(stdin: Stdio, command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let reserved = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = reserved.local_addr()?;
        drop(reserved);
        let mut command = command(addr.port());
        command
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let guard = Guard::spawn(&mut command, LIMIT)
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let server = Self { guard, addr };
        let give_up = Instant::now() + START;
        while TcpStream::connect(addr).is_err() {
            if Instant::now() > give_up {
                return Err("the server does not listen in time".into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    fn start(mut command: Command) -> Result<Self> {
        let mut guard = Guard::spawn(&mut command, LIMIT)?;
        let (sender, receiver) = mpsc::channel();
        if let Some(stderr) = guard.child.stderr.take() {
            drain(stderr, sender);
        } else if let Some(stdout) = guard.child.stdout.take() {
            drain(stdout, sender);
        }
        let addr = receiver
            .recv_timeout(START)
            .map_err(|_| "the server did not print its address in time")??;
        Ok(Self { guard, addr })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Seconds of CPU time so far.
    pub fn cpu_time(&self) -> Option<f64> {
        self.guard.cpu_time()
    }

    /// Resident memory, in KiB.
    pub fn memory(&self) -> Option<u32> {
        self.guard.memory()
    }

    /// The peak of resident memory so far, in KiB.
    pub fn peak(&self) -> Option<u32> {
        self.guard.peak()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // With a pipe, the server ends by itself, and takes with it the processes that it has started.
        if let Some(stdin) = self.guard.child.stdin.take() {
            drop(stdin);
            self.guard.wait().ok();
        }
    }
}

/// Sends the first address that the server prints, or all of its output if there is none. Reads on afterwards, because a
/// server with a full pipe would block.
fn drain(from: impl Read + Send + 'static, to: mpsc::Sender<Result<SocketAddr, String>>) {
    thread::spawn(move || {
        let mut printed = String::new();
        let mut lines = BufReader::new(from).lines().map_while(Result::ok);
        let found = lines.find_map(|line| {
            printed.push_str(&line);
            printed.push('\n');
            address(&line)
        });
        let answer = found.ok_or_else(|| format!("the server printed no address: {printed}"));
        // The receiver gives up after a while.
        to.send(answer).ok();
        lines.for_each(drop);
    });
}

/// The IPv4 loopback address in a line such as `listening on 127.0.0.1:50051 (plaintext)`.
fn address(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let rest = &line[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))
        .unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', ':']).parse().ok()
}
