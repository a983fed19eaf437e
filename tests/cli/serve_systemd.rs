//! `serve` under systemd: what it tells NOTIFY_SOCKET, and the sockets that it is given.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::process::Signal;

use super::harness::{Folder, LIMIT, ReservedPort, Server, people_file, routeguide};

/// systemd's end of NOTIFY_SOCKET.
struct Supervisor {
    folder: Folder,
    socket: UnixDatagram,
    unread: VecDeque<String>,
}

impl Supervisor {
    fn new() -> Self {
        let folder = Folder::new();
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        Self {
            folder,
            socket,
            unread: VecDeque::new(),
        }
    }

    /// A server that tells it.
    fn start<const N: usize>(&self, args: [&str; N]) -> Server {
        let program = routeguide(["serve", "--listen", "127.0.0.1:0"]).args(args);
        Server::of(program.env("NOTIFY_SOCKET", self.folder.join("notify")))
    }

    /// The next assignment that it is told, other than STATUS.
    #[track_caller]
    fn next(&mut self) -> String {
        loop {
            let next = self.next_of_all();
            if !next.starts_with("STATUS=") {
                return next;
            }
        }
    }

    #[track_caller]
    fn next_of_all(&mut self) -> String {
        while self.unread.is_empty() {
            let mut message = [0; 4096];
            let length = self.socket.recv(&mut message).expect("a message");
            let message = str::from_utf8(&message[..length]).unwrap();
            self.unread.extend(message.lines().map(str::to_owned));
        }
        self.unread.pop_front().unwrap()
    }

    /// Expects it to be told of a reload, from its beginning to its end.
    #[track_caller]
    fn hears_of_reload(&mut self) {
        assert_eq!(self.next(), "RELOADING=1");
        let time = self.next();
        let time = time.strip_prefix("MONOTONIC_USEC=").expect("a time");
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let now = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        assert!(time.parse::<i128>().unwrap() <= now, "{time}");
        assert_eq!(self.next(), "READY=1");
    }
}

#[test]
fn ready_comes_once_it_listens() {
    let mut supervisor = Supervisor::new();
    let server = supervisor.start([]);
    assert_eq!(supervisor.next_of_all(), "READY=1");
    assert_eq!(supervisor.next_of_all(), "STATUS=serving 2 people");
    routeguide(["health"]).at(server.addr()).run().exits(0);
}

#[test]
fn nobody_is_told_of_a_server_that_does_not_start() {
    let supervisor = Supervisor::new();
    routeguide(["serve", "--people", "missing"])
        .env("NOTIFY_SOCKET", supervisor.folder.join("notify"))
        .run()
        .exits(1);
    supervisor.socket.set_nonblocking(true).unwrap();
    assert!(supervisor.socket.recv(&mut [0]).is_err());
}

#[test]
fn stopping_comes_before_the_drain() {
    let mut supervisor = Supervisor::new();
    let server = supervisor.start(["--drain-delay", "1h"]);
    assert_eq!(supervisor.next(), "READY=1");
    server.signal(Signal::TERM);
    assert_eq!(supervisor.next_of_all(), "STATUS=serving 2 people");
    assert_eq!(supervisor.next_of_all(), "STOPPING=1");
    let status = supervisor.next_of_all();
    assert!(status.starts_with("STATUS=stopping in 1h"), "{status}");
}

#[test]
fn a_reload_is_told_from_its_beginning_to_its_end() {
    let (_folder, people) = people_file(r#"{"name": "Eve"}"#);
    let mut supervisor = Supervisor::new();
    let server = supervisor.start(["--people", people.to_str().unwrap()]);
    assert_eq!(supervisor.next(), "READY=1");
    for _ in 0..2 {
        server.signal(Signal::HUP);
        supervisor.hears_of_reload();
    }
}

#[test]
fn a_reload_that_fails_ends_too() {
    let (_folder, people) = people_file(r#"{"name": "Eve"}"#);
    let mut supervisor = Supervisor::new();
    let server = supervisor.start(["--people", people.to_str().unwrap()]);
    assert_eq!(supervisor.next_of_all(), "READY=1");
    assert_eq!(supervisor.next_of_all(), "STATUS=serving 1 person");
    std::fs::remove_file(&people).unwrap();
    server.signal(Signal::HUP);
    let told: Vec<String> = std::iter::repeat_with(|| supervisor.next_of_all())
        .skip_while(|told| !told.starts_with("STATUS="))
        .take(2)
        .collect();
    assert_eq!(told, ["STATUS=keeping the people from before", "READY=1"]);
}

#[test]
fn a_reload_of_nothing_ends_too() {
    let mut supervisor = Supervisor::new();
    let server = supervisor.start([]);
    assert_eq!(supervisor.next(), "READY=1");
    server.signal(Signal::HUP);
    supervisor.hears_of_reload();
}

#[test]
fn the_watchdog_hears_again_and_again() {
    let mut supervisor = Supervisor::new();
    let program = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .env("NOTIFY_SOCKET", supervisor.folder.join("notify"))
        .env("WATCHDOG_USEC", "200000");
    let _server = Server::of(program);
    assert_eq!(supervisor.next(), "READY=1");
    for _ in 0..3 {
        assert_eq!(supervisor.next(), "WATCHDOG=1");
    }
}

#[test]
fn the_watchdog_hears_while_the_server_drains() {
    let mut supervisor = Supervisor::new();
    let program = routeguide(["serve", "--listen", "127.0.0.1:0", "--drain-delay", "1h"])
        .env("NOTIFY_SOCKET", supervisor.folder.join("notify"))
        .env("WATCHDOG_USEC", "200000");
    let server = Server::of(program);
    server.signal(Signal::TERM);
    while supervisor.next() != "STOPPING=1" {}
    assert_eq!(supervisor.next(), "WATCHDOG=1");
}

#[test]
fn a_supervisor_that_is_not_there_is_a_warning() {
    let folder = Folder::new();
    let program = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .env("NOTIFY_SOCKET", folder.join("missing"));
    let server = Server::of(program);
    server
        .stderr()
        .wait_for("warning: cannot tell NOTIFY_SOCKET: ");
    routeguide(["health"]).at(server.addr()).run().exits(0);
}

#[test]
fn a_tcp_socket_that_is_given_is_served_instead_of_listen() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let port = ReservedPort::new();
    let server = Server::of(routeguide(["serve", "--listen", &port.addr()]).activated(socket));
    assert_eq!(server.addresses(), [address.as_str()]);
    routeguide(["health"]).at(&address).run().exits(0);
}

#[test]
fn a_connection_that_came_before_the_server_is_served() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let call = routeguide(["health"]).at(&address).start();
    let _server = Server::of(routeguide(["serve"]).activated(socket));
    call.wait().exits(0).prints("SERVING\n");
}

#[test]
fn a_unix_socket_that_is_given_is_served_and_its_file_stays() {
    let folder = Folder::new();
    let path = folder.join("guide");
    let socket = UnixListener::bind(&path).unwrap();
    let server = Server::of(routeguide(["serve"]).activated(socket));
    let address = folder.socket("guide");
    assert_eq!(server.addresses(), [address.as_str()]);
    routeguide(["health"]).at(&address).run().exits(0);
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
    assert!(path.exists());
}

#[test]
fn sockets_for_another_process_are_left_alone() {
    let program = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .env("LISTEN_PID", "1")
        .env("LISTEN_FDS", "1");
    let server = Server::of(program);
    routeguide(["health"]).at(server.addr()).run().exits(0);
}

#[test]
fn a_socket_that_does_not_listen_is_an_error() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let run = routeguide(["serve"]).activated(socket).start();
    run.wait().exits(1).says(
        "error: cannot listen on descriptor 3, which the process was started with\n  caused by: it does not listen\n\
         hint: LISTEN_FDS takes TCP and Unix stream sockets that listen\n",
    );
}

#[test]
fn a_file_that_is_given_is_an_error() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let run = routeguide(["serve"]).activated(file).start();
    run.wait().exits(1).says_one_error();
}
