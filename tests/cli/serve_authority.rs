//! `serve` accepts the `:authority` that other gRPC clients send over a Unix socket: the path of the socket, which the h2
//! crate rejects. Neither our client nor the h2 crate's can send it, so the requests here are raw bytes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use super::harness::{Folder, LIMIT, Server, frame as grpc_message};

/// `:authority: tmp%2Fdir%2Fx.sock`, with a literal name and value, as sent by grpcio.
const GRPCIO: &[u8] = b"\x40\x0a:authority\x12tmp%2Fdir%2Fx.sock";
/// `:authority: unix:%2Ftmp%2Fprobe%2Fx.sock`, with an indexed name and Huffman code, as sent by grpc-go.
const GRPC_GO: &[u8] =
    b"\x41\x95\xb6\xa3\x79\xb8\xa8\xb0\xa6\x9a\xd5\x16\x1a\xec\x3c\x65\x54\x58\x7c\xae\x83\x93\xaf";
/// `:authority: /tmp/x.sock`, as sent by grpc-java.
const GRPC_JAVA: &[u8] = b"\x41\x0b/tmp/x.sock";

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With this much data and trailers.
    Replied(Vec<u8>),
    /// With RST_STREAM and this error code.
    Reset(u32),
}

const PROTOCOL_ERROR: u32 = 1;

struct Client<S>(S);

impl<S: Read + Write> Client<S> {
    #[track_caller]
    fn new(mut stream: S) -> Self {
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        let mut client = Self(stream);
        client.send(4, 0, 0, b"");
        client
    }

    #[track_caller]
    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&len[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat()).unwrap();
    }

    /// Calls GetPerson for Alice with this header block.
    #[track_caller]
    fn call(&mut self, stream: u32, block: &[u8]) -> End {
        self.send(1, 0x4, stream, block);
        self.send(0, 0x1, stream, &grpc_message(b"\x0a\x05Alice"));
        let mut data = Vec::new();
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).unwrap();
            let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; len.try_into().unwrap()];
            self.0.read_exact(&mut payload).unwrap();
            if head[5..] != stream.to_be_bytes() {
                continue;
            }
            match (head[3], head[4]) {
                (0, _) => data.extend(payload),
                (1, flags) if flags & 0x1 != 0 => return End::Replied(data),
                (3, _) => return End::Reset(u32::from_be_bytes(payload.try_into().unwrap())),
                _ => {}
            }
        }
    }
}

/// A header block of GetPerson, with an authority that goes into the dynamic table with the path and the content type.
fn block(authority: &[u8]) -> Vec<u8> {
    let rest = b"\x44\x15/RouteGuide/GetPerson\x5f\x10application/grpc";
    [b"\x83\x86", authority, rest].concat()
}

/// The same again: content type, path and authority are entries 62, 63 and 64.
const SAME_BLOCK: &[u8] = b"\x83\x86\xc0\xbf\xbe";

fn is_alice(end: &End) -> bool {
    matches!(end, End::Replied(data) if data.windows(5).any(|bytes| bytes == b"Alice"))
}

#[test]
fn a_path_as_authority_is_accepted_on_a_unix_socket() {
    let folder = Folder::new();
    let _server = Server::with(["--listen", &folder.socket("guide")]);
    for authority in [GRPCIO, GRPC_GO, GRPC_JAVA] {
        let stream = UnixStream::connect(folder.join("guide")).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut client = Client::new(stream);
        let first = client.call(1, &block(authority));
        assert!(is_alice(&first), "{authority:?}: {first:?}");
        let second = client.call(3, SAME_BLOCK);
        assert!(is_alice(&second), "{authority:?}: {second:?}");
    }
}

#[test]
fn a_path_as_authority_is_rejected_on_a_tcp_port() {
    let server = Server::start();
    for authority in [GRPCIO, GRPC_GO, GRPC_JAVA] {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let end = Client::new(stream).call(1, &block(authority));
        assert_eq!(end, End::Reset(PROTOCOL_ERROR), "{authority:?}");
    }
}
