//! gRPC-Web and Connect, over HTTP/1.1 and HTTP/2, with servers whose bytes the test writes. The rules are those of gRPC-Web
//! (doc/PROTOCOL-WEB.md of gRPC) and Connect (connectrpc.com/docs/protocol).

mod ends;
mod flags;
mod http1;
mod requests;
mod schema;
mod streams;
mod tls;

use super::harness::{Http1Peer, Outcome, Program, RawPeer, protos, routeguide};

/// The versions of HTTP, as `--http` names them.
pub const VERSIONS: [&str; 2] = ["1.1", "2"];

/// The protocols, as `--protocol` names them.
pub const PROTOCOLS: [&str; 3] = ["grpc-web", "grpc-web-text", "connect"];

/// `call` with a method of the test schema, which is read from files.
pub fn call(protocol: &str, version: &str, method: &str) -> Program {
    routeguide(["call", method, "--protocol", protocol, "--http", version])
        .args(["--proto", "echo.proto", "-I"])
        .arg(protos())
}

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: &'static str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type)],
            body: body.into(),
        }
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A message with its prefix.
pub fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &len, message].concat()
}

/// A reply of the test schema, framed. It is printed as in [`printed`].
pub fn reply(received: u8) -> Vec<u8> {
    framed(0, &[0x10, received])
}

/// The output for [`reply`].
pub fn printed(received: u8) -> String {
    format!("{{\"received\":{received}}}\n")
}

/// What ends a stream of Connect.
pub fn end(json: &str) -> Vec<u8> {
    framed(2, json.as_bytes())
}

/// What ends a response of gRPC-Web.
pub fn trailers(text: &str) -> Vec<u8> {
    framed(0x80, text.as_bytes())
}

/// The frames as the protocol sends them.
pub fn response(protocol: &str, frames: &[Vec<u8>]) -> Answer {
    let body = frames.concat();
    match protocol {
        "connect" => Answer::new("200", "application/connect+proto", body),
        "grpc-web" => Answer::new("200", "application/grpc-web+proto", body),
        _ => {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(body);
            Answer::new("200", "application/grpc-web-text+proto", text)
        }
    }
}

/// A successful answer with these replies, for a method with a stream.
pub fn ok(protocol: &str, replies: &[u8]) -> Answer {
    let mut frames: Vec<Vec<u8>> = replies.iter().map(|received| reply(*received)).collect();
    frames.push(match protocol {
        "connect" => end("{}"),
        _ => trailers("grpc-status: 0\r\n"),
    });
    response(protocol, &frames)
}

/// Runs a command that makes one call, and answers it.
#[track_caller]
pub fn answered(program: Program, version: &str, answer: &Answer) -> Outcome {
    if version == "1.1" {
        let peer = Http1Peer::start();
        let run = program.at(peer.addr()).start();
        let mut connection = peer.accept();
        connection.request();
        connection.respond(answer.status, &answer.headers, &answer.body);
        return run.wait();
    }
    let peer = RawPeer::start();
    let run = program.at(peer.addr()).start();
    let call = peer.accept_call();
    call.wait_for_half_close();
    let mut fields = vec![(":status", answer.status)];
    fields.extend(&answer.headers);
    call.headers(&fields, 0);
    call.data(answer.body.clone());
    call.finish();
    run.wait()
}
