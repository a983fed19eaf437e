//! gRPC over HTTP/2, with a server that is scripted frame by frame. The rules are those of gRPC (doc/PROTOCOL-HTTP2.md,
//! doc/http-grpc-status-mapping.md, doc/statuscodes.md) and HTTP/2 (RFC 9113).
//!
//! The helpers here call methods of the test schema. The client reads it from tests/cli/protos, because the peer has no
//! reflection.

mod cancelling;
mod connections;
mod content_type;
mod goaway;
mod receiving;
mod request;
mod resets;
mod sending;
mod status;

use super::harness::{
    Outcome, Program, RawCall, RawPeer, Running, Stdout, frame, protos, routeguide,
};

/// A method of each kind: unary, client streaming, server streaming, bidirectional.
pub const KINDS: [&str; 4] = ["Echo/Unary", "Collect", "Repeat", "Chat"];

/// `call` with a method of the test schema, which is read from files.
pub fn call(method: &str) -> Program {
    routeguide(["call", method, "--proto", "echo.proto", "-I"]).arg(protos())
}

/// The same with one request.
pub fn call_with_request(method: &str) -> Program {
    call(method).args(["-d", r#"{"name":"Alice"}"#])
}

/// A reply of the test schema, framed. It is printed as in [`printed`].
pub fn reply(received: u8) -> Vec<u8> {
    frame(&[0x10, received]).to_vec()
}

/// The output for [`reply`].
pub fn printed(received: u8) -> String {
    format!("{{\"received\":{received}}}\n")
}

/// Calls a method, and answers as `script` does.
#[track_caller]
pub fn answered(method: &str, script: impl FnOnce(&RawCall)) -> Outcome {
    let peer = RawPeer::start();
    let run = call_with_request(method).at(peer.addr()).start();
    let call = peer.accept_call();
    script(&call);
    run.wait()
}

/// Answers a call with one reply and OK.
#[track_caller]
pub fn succeed(call: &RawCall, received: u8) {
    call.open();
    call.data(reply(received));
    call.end(0);
}

/// A server stream in progress whose replies are not read yet.
#[track_caller]
pub fn unread_stream() -> (Running, RawCall) {
    let peer = RawPeer::start();
    let run = call_with_request("Repeat")
        .at(peer.addr())
        .stdout(Stdout::Unread)
        .start();
    let call = peer.accept_call();
    call.open();
    (run, call)
}
