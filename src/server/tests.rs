//! How the server drains, against a peer made of bare HTTP/2 frames: the h2 crate's client answers every PING, and
//! starts no call after a GOAWAY. Time is virtual and passes only while everything waits.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::ANSWER_TIMEOUT;
use super::{Missing, People, Server, Setup};

const GRACE: Duration = Duration::from_secs(30);

/// Frame types and flags of RFC 9113, section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The stream id of a GOAWAY that announces another one.
const NO_LIMIT: u32 = (1 << 31) - 1;

struct Frame {
    flags: u8,
    payload: Vec<u8>,
}

struct Peer(DuplexStream);

impl Peer {
    /// Connects and sends nothing.
    fn silent(server: &Server) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        server.serve_connection(theirs, super::Peer::InProcess);
        Self(ours)
    }

    /// Connects and opens an HTTP/2 connection.
    async fn connected(server: &Server) -> Self {
        let mut peer = Self::silent(server);
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        peer.0.write_all(preface).await.expect("a connection");
        peer.send(SETTINGS, 0, 0, &[]).await;
        // Answered once the preface has been read.
        peer.send(PING, 0, 0, &[0; 8]).await;
        peer.receive(PING).await;
        peer
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let len = u32::try_from(payload.len()).expect("a short frame");
        let mut frame = len.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.expect("a connection");
    }

    /// The next frame of this type; frames of other types are skipped.
    async fn receive(&mut self, kind: u8) -> Frame {
        loop {
            let mut head = [0; 9];
            let read = self.0.read_exact(&mut head).await;
            read.expect("the connection is open");
            let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; len as usize];
            let read = self.0.read_exact(&mut payload).await;
            read.expect("a whole frame");
            if head[3] == kind {
                let flags = head[4];
                return Frame { flags, payload };
            }
        }
    }

    /// The next GOAWAY's last stream id.
    async fn receive_goaway(&mut self) -> u32 {
        let payload = self.receive(GOAWAY).await.payload;
        u32::from_be_bytes(payload[..4].try_into().expect("a stream id"))
    }

    async fn answer(&mut self, ping: &Frame) {
        self.send(PING, ACK, 0, &ping.payload).await;
    }

    /// Starts a GetPeople call on stream 1, and waits until it is in flight.
    async fn start_call(&mut self) {
        // `:method: POST`, `:scheme: http`, then literals with indexed names.
        let mut block = vec![0x83, 0x86];
        for (name, value) in [(0x44, "/RouteGuide/GetPeople"), (0x5f, "application/grpc")] {
            block.push(name);
            block.push(u8::try_from(value.len()).expect("a short value"));
            block.extend(value.as_bytes());
        }
        self.send(HEADERS, END_HEADERS, 1, &block).await;
        self.receive(HEADERS).await;
    }

    /// Sends the call's only name, and receives the reply and the status.
    async fn finish_call(&mut self) {
        let message = b"\x0a\x05Alice";
        let mut data = vec![
            0,
            0,
            0,
            0,
            u8::try_from(message.len()).expect("a short name"),
        ];
        data.extend(message);
        self.send(DATA, END_STREAM, 1, &data).await;
        let reply = self.receive(DATA).await.payload;
        assert!(reply.windows(5).any(|bytes| bytes == b"Alice"), "{reply:?}");
        assert_eq!(self.receive(HEADERS).await.flags & END_STREAM, END_STREAM);
    }
}

fn server() -> Server {
    let setup = Setup::new(People::built_in(), Missing::Reply);
    Server::new(setup).expect("a server")
}

/// Starts draining; ends with the number of calls that had to be ended.
fn shut_down(server: &Server) -> JoinHandle<u64> {
    let server = server.clone();
    tokio::spawn(async move { server.shut_down(GRACE).await })
}

#[tokio::test(start_paused = true)]
async fn a_call_between_the_first_and_the_final_goaway_has_the_whole_grace() {
    let server = server();
    let mut peer = Peer::connected(&server).await;
    let end_of_grace = Instant::now() + GRACE;
    let drain = shut_down(&server);
    assert_eq!(peer.receive_goaway().await, NO_LIMIT);
    let ping = peer.receive(PING).await;
    sleep(ANSWER_TIMEOUT / 2).await;
    peer.start_call().await;
    sleep(ANSWER_TIMEOUT).await;
    peer.answer(&ping).await;
    assert_eq!(peer.receive_goaway().await, 1);
    sleep_until(end_of_grace - Duration::from_secs(1)).await;
    assert!(!drain.is_finished());
    peer.finish_call().await;
    assert_eq!(drain.await.expect("no panic"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_peer_that_never_answers_ends_with_the_grace() {
    let server = server();
    let mut peer = Peer::connected(&server).await;
    let start = Instant::now();
    let drain = shut_down(&server);
    peer.receive_goaway().await;
    peer.start_call().await;
    let trailers = peer.receive(HEADERS).await;
    assert_eq!(start.elapsed().as_secs(), GRACE.as_secs());
    assert_eq!(trailers.flags & END_STREAM, END_STREAM);
    assert_eq!(drain.await.expect("no panic"), 1);
    assert!(start.elapsed() <= GRACE + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_and_leaves_delays_nothing() {
    let server = server();
    let mut peer = Peer::connected(&server).await;
    let start = Instant::now();
    let drain = shut_down(&server);
    let ping = peer.receive(PING).await;
    peer.answer(&ping).await;
    peer.receive_goaway().await;
    drop(peer);
    assert_eq!(drain.await.expect("no panic"), 0);
    assert!(start.elapsed().is_zero(), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_calls_that_never_answers_is_given_up() {
    let server = server();
    let _peer = Peer::connected(&server).await;
    let start = Instant::now();
    assert_eq!(server.shut_down(GRACE).await, 0);
    assert!(start.elapsed() <= ANSWER_TIMEOUT + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_not_sent_a_byte_is_given_up_within_a_second() {
    let server = server();
    let _peer = Peer::silent(&server);
    let start = Instant::now();
    assert_eq!(server.shut_down(GRACE).await, 0);
    assert!(start.elapsed() <= Duration::from_secs(1));
}
