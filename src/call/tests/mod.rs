//! How calls of gRPC-Web and Connect are written, and how each of their endings is read, over both versions of HTTP. Those
//! of gRPC are in `tests/cli/wire`.

mod connect;
mod deadline;
mod http1;
mod peer;
mod web;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;

use self::peer::{Answer, Ending, Peer};
use super::{Call, End, Event, Origin, Start, request_headers};
use crate::error::code_name;
use crate::framing::Encoding;
use crate::protocol::{Codec, Wire};
use crate::transport::HttpVersion;

const VERSIONS: [HttpVersion; 2] = [HttpVersion::Http1, HttpVersion::Http2];

/// A call of this form. It is unary if that is Connect's for unary calls, and else both sides are streams.
fn start(wire: Wire) -> Start {
    let is_unary = wire == Wire::ConnectUnary;
    Start {
        path: PathAndQuery::from_static("/a.B/C"),
        headers: request_headers(wire, Codec::Proto, MetadataMap::new(), None),
        deadline: None,
        max_message_size: 1000,
        encoding: None,
        single_request: is_unary,
        single_reply: is_unary,
        exact_sends: true,
        wire,
        transcoder: None,
        is_get: false,
    }
}

/// What happened on a call.
#[derive(Debug)]
struct Happened {
    /// How many requests were sent, as far as is known.
    sent: usize,
    headers: Option<MetadataMap>,
    replies: Vec<Bytes>,
    end: End,
}

async fn call(peer: &Peer, start: Start, requests: &[&'static [u8]]) -> Happened {
    let requests: Vec<Bytes> = requests.iter().copied().map(Bytes::from_static).collect();
    let requests = tokio_stream::iter(requests);
    let mut call = Call::start(&peer.connection, start, requests);
    let (mut sent, mut headers, mut replies) = (0, None, Vec::new());
    loop {
        match call.next().await.expect("an end") {
            Event::Sent(requests) => sent += requests.len(),
            Event::Headers(metadata) => headers = Some(*metadata),
            Event::Message(message) => replies.push(message),
            Event::Ended(end) => {
                assert!(call.next().await.is_none(), "the end is the last event");
                return Happened {
                    sent,
                    headers,
                    replies,
                    end: *end,
                };
            }
        }
    }
}

/// The end in short: `NOT_FOUND of the server: message`.
fn shown(end: &End) -> String {
    let of = match &end.origin {
        Origin::Server => "server",
        Origin::Deadline => "deadline",
        Origin::Connection(_) => "connection",
        Origin::OtherAnswer(..) => "other answer",
        Origin::TooLarge => "too large",
        Origin::Protocol => "protocol",
        other => panic!("{other:?}"),
    };
    format!("{}, {of}: {}", code_name(end.code), end.message)
}

/// Checks how a call with one request ends, over both versions of HTTP.
async fn ends(wire: Wire, answer: Answer, replies: &[&[u8]], end: &str) {
    for version in VERSIONS {
        let peer = Peer::answering(version, answer.clone()).await;
        let happened = call(&peer, start(wire), &[b"\x0a\x01a"]).await;
        let found = shown(&happened.end);
        // How a stream ends too early is the version's.
        let is_as_expected = if answer.ending == Ending::Cut {
            happened.end.origin == Origin::Protocol || found.contains(", connection: ")
        } else {
            found == end
        };
        assert!(is_as_expected, "{wire:?} over {version}: {found}");
        assert_eq!(happened.replies, replies, "{wire:?} over {version}");
        let over = happened.end.over.expect("another protocol than gRPC");
        assert_eq!(over.http_version, version);
        assert_eq!(
            over.http_status.map(|it| it.as_u16()),
            Some(answer.status),
            "{wire:?} over {version}"
        );
    }
}

/// A message with its prefix.
fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &len, message].concat()
}

/// The same, compressed.
fn compressed(message: &[u8]) -> Vec<u8> {
    framed(1, &Encoding::Gzip.compress(message))
}
