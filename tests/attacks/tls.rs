//! Clients that say nothing before, in and after the handshake of TLS. It shares its time with the preface.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::attacker::{GET_PERSON, wait_for_close};
use super::harness::http::Request;
use super::harness::raw::frame::PREFACE;
use super::harness::{Authority, Folder, Server, Validity, routeguide, wait_for};

const SOCKETS: usize = 300;

/// A server with TLS, and what its clients trust.
struct Secure {
    server: Server,
    folder: Folder,
    trust: Arc<ClientConfig>,
}

impl Secure {
    #[track_caller]
    fn start() -> Self {
        Self::with([])
    }

    #[track_caller]
    fn with<'a>(more: impl IntoIterator<Item = &'a str>) -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("Test CA"));
        folder.write("ca.pem", authority.pem());
        let identity = authority.issue(&["localhost"], Validity::Now);
        identity.write(&folder, "server");
        let limits = ["--handshake-timeout", "1s"].into_iter().chain(more);
        let args: Vec<OsString> = limits
            .map(OsString::from)
            .chain(["--cert".into(), folder.join("server.pem").into()])
            .chain(["--key".into(), folder.join("server.key").into()])
            .collect();
        let server = Server::started(&args);
        let mut roots = RootCertStore::empty();
        roots.add(authority.der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut trust = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        trust.alpn_protocols = vec![b"h2".to_vec()];
        Self {
            server,
            folder,
            trust: Arc::new(trust),
        }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.server.port())).unwrap()
    }

    fn handshake(&self) -> ClientConnection {
        let name = ServerName::try_from("localhost").unwrap();
        ClientConnection::new(Arc::clone(&self.trust), name).unwrap()
    }

    /// Makes so many connections, waits until the server has closed all of them, and makes a call.
    #[track_caller]
    fn closes(&self, connect: impl Fn(&Self) -> TcpStream) {
        let sockets: Vec<TcpStream> = (0..SOCKETS).map(|_| connect(self)).collect();
        let call = || {
            routeguide(["get-person", "Alice", "--cacert", "ca.pem"])
                .within(&self.folder)
                .at(format!("https://localhost:{}", self.server.port()))
                .run()
                .exits(0);
        };
        call();
        for socket in &sockets {
            wait_for_close(socket);
        }
        call();
    }
}

#[test]
fn before_the_handshake() {
    Secure::start().closes(Secure::connect);
}

#[test]
fn in_the_middle_of_the_handshake() {
    Secure::start().closes(|secure| {
        let mut hello = Vec::new();
        secure.handshake().write_tls(&mut hello).unwrap();
        let mut socket = secure.connect();
        socket.write_all(&hello[..hello.len() / 2]).unwrap();
        socket
    });
}

#[test]
fn when_the_server_waits_for_the_clients_finished() {
    Secure::start().closes(|secure| {
        let mut socket = secure.connect();
        secure.handshake().write_tls(&mut socket).unwrap();
        socket
    });
}

/// A handshake, and then these bytes over TLS.
fn after_the_handshake(secure: &Secure, bytes: &[u8]) -> TcpStream {
    let socket = secure.connect();
    let mut stream = StreamOwned::new(secure.handshake(), socket);
    stream.conn.complete_io(&mut stream.sock).unwrap();
    stream.write_all(bytes).unwrap();
    stream.flush().unwrap();
    stream.sock
}

#[test]
fn before_the_preface() {
    Secure::start().closes(|secure| after_the_handshake(secure, b""));
}

#[test]
fn in_the_middle_of_the_preface() {
    Secure::start().closes(|secure| after_the_handshake(secure, &PREFACE[..12]));
}

/// TLS takes the responses, and cannot send them.
#[test]
fn a_client_that_never_reads_the_responses_to_its_calls_is_closed() {
    let secure = Secure::with(["--keepalive-interval", "1s", "--keepalive-timeout", "1s"]);
    let call = Request::post(GET_PERSON, "application/json", r#"{"name":"Alice"}"#);
    let mut stream = StreamOwned::new(secure.handshake(), secure.connect());
    stream.conn.complete_io(&mut stream.sock).unwrap();
    let timeout = Some(Duration::from_secs(2));
    stream.sock.set_write_timeout(timeout).unwrap();
    let calls = call.bytes().repeat(100);
    let error = loop {
        if let Err(error) = stream.write_all(&calls) {
            break error;
        }
    };
    let is_open = error.kind() == ErrorKind::WouldBlock;
    wait_for("the end of the connection", || {
        let written = stream.sock.write_all(b"x");
        !is_open || written.is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
    });
}

#[test]
fn plaintext_ends_the_connection() {
    let secure = Secure::start();
    for bytes in [PREFACE, b"GET / HTTP/1.1\r\n\r\n"] {
        let mut socket = secure.connect();
        socket.write_all(bytes).unwrap();
        wait_for_close(&socket);
    }
}
