//! `serve`: where it listens, and what happens if it cannot.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use super::harness::{ALICE, Folder, Server, has_ipv6, routeguide};

#[test]
fn port_0_picks_a_free_port_and_prints_it() {
    let first = Server::start();
    let second = Server::start();
    assert_ne!(first.port(), 0);
    assert_ne!(first.port(), second.port());
    for server in [first, second] {
        TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    }
}

#[test]
fn localhost_is_both_loopback_addresses_on_one_port() {
    for listen in ["localhost:0", ":0"] {
        let places = if has_ipv6() { 2 } else { 1 };
        let server = Server::listening(places, ["--listen", listen]);
        let port = server.port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_eq!(server.addresses()[0], format!("127.0.0.1:{port}"));
        if has_ipv6() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
            assert_eq!(server.addresses()[1], format!("[::1]:{port}"));
        }
        assert!(!server.stderr().text().contains("warning"));
    }
}

#[test]
fn the_unspecified_ipv6_address_accepts_ipv4_too() {
    if !has_ipv6() {
        return;
    }
    let server = Server::with(["--listen", "[::]:0"]);
    for address in ["127.0.0.1", "[::1]"] {
        routeguide(["get-person", "Alice"])
            .at(format!("{address}:{}", server.port()))
            .run()
            .exits(0)
            .prints(ALICE);
    }
}

#[test]
fn a_plaintext_listener_beyond_loopback_prints_a_warning() {
    let server = Server::with(["--listen", "0.0.0.0:0"]);
    let stderr = server.stderr().wait_for("network\n");
    assert_eq!(
        stderr,
        format!(
            "serving 2 people\nlistening on {addr}\nwarning: {addr} accepts plaintext connections from the network\n",
            addr = server.addr()
        )
    );
}

#[test]
fn a_loopback_listener_prints_no_warning() {
    let server = Server::start();
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0);
    assert_eq!(
        server.stderr().text(),
        format!("serving 2 people\nlistening on {}\n", server.addr())
    );
}

#[test]
fn listen_may_be_repeated() {
    let server = Server::listening(2, ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]);
    for address in server.addresses() {
        routeguide(["get-person", "Alice"])
            .at(address)
            .run()
            .exits(0)
            .prints(ALICE);
    }
}

#[test]
fn a_port_in_use_is_an_error_and_no_listener_is_announced() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let outcome = routeguide(["serve", "--listen", &folder.socket("guide")])
        .args(["--listen", &address])
        .run();
    outcome.exits(1).prints("").says(&format!(
        "error: cannot listen on {address}: address already in use\n\
         hint: choose another port with --listen; port 0 takes a free one\n"
    ));
    assert!(!folder.join("guide").exists());
}

#[test]
fn localhost_needs_its_port_on_both_addresses() {
    if !has_ipv6() {
        return;
    }
    let taken = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let outcome = routeguide(["serve", "--listen", &format!("localhost:{port}")]).run();
    outcome.exits(1).says_one_error();
}

#[test]
fn quiet_prints_nothing_without_an_error() {
    let folder = Folder::new();
    let address = folder.socket("guide");
    let server = routeguide(["serve", "-q", "--listen", &address]).start();
    routeguide(["get-person", "Alice", "--wait", "1m"])
        .at(&address)
        .run()
        .exits(0)
        .prints(ALICE);
    assert_eq!(server.stderr().text(), "");
}

#[cfg(unix)]
mod unix_sockets {
    use super::*;
    use rustix::process::Signal;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_socket_file_left_by_a_killed_server_is_replaced() {
        let folder = Folder::new();
        let address = folder.socket("guide");
        let mut dead = Server::with(["--listen", &address]);
        dead.kill();
        assert!(folder.join("guide").exists());
        let server = Server::with(["--listen", &address]);
        routeguide(["get-person", "Alice"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints(ALICE);
    }

    #[test]
    fn a_socket_file_in_use_is_left_alone() {
        let folder = Folder::new();
        let address = folder.socket("guide");
        let first = Server::with(["--listen", &address]);
        routeguide(["serve", "--listen", &address])
            .run()
            .exits(1)
            .prints("")
            .says(&format!(
                "error: cannot listen on {address}: another server is listening there\n"
            ));
        routeguide(["get-person", "Alice"])
            .at(first.addr())
            .run()
            .exits(0)
            .prints(ALICE);
    }

    #[test]
    fn a_file_that_is_not_a_socket_is_left_alone() {
        let folder = Folder::new();
        let path = folder.write("guide", "precious");
        let address = folder.socket("guide");
        routeguide(["serve", "--listen", &address])
            .run()
            .exits(1)
            .prints("")
            .says(&format!(
                "error: cannot listen on {address}: the file exists and is not a socket\n"
            ));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
    }

    #[test]
    fn the_socket_file_is_removed_when_the_server_stops() {
        let folder = Folder::new();
        let server = Server::with(["--listen", &folder.socket("guide")]);
        UnixStream::connect(folder.join("guide")).unwrap();
        server.signal(Signal::TERM);
        server.into_running().wait().exits(0);
        assert!(!folder.join("guide").exists());
    }
}

#[cfg(target_os = "linux")]
mod out_of_descriptors {
    use super::*;
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    /// More than a server needs to run, but soon used up.
    const DESCRIPTORS: u64 = 32;

    #[track_caller]
    fn limit_descriptors(server: &Server, limit: u64) {
        let pid = Pid::from_raw(server.id().try_into().unwrap());
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        prlimit(pid, Resource::Nofile, limit).unwrap();
    }

    #[test]
    fn the_server_warns_and_recovers() {
        let server = Server::start();
        limit_descriptors(&server, DESCRIPTORS);
        let connections: Vec<_> = (0..2 * DESCRIPTORS)
            .map(|_| TcpStream::connect(server.addr()).unwrap())
            .collect();
        server.stderr().wait_for(
            "warning: cannot accept connections: too many open files (1 attempt failed)\n",
        );
        drop(connections);
        routeguide(["get-person", "Alice"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints(ALICE);
    }
}
