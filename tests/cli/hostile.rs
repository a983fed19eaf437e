//! A server that breaks the rules in one way after the other, to every kind of method, in plaintext and over TLS. No call
//! may panic, hang, or end with OK; the details of each rule are in `wire`.

use h2::Reason;

use super::harness::{
    END_STREAM, Frame, OK_HEADERS, Outcome, RawCall, RawPeer, RawServer, TlsFront, TlsSetup,
    Trusted, Validity,
};
use super::wire::{call_with_request, reply};

const METHODS: [&str; 3] = ["Echo/Unary", "Repeat", "Chat"];

/// What the server does, and the exit codes that this may lead to.
type Case = (&'static str, &'static [i32], fn(&RawCall));

const INTERNAL: &[i32] = &[77];
const UNAVAILABLE: &[i32] = &[78];

const CASES: &[Case] = &[
    ("bad base64 in the details of a status", &[69], |call| {
        let fields = [("grpc-status", "5"), ("grpc-status-details-bin", "%%%")];
        call.headers(&with(&fields), END_STREAM);
    }),
    ("half a message before OK", INTERNAL, |call| {
        call.open();
        call.data([0, 0, 0, 0, 9, 1]);
        call.end(0);
    }),
    // The HTTP status is all there is: UNKNOWN for 200.
    ("no trailers", &[66], |call| {
        call.open();
        call.data(reply(1));
        call.connection
            .send(&Frame::new(0, END_STREAM, call.stream, []));
    }),
    ("a reset in mid-stream", INTERNAL, |call| {
        call.open();
        call.data(reply(1));
        call.reset(Reason::INTERNAL_ERROR);
    }),
    ("a reset with an unknown code", &[66], |call| {
        call.open();
        let code = 0xbad_u32.to_be_bytes();
        call.connection.send(&Frame::new(3, 0, call.stream, code));
    }),
    // A unary call is made again, on a connection that nobody accepts.
    ("GOAWAY without the call", &[68, 78], |call| {
        call.connection.go_away(0, Reason::NO_ERROR);
    }),
    (
        "GOAWAY with the call, and the end of the connection",
        UNAVAILABLE,
        |call| {
            call.connection.go_away(call.stream, Reason::NO_ERROR);
            call.connection.close();
        },
    ),
    (
        "the end of the connection in mid-message",
        UNAVAILABLE,
        |call| {
            call.open();
            call.data([0, 0, 0, 0, 9, 1]);
            call.connection.close();
        },
    ),
    ("a length of 4 GiB", &[72], |call| {
        call.open();
        call.data([0, 255, 255, 255, 255]);
    }),
    (
        "a compressed message without an encoding",
        INTERNAL,
        |call| {
            call.open();
            call.data([1, 0, 0, 0, 0]);
        },
    ),
    ("a compressed message that is damaged", INTERNAL, |call| {
        let encoding = [("grpc-encoding", "gzip")];
        call.headers(&with(&encoding), 0);
        call.data([1, 0, 0, 0, 2, 1, 2]);
    }),
    ("an encoding that is not known", INTERNAL, |call| {
        let encoding = [("grpc-encoding", "snappy")];
        call.headers(&with(&encoding), 0);
    }),
    ("headers of 100 KB", &[72, 77, 78], |call| {
        let large = "x".repeat(100_000);
        call.headers(&with(&[("x-large", &large)]), 0);
    }),
    ("an unknown status", &[66], |call| {
        call.headers(&with(&[("grpc-status", "99")]), END_STREAM);
    }),
    ("a status that is not a number", &[66], |call| {
        call.headers(&with(&[("grpc-status", "OK")]), END_STREAM);
    }),
    ("HTTP 302", &[66], |call| {
        let fields = [(":status", "302"), ("location", "/login")];
        call.headers(&fields, END_STREAM);
    }),
    ("HTTP 401", &[80], |call| {
        call.headers(&[(":status", "401")], END_STREAM);
    }),
    ("HTTP 503", UNAVAILABLE, |call| {
        call.headers(&[(":status", "503")], END_STREAM);
    }),
    ("a page", &[66], |call| {
        call.headers(&[(":status", "200"), ("content-type", "text/html")], 0);
        call.data(*b"<html>OK</html>");
        call.connection
            .send(&Frame::new(0, END_STREAM, call.stream, []));
    }),
    ("a reply of another type", INTERNAL, |call| {
        call.open();
        call.data([0, 0, 0, 0, 1, 0xff]);
        call.end(0);
    }),
    ("DATA before HEADERS", &[77, 78], |call| {
        call.data(reply(1));
        call.end(0);
    }),
    (
        "a frame for a stream that was never opened",
        &[77, 78],
        |call| {
            call.connection.send(&Frame::new(0, 0, 4001, [0]));
        },
    ),
    ("bytes that are not frames", &[77, 78], |call| {
        call.connection.send_bytes(&[0xff; 64]);
    }),
    ("a frame that is too large", &[72, 77, 78], |call| {
        call.connection
            .send(&Frame::new(0, 0, call.stream, vec![0; 1 << 20]));
    }),
    ("a window that overflows", &[77, 78], |call| {
        call.connection.grant(i32::MAX.cast_unsigned());
        call.connection.grant(i32::MAX.cast_unsigned());
        call.open();
        call.end(13);
    }),
    (
        "a flood of SETTINGS and PING, and then nothing",
        &[68, 77, 78],
        |call| {
            for _ in 0..2_000 {
                call.connection.send(&Frame::settings(&[]));
                call.connection.send(&Frame::new(6, 0, 0, [0; 8]));
            }
        },
    ),
    ("a flood of resets", &[66, 68, 72, 77, 78], |call| {
        for _ in 0..2_000 {
            call.reset(Reason::NO_ERROR);
        }
    }),
    ("nothing", &[68], |_| {}),
    ("headers, and then nothing", &[68], RawCall::open),
];

/// The headers of an answer with these in addition.
fn with<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&OK_HEADERS, fields].concat()
}

#[track_caller]
fn check(name: &str, exits: &[i32], method: &str, outcome: &Outcome) {
    let exit = outcome.status.code();
    let is_expected = exit.is_some_and(|exit| exits.contains(&exit));
    assert!(is_expected, "{name}, {method}: {outcome:#?}");
    assert!(
        !outcome.stderr.contains("panicked"),
        "{name}, {method}: {outcome:#?}"
    );
    assert!(
        outcome.stderr.starts_with("error: "),
        "{name}, {method}: {outcome:#?}"
    );
}

/// Runs a case with each method, with a connection of its own each.
fn run(case: &Case, tls: Option<&Trusted>) {
    let (name, exits, script) = case;
    for method in METHODS {
        let peer = RawPeer::start();
        let command = call_with_request(method).args(["--timeout", "6s"]);
        let front = tls.map(|trusted| {
            let identity = trusted.authority.issue(&["localhost"], Validity::Now);
            TlsFront::start(&peer.addr(), &TlsSetup::new(identity))
        });
        let command = match (&front, tls) {
            (Some(front), Some(trusted)) => trusted.run(command.at(front.addr())),
            _ => command.at(peer.addr()),
        };
        let running = command.start();
        // The connection stays open until the command has ended.
        let call = peer.accept_call();
        script(&call);
        check(name, exits, method, &running.wait());
    }
}

/// Runs all cases, as many at once as there are processors.
fn all(tls: Option<&Trusted>) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers * 4 {
            scope.spawn(|| {
                while let Some(case) =
                    CASES.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    run(case, tls);
                }
            });
        }
    });
}

#[test]
fn in_plaintext() {
    all(None);
}

#[test]
fn over_tls() {
    all(Some(&Trusted::new()));
}

#[test]
fn before_a_call() {
    for (name, server) in [
        (
            "HTTP/1.1",
            RawServer::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK"),
        ),
        (
            "another protocol",
            RawServer::answering(b"220 mail.example.org ESMTP\r\n"),
        ),
        ("zeros", RawServer::answering(&[0; 64])),
        (
            "an endless frame",
            RawServer::answering(b"\xff\xff\xff\x04\0\0\0\0\0"),
        ),
        ("nothing", RawServer::silent()),
    ] {
        for method in METHODS {
            let command = call_with_request(method).args(["--connect-timeout", "500ms"]);
            check(name, &[1, 77, 78], method, &command.at(server.addr()).run());
        }
    }
}
