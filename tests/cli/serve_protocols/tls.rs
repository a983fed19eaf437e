//! HTTP/1.1 and HTTP/2 over TLS: ALPN says which, and without it the first bytes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::super::harness::http::Http1;
use super::super::harness::{LIMIT, Server, Trusted, Validity, routeguide};
use super::{alice, get_alice};

type Session = StreamOwned<ClientConnection, TcpStream>;

struct Case {
    trusted: Trusted,
    server: Server,
}

impl Case {
    fn serving(args: &[&str]) -> Self {
        let trusted = Trusted::new();
        let identity = trusted.authority.issue(&["127.0.0.1"], Validity::Now);
        identity.write(&trusted.folder, "server");
        let serve = routeguide(["serve", "--listen", "127.0.0.1:0"])
            .args(["--cert", "server.pem", "--key", "server.key"])
            .args(args)
            .within(&trusted.folder);
        let server = Server::of(serve);
        Self { trusted, server }
    }

    /// A handshake that offers these protocols, and the one that the server has chosen.
    fn connect(&self, alpn: &[&str]) -> std::io::Result<(Session, Option<String>)> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.authority.der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
        let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server.port())).unwrap();
        tcp.set_read_timeout(Some(LIMIT)).unwrap();
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        let chosen = session.alpn_protocol().map(<[u8]>::to_vec);
        let chosen = chosen.map(|name| String::from_utf8(name).unwrap());
        Ok((StreamOwned::new(session, tcp), chosen))
    }
}

#[track_caller]
fn answers_http1(session: Session) {
    let mut connection = Http1::over(session);
    for _ in 0..2 {
        connection.send(get_alice().bytes());
        assert_eq!(connection.response().is(200).text(), alice());
    }
}

#[track_caller]
fn answers_http2(mut session: Session) {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    session.write_all(preface).unwrap();
    let mut frame = [0; 9];
    session.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "SETTINGS");
}

#[test]
fn a_client_that_offers_http_1_1_alone_gets_it() {
    let case = Case::serving(&[]);
    let (session, chosen) = case.connect(&["http/1.1"]).unwrap();
    assert_eq!(chosen.as_deref(), Some("http/1.1"));
    answers_http1(session);
}

#[test]
fn a_client_that_offers_both_gets_http_2() {
    let case = Case::serving(&[]);
    for offered in [&["h2"][..], &["h2", "http/1.1"], &["http/1.1", "h2"]] {
        let (session, chosen) = case.connect(offered).unwrap();
        assert_eq!(chosen.as_deref(), Some("h2"));
        answers_http2(session);
    }
}

#[test]
fn a_client_that_offers_nothing_shows_what_it_speaks() {
    let case = Case::serving(&[]);
    let (session, chosen) = case.connect(&[]).unwrap();
    assert_eq!(chosen, None);
    answers_http1(session);
    answers_http2(case.connect(&[]).unwrap().0);
}

#[test]
fn with_grpc_alone_there_is_no_http_1_1() {
    let case = Case::serving(&["--protocols", "grpc"]);
    for offered in [&["http/1.1"][..], &[]] {
        let refused = case.connect(offered).and_then(|(mut session, _)| {
            // In TLS 1.3, a client that is refused hears of it after its own handshake is complete.
            session.read(&mut [0])
        });
        assert!(refused.is_err(), "{offered:?}");
    }
    answers_http2(case.connect(&["h2"]).unwrap().0);
}
