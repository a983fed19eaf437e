//! Many streams on one connection, with a frame for each name and replies that are not read. This ends connections to a
//! server with default windows, and fills the memory of one with large windows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::Request;
use prost::Message as _;
use routeguide::proto::Name;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::harness::{Server, block_on, frame, wait_until_settled};

const STREAMS: usize = 20;

/// Far more than reasonable windows hold, so that memory shows what they do.
const NAMES: usize = 20_000;

/// A connection, and its streams whose replies are not read yet.
struct Unread {
    connection: JoinHandle<Result<(), h2::Error>>,
    streams: Vec<ResponseFuture>,
}

impl Unread {
    /// Opens a connection, and waits for one reply on it.
    async fn connect(server: &Server) -> (Self, h2::client::SendRequest<Bytes>) {
        let socket = TcpStream::connect(server.addr()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        // Replies are small frames too, and must not make our own side end the connection. The window of each stream is
        // soon full of them, so that the server has to keep what it cannot answer.
        let (client, connection) = h2::client::Builder::new()
            .initial_connection_window_size(1 << 30)
            .handshake(socket)
            .await
            .unwrap();
        let unread = Self {
            connection: tokio::spawn(connection),
            streams: Vec::new(),
        };
        let mut client = client.ready().await.unwrap();
        let (first, requests) = open(&mut client).await;
        ask(requests, 1, Arc::default()).await;
        assert_eq!(read_replies(first.await.unwrap().into_body()).await, 1);
        (unread, client)
    }

    /// Opens streams, and sends names until the server takes no more.
    async fn fill(&mut self, client: &mut h2::client::SendRequest<Bytes>) {
        let asked = Arc::new(AtomicUsize::new(0));
        for _ in 0..STREAMS {
            let (response, requests) = open(client).await;
            tokio::spawn(ask(requests, NAMES, Arc::clone(&asked)));
            self.streams.push(response);
        }
        let settled = move || wait_until_settled(|| asked.load(Ordering::Relaxed));
        tokio::task::spawn_blocking(settled).await.unwrap();
    }

    /// Reads every reply.
    async fn read(self) {
        let reading = self.streams.into_iter().map(|response| {
            tokio::spawn(async move { read_replies(response.await.unwrap().into_body()).await })
        });
        for stream in reading.collect::<Vec<_>>() {
            assert_eq!(stream.await.unwrap(), NAMES);
        }
    }
}

#[test]
fn streams_that_are_not_read_for_a_while_lose_no_reply() {
    let server = Server::start();
    block_on(async {
        let (mut unread, mut client) = Unread::connect(&server).await;
        unread.fill(&mut client).await;
        let ended = unread.connection.is_finished();
        assert!(!ended, "the server ended the connection");
        unread.read().await;
    });
}

#[cfg(target_os = "linux")]
#[test]
fn unread_streams_need_little_memory() {
    /// The server must need less for the twenty streams.
    const TOO_MUCH: u64 = 64 << 20;

    let server = Server::start();
    block_on(async {
        let (mut unread, mut client) = Unread::connect(&server).await;
        let before = server.memory();
        unread.fill(&mut client).await;
        let grown = server.memory().saturating_sub(before);
        assert!(grown < TOO_MUCH, "{} KiB unread", grown >> 10);
        unread.read().await;
        let grown = server.memory().saturating_sub(before);
        assert!(grown < TOO_MUCH, "{} KiB when read", grown >> 10);
    });
}

async fn open(client: &mut h2::client::SendRequest<Bytes>) -> (ResponseFuture, SendStream<Bytes>) {
    std::future::poll_fn(|cx| client.poll_ready(cx))
        .await
        .unwrap();
    let request = Request::post("http://localhost/RouteGuide/GetPeople")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    client.send_request(request, false).unwrap()
}

/// Sends Alice this many times, as fast as the server's window allows, each in a frame of twelve bytes. Then half-closes.
async fn ask(mut requests: SendStream<Bytes>, times: usize, asked: Arc<AtomicUsize>) {
    let alice = frame(
        &Name {
            name: "Alice".to_owned(),
        }
        .encode_to_vec(),
    );
    assert_eq!(alice.len(), 12);
    for _ in 0..times {
        requests.reserve_capacity(alice.len());
        while requests.capacity() < alice.len() {
            let more = std::future::poll_fn(|cx| requests.poll_capacity(cx)).await;
            more.expect("the stream is open").unwrap();
        }
        requests.send_data(alice.clone(), false).unwrap();
        asked.fetch_add(1, Ordering::Relaxed);
    }
    requests.send_data(Bytes::new(), true).unwrap();
}

/// Counts the replies of a stream that must end with OK.
async fn read_replies(mut body: RecvStream) -> usize {
    let mut replies = 0;
    // The incomplete message, or prefix, at the end.
    let mut rest = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        rest.extend_from_slice(&data);
        let mut used = 0;
        while let Some(len) = rest.get(used + 1..used + 5) {
            let end = used + 5 + u32::from_be_bytes(len.try_into().unwrap()) as usize;
            if rest.len() < end {
                break;
            }
            replies += 1;
            used = end;
        }
        rest.drain(..used);
    }
    assert!(rest.is_empty(), "half a reply");
    let trailers = body.trailers().await.unwrap().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
    replies
}
