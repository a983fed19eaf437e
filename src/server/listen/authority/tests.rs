//! What is rewritten, and that nothing else is.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::frames::{Frames, PREFACE};
use super::huffman::{replacement, tests::encode};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// What h2 receives of `sent`, which arrives in pieces of this size, and whether all of it was followed.
fn follow(sent: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let mut frames = Frames::default();
    let mut bytes = sent.to_vec();
    bytes
        .chunks_mut(piece)
        .for_each(|piece| frames.rewrite(piece));
    (bytes, !frames.is_lost())
}

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a short frame");
    let mut frame = len.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags, 0, 0, 0, 1]);
    frame.extend(payload);
    frame
}

fn connection(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE.to_vec(), frames.concat()].concat()
}

/// A field as HPACK writes it.
#[derive(Clone, Debug)]
enum Field {
    /// One byte and an integer: an indexed field, or a change of the dynamic table's size.
    Integer { bits: u8, mask: u8, value: usize },
    Literal {
        /// With or without indexing.
        bits: u8,
        mask: u8,
        name: Name,
        value: Vec<u8>,
        is_huffman: bool,
    },
}

#[derive(Clone, Debug)]
enum Name {
    Index(usize),
    Text { text: Vec<u8>, is_huffman: bool },
}

impl Name {
    fn is_authority(&self) -> bool {
        match self {
            Self::Index(index) => *index == 1,
            Self::Text { text, .. } => text == b":authority",
        }
    }
}

fn integer(bits: u8, mask: u8, value: usize) -> Vec<u8> {
    let byte = |value: usize| u8::try_from(value).expect("a byte");
    if value < usize::from(mask) {
        return vec![bits | byte(value)];
    }
    let mut bytes = vec![bits | mask];
    let mut rest = value - usize::from(mask);
    while rest >= 0x80 {
        bytes.push(byte(0x80 | rest & 0x7f));
        rest >>= 7;
    }
    bytes.push(byte(rest));
    bytes
}

fn string(text: &[u8], is_huffman: bool) -> Vec<u8> {
    let (bits, text) = if is_huffman {
        (0x80, encode(text))
    } else {
        (0, text.to_vec())
    };
    [integer(bits, 0x7f, text.len()), text].concat()
}

impl Field {
    fn encode(&self, is_rewritten: bool) -> Vec<u8> {
        match self {
            Self::Integer { bits, mask, value } => integer(*bits, *mask, *value),
            Self::Literal {
                bits,
                mask,
                name,
                value,
                is_huffman,
            } => {
                let start = match name {
                    Name::Index(index) => integer(*bits, *mask, *index),
                    Name::Text { text, is_huffman } => {
                        [vec![*bits], string(text, *is_huffman)].concat()
                    }
                };
                let value: Vec<_> = if is_rewritten && name.is_authority() {
                    value.iter().copied().map(replacement).collect()
                } else {
                    value.clone()
                };
                [start, string(&value, *is_huffman)].concat()
            }
        }
    }
}

/// A part of what a client sends.
#[derive(Clone, Debug)]
enum Sent {
    /// A header block, cut into frames of this many bytes.
    Block {
        fields: Vec<Field>,
        piece: usize,
        padding: Option<u8>,
        has_priority: bool,
    },
    /// A frame without a header block.
    Frame { kind: u8, payload: Vec<u8> },
}

impl Sent {
    fn encode(&self, is_rewritten: bool) -> Vec<u8> {
        let (fields, piece, padding, has_priority) = match self {
            Self::Frame { kind, payload } => return frame(*kind, PADDED | PRIORITY, payload),
            Self::Block {
                fields,
                piece,
                padding,
                has_priority,
            } => (fields, *piece, *padding, *has_priority),
        };
        let encoded = fields.iter().map(|field| field.encode(is_rewritten));
        let block = encoded.collect::<Vec<_>>().concat();
        let (first, rest) = block.split_at(piece.min(block.len()));
        let mut flags = if rest.is_empty() { END_HEADERS } else { 0 };
        let mut payload = Vec::new();
        if let Some(padding) = padding {
            flags |= PADDED;
            payload.push(padding);
        }
        if has_priority {
            flags |= PRIORITY;
            // The last byte would start a literal `:authority`.
            payload.extend(b"/ %/A");
        }
        payload.extend(first);
        payload.extend(std::iter::repeat_n(0, padding.map_or(0, usize::from)));
        let mut frames = frame(HEADERS, flags, &payload);
        let pieces = rest.chunks(piece);
        let last = pieces.len();
        for (number, piece) in pieces.enumerate() {
            let flags = if number + 1 == last { END_HEADERS } else { 0 };
            frames.extend(frame(CONTINUATION, flags, piece));
        }
        frames
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![select(b" %/".as_slice()), any::<u8>()], 0..200)
}

/// Often one around the limit of a prefix.
fn number() -> impl Strategy<Value = usize> {
    let limits = [1, 15, 31, 63, 127, 128].map(|limit| limit - 1..=limit + 1);
    let near: Vec<usize> = limits.into_iter().flatten().collect();
    prop_oneof![select(near), 0_usize..5000]
}

fn name() -> impl Strategy<Value = Name> {
    let text = prop_oneof![Just(b":authority".to_vec()), text()];
    prop_oneof![
        Just(Name::Index(1)),
        number().prop_map(|index| Name::Index(index.max(1))),
        (text, any::<bool>()).prop_map(|(text, is_huffman)| Name::Text { text, is_huffman }),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let integers = select(vec![(0x80, 0x7f), (0x20, 0x1f)]);
    let literals = select(vec![(0x40, 0x3f), (0x00, 0x0f), (0x10, 0x0f)]);
    prop_oneof![
        (integers, number()).prop_map(|((bits, mask), value)| Field::Integer { bits, mask, value }),
        (literals, name(), text(), any::<bool>()).prop_map(
            |((bits, mask), name, value, is_huffman)| Field::Literal {
                bits,
                mask,
                name,
                value,
                is_huffman
            }
        ),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let other = any::<u8>().prop_filter("without a header block", |kind| {
        ![HEADERS, CONTINUATION].contains(kind)
    });
    prop_oneof![
        (
            vec(field(), 0..5),
            1_usize..300,
            option::of(any::<u8>()),
            any::<bool>()
        )
            .prop_map(|(fields, piece, padding, has_priority)| Sent::Block {
                fields,
                piece,
                padding,
                has_priority
            }),
        (other, text()).prop_map(|(kind, payload)| Sent::Frame { kind, payload }),
    ]
}

proptest! {
    #[test]
    fn only_authorities_are_rewritten(sent in vec(sent(), 0..6), piece in 1_usize..100) {
        let encode = |is_rewritten| {
            let frames: Vec<_> = sent.iter().map(|sent| sent.encode(is_rewritten)).collect();
            connection(&frames)
        };
        prop_assert_eq!(follow(&encode(false), piece), (encode(true), true));
    }

    #[test]
    fn any_bytes_are_followed_alike_in_any_pieces(
        start in select(vec![vec![], PREFACE.to_vec(), connection(&[frame(HEADERS, 0, b"")])]),
        bytes in vec(any::<u8>(), 0..500),
        piece in 1_usize..100,
    ) {
        let sent = [start, bytes].concat();
        prop_assert_eq!(follow(&sent, piece), follow(&sent, usize::MAX));
    }
}

#[test]
fn the_authority_of_each_known_client_is_rewritten() {
    for (client, sent, expected) in [
        (
            "grpcio 1.85",
            b"@\x0a:authority\x12tmp%2Fdir%2Fx.sock\x83".as_slice(),
            b"@\x0a:authority\x12tmp.2Fdir.2Fx.sock\x83".to_vec(),
        ),
        (
            "grpc-go 1.83",
            &[
                b"\x83A\x95".as_slice(),
                &encode(b"unix:%2Ftmp%2Fprobe%2Fx.sock"),
            ]
            .concat(),
            [
                b"\x83A\x95".as_slice(),
                &encode(b"unix:.2Ftmp.2Fprobe.2Fx.sock"),
            ]
            .concat(),
        ),
        (
            "grpc-java 1.79",
            b"A\x0b/tmp/x.sock",
            b"A\x0b3tmp3x.sock".to_vec(),
        ),
    ] {
        let headers = |block: &[u8]| connection(&[frame(HEADERS, END_HEADERS, block)]);
        assert_eq!(follow(&headers(sent), 7).0, headers(&expected), "{client}");
    }
}

#[test]
fn malformed_input_passes_unchanged_from_there_on() {
    let request = frame(HEADERS, END_HEADERS, b"A\x03/%/");
    for (case, malformed) in [
        (
            "not HTTP/2",
            b"GET / HTTP/1.1\r\nHost: a%b\r\n\r\n".to_vec(),
        ),
        (
            "a pad length without a byte",
            connection(&[frame(HEADERS, PADDED, b"")]),
        ),
        (
            "more padding than payload",
            connection(&[frame(HEADERS, PADDED, b"\x05A\x03/%/")]),
        ),
        (
            "no room for the priority",
            connection(&[frame(HEADERS, PRIORITY, b"/%/")]),
        ),
        (
            "a CONTINUATION of nothing",
            connection(&[frame(CONTINUATION, 0, b"A\x03/%/")]),
        ),
        (
            "a block that is interrupted",
            connection(&[frame(HEADERS, 0, b"\x83"), frame(DATA, 0, b"/%/")]),
        ),
        (
            "a block that ends within a string",
            connection(&[frame(HEADERS, END_HEADERS, b"D\x03/")]),
        ),
        (
            "an endless integer",
            connection(&[frame(
                HEADERS,
                END_HEADERS,
                b"D\x7f\xff\xff\xff\xff\xff\xff",
            )]),
        ),
    ] {
        let sent = [malformed, request.clone()].concat();
        assert_eq!(follow(&sent, 5), (sent, false), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_h2_client_sends_passes_unchanged_and_is_followed() {
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let (mut requests, connection) = h2::client::handshake(client).await.expect("a handshake");
    tokio::spawn(connection);
    let mut responses = Vec::new();
    // Larger than a frame, and small enough for the dynamic table.
    for value in ["%2F/".repeat(10_000), "a b".repeat(100)] {
        for _ in 0..2 {
            let request = http::Request::post("http://localhost:50051/a%20b/c")
                .header("user-agent", "100% /")
                .header("x-value", &value)
                .body(())
                .expect("a request");
            responses.push(requests.send_request(request, true).expect("a stream"));
        }
    }
    let mut sent = Vec::new();
    // The virtual clock moves once the client has nothing more to send.
    while let Ok(read) = timeout(Duration::from_secs(1), server.read_buf(&mut sent)).await {
        assert_ne!(read.expect("the connection is open"), 0);
    }

    assert_eq!(follow(&sent, 1000), (sent, true));
}
