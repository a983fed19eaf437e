//! Many commands in one context, as in a shell. This test needs its own process, because it counts the process's resources.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser as _;
use routeguide::cli::Cli;
use routeguide::commands;
use routeguide::config::Settings;
use routeguide::session::Context;

/// So many that a stream left open by each would exceed the 100 that the server allows, and block.
const ROUNDS: usize = 25;

/// Every kind of command, with and without an error. 8 × 25 is 200.
const COMMANDS: [&[&str]; 8] = [
    &["get-person", "Alice"],
    &["get-person", "Zoe"],
    &["get-people", "Alice", "Zoe", "Bob", "-o", "json", "-q"],
    &["get-people", "Alice", "Bob", "-n", "1"],
    &["list", "-l"],
    &["describe", "Person"],
    &[
        "call",
        "GetPerson",
        "-d",
        r#"{"name":"Bob"} {"name":"Alice"}"#,
        "--concurrency",
        "2",
    ],
    &["health"],
];

#[test]
fn two_hundred_commands_share_a_connection_and_leave_nothing_behind() {
    let server = Server::start();
    let proxy = CountingProxy::to(server.addr.clone());
    let mut output = tempfile::tempfile().unwrap();
    let saved = rustix::io::dup(std::io::stdout()).unwrap();
    rustix::stdio::dup2_stdout(&output).unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (rounds, first, last) = runtime.block_on(async {
        let mut context = Context::new(Settings::default());
        let mut rounds = Vec::new();
        // The first round creates what outlives a command: the connection, the schema, the listener for signals.
        rounds.push(round(&mut context, &proxy.addr, &mut output).await);
        let first = Counts::now();
        for _ in 0..ROUNDS {
            rounds.push(round(&mut context, &proxy.addr, &mut output).await);
        }
        let last = Counts::now();
        context.close().await;
        (rounds, first, last)
    });
    rustix::stdio::dup2_stdout(&saved).unwrap();

    assert!(rounds[0].printed.contains("Alice"), "{:?}", rounds[0]);
    for round in &rounds {
        assert_eq!(*round, rounds[0], "every round is the same");
    }
    assert_eq!(first, last);
    assert_eq!(proxy.connections.load(Ordering::SeqCst), 1);
}

/// What the commands printed, and the exit code of each.
#[derive(Debug, PartialEq, Eq)]
struct Round {
    printed: String,
    exits: Vec<u8>,
}

async fn round(context: &mut Context, addr: &str, output: &mut File) -> Round {
    output.set_len(0).unwrap();
    output.rewind().unwrap();
    let mut exits = Vec::new();
    for words in COMMANDS {
        let words = [&["routeguide"], words, &["--addr", addr]].concat();
        let command = Cli::parse_from(words).command;
        context.interrupt.arm().unwrap();
        let result = commands::run(&command, context).await;
        exits.push(result.as_ref().map_or_else(routeguide::exit::code, |()| 0));
    }
    let mut printed = String::new();
    output.rewind().unwrap();
    output.read_to_string(&mut printed).unwrap();
    Round { printed, exits }
}

/// Resources that a command could leave behind.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    tasks: usize,
    threads: usize,
    descriptors: usize,
}

impl Counts {
    fn now() -> Self {
        let entries = |folder| std::fs::read_dir(folder).unwrap().count();
        Self {
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            threads: entries("/proc/self/task"),
            descriptors: entries("/proc/self/fd"),
        }
    }
}

/// Forwards bytes, and counts connections.
struct CountingProxy {
    addr: String,
    connections: Arc<AtomicUsize>,
}

impl CountingProxy {
    fn to(server: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // Ends with the test's process: nothing wakes up an accept.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let client = client.unwrap();
                let server = TcpStream::connect(&server).unwrap();
                let ways = [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server, client),
                ];
                for (mut from, mut to) in ways {
                    std::thread::spawn(move || {
                        // A broken connection ends both directions.
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
        });
        Self { addr, connections }
    }
}

/// `routeguide serve`; killed when dropped.
struct Server {
    child: Child,
    addr: String,
}

impl Server {
    fn start() -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_routeguide"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let addr = String::new();
        let mut server = Self { child, addr };
        let stderr = BufReader::new(server.child.stderr.take().unwrap());
        server.addr = stderr
            .lines()
            .find_map(|line| Some(line.unwrap().strip_prefix("listening on ")?.to_owned()))
            .unwrap();
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
