//! Reaching a server: addresses, time limits, waiting for it.

use super::harness::{ALICE, Folder, Peer, RawServer, ReservedPort, Server, routeguide};

#[test]
fn the_address_comes_from_the_environment() {
    let server = Server::start();
    routeguide(["get-person", "Alice"])
        .env("ROUTEGUIDE_ADDR", server.addr())
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn an_address_given_wins_over_the_environment() {
    let server = Server::start();
    let nobody = ReservedPort::new();
    routeguide(["get-person", "Alice", "-a", server.addr()])
        .env("ROUTEGUIDE_ADDR", nobody.addr())
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn an_http_url_is_an_address() {
    let server = Server::start();
    routeguide(["get-person", "Alice"])
        .at(server.url())
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn a_port_alone_is_on_this_machine() {
    let server = Server::with(["--listen", "localhost:0"]);
    routeguide(["get-person", "Alice"])
        .at(format!(":{}", server.port()))
        .run()
        .exits(0)
        .prints(ALICE);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_an_address() {
    let folder = Folder::new();
    let server = Server::with(["--listen", &folder.socket("guide")]);
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn a_wrong_address_is_wrong_usage() {
    for address in ["nowhere", "host:port", "::1:5", "ftp://host:1", "unix:"] {
        routeguide(["get-person", "Alice"])
            .at(address)
            .run()
            .exits(2)
            .prints("")
            .says_one_error()
            .mentions(address);
    }
}

#[test]
fn nothing_listening_fails_with_a_hint_to_start_a_server() {
    let nobody = ReservedPort::new();
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(nobody.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions(&nobody.addr())
            .mentions("connection refused")
            .mentions("routeguide serve");
    }
}

#[test]
fn no_socket_file_fails_with_a_hint_to_start_a_server() {
    let folder = Folder::new();
    routeguide(["get-person", "Alice"])
        .at(folder.socket("guide"))
        .run()
        .exits(1)
        .prints("")
        .hints()
        .mentions("routeguide serve");
}

#[test]
fn a_host_without_an_address_fails() {
    routeguide(["get-person", "Alice"])
        .at("no-such-host.invalid:1")
        .run()
        .exits(1)
        .prints("")
        .says_one_error()
        .mentions("no-such-host.invalid");
}

#[test]
fn a_server_that_never_answers_exceeds_the_deadline() {
    let server = RawServer::silent();
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice", "--timeout", "300ms"])
            .at(server.addr())
            .run()
            .exits(68)
            .prints("")
            .says_one_error()
            .mentions("error: DEADLINE_EXCEEDED: ");
    }
}

#[test]
fn the_server_is_told_of_the_deadline() {
    let peer = Peer::playing(|call| async move {
        let timeout = call.header("grpc-timeout");
        call.end(9, &timeout);
    });
    let outcome = routeguide(["get-person", "Alice", "--timeout", "100s"])
        .at(peer.addr())
        .run();
    let told = outcome
        .exits(73)
        .stderr
        .trim()
        .strip_prefix("error: FAILED_PRECONDITION: ")
        .expect("the header");
    let (number, unit) = told.split_at(told.len() - 1);
    let number: u64 = number.parse().unwrap();
    let millis = match unit {
        "S" => number * 1000,
        "m" => number,
        "u" => number / 1000,
        "n" => number / 1_000_000,
        _ => panic!("{told}"),
    };
    assert!((40_000..=100_000).contains(&millis), "{told}");
}

#[test]
fn waiting_ends_at_the_deadline() {
    let nobody = ReservedPort::new();
    routeguide(["get-person", "Alice", "--wait", "1h", "--timeout", "300ms"])
        .at(nobody.addr())
        .run()
        .exits(68)
        .prints("")
        .says_one_error();
}

#[test]
fn waiting_in_vain_fails_like_not_waiting() {
    let nobody = ReservedPort::new();
    routeguide(["get-person", "Alice", "--wait", "300ms"])
        .at(nobody.addr())
        .run()
        .exits(1)
        .hints()
        .mentions("connection refused");
}

#[cfg(unix)]
#[test]
fn waiting_reaches_a_server_that_starts_later() {
    let folder = Folder::new();
    let address = folder.socket("guide");
    let client = routeguide(["get-people", "--wait", "1m", "Alice"])
        .at(&address)
        .start();
    // Time for some attempts in vain; none of them is needed for the test to mean something.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let _server = Server::with(["--listen", &address]);
    client.wait().exits(0).prints(ALICE).says("");
}

#[test]
fn a_duration_of_zero_is_wrong_usage() {
    for flag in ["--timeout", "--connect-timeout", "--wait"] {
        routeguide(["get-person", "Alice", flag, "0"])
            .run()
            .exits(2)
            .mentions(flag);
    }
}

#[test]
fn https_is_refused_rather_than_spoken_in_plaintext() {
    routeguide(["get-person", "Alice"])
        .at("https://localhost:1")
        .run()
        .exits(2)
        .hints()
        .mentions("TLS");
}

#[cfg(target_os = "linux")]
mod a_port_that_does_not_answer {
    use super::super::harness::HalfOpenPort;
    use super::*;

    #[test]
    fn a_deadline_that_strikes_while_connecting_is_deadline_exceeded() {
        let port = HalfOpenPort::new();
        routeguide(["get-person", "Alice", "--timeout", "300ms"])
            .at(port.addr())
            .run()
            .exits(68)
            .prints("")
            .says_one_error()
            .mentions("error: DEADLINE_EXCEEDED: ")
            .mentions("connecting");
    }

    #[test]
    fn an_attempt_to_connect_takes_no_longer_than_the_connect_timeout() {
        let port = HalfOpenPort::new();
        routeguide(["get-person", "Alice", "--connect-timeout", "300ms"])
            .at(port.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("300ms")
            .mentions("--connect-timeout");
    }
}
