//! Calls over TLS: which certificates are accepted, what a client shows of its own, and what does not change.

use super::harness::{
    ALICE, Authority, Echo, Folder, Identity, Program, RawPeer, Server, TLS12, TLS13, TlsFront,
    TlsSetup, Trusted, Validity, pem, routeguide,
};
use super::wire::{call, succeed};

/// A server with TLS whose authority is in `ca.pem`.
struct Secure {
    trusted: Trusted,
    server: Server,
}

impl Secure {
    fn new() -> Self {
        Self {
            trusted: Trusted::new(),
            server: Server::start(),
        }
    }

    fn front(&self, setup: &TlsSetup) -> TlsFront {
        TlsFront::start(self.server.addr(), setup)
    }

    fn identity(&self, names: &[&str]) -> Identity {
        self.trusted.authority.issue(names, Validity::Now)
    }

    fn get_alice(&self, addr: impl AsRef<std::ffi::OsStr>) -> Program {
        self.trusted
            .run(routeguide(["get-person", "Alice"]))
            .at(addr)
    }
}

/// Gets Alice from a server with this TLS.
#[track_caller]
fn succeeds(program: Program) {
    program.run().exits(0).prints(ALICE).says("");
}

#[test]
fn every_kind_of_call_works() {
    let secure = Secure::new();
    let front = secure.front(&TlsSetup::new(secure.identity(&["localhost"])));
    let run = |args: &[&str]| {
        let program = routeguide(args).args(["--cacert", "ca.pem"]);
        program
            .within(&secure.trusted.folder)
            .at(front.addr())
            .run()
    };
    run(&["get-person", "Alice"]).exits(0).prints(ALICE);
    run(&["get-people", "Alice"]).exits(0).prints(ALICE);
    run(&["health"]).exits(0).prints("SERVING\n");
    run(&["call", "GetPerson", "name=Alice", "-o", "text"])
        .exits(0)
        .prints(ALICE);
    let listed = run(&["list"]);
    listed.exits(0);
    assert!(listed.stdout.contains("RouteGuide\n"), "{listed:#?}");
}

#[test]
fn names_may_be_addresses_and_wildcards() {
    let secure = Secure::new();
    let front = secure.front(&TlsSetup::new(
        secure.identity(&["127.0.0.1", "*.example.org"]),
    ));
    succeeds(secure.get_alice(front.at("127.0.0.1")));
    succeeds(
        secure
            .get_alice(front.addr())
            .args(["--server-name", "a.example.org"]),
    );
}

#[test]
fn both_versions_of_tls_are_spoken() {
    let secure = Secure::new();
    for versions in [TLS12, TLS13] {
        let front = secure.front(&TlsSetup {
            versions,
            ..TlsSetup::new(secure.identity(&["localhost"]))
        });
        succeeds(secure.get_alice(front.addr()));
    }
}

#[test]
fn an_intermediate_certificate_leads_to_the_authority() {
    let secure = Secure::new();
    let middle = secure.trusted.authority.intermediate("Middle CA");
    let identity = middle.issue(&["localhost"], Validity::Now).with(&middle);
    let front = secure.front(&TlsSetup::new(identity));
    succeeds(secure.get_alice(front.addr()));
}

#[test]
fn a_self_signed_certificate_can_be_trusted_itself() {
    let secure = Secure::new();
    let identity = Identity::self_signed("localhost");
    secure.trusted.folder.write("ca.pem", identity.cert_pem());
    let front = secure.front(&TlsSetup::new(identity));
    succeeds(secure.get_alice(front.addr()));
    secure.get_alice(front.at("127.0.0.1")).run().exits(1);
}

#[test]
fn insecure_accepts_any_certificate_and_warns() {
    let secure = Secure::new();
    let identity = Authority::new("Other CA").issue(&["other"], Validity::Past);
    let front = secure.front(&TlsSetup::new(identity));
    routeguide(["get-person", "Alice", "--insecure"])
        .at(front.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("warning: the server's certificate is not checked (--insecure)\n");
}

#[test]
fn a_client_certificate_is_shown_when_the_server_asks() {
    let secure = Secure::new();
    let client = secure.identity(&["client"]);
    client.write(&secure.trusted.folder, "client");
    let both = client.cert_pem()
        + &std::fs::read_to_string(secure.trusted.folder.join("client.key")).unwrap();
    secure.trusted.folder.write("both.pem", both);
    let front = secure.front(&TlsSetup {
        client_ca: Some(secure.trusted.authority.der()),
        ..TlsSetup::new(secure.identity(&["localhost"]))
    });
    let call = |args: &[&str]| succeeds(secure.get_alice(front.addr()).args(args));
    call(&["--cert", "client.pem", "--key", "client.key"]);
    call(&["--cert", "both.pem"]);
}

#[test]
fn a_key_may_be_encrypted_and_in_pkcs12() {
    let secure = Secure::new();
    let client = secure.identity(&["client"]);
    client.write(&secure.trusted.folder, "client");
    secure.trusted.folder.write("password", "secret\n");
    secure.trusted.folder.write("wrong", "guess\n");
    encrypt(&secure.trusted.folder, &client);
    let front = secure.front(&TlsSetup {
        client_ca: Some(secure.trusted.authority.der()),
        ..TlsSetup::new(secure.identity(&["localhost"]))
    });
    for files in [
        &["--cert", "client.p12"][..],
        &["--cert", "client.pem", "--key", "encrypted.key"],
    ] {
        let call = |password| {
            let call = secure.get_alice(front.addr()).args(files);
            call.args(["--key-password-file", password])
        };
        succeeds(call("password"));
        let outcome = call("wrong").run();
        outcome.exits(1);
        let says = "cannot be decrypted\nhint: is the password right?\n";
        assert!(outcome.stderr.ends_with(says), "{outcome:#?}");
    }
}

/// Writes the key as `encrypted.key` and both as `client.p12`; the password is `secret`.
fn encrypt(folder: &Folder, client: &Identity) {
    let key = client.key_der();
    let info = pkcs8::PrivateKeyInfoRef::try_from(key.as_slice()).unwrap();
    let encrypted = info.encrypt("secret").unwrap();
    folder.write(
        "encrypted.key",
        pem("ENCRYPTED PRIVATE KEY", encrypted.as_bytes()),
    );
    let certificate = p12_keystore::Certificate::from_der(&client.cert_der()).unwrap();
    let key = p12_keystore::PrivateKey::from_der(&key).unwrap();
    let chain = p12_keystore::PrivateKeyChain::new("client", key, [certificate]);
    let mut store = p12_keystore::KeyStore::new();
    store.add_entry(
        "client",
        p12_keystore::KeyStoreEntry::PrivateKeyChain(chain),
    );
    folder.write("client.p12", store.writer("secret").write().unwrap());
}

#[test]
fn the_authority_of_calls_can_be_chosen() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "--authority", "shop.example:1", "-v"])
        .at(echo.addr())
        .run();
    outcome.exits(0);
    assert_eq!(
        echo.arrivals("Echo/Unary")[0].authority.as_deref(),
        Some("shop.example:1")
    );
}

#[test]
fn keys_are_logged_for_tools_that_read_captured_traffic() {
    let secure = Secure::new();
    let front = secure.front(&TlsSetup::new(secure.identity(&["localhost"])));
    let log = secure.trusted.folder.join("keys");
    succeeds(secure.get_alice(front.addr()).env("SSLKEYLOGFILE", &log));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("CLIENT_TRAFFIC_SECRET_0 "), "{log}");
}

#[test]
fn verbose_shows_the_session_and_the_certificate() {
    let secure = Secure::new();
    let front = secure.front(&TlsSetup::new(secure.identity(&["localhost"])));
    let outcome = secure.get_alice(front.addr()).arg("-v").run();
    outcome.exits(0);
    for part in [
        "* TLS 1.3, TLS13_AES_256_GCM_SHA384, ALPN h2 in ",
        "* server certificate: CN=test, for localhost, issued by CN=Test CA\n",
        "* server certificate: valid from 2020-01-01 00:00:00 UTC to 2100-01-01 00:00:00 UTC, SHA-256 ",
    ] {
        assert!(outcome.stderr.contains(part), "{part}\n{outcome:#?}");
    }
}

#[test]
fn a_later_connection_resumes_the_session() {
    let trusted = Trusted::new();
    let peer = RawPeer::start();
    let identity = trusted.authority.issue(&["localhost"], Validity::Now);
    let front = TlsFront::start(&peer.addr(), &TlsSetup::new(identity));
    let run = trusted
        .run(call("Echo/Unary").args(["-d", "{}{}"]))
        .at(front.addr())
        .start();
    let first = peer.accept_call();
    first.wait_for_half_close();
    succeed(&first, 1);
    first.connection.go_away(first.stream, h2::Reason::NO_ERROR);
    let second = peer.accept_call();
    second.wait_for_half_close();
    succeed(&second, 2);
    run.wait().exits(0);
    assert_eq!(front.resumed(), 1);
}
