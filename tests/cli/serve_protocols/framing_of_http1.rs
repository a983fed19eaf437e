//! Requests of HTTP/1.1 that a proxy in front may read otherwise, and smuggle another request in (RFC 9112, section 11.2).
//! hyper decides nearly all of this; what it decides is written down here. Where it is in doubt where a request ends, the
//! connection ends with it.

use super::super::harness::Server;
use super::super::harness::http::Http1;
use super::{ALICE_NAME, alice, get_alice, still_serves};

const LEN: &str = "content-length: 16\r\n";
const CHUNKED: &str = "transfer-encoding: chunked\r\n";

/// Alice's name as a chunked body.
const CHUNKS: &str = "10\r\n{\"name\":\"Alice\"}\r\n0\r\n\r\n";

/// Sends a request with these lines among its headers, and this body.
#[track_caller]
fn ask(server: &Server, headers: &str, body: &str) -> Http1 {
    let mut connection = Http1::connect(server.addr());
    connection.send(get_alice().start() + headers + "\r\n" + body);
    connection
}

/// A request that is refused, and after which nothing is read.
#[track_caller]
fn refused(headers: &str, body: &str) {
    let server = Server::start();
    let mut connection = ask(&server, headers, &format!("{body}GET / HTTP/1.1\r\n\r\n"));
    connection.response().is(400);
    connection.is_closed();
    still_serves(&server);
}

/// A request that is taken, and so is another one on the connection.
#[track_caller]
fn taken(headers: &str, body: &str) {
    let server = Server::start();
    let mut connection = ask(&server, headers, body);
    assert_eq!(connection.response().is(200).text(), alice());
    connection.send(get_alice().bytes());
    assert_eq!(connection.response().is(200).text(), alice());
}

/// Section 6.3: a list of lengths, or several that differ, is an error that cannot be recovered from.
#[test]
fn several_lengths_that_differ_are_refused() {
    refused("content-length: 16\r\ncontent-length: 3\r\n", ALICE_NAME);
    refused("content-length: 16, 3\r\n", ALICE_NAME);
}

/// Which section 6.3 allows.
#[test]
fn the_same_length_twice_is_one() {
    taken(&LEN.repeat(2), ALICE_NAME);
    refused("content-length: 16, 16\r\n", ALICE_NAME);
}

#[test]
fn a_length_that_is_not_a_number_is_refused() {
    for len in [
        "+16",
        "-1",
        "0x10",
        "1e1",
        "16 16",
        "",
        "99999999999999999999999",
    ] {
        refused(&format!("content-length: {len}\r\n"), ALICE_NAME);
    }
}

/// hyper takes it for a request that is too large.
#[test]
fn a_length_that_no_body_has_is_refused() {
    let server = Server::start();
    let mut connection = ask(&server, &format!("content-length: {}\r\n", u64::MAX), "");
    connection.response().is(431);
    connection.is_closed();
}

/// Section 6.1: chunks count, and the connection is closed after the response.
#[test]
fn a_length_beside_chunks_is_ignored_and_the_connection_ends() {
    for headers in [
        format!("content-length: 3\r\n{CHUNKED}"),
        format!("{CHUNKED}content-length: 3\r\n"),
    ] {
        let server = Server::start();
        let mut connection = ask(&server, &headers, CHUNKS);
        let response = connection.response();
        assert_eq!(response.is(200).header("connection"), Some("close"));
        assert_eq!(response.text(), alice());
        connection.is_closed();
    }
}

/// Section 6.3: without chunks at last, nobody knows where the body ends.
#[test]
fn a_transfer_coding_that_does_not_end_in_chunks_is_refused() {
    for coding in [
        "identity",
        "gzip",
        "chunked, gzip",
        "xchunked",
        "\u{b}chunked",
        "chunked;q=1",
    ] {
        refused(&format!("transfer-encoding: {coding}\r\n"), CHUNKS);
    }
}

/// Section 6.1: 501 for what the server does not understand. Where the body ends is clear.
#[test]
fn a_transfer_coding_beside_chunks_is_not_implemented() {
    for headers in [
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
    ] {
        let server = Server::start();
        let mut connection = ask(&server, headers, CHUNKS);
        connection.response().is(501);
    }
}

#[test]
fn transfer_codings_have_no_case() {
    taken("Transfer-Encoding: Chunked\r\n", CHUNKS);
}

/// Section 5.2.
#[test]
fn a_header_in_several_lines_is_refused() {
    refused(&format!("x-other: a\r\n b\r\n{LEN}"), ALICE_NAME);
    refused("transfer-encoding:\r\n chunked\r\n", CHUNKS);
}

/// Section 5.1.
#[test]
fn a_space_before_the_colon_is_refused() {
    refused("content-length : 16\r\n", ALICE_NAME);
    refused("transfer-encoding : chunked\r\n", CHUNKS);
}

/// Section 2.2, and RFC 9110, section 5.5.
#[test]
fn control_characters_in_a_header_are_refused() {
    for value in ["a\rb", "a\0b", "a\u{1}b", "a\u{7f}b"] {
        refused(&format!("x-other: {value}\r\n{LEN}"), ALICE_NAME);
    }
}

/// Which section 2.2 allows for the head of a message. Chunks are not lines of the head.
#[test]
fn a_line_of_the_head_may_end_in_lf_alone() {
    taken("x-other: a\ncontent-length: 16\n", ALICE_NAME);
    let server = Server::start();
    let mut connection = ask(&server, CHUNKED, &CHUNKS.replace("\r\n", "\n"));
    connection.response().is(400);
    connection.is_closed();
}

/// Section 3.2.
#[test]
fn a_request_has_one_host_which_is_valid() {
    let request = String::from_utf8(get_alice().bytes()).unwrap();
    let host = "host: localhost\r\n";
    for hosts in [
        "",
        "host: localhost\r\nhost: localhost\r\n",
        "host: a\r\nhost: b\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: user@a\r\n",
        "host: a:99999\r\n",
        "host: [::1\r\n",
    ] {
        let server = Server::start();
        let mut connection = Http1::connect(server.addr());
        connection.send(request.replace(host, hosts));
        connection.response().is(400);
    }
}

#[test]
fn a_chunk_whose_size_is_not_a_number_is_refused() {
    for size in [
        "zz",
        "-10",
        "+10",
        "0x10",
        " 10",
        "",
        "ffffffffffffffff1",
        "1 0",
    ] {
        refused(CHUNKED, &CHUNKS.replacen("10", size, 1));
    }
}

#[test]
fn a_chunk_that_is_longer_or_shorter_than_its_size_is_refused() {
    refused(CHUNKED, &CHUNKS.replacen("10", "f", 1));
    refused(CHUNKED, &CHUNKS.replacen("10", "11", 1));
}

/// Section 7.1.1: what is not understood is ignored.
#[test]
fn extensions_of_chunks_are_ignored() {
    taken(CHUNKED, &CHUNKS.replacen("10", "10;name=value", 1));
    refused(CHUNKED, &CHUNKS.replacen("10", "10;a\nb", 1));
}

#[test]
fn trailers_of_a_request_are_ignored() {
    let trailers = CHUNKS.replace("0\r\n\r\n", "0\r\ncontent-length: 3\r\nx-other: a\r\n\r\n");
    taken(CHUNKED, &trailers);
    let malformed = CHUNKS.replace("0\r\n\r\n", "0\r\nno colon\r\n\r\n");
    refused(CHUNKED, &malformed);
}

#[test]
fn a_body_that_is_cut_off_is_no_request() {
    for (headers, body) in [(CHUNKED, "10\r\n{\"name"), (CHUNKED, ""), (LEN, "{\"name")] {
        let server = Server::start();
        let mut connection = ask(&server, headers, body);
        connection.half_close();
        connection.is_closed();
        still_serves(&server);
    }
}

#[test]
fn a_request_line_that_is_not_of_http_1_is_refused() {
    let request = String::from_utf8(get_alice().bytes()).unwrap();
    for line in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "http/1.1", ""] {
        let server = Server::start();
        let mut connection = Http1::connect(server.addr());
        connection.send(request.replacen("HTTP/1.1", line, 1));
        connection.response().is(400);
        connection.is_closed();
    }
}

#[test]
fn a_head_that_is_too_large_is_431() {
    let many = "x-other: y\r\n".repeat(200);
    for headers in [format!("x-other: {}\r\n", "a".repeat(17 << 10)), many] {
        let server = Server::start();
        let mut connection = ask(&server, &headers, "");
        connection.response().is(431);
        connection.is_closed();
        still_serves(&server);
    }
}

/// RFC 9112, section 2.2.
#[test]
fn an_empty_line_before_a_request_is_ignored() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    for _ in 0..2 {
        connection.send([b"\r\n", &get_alice().bytes()[..]].concat());
        assert_eq!(connection.response().is(200).text(), alice());
    }
}

/// They have case (RFC 9110, section 9.1).
#[test]
fn a_method_in_lower_case_is_another_method() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    connection.send(get_alice().method("post").bytes());
    connection.response().is(405);
}
