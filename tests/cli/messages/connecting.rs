//! A server that cannot be reached, or that is not a gRPC server.

use insta::assert_snapshot;

use super::super::harness::{Program, RawServer, ReservedPort, routeguide};
use super::{Transcript, transcript};

fn get_person(addr: impl AsRef<std::ffi::OsStr>) -> Program {
    routeguide(["get-person", "Alice"]).at(addr)
}

#[test]
fn nothing_listens() {
    let port = ReservedPort::new();
    assert_snapshot!(transcript([
        get_person(port.addr()),
        get_person(port.addr()).args(["--wait", "300ms"]),
    ]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: connection refused
    hint: is the server running, and is this its address?
    [exit code 1]

    $ routeguide get-person Alice --addr 127.0.0.1:[PORT] --wait 300ms
    error: cannot connect to 127.0.0.1:[PORT]: connection refused
    hint: is the server running, and is this its address?
    [exit code 1]
    ");
}

#[test]
fn there_is_no_socket_file() {
    let folder = super::super::harness::Folder::new();
    assert_snapshot!(transcript([
        get_person(folder.socket("guide")),
        get_person(format!("unix:{}", "long/".repeat(40))),
    ]), @"
    $ routeguide get-person Alice --addr unix:[TEMP]/guide
    error: cannot connect to unix:[TEMP]/guide: no such file or directory
    hint: is the server running, and is this its address?
    [exit code 1]

    $ routeguide get-person Alice --addr unix:long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/
    error: cannot connect to unix:long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/: the path is too long for a Unix socket
    [exit code 1]
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn the_host_has_no_address() {
    assert_snapshot!(transcript([get_person("no-such-host.invalid:1")]), @"
    $ routeguide get-person Alice --addr no-such-host.invalid:1
    error: cannot connect to no-such-host.invalid:1: cannot resolve no-such-host.invalid: name or service not known
    hint: is the name right, and is there a network?
    [exit code 1]
    ");
}

#[test]
fn the_server_speaks_http_1() {
    let server = RawServer::answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_snapshot!(transcript([get_person(server.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server speaks HTTP/1, not HTTP/2: it answered with HTTP status 400 Bad Request and no content-type
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]
    ");
}

#[test]
fn the_page_of_a_server_that_speaks_http_1() {
    let page = "<html>\r\n<title>400 \u{202e}Bad</title>\r\n</html>\r\n";
    let chunk = format!("{:x}\r\n{page}\r\n0\r\n\r\n", page.len());
    let length = format!("Content-Length: {}\r\n\r\n{page}", page.len());
    let long = format!("Content-Length: 1000\r\n\r\n{}", "x".repeat(300));
    let mut transcript = Transcript::default();
    for (what, rest) in [
        ("a page", length),
        (
            "in chunks",
            format!("Transfer-Encoding: chunked\r\n\r\n{chunk}"),
        ),
        ("a long one", long),
    ] {
        let head = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n";
        let server = RawServer::answering(format!("{head}{rest}").into_bytes().leak());
        let outcome = routeguide(["list"]).at(server.addr()).run();
        transcript.add(&format!("# {what}"), &outcome);
    }
    assert_snapshot!(transcript.to_string(), @r#"
    # a page
    error: cannot connect to 127.0.0.1:[PORT]: the server speaks HTTP/1, not HTTP/2: it answered with HTTP status 502 Bad Gateway and content-type text/html: "<html>\r\n<title>400 \u{202e}Bad</title>\r\n</html>"
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]

    # in chunks
    error: cannot connect to 127.0.0.1:[PORT]: the server speaks HTTP/1, not HTTP/2: it answered with HTTP status 502 Bad Gateway and content-type text/html: "<html>\r\n<title>400 \u{202e}Bad</title>\r\n</html>"
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]

    # a long one
    error: cannot connect to 127.0.0.1:[PORT]: the server speaks HTTP/1, not HTTP/2: it answered with HTTP status 502 Bad Gateway and content-type text/html: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"…
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]
    "#);
}

#[test]
fn the_server_expects_tls() {
    // Fatal alerts: unexpected_message, protocol_version.
    let old = RawServer::answering(b"\x15\x03\x01\x00\x02\x02\x0a");
    let new = RawServer::answering(b"\x15\x03\x03\x00\x02\x02\x46");
    assert_snapshot!(transcript([get_person(old.addr()), get_person(new.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server expects TLS
    hint: call it with -a https://127.0.0.1:[PORT]
    [exit code 1]

    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server expects TLS
    hint: call it with -a https://127.0.0.1:[PORT]
    [exit code 1]
    ");
}

#[test]
fn the_server_speaks_another_protocol() {
    let server = RawServer::answering(b"220 mail.example.org ESMTP ready\r\n");
    assert_snapshot!(transcript([get_person(server.addr())]), @r#"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server does not speak HTTP/2: it answered with "220 mail.example.org ESMTP ready\r\n"
    hint: is this a gRPC port? if it expects TLS, call it with -a https://127.0.0.1:[PORT]
    [exit code 1]
    "#);
}

#[test]
fn the_server_closes_the_connection() {
    let server = RawServer::answering(b"");
    assert_snapshot!(transcript([get_person(server.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server closed the connection without answering
    hint: is this a gRPC port? if it expects TLS, call it with -a https://127.0.0.1:[PORT]
    [exit code 1]
    ");
}

#[test]
fn the_server_does_not_answer() {
    let server = RawServer::silent();
    assert_snapshot!(transcript([
        get_person(server.addr()).args(["--connect-timeout", "300ms"]),
        get_person(server.addr()).args(["--timeout", "300ms"]),
    ]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT] --connect-timeout 300ms
    error: cannot connect to 127.0.0.1:[PORT]: no answer after 300ms
    hint: use a longer --connect-timeout or --wait for a slow server
    [exit code 1]

    $ routeguide get-person Alice --addr 127.0.0.1:[PORT] --timeout 300ms
    error: DEADLINE_EXCEEDED: the deadline expired while connecting to 127.0.0.1:[PORT]
    [exit code 68]
    ");
}

#[test]
fn the_deadline_ends_waiting() {
    let port = ReservedPort::new();
    assert_snapshot!(transcript([
        get_person(port.addr()).args(["--wait", "1h", "--timeout", "1s"]),
    ]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT] --wait 1h --timeout 1s
    error: DEADLINE_EXCEEDED: the deadline expired while connecting to 127.0.0.1:[PORT]
      caused by: cannot connect to 127.0.0.1:[PORT]: connection refused
    hint: is the server running, and is this its address?
    [exit code 68]
    ");
}
