//! `serve --cert`: TLS on the server's side. What is said about bad files is in `messages::serve_tls`.

mod client;
mod clients;
mod reload;

use rustls::{AlertDescription, HandshakeKind, ProtocolVersion};

use super::harness::{
    ALICE, BOB, Folder, Identity, Program, Server, TLS12, TLS13, Trusted, Validity, routeguide,
};
use client::Client;

/// A folder with the certificate of an authority in `ca.pem`, and one that it has issued in `server.pem` and
/// `server.key`.
struct Case {
    trusted: Trusted,
}

impl Case {
    fn new() -> Self {
        let case = Self {
            trusted: Trusted::new(),
        };
        case.issue_server().write(case.folder(), "server");
        case
    }

    fn folder(&self) -> &Folder {
        &self.trusted.folder
    }

    /// A certificate for the server's address.
    fn issue_server(&self) -> Identity {
        self.issue(&["127.0.0.1", "localhost"])
    }

    fn issue(&self, names: &[&str]) -> Identity {
        self.trusted.authority.issue(names, Validity::Now)
    }

    /// `serve` with the certificate, on a free port.
    fn serve(&self) -> Program {
        routeguide(["serve", "--listen", "127.0.0.1:0"])
            .args(["--cert", "server.pem", "--key", "server.key"])
            .within(self.folder())
    }

    /// A client that trusts the authority.
    fn client(&self) -> Client {
        Client::trusting(self.trusted.authority.der())
    }

    /// A command that trusts the authority.
    fn run(&self, command: &[&str], server: &Server) -> Program {
        self.trusted.run(routeguide(command)).at(server.addr())
    }
}

#[test]
fn every_command_works_over_tls() {
    let case = Case::new();
    let server = Server::of(case.serve());
    assert!(server.addr().starts_with("https://127.0.0.1:"));
    let run = |command: &[&str]| case.run(command, &server).run();
    run(&["get-person", "Alice"]).exits(0).prints(ALICE);
    run(&["get-people", "Bob", "Alice"])
        .exits(0)
        .prints(&format!("{BOB}{ALICE}"));
    run(&["health"]).exits(0).prints("SERVING\n");
    run(&["list", "RouteGuide"])
        .exits(0)
        .prints("RouteGuide/GetPerson\nRouteGuide/GetPeople\n");
}

#[test]
fn tls_is_1_2_or_1_3_with_http_2() {
    let case = Case::new();
    let server = Server::of(case.serve());
    for (versions, version) in [
        (TLS12, ProtocolVersion::TLSv1_2),
        (TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let session = case.client().versions(versions).connect(&server).unwrap();
        assert_eq!(session.version, version);
        assert_eq!(session.alpn.as_deref(), Some(b"h2".as_slice()));
    }
}

#[test]
fn without_http_1_1_a_client_that_does_not_offer_http_2_is_refused_in_the_handshake() {
    let case = Case::new();
    let server = Server::of(case.serve().args(["--protocols", "grpc"]));
    for versions in [TLS12, TLS13] {
        for alpn in [&[][..], &["http/1.1"]] {
            let client = case.client().versions(versions).alpn(alpn);
            assert_eq!(
                client.connect(&server).unwrap_err(),
                AlertDescription::NoApplicationProtocol,
                "{alpn:?}"
            );
        }
        let both = case.client().versions(versions).alpn(&["http/1.1", "h2"]);
        both.connect(&server).unwrap();
    }
}

#[test]
fn a_session_is_resumed() {
    let case = Case::new();
    let server = Server::of(case.serve());
    for versions in [TLS12, TLS13] {
        let client = case.client().versions(versions);
        let first = client.connect(&server).unwrap();
        assert_eq!(first.kind, HandshakeKind::Full);
        let second = client.connect(&server).unwrap();
        assert_eq!(second.kind, HandshakeKind::Resumed);
    }
}

#[test]
fn a_plaintext_call_is_told_to_use_tls() {
    let case = Case::new();
    let server = Server::of(case.serve());
    let plaintext = format!("127.0.0.1:{}", server.port());
    routeguide(["get-person", "Alice"])
        .at(&plaintext)
        .run()
        .exits(1)
        .says(&format!(
            "error: cannot connect to {plaintext}: the server expects TLS\n\
             hint: call it with -a https://{plaintext}\n"
        ));
    case.run(&["get-person", "Alice"], &server).run().exits(0);
}

#[test]
fn a_unix_socket_beside_it_stays_in_plaintext() {
    let case = Case::new();
    let socket = case.folder().socket("guide");
    let args = ["--listen", &socket];
    let server = Server::of(case.serve().args(args));
    server
        .stderr()
        .wait_for(&format!("listening on {socket}\n"));
    routeguide(["get-person", "Alice"])
        .at(&socket)
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn a_stop_ends_calls_over_tls_in_order() {
    let case = Case::new();
    let server = Server::of(case.serve());
    let mut run = case.run(&["get-people"], &server).start();
    run.write("Alice\n").stdout().wait_for(ALICE);
    server.signal(rustix::process::Signal::TERM);
    server.stderr().wait_for("stopping");
    run.write("Bob\n").close_stdin();
    let outcome = run.wait();
    outcome.exits(0).prints(&format!("{ALICE}{BOB}"));
    server.into_running().wait().exits(0);
}
