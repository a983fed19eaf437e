//! The ways to a server: proxies, by flag and by environment, and other addresses.

use super::harness::{
    ALICE, Program, Proxy, ReservedPort, Server, TlsFront, TlsSetup, Trusted, Validity, routeguide,
};

fn get_alice(addr: impl AsRef<std::ffi::OsStr>) -> Program {
    routeguide(["get-person", "Alice"]).at(addr)
}

#[track_caller]
fn succeeds(program: Program) {
    program.run().exits(0).prints(ALICE).says("");
}

fn port(addr: &str) -> &str {
    addr.rsplit(':').next().unwrap()
}

#[test]
fn an_http_proxy_connects_to_the_server() {
    let (server, proxy) = (Server::start(), Proxy::http(None));
    succeeds(get_alice(server.addr()).args(["--proxy", &proxy.addr()]));
    assert_eq!(proxy.asked(), [server.addr()]);
}

#[test]
fn an_http_proxy_gets_credentials() {
    let (server, proxy) = (Server::start(), Proxy::http(Some("bWU6YSBiQA==")));
    let url = format!("http://me:a%20b%40@{}", proxy.addr());
    succeeds(get_alice(server.addr()).args(["--proxy", &url]));
}

#[test]
fn a_socks_proxy_connects_to_an_address_or_a_name() {
    let server = Server::start();
    let name = format!("localhost:{}", port(server.addr()));
    for (scheme, target) in [("socks5", server.addr()), ("socks5h", &name)] {
        let proxy = Proxy::socks(None);
        let url = format!("{scheme}://{}", proxy.addr());
        succeeds(get_alice(&name).args(["--proxy", &url]));
        assert_eq!(proxy.asked(), [target]);
    }
    let proxy = Proxy::socks(Some(("me", "secret")));
    let url = format!("socks5://me:secret@{}", proxy.addr());
    succeeds(get_alice(server.addr()).args(["--proxy", &url]));
}

#[test]
fn tls_goes_through_a_proxy_and_a_proxy_may_have_tls() {
    let (server, trusted, proxy) = (Server::start(), Trusted::new(), Proxy::http(None));
    let identity = || trusted.authority.issue(&["localhost"], Validity::Now);
    let front = TlsFront::start(server.addr(), &TlsSetup::new(identity()));
    let call = trusted.run(get_alice(front.addr()));
    succeeds(call.args(["--proxy", &proxy.addr()]));
    assert_eq!(proxy.asked(), [front.addr().replace("https://", "")]);

    let setup = TlsSetup {
        alpn: &[],
        ..TlsSetup::new(identity())
    };
    let secure_proxy = TlsFront::start(&proxy.addr(), &setup);
    let call = trusted.run(get_alice(server.addr()));
    succeeds(call.args(["--proxy", &secure_proxy.addr()]));
    let call = trusted.run(get_alice(front.addr()));
    succeeds(call.args(["--proxy", &secure_proxy.addr()]));
}

#[test]
fn the_certificate_of_a_proxy_is_checked_without_that_of_the_server() {
    let (server, trusted, proxy) = (Server::start(), Trusted::new(), Proxy::http(None));
    let front = |alpn| {
        let identity = trusted.authority.issue(&["localhost"], Validity::Now);
        TlsSetup {
            alpn,
            ..TlsSetup::new(identity)
        }
    };
    let server = TlsFront::start(server.addr(), &front(&[b"h2"]));
    let secure_proxy = TlsFront::start(&proxy.addr(), &front(&[]));
    let call = get_alice(server.addr()).arg("--insecure");
    let outcome = call.args(["--proxy", &secure_proxy.addr()]).run();
    outcome.exits(1);
    assert!(outcome.stderr.contains("is not trusted"), "{outcome:#?}");
    assert!(proxy.asked().is_empty());

    let call = trusted.run(get_alice(server.addr()).arg("--insecure"));
    call.args(["--proxy", &secure_proxy.addr()])
        .run()
        .exits(0)
        .prints(ALICE);
}

/// A server on an address that is not loopback's name, which the variables of proxies are for.
fn elsewhere(server: &Server) -> Program {
    let resolved = format!("server.test:{}:127.0.0.1", port(server.addr()));
    get_alice(format!("server.test:{}", port(server.addr()))).args(["--resolve", &resolved])
}

#[test]
fn variables_name_the_proxy() {
    let server = Server::start();
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = Proxy::http(None);
        succeeds(elsewhere(&server).env(name, proxy.addr()));
        assert_eq!(proxy.asked(), [server.addr()], "{name}");
    }
}

#[test]
fn some_servers_are_called_without_the_proxy_of_the_environment() {
    let (server, gone) = (Server::start(), ReservedPort::new());
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"] {
        let addr = format!("{host}:{}", port(server.addr()));
        succeeds(get_alice(addr).env("HTTP_PROXY", gone.addr()));
    }
    for no_proxy in ["server.test", ".test", "*", "other.org,server.test"] {
        let call = elsewhere(&server).env("HTTP_PROXY", gone.addr());
        succeeds(call.env("NO_PROXY", no_proxy));
    }
    succeeds(elsewhere(&server).env("HTTPS_PROXY", gone.addr()));
    let call = elsewhere(&server).env("HTTP_PROXY", gone.addr());
    succeeds(call.args(["--proxy", ""]));
    elsewhere(&server)
        .env("HTTP_PROXY", gone.addr())
        .run()
        .exits(1);
}

#[test]
fn the_server_may_be_at_another_address() {
    let server = Server::start();
    let port = port(server.addr());
    for (addr, flag, value) in [
        (
            format!("server.test:{port}"),
            "--resolve",
            format!("server.test:{port}:127.0.0.1"),
        ),
        (
            format!("server.test:{port}"),
            "--resolve",
            format!("*:{port}:127.0.0.1"),
        ),
        (
            "server.test:1".to_owned(),
            "--connect-to",
            format!("server.test:1:127.0.0.1:{port}"),
        ),
        (
            "server.test:1".to_owned(),
            "--connect-to",
            format!("::127.0.0.1:{port}"),
        ),
    ] {
        succeeds(get_alice(&addr).args([flag, &value]));
    }
    let resolve = format!("other.test:1:127.0.0.2 server.test:{port}:127.0.0.1,127.0.0.3");
    let call = get_alice(format!("server.test:{port}"));
    succeeds(call.env("ROUTEGUIDE_RESOLVE", resolve));
}

#[test]
fn the_certificate_is_for_the_server_not_for_its_other_address() {
    let (server, trusted) = (Server::start(), Trusted::new());
    let identity = trusted.authority.issue(&["server.test"], Validity::Now);
    let front = TlsFront::start(server.addr(), &TlsSetup::new(identity));
    let to = format!("::{}", front.plaintext());
    let call = trusted.run(get_alice("https://server.test"));
    succeeds(call.args(["--connect-to", &to]));
}
