//! Any bytes can be the body of a call over HTTP/1.1, or the query of one: the server answers.

#![no_main]

mod encoding;
mod server;

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use routeguide::framing::prefix_of;
use routeguide::protocol::{Codec, Wire, web};

/// A message with this flag, or bytes as they are.
type Part<'a> = (Option<u8>, &'a [u8]);

fuzz_target!(|input: ([u8; 2], [bool; 2], Result<Vec<Part<'_>>, &str>)| {
    let ([wire, encoding], [is_json, is_stream], request) = input;
    let method = if is_stream { "GetPeople" } else { "GetPerson" };
    let parts = match request {
        Ok(parts) => parts,
        Err(query) => {
            let line = format!("GET /RouteGuide/{method}?{query} HTTP/1.1\r\n");
            // Whatever ends the line early is another request.
            if query.bytes().any(|byte| byte <= b' ') {
                return;
            }
            return check(format!("{line}host: a\r\nconnection: close\r\n\r\n").as_bytes());
        }
    };
    let wire = Wire::ALL[usize::from(wire) % Wire::ALL.len()];
    let codec = if is_json { Codec::Json } else { Codec::Proto };
    let body = body(wire, &parts);
    let mut head =
        format!("POST /RouteGuide/{method} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n");
    let content_type = wire.content_type(codec);
    let content_type = content_type.to_str().expect("ASCII");
    let len = body.len();
    let _ = write!(
        head,
        "content-type: {content_type}\r\ncontent-length: {len}\r\n"
    );
    if let Some(encoding) = encoding::of(encoding) {
        let name = encoding.header();
        let name = name.to_str().expect("ASCII");
        let _ = write!(head, "{}: {name}\r\n", wire.encoding_header());
    }
    head.push_str("\r\n");
    check(&[head.as_bytes(), &body].concat());
});

fn body(wire: Wire, parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (flag, bytes) in parts {
        let part = match flag {
            Some(flag) if wire.is_framed() => {
                // Unknown flags are refused: more of them would find nothing.
                let flag = [0, 1, 2, 3, 0x80, 0x81, 0xff][usize::from(*flag) % 7];
                [&prefix_of(flag, bytes.len() as u32), *bytes].concat()
            }
            _ => bytes.to_vec(),
        };
        match flag {
            Some(_) if wire == Wire::WebText => body.extend(web::encode_text(&part)),
            _ => body.extend(part),
        }
    }
    body
}

/// The server says what became of a request, and ends the connection, as it was asked to.
fn check(request: &[u8]) {
    let answer = server::answer(request, server::End::Server);
    assert!(answer.starts_with(b"HTTP/1.1 "));
}
