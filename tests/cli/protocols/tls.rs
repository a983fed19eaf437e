//! Over TLS, ALPN decides between HTTP/1.1 and HTTP/2.

use super::super::harness::{Http1Peer, RawPeer, TlsFront, TlsSetup, Trusted, Validity};
use super::{call, printed};

const PROTO: [(&str, &str); 1] = [("content-type", "application/proto")];
const REPLY: [u8; 2] = [0x10, 1];

/// What servers choose from, the best first.
const HTTP_1: &[&[u8]] = &[b"http/1.1"];
const HTTP_2: &[&[u8]] = &[b"h2"];
const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

fn setup(trusted: &Trusted, alpn: &'static [&'static [u8]]) -> TlsSetup {
    let identity = trusted.authority.issue(&["localhost"], Validity::Now);
    TlsSetup {
        alpn,
        ..TlsSetup::new(identity)
    }
}

#[test]
fn a_server_that_does_not_choose_http_2_is_called_over_http_1() {
    let trusted = Trusted::new();
    for (version, alpn, shown) in [
        ("auto", HTTP_1, "ALPN http/1.1"),
        ("1.1", BOTH, "ALPN http/1.1"),
        ("auto", &[], ", no ALPN in "),
    ] {
        let peer = Http1Peer::start();
        let front = TlsFront::start(&peer.addr(), &setup(&trusted, alpn));
        let program = call("connect", version, "Echo/Unary").args(["name=a", "-v"]);
        let run = trusted.run(program).at(front.addr()).start();
        let mut connection = peer.accept();
        connection.request();
        connection.respond("200", &PROTO, &REPLY);
        let outcome = run.wait();
        outcome.exits(0).prints(&printed(1));
        assert!(outcome.stderr.contains(shown), "{outcome:#?}");
        assert!(outcome.stderr.contains("* Connect over HTTP/1.1\n"));
    }
}

#[test]
fn a_server_that_has_both_is_called_over_http_2() {
    let trusted = Trusted::new();
    let peer = RawPeer::start();
    let front = TlsFront::start(&peer.addr(), &setup(&trusted, BOTH));
    let program = call("connect", "auto", "Echo/Unary").args(["name=a", "-v"]);
    let run = trusted.run(program).at(front.addr()).start();
    let call = peer.accept_call();
    call.headers(&[(":status", "200"), PROTO[0]], 0);
    call.data(REPLY);
    call.finish();
    let outcome = run.wait();
    outcome.exits(0).prints(&printed(1));
    assert!(
        outcome.stderr.contains("* Connect over HTTP/2\n"),
        "{outcome:#?}"
    );
}

#[test]
fn a_server_without_the_version_asked_for_is_not_called() {
    let trusted = Trusted::new();
    for (version, alpn, name) in [("2", HTTP_1, "HTTP/2"), ("1.1", HTTP_2, "HTTP/1.1")] {
        let peer = RawPeer::start();
        let front = TlsFront::start(&peer.addr(), &setup(&trusted, alpn));
        let program = call("connect", version, "Echo/Unary").arg("name=a");
        let outcome = trusted.run(program).at(front.addr()).run();
        outcome.exits(1);
        let why = format!("the server did not agree to {name} in the TLS handshake");
        assert!(outcome.stderr.contains(&why), "{outcome:#?}");
    }
}

/// As behind a balancer, where not all servers have the same.
#[test]
fn further_connections_speak_the_version_of_the_first() {
    let trusted = Trusted::new();
    let peer = Http1Peer::start();
    let (first, then) = (setup(&trusted, HTTP_1), setup(&trusted, BOTH));
    let front = TlsFront::changing(&peer.addr(), &first, &then);
    let program = call("connect", "auto", "Echo/Unary").args([
        "-d",
        r#"{"name":"a"}{"name":"b"}"#,
        "--concurrency",
        "2",
    ]);
    let run = trusted.run(program).at(front.addr()).start();
    let mut both = [peer.accept(), peer.accept()];
    for connection in &mut both {
        connection.request();
    }
    for connection in &mut both {
        connection.respond("200", &PROTO, &REPLY);
    }
    run.wait().exits(0).prints(&printed(1).repeat(2));
    assert_eq!(front.chosen(), ["http/1.1", "http/1.1"]);
}
