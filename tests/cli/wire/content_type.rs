//! Only responses with a gRPC content type are accepted. Others are reported by their HTTP status, and their messages are
//! not printed.

use super::super::harness::END_STREAM;
use super::{answered, printed, reply};

#[test]
fn a_content_type_of_grpc_is_accepted() {
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc;charset=utf-8",
    ] {
        for method in ["Echo/Unary", "Repeat"] {
            let outcome = answered(method, |call| {
                call.headers(&[(":status", "200"), ("content-type", content_type)], 0);
                call.data(reply(1));
                call.end(0);
            });
            outcome.exits(0).prints(&printed(1)).says("");
        }
    }
}

#[test]
fn a_message_with_another_content_type_is_not_printed() {
    for content_type in [
        Some("application/grpc-web"),
        Some("application/grpc-web+proto"),
        Some("application/grpc+json"),
        Some("application/grpcx"),
        Some("application/json"),
        Some("text/html"),
        None,
    ] {
        for method in ["Echo/Unary", "Repeat"] {
            let outcome = answered(method, |call| {
                let mut fields = vec![(":status", "200")];
                fields.extend(content_type.map(|value| ("content-type", value)));
                call.headers(&fields, 0);
                call.data(reply(1));
                call.end(0);
            });
            outcome.fails("UNKNOWN").prints("");
        }
    }
}

/// doc/http-grpc-status-mapping.md: what an HTTP status becomes if there is no gRPC status.
const MAPPING: [(&str, &str); 12] = [
    ("400", "INTERNAL"),
    ("401", "UNAUTHENTICATED"),
    ("403", "PERMISSION_DENIED"),
    ("404", "UNIMPLEMENTED"),
    ("429", "UNAVAILABLE"),
    ("502", "UNAVAILABLE"),
    ("503", "UNAVAILABLE"),
    ("504", "UNAVAILABLE"),
    ("200", "UNKNOWN"),
    ("302", "UNKNOWN"),
    ("418", "UNKNOWN"),
    ("500", "UNKNOWN"),
];

#[test]
fn an_http_status_without_a_grpc_status_becomes_one() {
    for (http, status) in MAPPING {
        for content_type in ["application/grpc", "text/html"] {
            let outcome = answered("Echo/Unary", |call| {
                let fields = [(":status", http), ("content-type", content_type)];
                call.headers(&fields, END_STREAM);
            });
            outcome.fails(status).prints("");
        }
    }
}

#[test]
fn a_grpc_status_counts_whatever_the_http_status() {
    let outcome = answered("Echo/Unary", |call| {
        let fields = [
            (":status", "503"),
            ("content-type", "application/grpc"),
            ("grpc-status", "5"),
            ("grpc-message", "no such thing"),
        ];
        call.headers(&fields, END_STREAM);
    });
    outcome
        .exits(69)
        .prints("")
        .says("error: NOT_FOUND: no such thing\n");
}

#[test]
fn an_error_page_is_not_read_to_its_end() {
    let outcome = answered("Repeat", |call| {
        call.headers(&[(":status", "502"), ("content-type", "text/html")], 0);
        call.data(*b"<html>");
        call.wait_for_reset();
    });
    outcome.fails("UNAVAILABLE").prints("");
}
