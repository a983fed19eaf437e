//! PINGs: a flood of them, those that come too often, and those that measure a network.

use super::attacker::{Attacker, ENHANCE_YOUR_CALM, Flood, GET_PEOPLE, name};
use super::beside::Victim;
use super::harness::Server;
use super::harness::raw::frame::{Frame, PING};

fn ping() -> Frame {
    Frame::new(PING, 0, 0, [7; 8])
}

/// What grpc-go says too, and gRPC clients understand: they double their interval (gRFC A8).
#[track_caller]
fn is_told_that_it_pings_too_often(attacker: &Attacker) {
    let told = (ENHANCE_YOUR_CALM, "too_many_pings".to_owned());
    assert_eq!(attacker.wait_for_end(), Some(told));
}

#[test]
fn three_million_are_cut_off() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let attacker = Attacker::connect(victim.addr());
            let flood = attacker.flood(&[ping()], 3_000_000);
            assert_eq!(flood, Flood::CutOff);
            is_told_that_it_pings_too_often(&attacker);
        }
    });
}

/// The answers are not read: the server must not collect them.
#[test]
fn three_million_from_a_client_that_does_not_read_are_cut_off() {
    Victim::with([]).withstands(|victim| {
        let attacker = Attacker::deaf(victim.addr(), &[]);
        let flood = attacker.flood(&[ping()], 3_000_000);
        assert_ne!(flood, Flood::Taken);
        victim.hold();
    });
}

/// Beyond two strikes, as in grpc-go.
#[test]
fn pings_within_the_interval_are_cut_off() {
    let server = Server::started(["--min-ping-interval", "1h"]);
    for has_call in [false, true] {
        let mut attacker = Attacker::connect(server.addr());
        if has_call {
            attacker.open(GET_PEOPLE);
        }
        for _ in 0..10 {
            attacker.send(&ping());
        }
        is_told_that_it_pings_too_often(&attacker);
    }
}

#[test]
fn a_first_ping_is_answered() {
    let server = Server::started(["--min-ping-interval", "1h"]);
    let mut client = Attacker::connect(server.addr());
    client.send(&ping());
    client.wait("the answer to a PING", |seen| seen.pongs == 1);
    assert!(client.call());
}

/// grpc-go and grpcio measure the bandwidth with a PING when data arrives. That is not counted, as in grpc-go's server.
#[test]
fn pings_that_follow_replies_are_answered() {
    let server = Server::started(["--min-ping-interval", "1h"]);
    let mut client = Attacker::connect(server.addr());
    let stream = client.open(GET_PEOPLE);
    for round in 1..=100 {
        assert!(client.call(), "cut off after {round} PINGs");
        client.data(stream, name("Alice"), 0);
        client.send(&ping());
        client.wait("the answer to a PING", |seen| {
            seen.closed || seen.pongs == round
        });
    }
    assert!(client.call());
}
