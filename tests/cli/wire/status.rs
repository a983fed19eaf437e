//! How a call ends: with the status in its trailers, or with an error if that or the replies are wrong.

use super::super::harness::{END_STREAM, OK_HEADERS, RawCall, frame};
use super::{answered, printed, reply};

/// The response headers of gRPC, and more.
fn headers<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    OK_HEADERS.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn a_status_in_the_headers_counts_if_the_stream_ends_with_them() {
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        let outcome = answered(method, |call| {
            let fields = headers(&[("grpc-status", "5"), ("grpc-message", "gone")]);
            call.headers(&fields, END_STREAM);
        });
        outcome
            .exits(69)
            .prints("")
            .says("error: NOT_FOUND: gone\n");
    }
}

#[test]
fn a_status_in_the_headers_does_not_count_if_the_stream_continues() {
    for (in_headers, in_trailers, exit) in [("5", 0, 0), ("0", 5, 69)] {
        let outcome = answered("Repeat", |call| {
            call.headers(&headers(&[("grpc-status", in_headers)]), 0);
            call.data(reply(1));
            call.end(in_trailers);
        });
        outcome.exits(exit).prints(&printed(1));
    }
}

#[test]
fn a_status_in_the_headers_does_not_replace_the_trailers() {
    for in_headers in ["0", "5"] {
        let outcome = answered("Repeat", |call| {
            call.headers(&headers(&[("grpc-status", in_headers)]), 0);
            call.data(reply(1));
            call.connection.send(&empty_end(call));
        });
        outcome.fails("UNKNOWN").prints(&printed(1));
    }
}

/// DATA that ends the stream without trailers.
fn empty_end(call: &RawCall) -> super::super::harness::Frame {
    super::super::harness::Frame::new(0, END_STREAM, call.stream, [])
}

#[test]
fn trailers_without_a_status_are_unknown() {
    let outcome = answered("Repeat", |call| {
        call.open();
        call.data(reply(1));
        call.headers(&[("x-trace", "1")], END_STREAM);
    });
    outcome.fails("UNKNOWN").prints(&printed(1));
}

#[test]
fn a_status_that_grpc_does_not_define_is_unknown() {
    for status in [
        "99",
        "17",
        "-1",
        "",
        "abc",
        "5x",
        "4294967301",
        "18446744073709551616",
    ] {
        let outcome = answered("Repeat", |call| {
            call.open();
            call.data(reply(1));
            call.headers(&[("grpc-status", status)], END_STREAM);
        });
        outcome.fails("UNKNOWN").prints(&printed(1));
    }
}

#[test]
fn a_message_is_percent_decoded() {
    for (encoded, decoded) in [
        ("caf%C3%A9 %e2%98%83", "café ☃"),
        ("100% sure, 5%", "100% sure, 5%"),
        ("%zz", "%zz"),
    ] {
        let outcome = answered("Echo/Unary", |call| {
            let fields = headers(&[("grpc-status", "10"), ("grpc-message", encoded)]);
            call.headers(&fields, END_STREAM);
        });
        outcome
            .exits(74)
            .says(&format!("error: ABORTED: {decoded}\n"));
    }
}

#[test]
fn a_message_or_details_that_cannot_be_decoded_keep_the_code() {
    for (name, value) in [
        ("grpc-message", "no caf%E9 %FF%FE"),
        ("grpc-status-details-bin", "!!"),
        ("grpc-status-details-bin", "a"),
        ("grpc-status-details-bin", "===="),
        // Base64 of bytes that are not a google.rpc.Status.
        ("grpc-status-details-bin", "/////w"),
    ] {
        for at_once in [true, false] {
            let outcome = answered("Repeat", |call| {
                let status = [("grpc-status", "5"), (name, value)];
                if at_once {
                    call.headers(&headers(&status), END_STREAM);
                } else {
                    call.open();
                    call.headers(&status, END_STREAM);
                }
            });
            outcome.fails("NOT_FOUND").prints("");
        }
    }
}

#[test]
fn an_encoding_that_was_not_offered_is_an_internal_error() {
    for method in ["Echo/Unary", "Repeat"] {
        let outcome = answered(method, |call| {
            call.headers(&headers(&[("grpc-encoding", "snappy")]), 0);
            let mut compressed = reply(1);
            compressed[0] = 1;
            call.data(compressed);
            call.end(0);
        });
        outcome.fails("INTERNAL").prints("");
    }
}

#[test]
fn a_compressed_message_without_an_encoding_is_an_internal_error() {
    for encoding in [&[][..], &[("grpc-encoding", "identity")]] {
        let outcome = answered("Repeat", |call| {
            call.headers(&headers(encoding), 0);
            call.data(reply(1));
            let mut compressed = reply(2);
            compressed[0] = 1;
            call.data(compressed);
            call.end(0);
        });
        outcome.fails("INTERNAL").prints(&printed(1));
    }
}

#[test]
fn the_identity_encoding_is_accepted() {
    let outcome = answered("Repeat", |call| {
        call.headers(&headers(&[("grpc-encoding", "identity")]), 0);
        call.data(reply(1));
        call.end(0);
    });
    outcome.exits(0).prints(&printed(1)).says("");
}

#[test]
fn a_message_flag_that_grpc_does_not_define_is_an_internal_error() {
    for flag in [2, 60, 255] {
        let outcome = answered("Repeat", |call| {
            call.open();
            let mut odd = reply(1);
            odd[0] = flag;
            call.data(odd);
            call.end(0);
        });
        outcome.fails("INTERNAL").prints("");
    }
}

#[test]
fn a_missing_reply_is_unimplemented() {
    for method in ["Echo/Unary", "Collect"] {
        for at_once in [true, false] {
            let outcome = answered(method, |call| {
                if at_once {
                    call.end_at_once(0);
                } else {
                    call.open();
                    call.end(0);
                }
            });
            outcome.fails("UNIMPLEMENTED").prints("");
        }
    }
}

#[test]
fn two_replies_to_a_unary_call_are_unimplemented_and_not_printed() {
    for method in ["Echo/Unary", "Collect"] {
        let outcome = answered(method, |call| {
            call.open();
            call.data([reply(1), reply(2)].concat());
            call.end(0);
        });
        outcome.fails("UNIMPLEMENTED").prints("");
    }
}

#[test]
fn a_stream_may_have_no_reply() {
    for method in ["Repeat", "Chat"] {
        let outcome = answered(method, |call| call.end_at_once(0));
        outcome.exits(0).prints("").says("");
    }
}

#[test]
fn a_malformed_reply_is_an_internal_error() {
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        let outcome = answered(method, |call| {
            call.open();
            call.data(frame(&[0xff; 4]));
            call.end(0);
        });
        outcome.fails("INTERNAL").prints("");
    }
}

#[test]
fn half_a_message_before_ok_is_an_internal_error() {
    for part in [1, 4, 5, 6] {
        for method in ["Echo/Unary", "Repeat"] {
            let outcome = answered(method, |call| {
                call.open();
                call.data(&reply(1)[..part]);
                call.end(0);
            });
            outcome.fails("INTERNAL").prints("");
        }
    }
}

#[test]
fn half_a_message_before_another_status_keeps_that_status() {
    let outcome = answered("Repeat", |call| {
        call.open();
        call.data(&reply(1)[..6]);
        call.end(15);
    });
    outcome.exits(79).prints("").says("error: DATA_LOSS\n");
}
