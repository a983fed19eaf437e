//! Streams: what is sent and printed while they go on, and how they are cancelled.

use h2::Reason;

use super::super::harness::{Http1Peer, RawPeer};
use super::{PROTOCOLS, VERSIONS, answered, call, end, framed, ok, printed, reply};

const TWO: &str = r#"{"name":"a"}{"name":"b"}"#;

#[test]
fn replies_of_a_stream_are_printed_in_their_order() {
    for protocol in PROTOCOLS {
        for version in VERSIONS {
            let program = call(protocol, version, "Repeat").arg("name=a");
            let outcome = answered(program, version, &ok(protocol, &[1, 2, 3]));
            let all = [1, 2, 3].map(printed).concat();
            outcome.exits(0).prints(&all).says("");
        }
    }
}

#[test]
fn a_stream_of_requests_has_one_reply() {
    for protocol in PROTOCOLS {
        for version in VERSIONS {
            let program = call(protocol, version, "Collect").args(["-d", TWO]);
            let outcome = answered(program, version, &ok(protocol, &[2]));
            outcome.exits(0).prints(&printed(2)).says("");
        }
    }
}

#[test]
fn over_http_1_a_method_with_two_streams_sends_first() {
    for protocol in PROTOCOLS {
        for version in VERSIONS {
            let program = call(protocol, version, "Chat").args(["-d", TWO]);
            let outcome = answered(program, version, &ok(protocol, &[1, 2]));
            let notice = match version {
                "1.1" => "over HTTP/1.1, replies may come only after all requests are sent\n",
                _ => "",
            };
            let both = [1, 2].map(printed).concat();
            outcome.exits(0).prints(&both).says(notice);
        }
    }
}

#[test]
fn over_http_2_replies_come_while_requests_are_sent() {
    let peer = RawPeer::start();
    let mut run = call("connect", "2", "Chat")
        .args(["-d", "@-"])
        .at(peer.addr())
        .start();
    run.write(r#"{"name":"a"}"#);
    let call = peer.accept_call();
    call.headers(
        &[
            (":status", "200"),
            ("content-type", "application/connect+proto"),
        ],
        0,
    );
    for received in [1, 2] {
        let names = usize::from(received);
        assert_eq!(call.wait_for_names(names).len(), names);
        call.data(reply(received));
        run.stdout().wait_for(&printed(received));
        run.write(r#"{"name":"b"}"#);
    }
    run.close_stdin();
    call.wait_for_half_close();
    call.data(end("{}"));
    call.finish();
    run.wait().exits(0);
}

#[test]
fn over_http_1_a_reply_is_printed_as_it_comes() {
    let peer = Http1Peer::start();
    let run = call("connect", "1.1", "Repeat")
        .arg("name=a")
        .at(peer.addr())
        .start();
    let mut connection = peer.accept();
    connection.request();
    connection.write(
        "HTTP/1.1 200 OK\r\ncontent-type: application/connect+proto\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for received in [1, 2] {
        connection.write("7\r\n");
        connection.write(reply(received));
        connection.write("\r\n");
        run.stdout().wait_for(&printed(received));
    }
    connection.write("7\r\n");
    connection.write(end("{}"));
    connection.write("\r\n0\r\n\r\n");
    run.wait().exits(0).prints(&[1, 2].map(printed).concat());
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_a_call() {
    for protocol in PROTOCOLS {
        for method in ["Echo/Unary", "Repeat", "Chat"] {
            let peer = RawPeer::start();
            let run = call(protocol, "2", method)
                .args(["-d", r#"{"name":"a"}"#])
                .at(peer.addr())
                .start();
            let call_ = peer.accept_call();
            call_.wait_for_bytes(1);
            run.signal(rustix::process::Signal::INT);
            assert_eq!(call_.wait_for_reset(), Reason::CANCEL);
            run.wait().exits(130).prints("").says("");

            let peer = Http1Peer::start();
            let run = call(protocol, "1.1", method)
                .args(["-d", r#"{"name":"a"}"#])
                .arg("-q")
                .at(peer.addr())
                .start();
            let mut connection = peer.accept();
            connection.request();
            run.signal(rustix::process::Signal::INT);
            connection.wait_for_close();
            run.wait().exits(130).prints("").says("");
        }
    }
}

#[test]
fn the_deadline_ends_a_call() {
    for protocol in PROTOCOLS {
        for method in ["Echo/Unary", "Repeat"] {
            let peer = RawPeer::start();
            let run = call(protocol, "2", method)
                .args(["name=a", "--timeout", "2s"])
                .at(peer.addr())
                .start();
            assert_eq!(peer.accept_call().wait_for_reset(), Reason::CANCEL);
            run.wait().fails("DEADLINE_EXCEEDED").prints("");

            let peer = Http1Peer::start();
            let run = call(protocol, "1.1", method)
                .args(["name=a", "--timeout", "2s"])
                .at(peer.addr())
                .start();
            peer.accept().wait_for_close();
            run.wait().fails("DEADLINE_EXCEEDED").prints("");
        }
    }
}

#[test]
fn enough_replies_end_a_call() {
    for protocol in ["connect", "grpc-web"] {
        let peer = Http1Peer::start();
        let run = call(protocol, "1.1", "Repeat")
            .args(["name=a", "-n", "1"])
            .at(peer.addr())
            .start();
        let mut connection = peer.accept();
        connection.request();
        let kind = super::response(protocol, &[]).headers[0].1;
        connection.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n7\r\n"
        ));
        connection.write(reply(1));
        connection.write("\r\n");
        connection.wait_for_close();
        run.wait().exits(0).prints(&printed(1));
    }
}

#[test]
fn a_request_waits_for_the_window() {
    for (protocol, prefix) in [("connect", 0), ("grpc-web", 5)] {
        let peer = RawPeer::with_window(2);
        let run = call(protocol, "2", "Echo/Unary")
            .arg("name=Alice")
            .at(peer.addr())
            .start();
        let call = peer.accept_call();
        call.wait_for_bytes(2);
        call.connection.sync();
        assert_eq!(call.received(), 2);
        call.grant(100);
        call.wait_for_bytes(7 + prefix);
        call.wait_for_half_close();
        let body = call.frames().concat();
        let message = b"\x0a\x05Alice";
        assert_eq!(
            body,
            match protocol {
                "connect" => message.to_vec(),
                _ => framed(0, message),
            }
        );
        drop(call);
        run.wait();
    }
}

#[test]
fn a_server_that_answers_early_ends_the_call() {
    let peer = Http1Peer::start();
    let mut run = call("connect", "1.1", "Collect")
        .args(["-d", "@-"])
        .at(peer.addr())
        .start();
    run.write(r#"{"name":"a"}"#);
    let mut connection = peer.accept();
    connection.wait_for_head_and(1);
    let last = end(r#"{"error":{"code":"permission_denied","message":"no"}}"#);
    connection.respond(
        "200",
        &[("content-type", "application/connect+proto")],
        &last,
    );
    run.wait().fails("PERMISSION_DENIED");
}
