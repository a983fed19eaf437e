//! What `serve` says about certificates, keys and tokens that it cannot use, or that it uses.

use insta::assert_snapshot;
use rustix::process::Signal;

use super::super::harness::{
    Folder, Identity, Program, Server, Trusted, Validity, redacted, routeguide,
};
use super::transcript;

/// A folder with certificates and keys in `one` and `two`, and what else a test writes.
struct Case(Trusted);

impl Case {
    fn new() -> Self {
        let trusted = Trusted::new();
        for name in ["one", "two"] {
            Self::issue(&trusted, Validity::Now).write(&trusted.folder, name);
        }
        Self(trusted)
    }

    fn issue(trusted: &Trusted, validity: Validity) -> Identity {
        trusted.authority.issue(&["localhost"], validity)
    }

    fn folder(&self) -> &Folder {
        &self.0.folder
    }

    fn serve(&self, args: &[&str]) -> Program {
        routeguide(["serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .within(self.folder())
    }
}

#[test]
fn flags_without_those_that_they_need() {
    let case = Case::new();
    assert_snapshot!(transcript([
        case.serve(&["--cert", "one.pem"]),
        case.serve(&["--key", "one.key"]),
        case.serve(&["--client-ca", "ca.pem"]),
        case.serve(&["--cert", "one.pem", "--key", "one.key", "--client-name", "web"]),
    ]), @"
    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem
    error: the following required arguments were not provided:
      --key <FILE>

    Usage: routeguide serve --cert <FILE> --key <FILE> --listen <ADDR>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide serve --listen 127.0.0.1:0 --key one.key
    error: the following required arguments were not provided:
      --cert <FILE>

    Usage: routeguide serve --key <FILE> --cert <FILE> --listen <ADDR>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide serve --listen 127.0.0.1:0 --client-ca ca.pem
    error: the following required arguments were not provided:
      --key <FILE>
      --cert <FILE>

    Usage: routeguide serve --key <FILE> --cert <FILE> --listen <ADDR> --client-ca <FILE>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key one.key --client-name web
    error: the following required arguments were not provided:
      --client-ca <FILE>

    Usage: routeguide serve --cert <FILE> --key <FILE> --client-ca <FILE> --listen <ADDR> --client-name <NAME>

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn files_that_cannot_be_used() {
    let case = Case::new();
    let folder = case.folder();
    folder.write("empty", "");
    folder.write(
        "damaged.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    folder.write(
        "encrypted.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let pair = |cert: &str, key: &str| case.serve(&["--cert", cert, "--key", key]);
    let clients = |ca: &str| {
        let pair = ["--cert", "one.pem", "--key", "one.key"];
        case.serve(&pair).args(["--client-ca", ca])
    };
    assert_snapshot!(transcript([
        pair("missing.pem", "one.key"),
        pair("one.pem", "missing.key"),
        pair("one.pem", "two.key"),
        pair("one.key", "one.key"),
        pair("one.pem", "one.pem"),
        pair("damaged.pem", "one.key"),
        pair("one.pem", "encrypted.key"),
        clients("missing.pem"),
        clients("empty"),
        clients("damaged.pem"),
    ]), @"
    $ routeguide serve --listen 127.0.0.1:0 --cert missing.pem --key one.key
    error: cannot read missing.pem
      caused by: no such file or directory
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key missing.key
    error: cannot read missing.key
      caused by: no such file or directory
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key two.key
    error: the key in two.key does not belong to the certificate in one.pem
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.key --key one.key
    error: one.key has no certificate
    hint: a certificate in PEM starts with -----BEGIN CERTIFICATE-----
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key one.pem
    error: one.pem has no private key
    hint: a key in PEM starts with -----BEGIN PRIVATE KEY-----; --key names its file
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert damaged.pem --key one.key
    error: damaged.pem has a certificate that cannot be read
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key encrypted.key
    error: encrypted.key is encrypted
    hint: a server starts without anyone to ask for a password: decrypt it with openssl pkey -in KEY -out NEW
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key one.key --client-ca missing.pem
    error: cannot read missing.pem
      caused by: no such file or directory
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key one.key --client-ca empty
    error: empty has no certificate
    hint: a certificate in PEM starts with -----BEGIN CERTIFICATE-----
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --cert one.pem --key one.key --client-ca damaged.pem
    error: damaged.pem has a certificate that cannot be an authority's
    [exit code 1]
    ");
}

#[test]
fn a_token_file_that_cannot_be_used() {
    let case = Case::new();
    case.folder().write("empty", "# none yet\n");
    case.folder().write("spaces", "secret\nse cret\n");
    let serve = |file: &str| case.serve(&["--auth-token-file", file]);
    assert_snapshot!(transcript([serve("missing"), serve("empty"), serve("spaces")]), @"
    $ routeguide serve --listen 127.0.0.1:0 --auth-token-file missing
    error: cannot read token file missing
      caused by: no such file or directory
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --auth-token-file empty
    error: token file empty has no token
    hint: it holds a token on each line
    [exit code 1]

    $ routeguide serve --listen 127.0.0.1:0 --auth-token-file spaces
    error: token file spaces, line 2: a token consists of visible ASCII characters, without spaces
    [exit code 1]
    ");
}

#[test]
fn a_listener_with_tls() {
    let case = Case::new();
    let server = Server::of(
        routeguide(["serve", "--listen", "0.0.0.0:0"])
            .args(["--cert", "one.pem", "--key", "one.key"])
            .within(case.folder()),
    );
    server.signal(Signal::HUP);
    server.stderr().wait_for("reloaded ");
    server.signal(Signal::TERM);
    let outcome = server.into_running().wait();
    let text = redacted(&outcome.snapshot().replace("0.0.0.0:", "127.0.0.1:"));
    assert_snapshot!(text, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    serving 2 people
    listening on https://127.0.0.1:[PORT]
    reloaded one.pem: valid until 2100-01-01 00:00:00 UTC
    stopping
    ");
}

#[test]
fn a_certificate_that_has_expired() {
    let case = Case::new();
    Case::issue(&case.0, Validity::Past).write(case.folder(), "old");
    let server = Server::of(case.serve(&["--cert", "old.pem", "--key", "old.key"]));
    server.stderr().wait_for("expired");
    server.signal(Signal::TERM);
    assert_snapshot!(server.into_running().wait().snapshot(), @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    serving 2 people
    listening on https://127.0.0.1:[PORT]
    warning: the certificate in old.pem expired on 2021-02-03 00:00:00 UTC
    stopping
    ");
}
