//! Addresses to call, addresses to listen on, and headers.

use insta::assert_snapshot;

use super::super::harness::routeguide;
use super::transcript;

#[test]
fn an_address_to_call() {
    let addresses = [
        "",
        "example.org",
        "example.org:",
        "example.org:99999",
        "::1:50051",
        "[::1",
        "[::1]50051",
        "[example.org]:50051",
        "ex ample.org:50051",
        "http://alice@example.org:50051",
        "http://example.org:50051/path",
        "ftp://example.org:50051",
        "unix:",
    ];
    assert_snapshot!(
        transcript(addresses.map(|address| routeguide(["list", "-a", address]))),
        @r#"
    $ routeguide list -a ''
    error: invalid address "": it is empty
    hint: is a variable not set? without -a, the server is localhost:50051
    [exit code 2]

    $ routeguide list -a example.org
    error: invalid address "example.org": missing port
    hint: try example.org:50051
    [exit code 2]

    $ routeguide list -a example.org:
    error: invalid address "example.org:": the port is not a number from 0 to 65535
    [exit code 2]

    $ routeguide list -a example.org:99999
    error: invalid address "example.org:99999": the port is not a number from 0 to 65535
    [exit code 2]

    $ routeguide list -a ::1:50051
    error: invalid address "::1:50051": an IPv6 address needs brackets
    hint: use brackets: [::1]:[PORT]
    [exit code 2]

    $ routeguide list -a '[::1'
    error: invalid address "[::1": `[` has no matching `]`
    [exit code 2]

    $ routeguide list -a '[::1]50051'
    error: invalid address "[::1]50051": expected a colon and a port after `]`
    [exit code 2]

    $ routeguide list -a '[example.org]:50051'
    error: invalid address "[example.org]:50051": the text in brackets is not an IPv6 address
    [exit code 2]

    $ routeguide list -a 'ex ample.org:50051'
    error: invalid address "ex ample.org:50051": a host cannot contain spaces or control characters
    [exit code 2]

    $ routeguide list -a http://alice@example.org:50051
    error: invalid address "http://alice@example.org:50051": expected a host and a port, without a user or a path
    [exit code 2]

    $ routeguide list -a http://example.org:50051/path
    error: invalid address "http://example.org:50051/path": expected a host and a port, without a user or a path
    [exit code 2]

    $ routeguide list -a ftp://example.org:50051
    error: invalid address "ftp://example.org:50051": unknown scheme "ftp"
    hint: use host:port, https://host:port, dns:///host:port or unix:PATH
    [exit code 2]

    $ routeguide list -a unix:
    error: invalid address "unix:": missing path
    [exit code 2]
    "#
    );
}

#[test]
fn an_address_that_http_cannot_carry() {
    assert_snapshot!(transcript([
        routeguide(["list", "-a", "exa\"mple.org:50051"]),
    ]), @r#"
    $ routeguide list -a 'exa"mple.org:50051'
    error: "exa\"mple.org:50051" is not a valid authority
    hint: it is a host, or HOST:PORT
    [exit code 2]
    "#);
}

#[test]
fn an_address_in_the_environment() {
    assert_snapshot!(transcript([
        routeguide(["list"]).env("ROUTEGUIDE_ADDR", "example.org"),
    ]), @r#"
    $ routeguide list
    error: ROUTEGUIDE_ADDR: invalid address "example.org": missing port
    hint: try example.org:50051
    [exit code 2]
    "#);
}

#[test]
fn an_address_to_listen_on() {
    let addresses = [
        "50051",
        "example.org",
        "example.org:port",
        "::1:50051",
        "[::1]50051",
        "http://example.org:50051",
        "unix:",
    ];
    assert_snapshot!(
        transcript(addresses.map(|address| routeguide(["serve", "--listen", address]))),
        @r#"
    $ routeguide serve --listen 50051
    error: cannot listen on "50051": the port is missing
    hint: write :50051
    [exit code 2]

    $ routeguide serve --listen example.org
    error: cannot listen on "example.org": the port is missing
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]

    $ routeguide serve --listen example.org:port
    error: cannot listen on "example.org:port": the port is not a number from 0 to 65535
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]

    $ routeguide serve --listen ::1:50051
    error: cannot listen on "::1:50051": an IPv6 address needs brackets
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]

    $ routeguide serve --listen '[::1]50051'
    error: cannot listen on "[::1]50051": expected a colon and a port after `]`
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]

    $ routeguide serve --listen http://example.org:50051
    error: cannot listen on "http://example.org:50051": an address to listen on has no scheme
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]

    $ routeguide serve --listen unix:
    error: cannot listen on "unix:": the path is missing
    hint: write host:port, [::1]:port, :port or unix:PATH
    [exit code 2]
    "#
    );
}

#[test]
fn a_header() {
    let headers = [
        "authorization",
        ": secret",
        "a b: c",
        "a b-bin: c",
        "grpc-timeout: 1S",
        "x-name: Zoë",
        "x-photo-bin: %%%",
        "authorization: ${NO_SUCH_VARIABLE}",
        "authorization: ${}",
        "@no-such-file",
    ];
    assert_snapshot!(transcript(headers.map(|header| routeguide(["list", "-H", header]))), @r#"
    $ routeguide list -H authorization
    error: invalid header: missing colon
    hint: use -H 'name: value'
    [exit code 2]

    $ routeguide list -H ': secret'
    error: invalid header "": the name is not valid
    [exit code 2]

    $ routeguide list -H 'a b: c'
    error: invalid header "a b": the name is not valid
    [exit code 2]

    $ routeguide list -H 'a b-bin: c'
    error: invalid header "a b-bin": the name is not valid
    [exit code 2]

    $ routeguide list -H 'grpc-timeout: 1S'
    error: invalid header "grpc-timeout": the name is reserved by the protocol
    [exit code 2]

    $ routeguide list -H 'x-name: Zoë'
    error: invalid header "x-name": the value must be printable ASCII; other bytes need a -bin name
    [exit code 2]

    $ routeguide list -H 'x-photo-bin: %%%'
    error: invalid header "x-photo-bin": the value of a -bin name must be base64
    [exit code 2]

    $ routeguide list -H 'authorization: ${NO_SUCH_VARIABLE}'
    error: invalid header: the variable NO_SUCH_VARIABLE is not set
    hint: for the text ${ itself, write $${
    [exit code 2]

    $ routeguide list -H 'authorization: ${}'
    error: invalid header: ${} does not name a variable
    hint: for the text ${ itself, write $${
    [exit code 2]

    $ routeguide list -H @no-such-file
    error: -H: cannot read no-such-file
      caused by: no such file or directory
    [exit code 1]
    "#);
}
