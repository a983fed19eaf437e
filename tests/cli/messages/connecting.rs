//! A server that cannot be reached, or that is not a gRPC server.

use insta::assert_snapshot;

use super::super::harness::{Program, RawServer, ReservedPort, routeguide};
use super::transcript;

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
    error: cannot connect to no-such-host.invalid:1: failed to lookup address information: Name or service not known
    [exit code 1]
    ");
}

#[test]
fn the_server_speaks_http_1() {
    let server = RawServer::answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_snapshot!(transcript([get_person(server.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server speaks HTTP/1, not HTTP/2
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]
    ");
}

#[test]
fn the_server_expects_tls() {
    // Fatal alerts: unexpected_message, protocol_version.
    let old = RawServer::answering(b"\x15\x03\x01\x00\x02\x02\x0a");
    let new = RawServer::answering(b"\x15\x03\x03\x00\x02\x02\x46");
    assert_snapshot!(transcript([get_person(old.addr()), get_person(new.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server expects TLS
    hint: TLS is not supported yet; use a plaintext port of the server
    [exit code 1]

    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server expects TLS
    hint: TLS is not supported yet; use a plaintext port of the server
    [exit code 1]
    ");
}

#[test]
fn the_server_speaks_another_protocol() {
    let server = RawServer::answering(b"220 mail.example.org ESMTP ready\r\n");
    assert_snapshot!(transcript([get_person(server.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server does not speak HTTP/2 in plaintext
    hint: is this a gRPC port? it may expect TLS
    [exit code 1]
    ");
}

#[test]
fn the_server_closes_the_connection() {
    let server = RawServer::answering(b"");
    assert_snapshot!(transcript([get_person(server.addr())]), @"
    $ routeguide get-person Alice --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server closed the connection without answering
    hint: is this a gRPC port? it may expect TLS
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
