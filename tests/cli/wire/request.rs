//! The request headers: those of gRPC, and the deadline.

use std::time::Duration;

use super::super::harness::{Call, Peer, frame, grpc_timeout, grpc_timeout_unit};
use super::{KINDS, call, printed};

/// Answers a call with a reply.
fn answer(mut call: Call) {
    call.open();
    call.send(frame(&[0x10, 1]));
    call.end(0, "");
}

#[test]
fn the_headers_are_those_of_grpc() {
    for method in KINDS {
        let (sender, headers) = std::sync::mpsc::channel();
        let sender = std::sync::Mutex::new(sender);
        let peer = Peer::playing(move |call| {
            let names = ["content-type", "te", "user-agent", "grpc-timeout"];
            let seen = names.map(|name| call.header(name));
            sender
                .lock()
                .unwrap()
                .send((call.path().to_owned(), seen))
                .unwrap();
            answer(call);
            std::future::ready(())
        });
        call(method)
            .args(["-d", "{}"])
            .at(peer.addr())
            .run()
            .exits(0)
            .prints(&printed(1));
        let (path, [content_type, te, user_agent, timeout]) = headers.recv().unwrap();
        let method = method.rsplit('/').next().unwrap();
        assert_eq!(path, format!("/test.echo.v1.Echo/{method}"));
        assert!(["application/grpc", "application/grpc+proto"].contains(&content_type.as_str()));
        assert_eq!(te, "trailers");
        assert!(!user_agent.is_empty());
        assert_eq!(timeout, "", "no deadline was given");
    }
}

#[test]
fn a_deadline_has_at_most_eight_digits_and_is_not_later_than_requested() {
    const HOUR: u64 = 3_600;
    for (flag, asked) in [
        ("100s", 100),
        ("30h", 30 * HOUR),
        ("1000d", 24_000 * HOUR),
        // The longest duration that --timeout accepts.
        ("99999999s", 99_999_999),
    ] {
        let peer = Peer::playing(|call| async move {
            let timeout = call.header("grpc-timeout");
            call.end(9, &timeout);
        });
        let outcome = call("Echo/Unary")
            .args(["--timeout", flag])
            .at(peer.addr())
            .run();
        let sent = outcome
            .exits(73)
            .stderr
            .trim()
            .strip_prefix("error: FAILED_PRECONDITION: ")
            .expect("the header")
            .to_owned();
        assert!((2..=9).contains(&sent.len()), "{sent}");
        let asked = Duration::from_secs(asked);
        // A minute for the program to start, and the precision of the header.
        let sent_timeout = grpc_timeout(&sent);
        assert!(sent_timeout <= asked, "{sent}");
        assert!(
            asked <= sent_timeout + Duration::from_mins(1) + grpc_timeout_unit(&sent),
            "{sent}"
        );
    }
}
