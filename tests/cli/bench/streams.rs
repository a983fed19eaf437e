//! Methods with streams.

use std::time::Duration;

use serde_json::Value;

use super::super::harness::{Peer, routeguide};
use super::{Figures as _, PROTOS, number};

fn stream(peer: &Peer, args: &str) -> Value {
    routeguide(["bench", "GetPeople", "name=Alice", "-o", "json"])
        .args(args.split_whitespace())
        .args(PROTOS)
        .at(peer.addr())
        .run()
        .exits(0)
        .figures()
}

#[test]
fn a_stream_has_as_many_messages_as_were_asked_for() {
    let peer = Peer::echoing();
    let figures = stream(&peer, "-n 10 -c 2 --messages 30");
    assert_eq!(number(&figures, "/messages/sent"), 300.0);
    assert_eq!(number(&figures, "/messages/received"), 300.0);
    assert_eq!(number(&figures, "/first_message/count"), 10.0);
    assert_eq!(number(&figures, "/between_messages/count"), 290.0);
    assert_eq!(figures["kind"], "bidi_streaming");
}

/// The peer answers only what was sent by then, so a client that does not wait would get fewer rounds.
#[test]
fn with_ping_pong_each_message_waits_for_its_reply() {
    let peer = Peer::echoing();
    let figures = stream(&peer, "-n 4 -c 1 --messages 25 --ping-pong");
    assert_eq!(number(&figures, "/message/count"), 100.0);
    assert_eq!(number(&figures, "/messages/received"), 100.0);
    assert_eq!(figures["load"]["ping_pong"], true);
}

#[test]
fn with_ping_pong_a_further_reply_to_a_message_is_no_reply_to_the_next() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        while let Some(name) = call.name().await {
            call.reply(&name);
            call.reply(&name);
        }
        call.end(0, "");
    });
    let figures = stream(&peer, "-n 2 -c 1 --messages 10 --ping-pong");
    assert_eq!(number(&figures, "/messages/sent"), 20.0);
    assert_eq!(number(&figures, "/message/count"), 20.0);
}

#[test]
fn a_stream_that_the_server_ends_early_is_a_call() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("one");
        call.reply("two");
        call.end(0, "");
    });
    let figures = stream(&peer, "-n 20 -c 2 --messages 1000");
    assert_eq!(number(&figures, "/calls/ok"), 20.0);
    assert_eq!(number(&figures, "/messages/received"), 40.0);
}

/// A server whose streams do not end by themselves.
fn endless() -> Peer {
    Peer::playing(|mut call| async move {
        call.open();
        // Until the call is reset.
        loop {
            call.reply("again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

#[test]
fn streams_that_do_not_end_are_measured_and_have_succeeded() {
    let peer = endless();
    let figures = stream(&peer, "-c 2 -D 500ms");
    assert_eq!(number(&figures, "/calls/cut_off"), 2.0);
    assert_eq!(number(&figures, "/first_message/count"), 2.0);
    let text = routeguide(["bench", "GetPeople", "name=Alice", "-c", "2", "-D", "300ms"])
        .args(PROTOS)
        .at(peer.addr())
        .run();
    text.exits(0);
    assert!(text.stdout.contains("No call ended."), "{}", text.stdout);
    assert!(text.stdout.contains("first msg"), "{}", text.stdout);
}

#[test]
fn messages_of_streams_that_began_in_the_warm_up_are_counted() {
    let peer = endless();
    let figures = stream(&peer, "-c 2 --warmup 300ms -D 500ms");
    assert!(number(&figures, "/messages/received") > 10.0, "{figures:#}");
    assert!(number(&figures, "/between_messages/count") > 10.0);
}

#[test]
fn streams_whose_only_reply_came_in_the_warm_up_have_succeeded() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("once");
        // Until the call is reset.
        std::future::pending::<()>().await;
    });
    let figures = stream(&peer, "-c 2 --warmup 500ms -D 300ms");
    assert_eq!(number(&figures, "/calls/answered"), 2.0);
}
