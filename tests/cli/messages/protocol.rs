//! Servers that break the rules of gRPC or HTTP/2, and answers that are not gRPC.

use insta::assert_snapshot;

use super::super::harness::{END_STREAM, RawCall, frame};
use super::super::wire::reply;
use super::answers;

#[test]
fn an_answer_that_is_not_grpc() {
    let answer =
        |fields: &'static [(&str, &str)]| move |call: &RawCall| call.headers(fields, END_STREAM);
    assert_snapshot!(answers("Echo/Unary", &[
        ("an error page", &answer(&[(":status", "503"), ("content-type", "text/html")])),
        ("a redirect", &answer(&[(":status", "302")])),
        ("gRPC-Web", &answer(&[(":status", "200"), ("content-type", "application/grpc-web")])),
    ]), @"
    # an error page
    error: UNAVAILABLE: the server did not answer with gRPC but with HTTP status 503 Service Unavailable and content-type text/html
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 78]

    # a redirect
    error: UNKNOWN: the server did not answer with gRPC but with HTTP status 302 Found and no content-type
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 66]

    # gRPC-Web
    error: UNKNOWN: the server did not answer with gRPC but with HTTP status 200 OK and content-type application/grpc-web
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 66]
    ");
}

#[test]
fn a_wrong_number_of_replies() {
    assert_snapshot!(answers("Echo/Unary", &[
        ("none", &|call| {
            call.open();
            call.end(0);
        }),
        ("two", &|call| {
            call.open();
            call.data(reply(1).repeat(2));
            call.end(0);
        }),
    ]), @"
    # none
    error: UNIMPLEMENTED: the method has one reply, but the server sent none
    [exit code 76]

    # two
    error: UNIMPLEMENTED: the method has one reply, but the server sent more than one
    [exit code 76]
    ");
}

#[test]
fn a_reply_that_is_not_a_message() {
    let reply = |bytes: &'static [u8]| {
        move |call: &RawCall| {
            call.open();
            call.data(frame(bytes));
            call.end(0);
        }
    };
    assert_snapshot!(answers("Repeat", &[
        ("a field that is cut off", &reply(b"\x0a\x05x")),
        ("field number 0", &reply(b"\x00\x01")),
        ("a wire type that does not exist", &reply(b"\x0e")),
        ("a group that does not start", &reply(b"\x0c")),
        ("a string that is not UTF-8", &reply(b"\x0a\x03\x0a\x01\xff")),
    ]), @"
    # a field that is cut off
    error: INTERNAL: the server's message is not a valid test.echo.v1.Reply: malformed message: it is truncated
    [exit code 77]

    # field number 0
    error: INTERNAL: the server's message is not a valid test.echo.v1.Reply: malformed message: a field number is zero or too large
    [exit code 77]

    # a wire type that does not exist
    error: INTERNAL: the server's message is not a valid test.echo.v1.Reply: malformed message: a value has the wrong wire type
    [exit code 77]

    # a group that does not start
    error: INTERNAL: the server's message is not a valid test.echo.v1.Reply: malformed message: the start and the end of a group do not match
    [exit code 77]

    # a string that is not UTF-8
    error: INTERNAL: the server's message is not a valid test.echo.v1.Reply: malformed message: a string is not valid UTF-8
    [exit code 77]
    ");
}

#[test]
fn a_frame_that_is_not_a_message() {
    let data = |bytes: &'static [u8]| {
        move |call: &RawCall| {
            call.open();
            call.data(bytes);
            call.end(0);
        }
    };
    assert_snapshot!(answers("Repeat", &[
        ("a compressed message", &data(&[1, 0, 0, 0, 0])),
        ("an unknown flag", &data(&[2, 0, 0, 0, 0])),
        ("half a message", &data(&[0, 0, 0, 0, 9, 1])),
    ]), @"
    # a compressed message
    error: INTERNAL: the server sent a compressed message, but no encoding was agreed on
    [exit code 77]

    # an unknown flag
    error: INTERNAL: the server sent a message with an unknown flag: 2
    [exit code 77]

    # half a message
    error: INTERNAL: the server ended the call with OK in the middle of a message
    [exit code 77]
    ");
}

#[test]
fn an_encoding_that_was_not_offered() {
    assert_snapshot!(answers("Echo/Unary", &[
        ("snappy", &|call| {
            let fields = [
                (":status", "200"),
                ("content-type", "application/grpc"),
                ("grpc-encoding", "snappy"),
            ];
            call.headers(&fields, 0);
        }),
    ]), @r#"
    # snappy
    error: INTERNAL: the server uses the encoding "snappy", which was not offered
    [exit code 77]
    "#);
}

#[test]
fn no_status() {
    assert_snapshot!(answers("Repeat", &[
        ("no trailers", &|call| {
            call.open();
            call.headers(&[("x-trace", "1")], END_STREAM);
        }),
    ]), @"
    # no trailers
    error: UNKNOWN: the server ended the call without a status
    [exit code 66]
    ");
}

#[test]
fn a_violation_of_http_2() {
    assert_snapshot!(answers("Repeat", &[
        ("DATA for a stream that does not exist", &|call| {
            call.connection.send_bytes(b"\0\0\x01\0\0\0\0\0\x63x");
        }),
    ]), @"
    # DATA for a stream that does not exist
    error: INTERNAL: the server violated the HTTP/2 protocol (PROTOCOL_ERROR)
    [exit code 77]
    ");
}
