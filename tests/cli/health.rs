//! `health`: whether a server, or a service, is serving.

use tonic_health::ServingStatus::{NotServing, Serving};

use super::harness::{Echo, Outcome, RawPeer, ReservedPort, Server, frame, routeguide};

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

#[test]
fn list_prints_every_service_with_its_status() {
    let server = Server::start();
    routeguide(["health", "--list"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints("(server) SERVING\nRouteGuide SERVING\n")
        .says("");
}

/// An entry of `HealthListResponse.statuses`.
fn listed(service: &str, status: u8) -> Vec<u8> {
    let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let mut entry = vec![0x0a, len(service.as_bytes())];
    entry.extend(service.as_bytes());
    entry.extend([0x12, 2, 0x08, status]);
    let mut field = vec![0x0a, len(&entry)];
    field.extend(entry);
    field
}

/// What `health --list` makes of a server that lists these.
fn list(services: &[(&str, u8)]) -> Outcome {
    let peer = RawPeer::start();
    let run = routeguide(["health", "--list"]).at(peer.addr()).start();
    let call = peer.accept_call();
    call.open();
    let entries = services.iter();
    let reply: Vec<u8> = entries
        .flat_map(|(service, status)| listed(service, *status))
        .collect();
    call.data(frame(&reply).to_vec());
    call.end(0);
    run.wait()
}

#[test]
fn list_is_sorted_and_exits_1_if_a_service_is_not_serving() {
    list(&[("b.B", 2), ("", 1), ("a.A", 1)])
        .exits(1)
        .prints("(server) SERVING\na.A SERVING\nb.B NOT_SERVING\n")
        .says("error: service \"b.B\" is NOT_SERVING\n");
}

#[test]
fn list_counts_services_that_are_not_serving() {
    list(&[("b.B", 2), ("", 1), ("a.A", 0)])
        .exits(1)
        .prints("(server) SERVING\na.A UNKNOWN\nb.B NOT_SERVING\n")
        .says("error: 2 of 3 are not SERVING\n");
}

#[test]
fn list_of_nothing_is_an_error() {
    list(&[])
        .exits(1)
        .prints("")
        .says("error: the server lists no services\n");
}

#[test]
fn list_cannot_be_forged_by_a_name() {
    list(&[("a\nb SERVING", 1)])
        .exits(0)
        .prints("a\\nb SERVING SERVING\n");
}

#[test]
fn list_says_that_a_server_does_not_implement_it() {
    let echo = Echo::silent();
    let outcome = routeguide(["health", "--list"]).at(echo.addr()).run();
    outcome.fails("UNIMPLEMENTED").prints("");
    let hint =
        "hint: the server does not implement List of grpc.health.v1.Health; check one service";
    assert!(outcome.stderr.contains(hint), "{outcome:#?}");
}

#[test]
fn list_is_for_all_services_and_once() {
    for other in ["--watch", "RouteGuide"] {
        routeguide(["health", "--list", other])
            .run()
            .exits(2)
            .prints("")
            .says_one_error();
    }
}
