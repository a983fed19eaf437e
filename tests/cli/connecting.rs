//! Reaching a server: where it is, and how long an attempt may take.

use super::harness::{ALICE, Folder, ReservedPort, Server, routeguide};

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
fn an_address_argument_wins_over_the_environment() {
    let server = Server::start();
    let port = ReservedPort::new();
    routeguide(["get-person", "Alice", "-a", server.addr()])
        .env("ROUTEGUIDE_ADDR", port.addr())
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
fn a_port_alone_is_on_localhost() {
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
    let port = ReservedPort::new();
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(port.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions(&port.addr())
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
fn a_duration_of_zero_is_wrong_usage() {
    for flag in ["--timeout", "--connect-timeout", "--wait"] {
        routeguide(["get-person", "Alice", flag, "0"])
            .run()
            .exits(2)
            .mentions(flag);
    }
}

#[test]
fn https_is_refused_instead_of_spoken_in_plaintext() {
    routeguide(["get-person", "Alice"])
        .at("https://localhost:1")
        .run()
        .exits(2)
        .hints()
        .mentions("TLS");
}

#[cfg(target_os = "linux")]
#[test]
fn an_attempt_to_connect_takes_no_longer_than_the_connect_timeout() {
    let port = super::harness::HalfOpenPort::new();
    routeguide(["get-person", "Alice", "--connect-timeout", "300ms"])
        .at(port.addr())
        .run()
        .exits(1)
        .prints("")
        .hints()
        .mentions("300ms")
        .mentions("--connect-timeout");
}

#[test]
fn a_server_in_this_process_beside_an_address_is_wrong_usage() {
    for command in [
        &["get-person", "Alice"][..],
        &["get-people", "Alice"],
        &["list"],
        &["describe"],
        &["call", "GetPerson"],
        &["health"],
    ] {
        routeguide(command)
            .args(["--in-process", "--addr", "localhost:50051"])
            .run()
            .exits(2)
            .prints("")
            .mentions("--in-process")
            .mentions("--addr");
    }
}

#[test]
fn a_server_in_this_process_wins_over_the_address_in_the_environment() {
    let port = ReservedPort::new();
    routeguide(["get-person", "Alice", "--in-process"])
        .env("ROUTEGUIDE_ADDR", port.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
}
