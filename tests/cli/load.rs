//! Many streams on one connection, a frame for each name, and nobody who reads the replies: what ends connections to
//! a server of default windows, and fills the memory of one whose windows are merely large.

use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::Request;
use prost::Message as _;
use routeguide::proto::Name;
use tokio::net::TcpStream;

use super::harness::{Server, block_on, frame};

const STREAMS: usize = 20;

/// Far more than windows of a sensible size take, so that memory shows what they hold.
const NAMES: usize = 20_000;

/// More than the twenty streams may cost the server.
const TOO_MUCH: u64 = 64 << 20;

/// Resident memory in bytes; nothing where there is no /proc.
fn memory(server: &Server) -> u64 {
    #[cfg(target_os = "linux")]
    {
        let path = format!("/proc/{}/status", server.id());
        let status = std::fs::read_to_string(path).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() * 1024
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = server;
        0
    }
}

#[test]
fn streams_that_nobody_reads_for_five_seconds_lose_nothing_and_cost_little() {
    let server = Server::start();
    block_on(async {
        let socket = TcpStream::connect(server.addr()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        // Our own side must not be the one that ends the connection, replies being small frames as well; and each
        // stream's window is soon full of them, so that the server has to keep what it cannot answer.
        let (client, connection) = h2::client::Builder::new()
            .initial_connection_window_size(1 << 30)
            .handshake(socket)
            .await
            .unwrap();
        let connection = tokio::spawn(connection);

        let mut client = client.ready().await.unwrap();
        let (first, mut requests) = open(&mut client).await;
        ask(&mut requests, 1);
        assert_eq!(read_replies(first.await.unwrap().into_body()).await, 1);
        let before = memory(&server);

        let mut streams = Vec::new();
        for _ in 0..STREAMS {
            let (response, mut requests) = open(&mut client).await;
            ask(&mut requests, NAMES);
            streams.push(response);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let grown = memory(&server).saturating_sub(before);
        assert!(grown < TOO_MUCH, "{} KiB", grown >> 10);
        assert!(!connection.is_finished(), "the server ended the connection");

        let reading = streams.into_iter().map(|response| {
            tokio::spawn(async move { read_replies(response.await.unwrap().into_body()).await })
        });
        for stream in reading.collect::<Vec<_>>() {
            assert_eq!(stream.await.unwrap(), NAMES);
        }
        let grown = memory(&server).saturating_sub(before);
        assert!(grown < TOO_MUCH, "{} KiB", grown >> 10);
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

/// Asks for Alice, each time in a frame of twelve bytes, and half-closes.
fn ask(requests: &mut SendStream<Bytes>, times: usize) {
    let alice = frame(
        &Name {
            name: "Alice".to_owned(),
        }
        .encode_to_vec(),
    );
    assert_eq!(alice.len(), 12);
    for _ in 0..times {
        requests.send_data(alice.clone(), false).unwrap();
    }
    requests.send_data(Bytes::new(), true).unwrap();
}

/// Counts the replies of a stream that must end well.
async fn read_replies(mut body: RecvStream) -> usize {
    let mut replies = 0;
    // What is left of the message under way, or the part of a prefix that is there.
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
