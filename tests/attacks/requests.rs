//! Requests that are not gRPC, and bytes that are not HTTP/2.

use std::io::Write as _;
use std::net::TcpStream;

use http::{Method, Request};

use super::attacker::{Attacker, GET_PERSON, wait_for_close};
use super::client::Client;
use super::harness::raw::frame::{END_HEADERS, Frame, HEADERS, PING, WINDOW_UPDATE, header_block};
use super::harness::{Server, block_on};

/// An error code of HTTP/2 (RFC 9113, section 7).
const FLOW_CONTROL_ERROR: u32 = 3;

/// [PROTOCOL-HTTP2]: a content type that is not gRPC's is refused with HTTP status 415.
///
/// [PROTOCOL-HTTP2]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#[test]
fn another_content_type_is_415() {
    let server = Server::start();
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        for content_type in ["text/html", "application/xml", "application/grpcx", ""] {
            let request = Request::post(format!("http://localhost{GET_PERSON}"))
                .header("content-type", content_type)
                .body(())
                .unwrap();
            let mut call = client.send(request).await.unwrap();
            call.half_close();
            assert_eq!(call.end().await.unwrap().http, 415, "{content_type:?}");
        }
        let without = Request::post("http://localhost/").body(()).unwrap();
        let mut call = client.send(without).await.unwrap();
        call.half_close();
        assert_eq!(call.end().await.unwrap().http, 415);
        client.get_person().await.unwrap();
    });
}

/// A body that nobody wants is not waited for.
#[test]
fn the_answer_does_not_wait_for_the_body() {
    let server = Server::start();
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let upload = Request::builder()
            .method(Method::PUT)
            .uri("http://localhost/upload")
            .header("content-type", "application/octet-stream")
            .body(())
            .unwrap();
        let mut call = client.send(upload).await.unwrap();
        call.send(vec![0; 1 << 20]);
        let http = call.end().await.unwrap().http;
        assert!((400..500).contains(&http), "{http}");
        client.get_person().await.unwrap();
    });
}

/// A stream whose window becomes too large is reset (RFC 9113, section 6.9.1), also if its request is not gRPC. h2spec sends
/// such a request, and its frames in writes of their own.
#[test]
fn an_error_of_the_stream_comes_before_the_answer() {
    let server = Server::start();
    let mut attacker = Attacker::connect(server.addr());
    let stream = attacker.new_stream();
    let get = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "localhost"),
    ];
    attacker.send(&Frame::new(
        HEADERS,
        END_HEADERS,
        stream,
        header_block(&get),
    ));
    attacker.send(&Frame::new(PING, 0, 0, [0; 8]));
    attacker.wait("a PING's answer", |seen| seen.pongs == 1);
    let update = Frame::new(WINDOW_UPDATE, 0, stream, 0x7fff_ffff_u32.to_be_bytes());
    attacker.send(&update);
    attacker.send(&update);
    attacker.wait("the end of the stream", |seen| seen.is_over(stream));
    let code = attacker.look(|seen| seen.resets.get(&stream).copied());
    assert_eq!(code, Some(FLOW_CONTROL_ERROR));
}

#[test]
fn bytes_that_are_not_http_2_end_the_connection() {
    let server = Server::start();
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &[0; 64],
        &[0xff; 64],
    ] {
        let mut socket = TcpStream::connect(server.addr()).unwrap();
        socket.write_all(bytes).unwrap();
        wait_for_close(&socket);
    }
}
