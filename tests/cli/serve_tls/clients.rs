//! `--client-ca` and `--client-name`: which clients may connect.

use rustls::{AlertDescription, HandshakeKind};

use super::super::harness::{ALICE, Authority, Identity, Server, TLS12, TLS13, Validity};
use super::{Case, Client};

impl Case {
    /// A server that accepts clients of the authority, for these names if there are any.
    fn serve_clients(&self, names: &[&str]) -> Server {
        let names = names.iter().flat_map(|name| ["--client-name", name]);
        Server::of(self.serve().args(["--client-ca", "ca.pem"]).args(names))
    }

    fn client_with(&self, identity: &Identity) -> Client {
        self.client().identity(identity)
    }
}

#[test]
fn our_client_shows_its_certificate() {
    let case = Case::new();
    case.issue(&["web.example.org"])
        .write(case.folder(), "client");
    let server = case.serve_clients(&["web.example.org"]);
    case.run(&["get-person", "Alice"], &server)
        .args(["--cert", "client.pem", "--key", "client.key"])
        .run()
        .exits(0)
        .prints(ALICE);
    let outcome = case.run(&["get-person", "Alice"], &server).run();
    outcome.exits(1).says_one_error();
    let wanted = "the server asks for a client certificate";
    assert!(outcome.stderr.contains(wanted), "{outcome:#?}");
}

#[test]
fn a_certificate_of_the_authority_is_accepted() {
    let case = Case::new();
    let server = case.serve_clients(&[]);
    let intermediate = case.trusted.authority.intermediate("Intermediate");
    for versions in [TLS12, TLS13] {
        let client = case
            .client_with(&case.issue(&["anyone"]))
            .versions(versions);
        client.connect(&server).unwrap();
    }
    intermediate
        .issue(&["anyone"], Validity::Now)
        .with(&intermediate)
        .write(case.folder(), "client");
    case.run(&["get-person", "Alice"], &server)
        .args(["--cert", "client.pem", "--key", "client.key"])
        .run()
        .exits(0);
}

#[test]
fn every_other_certificate_is_refused_with_the_reason() {
    let case = Case::new();
    let server = case.serve_clients(&[]);
    let other = Authority::new("Other CA").issue(&["anyone"], Validity::Now);
    let expired = case.trusted.authority.issue(&["anyone"], Validity::Past);
    let later = case.trusted.authority.issue(&["anyone"], Validity::Future);
    for (identity, alert) in [
        (other, AlertDescription::UnknownCA),
        (
            Identity::self_signed("anyone"),
            AlertDescription::CertificateUnknown,
        ),
        (expired, AlertDescription::CertificateExpired),
        (later, AlertDescription::CertificateExpired),
    ] {
        for versions in [TLS12, TLS13] {
            let client = case.client_with(&identity).versions(versions);
            assert_eq!(client.connect(&server).unwrap_err(), alert);
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let case = Case::new();
    let server = case.serve_clients(&[]);
    let refused = |versions| {
        let client = case.client().versions(versions);
        client.connect(&server).unwrap_err()
    };
    for versions in [TLS12, TLS13] {
        assert_eq!(refused(versions), AlertDescription::CertificateRequired);
    }
}

#[test]
fn only_clients_with_one_of_the_names_are_accepted() {
    let case = Case::new();
    // The certificates' common name is "test".
    let server = case.serve_clients(&["web.example.org", "test"]);
    for versions in [TLS12, TLS13] {
        let connect = |names: &[&str]| {
            let client = case.client_with(&case.issue(names)).versions(versions);
            client.connect(&server).map(|_| ())
        };
        assert_eq!(connect(&["other", "web.example.org"]), Ok(()));
        assert_eq!(connect(&[]), Ok(()));
        for names in [&["other"][..], &["*.example.org"], &["example.org"]] {
            let refused = Err(AlertDescription::AccessDenied);
            assert_eq!(connect(names), refused, "{names:?}");
        }
    }
}

#[test]
fn a_session_with_a_certificate_is_resumed() {
    let case = Case::new();
    let server = case.serve_clients(&["test"]);
    for versions in [TLS12, TLS13] {
        let client = case.client_with(&case.issue(&[])).versions(versions);
        client.connect(&server).unwrap();
        let second = client.connect(&server).unwrap();
        assert_eq!(second.kind, HandshakeKind::Resumed);
    }
}

#[test]
fn a_session_is_not_resumed_when_its_authority_is_no_longer_trusted() {
    let case = Case::new();
    let server = case.serve_clients(&[]);
    let clients =
        [TLS12, TLS13].map(|version| case.client_with(&case.issue(&[])).versions(version));
    for client in &clients {
        client.connect(&server).unwrap();
    }
    let other = Authority::new("Other CA");
    case.folder().replace("ca.pem", other.pem());
    server.stderr().wait_for("reloaded ");
    for client in clients {
        let refused = client.connect(&server).unwrap_err();
        assert_eq!(refused, AlertDescription::UnknownCA);
    }
    let client = case.client_with(&other.issue(&[], Validity::Now));
    client.connect(&server).unwrap();
}
