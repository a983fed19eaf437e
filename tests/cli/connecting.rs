//! Connecting to a server: its address, and how long an attempt may take.

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
fn an_address_argument_overrides_the_environment() {
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

#[cfg(target_os = "linux")]
#[test]
fn an_attempt_to_connect_takes_no_longer_than_the_connect_timeout() {
    let port = super::harness::HalfOpenPort::new();
    routeguide(["get-person", "Alice", "--connect-timeout", "300ms"])
        .at(port.addr())
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
}

#[test]
fn in_process_and_an_address_exclude_each_other() {
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
            .prints("");
    }
}

#[test]
fn in_process_overrides_the_address_in_the_environment() {
    let port = ReservedPort::new();
    routeguide(["get-person", "Alice", "--in-process"])
        .env("ROUTEGUIDE_ADDR", port.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
}
