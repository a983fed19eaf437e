//! What HTTP/1.1 has of its own: connections that are used again, and responses that are not to be read.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::Instant;

use super::peer::{Answer, Ending, Peer};
use super::{call, shown, start};
use crate::call::{Call, Event};
use crate::net::ByteStream;
use crate::protocol::Wire;
use crate::transport::testing::connect_speaking;
use crate::transport::{Connection, HttpVersion, HttpVersions};

async fn ok(connection: &Connection, request: Bytes) {
    let requests = tokio_stream::iter([request]);
    let mut call = Call::start(connection, start(Wire::ConnectUnary), requests);
    loop {
        if let Event::Ended(end) = call.next().await.expect("an end") {
            assert_eq!(shown(&end), "OK, server: ");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_free_is_not_waited_for() {
    let open = || -> Box<dyn ByteStream> {
        let (ours, mut theirs) = duplex(1 << 16);
        tokio::spawn(async move {
            // Answers early, and does not read the rest of the request.
            let _ = theirs.read(&mut [0; 1024]).await;
            let answer =
                "HTTP/1.1 200 x\r\ncontent-type: application/proto\r\ncontent-length: 0\r\n\r\n";
            theirs.write_all(answer.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        });
        Box::new(ours)
    };
    let connection = connect_speaking(HttpVersions::Http1, open).await;
    let started = Instant::now();
    ok(&connection, Bytes::from(vec![0; 1 << 20])).await;
    ok(&connection, Bytes::new()).await;
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn headers_over_the_limit_are_explained() {
    let large: &'static str = Box::leak("x".repeat(70 << 10).into());
    for headers in [vec![("x-large", large)], vec![("x-many", "1"); 101]] {
        let answer = Answer {
            status: 200,
            headers,
            body: Vec::new(),
            rest: "",
            ending: Ending::Whole,
        };
        let peer = Peer::answering(HttpVersion::Http1, answer).await;
        let happened = call(&peer, start(Wire::Web), &[]).await;
        assert_eq!(
            shown(&happened.end),
            "INTERNAL, protocol: the server's response has too many headers, or too large ones: over HTTP/1.1, the limit is \
             100 headers and 64 KiB"
        );
    }
}
