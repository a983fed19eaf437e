//! What is said about proxies and other addresses.

use insta::assert_snapshot;

use super::super::harness::{Echo, Program, Proxy, RawServer, ReservedPort, routeguide};
use super::transcript;

fn list(addr: &str, proxy: &str) -> Program {
    routeguide(["list", "--proxy", proxy]).at(addr)
}

#[test]
fn an_http_proxy() {
    let (echo, gone) = (Echo::start(), ReservedPort::new());
    let (open, closed) = (Proxy::http(None), Proxy::http(Some("bWU6c2VjcmV0")));
    let forbidding = Proxy::refusing("403 Forbidden");
    let other = RawServer::answering(b"SSH-2.0-test\r\n");
    let with_password = format!("http://me:guess@{}", closed.addr());
    assert_snapshot!(transcript([
        list(&gone.addr(), &open.addr()),
        list(&echo.addr(), &closed.addr()),
        list(&echo.addr(), &with_password),
        list(&echo.addr(), &forbidding.addr()),
        list(&echo.addr(), &other.addr()),
        list(&echo.addr(), &gone.addr()),
        list(&echo.addr(), "https://no-such-host.invalid"),
    ]), @"
    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy http://127.0.0.1:[PORT] cannot reach the server: it answered 502 Bad Gateway
    [exit code 1]

    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy http://127.0.0.1:[PORT] asks for a user and a password
    hint: give them in the proxy's URL, as in http://user:password@host:port
    [exit code 1]

    $ routeguide list --proxy http://me:guess@127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy http://127.0.0.1:[PORT] refused the user and the password
    hint: are they right?
    [exit code 1]

    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy http://127.0.0.1:[PORT] refused: it answered 403 Forbidden
    hint: does the proxy allow this server and port? NO_PROXY names servers to call without it
    [exit code 1]

    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy http://127.0.0.1:[PORT] did not answer with HTTP
    hint: is it a SOCKS proxy? then write socks5://
    [exit code 1]

    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: cannot connect to the proxy http://127.0.0.1:[PORT]: connection refused
    hint: is this the proxy's address? --proxy, or a variable, names it
    [exit code 1]

    $ routeguide list --proxy https://no-such-host.invalid --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: cannot resolve no-such-host.invalid: name or service not known
    hint: is the name right, and is there a network?
    [exit code 1]
    ");
}

#[test]
fn a_socks_proxy() {
    let (echo, gone) = (Echo::start(), ReservedPort::new());
    let (open, closed) = (Proxy::socks(None), Proxy::socks(Some(("me", "secret"))));
    let web = RawServer::answering(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let socks = |addr: String| format!("socks5://{addr}");
    assert_snapshot!(transcript([
        list(&gone.addr(), &socks(open.addr())),
        list(&echo.addr(), &socks(closed.addr())),
        list(&echo.addr(), &format!("socks5://me:guess@{}", closed.addr())),
        list(&echo.addr(), &socks(web.addr())),
    ]), @"
    $ routeguide list --proxy socks5://127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy socks5://127.0.0.1:[PORT] cannot reach the server: connection refused
    [exit code 1]

    $ routeguide list --proxy socks5://127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy socks5://127.0.0.1:[PORT] asks for a user and a password
    hint: give them in the proxy's URL, as in http://user:password@host:port
    [exit code 1]

    $ routeguide list --proxy socks5://me:guess@127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the proxy socks5://127.0.0.1:[PORT] refused the user and the password
    hint: are they right?
    [exit code 1]

    $ routeguide list --proxy socks5://127.0.0.1:[PORT] --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: socks5://127.0.0.1:[PORT] did not answer as a SOCKS 5 proxy
    hint: is it an HTTP proxy? then write http://
    [exit code 1]
    ");
}

#[test]
fn a_proxy_that_does_not_answer() {
    let (echo, silent) = (Echo::start(), RawServer::silent());
    assert_snapshot!(transcript([
        list(&echo.addr(), &silent.addr()).args(["--connect-timeout", "300ms"]),
    ]), @"
    $ routeguide list --proxy 127.0.0.1:[PORT] --addr 127.0.0.1:[PORT] --connect-timeout 300ms
    error: cannot connect to 127.0.0.1:[PORT]: no answer through the proxy http://127.0.0.1:[PORT] after 300ms
    hint: use a longer --connect-timeout or --wait for a slow server
    [exit code 1]
    ");
}

#[test]
fn a_text_that_is_not_a_proxy_or_an_address() {
    assert_snapshot!(transcript([
        list("localhost:1", "ftp://example.org"),
        list("localhost:1", "http://me:secret@"),
        list("localhost:1", "example.org:port"),
        routeguide(["list", "-a", "example.org:1"]).env("HTTP_PROXY", "ftp://example.org"),
        routeguide(["list", "--resolve", "example.org:127.0.0.1"]),
        routeguide(["list", "--connect-to", "example.org:1"]),
    ]), @r#"
    $ routeguide list --proxy ftp://example.org --addr localhost:1
    error: invalid proxy: unknown scheme
    hint: write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed
    [exit code 2]

    $ routeguide list --proxy http://me:secret@ --addr localhost:1
    error: invalid proxy: it is not a URL
    hint: write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed
    [exit code 2]

    $ routeguide list --proxy example.org:port --addr localhost:1
    error: invalid proxy: the port is not a number from 0 to 65535
    hint: write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed
    [exit code 2]

    $ routeguide list -a example.org:1
    error: HTTP_PROXY: invalid proxy: unknown scheme
    hint: write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed
    [exit code 2]

    $ routeguide list --resolve example.org:127.0.0.1
    error: "example.org:127.0.0.1" does not resolve a host
    hint: write HOST:PORT:ADDRESS, as in example.org:443:127.0.0.1
    [exit code 2]

    $ routeguide list --connect-to example.org:1
    error: "example.org:1" does not say where to connect
    hint: write HOST:PORT:TO-HOST:TO-PORT; an empty part means any, or the same
    [exit code 2]
    "#);
}
