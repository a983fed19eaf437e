//! `health`: whether a server, or a service, is serving.

use tonic_health::ServingStatus::{NotServing, Serving};

use super::harness::{Echo, RawPeer, ReservedPort, Server, frame, routeguide};

#[test]
fn serving_exits_0() {
    let echo = Echo::silent();
    routeguide(["health"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("SERVING\n")
        .says("");
}

#[test]
fn not_serving_exits_1() {
    let echo = Echo::silent();
    echo.set_health("", NotServing);
    routeguide(["health"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("NOT_SERVING\n")
        .says("error: the server is NOT_SERVING\n");
}

#[test]
fn a_service_has_its_own_status() {
    let echo = Echo::silent();
    echo.set_health("test.echo.v1.Echo", NotServing);
    routeguide(["health", "test.echo.v1.Echo"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("NOT_SERVING\n");
}

#[test]
fn our_own_server_is_serving() {
    let server = Server::start();
    for service in [&[][..], &["RouteGuide"]] {
        routeguide(["health"])
            .args(service)
            .at(server.addr())
            .run()
            .exits(0)
            .prints("SERVING\n");
    }
}

#[test]
fn nothing_listening_is_a_failure_to_connect() {
    let port = ReservedPort::new();
    routeguide(["health"])
        .at(port.addr())
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
}

#[test]
fn headers_are_sent_with_the_call() {
    let echo = Echo::silent();
    routeguide(["health", "-H", "x-a: b"])
        .at(echo.addr())
        .run()
        .exits(0);
    assert_eq!(echo.arrivals("Health/Check")[0].header("x-a"), ["b"]);
}

#[cfg(unix)]
#[test]
fn watching_prints_every_change_until_ctrl_c() {
    let echo = Echo::silent();
    let run = routeguide(["health", "--watch"]).at(echo.addr()).start();
    run.stdout().wait_for("SERVING\n");
    echo.set_health("", NotServing);
    run.stdout().wait_for("SERVING\nNOT_SERVING\n");
    echo.set_health("", Serving);
    run.stdout().wait_for("SERVING\nNOT_SERVING\nSERVING\n");
    run.signal(rustix::process::Signal::INT);
    run.wait()
        .exits(130)
        .prints("SERVING\nNOT_SERVING\nSERVING\n")
        .says("");
}

#[test]
fn watching_a_server_that_goes_away_is_an_error() {
    let mut server = Server::start();
    let run = routeguide(["health", "--watch"]).at(server.addr()).start();
    run.stdout().wait_for("SERVING\n");
    server.kill();
    run.wait().fails("UNAVAILABLE").prints("SERVING\n");
}

#[test]
fn in_process_needs_no_server() {
    routeguide(["health", "--in-process"])
        .run()
        .exits(0)
        .prints("SERVING\n")
        .says("");
}

#[test]
fn a_status_before_a_failure_is_not_printed() {
    let peer = RawPeer::start();
    let run = routeguide(["health", "Foo"]).at(peer.addr()).start();
    let call = peer.accept_call();
    call.open();
    // grpcio's server sends an empty reply with NOT_FOUND.
    call.data(frame(b"").to_vec());
    call.end(5);
    let outcome = run.wait();
    outcome.exits(69).prints("");
    assert!(
        outcome.stderr.starts_with("error: NOT_FOUND"),
        "{outcome:#?}"
    );
}
