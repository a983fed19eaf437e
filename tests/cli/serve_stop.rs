//! Stopping `serve`: calls in flight finish, and the server always exits, whatever its clients do.

use std::net::TcpStream;

use rustix::process::Signal;

use super::harness::{ALICE, BOB, Server, block_on, routeguide, wait_for};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[test]
fn sigterm_and_ctrl_c_exit_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start();
        server.signal(signal);
        let listening = format!("serving 2 people\nlistening on {}\n", server.addr());
        server
            .into_running()
            .wait()
            .exits(0)
            .prints("")
            .says(&format!("{listening}stopping\n"));
    }
}

#[test]
fn calls_in_flight_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::started(["--grace", "1h"]);
        let mut client = routeguide(["get-people"]).at(server.addr()).start();
        client.write("Alice\n").stdout().wait_for(ALICE);
        server.signal(signal);
        server
            .stderr()
            .wait_for("stopping: waiting up to 1h for 1 call; a second signal exits at once\n");
        client.write("Bob\n").stdout().wait_for(BOB);
        client.close_stdin();
        client.wait().exits(0).says("");
        server.into_running().wait().exits(0);
    }
}

#[test]
fn new_connections_are_refused_while_calls_in_flight_finish() {
    let server = Server::started(["--grace", "1h"]);
    let mut client = routeguide(["get-people"]).at(server.addr()).start();
    client.write("Alice\n").stdout().wait_for(ALICE);
    server.signal(Signal::TERM);
    wait_for("connections to be refused", || {
        TcpStream::connect(server.addr()).is_err()
    });
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(1)
        .prints("");
}

#[test]
fn calls_that_exceed_the_grace_period_end_with_unavailable() {
    let server = Server::started(["--grace", "1s"]);
    let mut client = routeguide(["get-people"]).at(server.addr()).start();
    client.write("Alice\n").stdout().wait_for(ALICE);
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
    client.wait().fails("UNAVAILABLE").prints(ALICE);
}

#[test]
fn a_client_that_stops_reading_does_not_delay_the_exit() {
    let server = Server::started(["--grace", "100ms"]);
    let mut client = routeguide(["get-people"]).at(server.addr()).start();
    client.feed_for_ever("Alice\n");
    client.stdout().wait_for(ALICE);
    // Its connection stays open, and is not read.
    client.signal(Signal::STOP);
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
}

#[test]
fn a_health_watch_sees_not_serving_and_does_not_delay_the_exit() {
    let server = Server::started(["--grace", "1s"]);
    block_on(async {
        let mut client = HealthClient::new(server.channel().await);
        let request = HealthCheckRequest {
            service: "RouteGuide".to_owned(),
        };
        let mut watch = client.watch(request).await.unwrap().into_inner();
        let status = watch.message().await.unwrap().unwrap().status();
        assert_eq!(status.as_str_name(), "SERVING");
        server.signal(Signal::TERM);
        let status = watch.message().await.unwrap().unwrap().status();
        assert_eq!(status.as_str_name(), "NOT_SERVING");
        let end = watch.message().await.unwrap_err();
        assert_eq!(end.code(), tonic::Code::Unavailable);
    });
    server.into_running().wait().exits(0);
}

#[test]
fn a_second_signal_exits_at_once() {
    for (second, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::started(["--grace", "1h"]);
        let mut client = routeguide(["get-people"]).at(server.addr()).start();
        client.write("Alice\n").stdout().wait_for(ALICE);
        server.signal(Signal::INT);
        server.stderr().wait_for("stopping");
        server.signal(second);
        server.into_running().wait().exits(code);
        client.wait().fails("UNAVAILABLE").prints(ALICE);
    }
}
