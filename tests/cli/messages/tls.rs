//! What is said about TLS: certificates, client certificates, and servers that have no TLS or only TLS.

use insta::assert_snapshot;

use super::super::harness::{
    Authority, Echo, Identity, Program, RawServer, TLS12, TlsFront, TlsSetup, Trusted, Validity,
    pem, routeguide,
};
use super::transcript;

/// A folder with the certificate of an authority in `ca.pem`.
struct Case {
    trusted: Trusted,
    echo: Echo,
}

impl Case {
    fn new() -> Self {
        Self {
            trusted: Trusted::new(),
            echo: Echo::start(),
        }
    }

    fn front(&self, setup: &TlsSetup) -> TlsFront {
        TlsFront::start(&self.echo.addr(), setup)
    }

    /// A server with a certificate for these names.
    fn server(&self, names: &[&str], validity: Validity) -> TlsFront {
        self.front(&TlsSetup::new(
            self.trusted.authority.issue(names, validity),
        ))
    }

    /// A command that trusts the authority.
    fn call(&self, addr: impl AsRef<std::ffi::OsStr>) -> Program {
        self.trusted.run(routeguide(["list"])).at(addr)
    }
}

#[test]
fn the_certificate_is_for_another_name() {
    let case = Case::new();
    let server = case.server(&["example.org", "127.0.0.9"], Validity::Now);
    let wildcard = case.server(&["*.example.org"], Validity::Now);
    assert_snapshot!(transcript([
        case.call(server.addr()),
        case.call(server.at("127.0.0.1")),
        case.call(wildcard.addr()),
        case.call(wildcard.addr()).args(["--server-name", "a.b.example.org"]),
        case.call(server.addr()).args(["--server-name", "not a name"]),
    ]), @r#"
    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate is not for localhost, but for example.org and 127.0.0.9
    hint: call the server by one of these names, or expect one with --server-name example.org
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server's certificate is not for 127.0.0.1, but for example.org and 127.0.0.9
    hint: call the server by one of these names, or expect one with --server-name example.org
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate is not for localhost, but for *.example.org
    hint: expect another name with --server-name
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT] --server-name a.b.example.org
    error: cannot connect to https://localhost:[PORT]: the server's certificate is not for a.b.example.org, but for *.example.org
    hint: expect another name with --server-name
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT] --server-name 'not a name'
    error: "not a name" is not a name that a certificate can have
    [exit code 2]
    "#);
}

#[test]
fn the_certificate_is_not_valid_now() {
    let case = Case::new();
    let past = case.server(&["localhost"], Validity::Past);
    let future = case.server(&["localhost"], Validity::Future);
    let calls = [case.call(past.addr()), case.call(future.addr())];
    let clock = regex::Regex::new("it says .* UTC").unwrap();
    let text = transcript(calls);
    assert_snapshot!(clock.replace_all(&text, "it says [TIME]"), @"
    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate expired on 2021-02-03 00:00:00 UTC
    hint: is the clock right? it says [TIME]
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate is not valid before 2098-07-06 00:00:00 UTC
    hint: is the clock right? it says [TIME]
    [exit code 1]
    ");
}

#[test]
fn the_issuer_is_not_known() {
    let case = Case::new();
    let (other, middle) = (
        Authority::new("Other CA"),
        case.trusted.authority.intermediate("Middle CA"),
    );
    let server = |identity: Identity| case.front(&TlsSetup::new(identity));
    let foreign = server(other.issue(&["localhost"], Validity::Now));
    let self_signed = server(Identity::self_signed("localhost"));
    let incomplete = server(middle.issue(&["localhost"], Validity::Now));
    assert_snapshot!(transcript([
        case.call(foreign.addr()),
        case.call(self_signed.addr()),
        case.call(incomplete.addr()),
        routeguide(["list"]).at(foreign.addr()),
    ]), @"
    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate (CN=test) is not trusted: its issuer (CN=Other CA) is not known
    hint: add the issuer's certificate to ca.pem, or have the server send it
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate (CN=localhost) is not trusted: its issuer (CN=localhost) is not known
    hint: none of the certificates in ca.pem is the issuer's
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate (CN=test) is not trusted: its issuer (CN=Middle CA) is not known
    hint: add the issuer's certificate to ca.pem, or have the server send it
    [exit code 1]

    $ routeguide list --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server's certificate (CN=test) is not trusted: its issuer (CN=Other CA) is not known
    hint: to trust the issuer, give its certificate with --cacert
    [exit code 1]
    ");
}

#[test]
fn the_server_wants_a_client_certificate() {
    let case = Case::new();
    let setup = TlsSetup {
        client_ca: Some(case.trusted.authority.der()),
        ..TlsSetup::new(case.trusted.authority.issue(&["localhost"], Validity::Now))
    };
    let old = TlsSetup {
        versions: TLS12,
        client_ca: Some(case.trusted.authority.der()),
        ..TlsSetup::new(case.trusted.authority.issue(&["localhost"], Validity::Now))
    };
    Authority::new("Other CA")
        .issue(&["client"], Validity::Now)
        .write(&case.trusted.folder, "other");
    let (new, old) = (case.front(&setup), case.front(&old));
    let other = ["--cert", "other.pem", "--key", "other.key"];
    assert_snapshot!(transcript([
        case.call(new.addr()),
        case.call(new.addr()).args(other),
        case.call(old.addr()),
        case.call(old.addr()).args(other),
    ]), @"
    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server asks for a client certificate (certificate_required)
    hint: give one with --cert and --key
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT] --cert other.pem --key other.key
    error: cannot connect to https://localhost:[PORT]: the server refused the client certificate (unknown_ca)
    hint: is it valid, and does the server trust its issuer?
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server asks for a client certificate (certificate_required)
    hint: give one with --cert and --key
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT] --cert other.pem --key other.key
    error: cannot connect to https://localhost:[PORT]: the server refused the client certificate (unknown_ca)
    hint: is it valid, and does the server trust its issuer?
    [exit code 1]
    ");
}

#[test]
fn a_file_of_a_client_certificate() {
    let case = Case::new();
    let (one, two) = (
        case.trusted.authority.issue(&["one"], Validity::Now),
        case.trusted.authority.issue(&["two"], Validity::Now),
    );
    one.write(&case.trusted.folder, "one");
    two.write(&case.trusted.folder, "two");
    case.trusted.folder.write("text.pem", "hello");
    case.trusted.folder.write("one.der", one.cert_der());
    case.trusted.folder.write(
        "damaged.pem",
        "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
    );
    case.trusted.folder.write("old.key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    case.trusted
        .folder
        .write("encrypted.key", pem("ENCRYPTED PRIVATE KEY", b"0"));
    case.trusted.folder.write("password", "secret\n");
    let call = |args: &[&str]| {
        routeguide(["list", "-a", "https://localhost:1"])
            .args(args)
            .within(&case.trusted.folder)
    };
    assert_snapshot!(transcript([
        call(&["--cacert", "missing.pem"]),
        call(&["--cacert", "text.pem"]),
        call(&["--cacert", "damaged.pem"]),
        call(&["--cert", "one.pem", "--key", "two.key"]),
        call(&["--cert", "one.pem"]),
        call(&["--cert", "one.pem", "--key", "text.pem"]),
        call(&["--cert", "text.pem"]),
        call(&["--cert", "one.der"]),
        call(&["--cert", "one.pem", "--key", "old.key"]),
        call(&["--cert", "one.pem", "--key", "encrypted.key"]),
        call(&["--cert", "one.pem", "--key", "encrypted.key", "--key-password-file", "password"]),
        call(&["--key", "one.key"]),
    ]), @"
    $ routeguide list -a https://localhost:1 --cacert missing.pem
    error: cannot read missing.pem
      caused by: no such file or directory
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cacert text.pem
    error: text.pem has no certificate
    hint: a certificate in PEM starts with -----BEGIN CERTIFICATE-----
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cacert damaged.pem
    error: damaged.pem is not valid PEM
    hint: a certificate in PEM starts with -----BEGIN CERTIFICATE-----
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem --key two.key
    error: the key in two.key does not belong to the certificate in one.pem
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem
    error: one.pem has no private key
    hint: a key in PEM starts with -----BEGIN PRIVATE KEY-----; --key names its file
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem --key text.pem
    error: text.pem has no private key
    hint: a key in PEM starts with -----BEGIN PRIVATE KEY-----; --key names its file
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert text.pem
    error: text.pem is neither PEM nor PKCS#12
    hint: a certificate in PEM starts with -----BEGIN CERTIFICATE-----
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.der
    error: one.der is a certificate in DER
    hint: convert it to PEM with openssl x509 -inform DER -in CERTIFICATE -out NEW
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem --key old.key
    error: old.key is encrypted in an old form
    hint: convert it with openssl pkcs8 -topk8 -in KEY -out NEW
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem --key encrypted.key
    error: encrypted.key is encrypted
    hint: give the file of its password with --key-password-file
    [exit code 1]

    $ routeguide list -a https://localhost:1 --cert one.pem --key encrypted.key --key-password-file password
    error: encrypted.key is not valid PEM
    [exit code 1]

    $ routeguide list -a https://localhost:1 --key one.key
    error: the following required arguments were not provided:
      --cert <FILE>

    Usage: routeguide list --cert <FILE> --addr <ADDR> --key <FILE> [SERVICE]

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn one_side_has_no_tls() {
    let case = Case::new();
    let server = case.server(&["localhost"], Validity::Now);
    let web = RawServer::answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    let other = RawServer::answering(b"SSH-2.0-test\r\n");
    let closing = RawServer::answering(b"");
    let secure = |addr: String| format!("https://{addr}");
    assert_snapshot!(transcript([
        routeguide(["list"]).at(server.plaintext()),
        routeguide(["list"]).at(secure(case.echo.addr())),
        routeguide(["list"]).at(secure(web.addr())),
        routeguide(["list"]).at(secure(other.addr())),
        routeguide(["list"]).at(secure(closing.addr())),
        routeguide(["list", "--insecure"]).at(case.echo.addr()),
        routeguide(["list", "--cacert", "ca.pem", "--in-process"]).within(&case.trusted.folder),
    ]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: cannot connect to 127.0.0.1:[PORT]: the server expects TLS
    hint: call it with -a https://127.0.0.1:[PORT]
    [exit code 1]

    $ routeguide list --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server does not use TLS
    hint: call it with -a http://127.0.0.1:[PORT]
    [exit code 1]

    $ routeguide list --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server does not use TLS, and speaks HTTP/1: it answered with HTTP status 400 Bad Request and no content-type
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]

    $ routeguide list --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server does not use TLS
    hint: is this a gRPC port?
    [exit code 1]

    $ routeguide list --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server closed the connection during the TLS handshake
    hint: does it expect TLS? http:// calls it in plaintext
    [exit code 1]

    $ routeguide list --insecure --addr 127.0.0.1:[PORT]
    error: --insecure is for TLS, and 127.0.0.1:[PORT] is plaintext
    hint: for TLS, use -a https://127.0.0.1:[PORT]
    [exit code 2]

    $ routeguide list --cacert ca.pem --in-process
    error: --cacert cannot be used with --in-process
    hint: a server in this process is called without TLS
    [exit code 2]
    ");
}

#[test]
fn the_handshake_does_not_agree() {
    let case = Case::new();
    let web = TlsSetup {
        alpn: &[b"http/1.1"],
        ..TlsSetup::new(case.trusted.authority.issue(&["localhost"], Validity::Now))
    };
    let none = TlsSetup {
        alpn: &[],
        ..TlsSetup::new(case.trusted.authority.issue(&["localhost"], Validity::Now))
    };
    let (web, none) = (case.front(&web), case.front(&none));
    // Alerts: protocol_version, as a server says that has only TLS 1.0, handshake_failure, and unrecognized_name.
    let old = RawServer::answering(b"\x15\x03\x01\0\x02\x02\x46");
    let failing = RawServer::answering(b"\x15\x03\x03\0\x02\x02\x28");
    let unnamed = RawServer::answering(b"\x15\x03\x03\0\x02\x02\x70");
    let secure = |addr: String| format!("https://{addr}");
    assert_snapshot!(transcript([
        case.call(web.addr()),
        case.call(none.addr()),
        case.call(secure(old.addr())),
        case.call(secure(failing.addr())),
        case.call(secure(unnamed.addr())),
    ]), @"
    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server did not agree to HTTP/2 in the TLS handshake (ALPN h2)
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://localhost:[PORT]
    error: cannot connect to https://localhost:[PORT]: the server did not agree to HTTP/2 in the TLS handshake (ALPN h2)
    hint: is this a gRPC port? it looks like a web server or a proxy
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server's version of TLS is too old: 1.2 or 1.3 is needed
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server and this client have no TLS parameters in common
    [exit code 1]

    $ routeguide list --cacert ca.pem --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: the server does not know the name 127.0.0.1
    hint: name it as its certificate does with --server-name
    [exit code 1]
    ");
}

#[test]
fn the_handshake_stalls() {
    let silent = RawServer::silent();
    assert_snapshot!(transcript([
        routeguide(["list", "--insecure", "--connect-timeout", "300ms"])
            .at(format!("https://{}", silent.addr())),
        routeguide(["get-person", "Alice", "--insecure", "--timeout", "300ms"])
            .at(format!("https://{}", silent.addr())),
    ]), @"
    $ routeguide list --insecure --connect-timeout 300ms --addr https://127.0.0.1:[PORT]
    error: cannot connect to https://127.0.0.1:[PORT]: no answer after 300ms
    hint: use a longer --connect-timeout or --wait for a slow server
    [exit code 1]

    $ routeguide get-person Alice --insecure --timeout 300ms --addr https://127.0.0.1:[PORT]
    error: DEADLINE_EXCEEDED: the deadline expired while connecting to https://127.0.0.1:[PORT]
    [exit code 68]
    ");
}

#[test]
fn every_command_says_the_same() {
    let case = Case::new();
    let setup = |names: &[&str]| TlsSetup::new(case.trusted.authority.issue(names, Validity::Now));
    let no_alpn = TlsSetup {
        alpn: &[],
        ..setup(&["localhost"])
    };
    let client_ca = TlsSetup {
        client_ca: Some(case.trusted.authority.der()),
        ..setup(&["localhost"])
    };
    for front in [
        case.front(&setup(&["example.org"])),
        case.server(&["localhost"], Validity::Past),
        case.server(&["localhost"], Validity::Future),
        case.front(&TlsSetup::new(Identity::self_signed("localhost"))),
        case.front(&no_alpn),
        case.front(&client_ca),
    ] {
        let says = |command: &[&str]| {
            let outcome = case.trusted.run(routeguide(command)).at(front.addr()).run();
            outcome.exits(1).prints("");
            outcome.stderr
        };
        let list = says(&["list"]);
        // The clock, which an error about dates shows, may go on by a second.
        let [listed, called, got] = [
            list.clone(),
            says(&["call", "Echo/Unary"]),
            says(&["get-people", "Alice"]),
        ]
        .map(|text| text.lines().next().unwrap().to_owned());
        assert_eq!(listed, called);
        assert_eq!(listed, got);
    }
}
