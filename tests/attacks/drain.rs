//! A drain beside clients that do not help: `tests/cli/serve_stop.rs` has those that do.

use std::io::Write as _;
use std::net::TcpStream;

use prost::Message as _;
use rustix::process::Signal;
use tonic_health::pb::HealthCheckRequest;

use super::attacker::{Attacker, GET_PEOPLE, name};
use super::client::{Call, Client};
use super::harness::raw::frame::PREFACE;
use super::harness::{Server, block_on, frame, routeguide};

const WATCH: &str = "/grpc.health.v1.Health/Watch";
const CHECK: &str = "/grpc.health.v1.Health/Check";
const UNAVAILABLE: Option<u32> = Some(14);

/// A prefix, and `status: NOT_SERVING`.
const A_STATUS: usize = 5 + 2;

fn about_route_guide() -> Vec<u8> {
    let request = HealthCheckRequest {
        service: "RouteGuide".to_owned(),
    };
    frame(&request.encode_to_vec()).to_vec()
}

async fn watch(client: &mut Client) -> Call {
    let mut call = client.start(WATCH, &[]).await.unwrap();
    call.send(about_route_guide());
    call.half_close();
    assert_eq!(call.reply().await.unwrap(), Some(A_STATUS));
    call
}

/// Watching is not work: it is told NOT_SERVING, then ends, and the grace is not used.
#[test]
fn a_health_watch_does_not_use_the_grace() {
    let server = Server::started(["--grace", "1h"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = watch(&mut client).await;
        server.signal(Signal::TERM);
        assert_eq!(call.reply().await.unwrap(), Some(A_STATUS));
        let end = call.end().await.unwrap();
        assert_eq!((end.code, end.bytes), (UNAVAILABLE, 0));
        server.into_running().wait().exits(0);
    });
}

#[test]
fn an_endless_stream_ends_with_unavailable_after_the_grace() {
    let server = Server::started(["--grace", "1s"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = client.start(GET_PEOPLE, &[]).await.unwrap();
        call.send(name("Alice"));
        assert!(call.reply().await.unwrap().is_some());
        server.signal(Signal::TERM);
        while call.reply().await.unwrap().is_some() {
            call.send(name("Alice"));
        }
        assert_eq!(call.end().await.unwrap().code, UNAVAILABLE);
        server.into_running().wait().exits(0);
    });
}

/// Stops a server that has a connection on which nothing happens.
#[track_caller]
fn does_not_delay_the_exit<T>(connect: impl FnOnce(&Server) -> T) {
    let server = Server::started(["--grace", "1h", "--handshake-timeout", "1h"]);
    let connection = connect(&server);
    // Connections are accepted in order.
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0);
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
    drop(connection);
}

#[test]
fn a_connection_without_a_byte_does_not_delay_the_exit() {
    does_not_delay_the_exit(|server| TcpStream::connect(server.addr()).unwrap());
}

#[test]
fn half_a_preface_does_not_delay_the_exit() {
    does_not_delay_the_exit(|server| {
        let mut socket = TcpStream::connect(server.addr()).unwrap();
        socket.write_all(&PREFACE[..12]).unwrap();
        socket
    });
}

/// Nor does it answer the PING after GOAWAY.
#[test]
fn a_client_without_calls_that_does_not_answer_does_not_delay_the_exit() {
    does_not_delay_the_exit(|server| Attacker::connect(server.addr()));
}

/// Time for a load balancer to see NOT_SERVING and send its clients elsewhere.
#[test]
fn clients_are_served_during_the_drain_delay() {
    let server = Server::started(["--drain-delay", "1h"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = watch(&mut client).await;
        server.signal(Signal::TERM);
        assert_eq!(call.reply().await.unwrap(), Some(A_STATUS));
        client.get_person().await.unwrap();
        let mut another = Client::connect(server.addr()).await;
        another.get_person().await.unwrap();
        let end = another.unary(CHECK, &[], about_route_guide()).await;
        assert_eq!(end.unwrap().bytes, A_STATUS);
        server.signal(Signal::TERM);
        server.into_running().wait().exits(143);
    });
}

#[test]
fn the_drain_follows_the_delay() {
    let server = Server::started(["--drain-delay", "500ms", "--grace", "1h"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = watch(&mut client).await;
        server.signal(Signal::TERM);
        assert_eq!(call.end().await.unwrap().code, UNAVAILABLE);
        server.into_running().wait().exits(0);
    });
}
