//! `health`: a server or a service that is not serving.

use insta::assert_snapshot;
use tonic_health::ServingStatus;

use super::super::harness::{Echo, Peer, frame, routeguide};
use super::transcript;

#[test]
fn it_is_not_serving() {
    let echo = Echo::silent();
    echo.set_health("", ServingStatus::NotServing);
    echo.set_health("test.echo.v1.Echo", ServingStatus::Unknown);
    assert_snapshot!(transcript([
        routeguide(["health"]).at(echo.addr()),
        routeguide(["health", "test.echo.v1.Echo"]).at(echo.addr()),
    ]), @r#"
    $ routeguide health --addr 127.0.0.1:[PORT]
    [stdout]
    NOT_SERVING
    [stderr]
    error: the server is NOT_SERVING
    [exit code 1]

    $ routeguide health test.echo.v1.Echo --addr 127.0.0.1:[PORT]
    [stdout]
    UNKNOWN
    [stderr]
    error: service "test.echo.v1.Echo" is UNKNOWN
    [exit code 1]
    "#);
}

#[test]
fn the_server_does_not_know_the_service() {
    let echo = Echo::silent();
    assert_snapshot!(transcript([
        routeguide(["health", "no.Such"]).at(echo.addr()),
    ]), @r#"
    $ routeguide health no.Such --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: service not registered
    hint: the server does not know service "no.Such"; names are in full, as routeguide list prints them
    [exit code 69]
    "#);
}

#[test]
fn the_server_lists_a_service_of_a_similar_name() {
    let echo = Echo::start();
    echo.set_health("test.echo.v1.Echo", ServingStatus::Serving);
    assert_snapshot!(transcript(["Ecoh", "Echo", "test.echo.v1.Mirror"].map(|service| {
        routeguide(["health", service]).at(echo.addr())
    })), @r#"
    $ routeguide health Ecoh --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: service not registered
    hint: did you mean test.echo.v1.Echo?
    [exit code 69]

    $ routeguide health Echo --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: service not registered
    hint: did you mean test.echo.v1.Echo?
    [exit code 69]

    $ routeguide health test.echo.v1.Mirror --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: service not registered
    hint: the server has the service, and does not report its health
    [exit code 69]
    "#);
}

#[test]
fn the_server_does_not_have_health() {
    let peer = Peer::failing(12, "");
    assert_snapshot!(transcript([
        routeguide(["health"]).at(peer.addr()),
        routeguide(["health", "--watch"]).at(peer.addr()),
    ]), @"
    $ routeguide health --addr 127.0.0.1:[PORT]
    error: UNIMPLEMENTED
    hint: the server does not implement grpc.health.v1.Health
    [exit code 76]

    $ routeguide health --watch --addr 127.0.0.1:[PORT]
    error: UNIMPLEMENTED
    hint: the server does not implement grpc.health.v1.Health
    [exit code 76]
    ");
}

#[test]
fn the_server_answers_with_something_else() {
    let bad = Peer::playing(|mut call| async move {
        call.open();
        call.send(frame(b"\xff"));
        call.wait_for_reset().await;
    });
    let none = Peer::playing(|mut call| async move {
        call.open();
        call.end(0, "");
    });
    assert_snapshot!(transcript([
        routeguide(["health"]).at(bad.addr()),
        routeguide(["health", "--watch"]).at(none.addr()),
    ]), @"
    $ routeguide health --addr 127.0.0.1:[PORT]
    error: INTERNAL: the server's message is not a valid HealthCheckResponse
    [exit code 77]

    $ routeguide health --watch --addr 127.0.0.1:[PORT]
    error: INTERNAL: the server ended the watch without a status
    [exit code 77]
    ");
}
