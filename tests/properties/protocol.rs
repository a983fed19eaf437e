//! What client and server write of gRPC-Web and Connect, read back; and what anyone may write, read without a panic.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use prost::Message as _;
use routeguide::framing::{Cutter, Encoding, Packer, Sent, prefix_of};
use routeguide::protocol::{Codec, Wire, connect, web};
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::{bodies, config};

/// Headers as HTTP/2 carries them: printable ASCII without spaces around it.
fn headers() -> impl Strategy<Value = HeaderMap> {
    let field = ("[a-z0-9_.-]{1,8}", "([!-~]([ -~]{0,8}[!-~])?)?");
    proptest::collection::vec(field, 0..10).prop_map(|fields| {
        let field = |(name, value): (String, String)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::try_from(value).expect("a value"))
        };
        fields.into_iter().map(field).collect()
    })
}

fn encoding() -> impl Strategy<Value = Option<Encoding>> {
    prop_oneof![
        Just(None),
        Just(Some(Encoding::Gzip)),
        Just(Some(Encoding::Deflate)),
        Just(Some(Encoding::Zstd)),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

/// An error, with details or without.
fn status() -> impl Strategy<Value = Status> {
    let detail = ("[a-z]{1,5}(\\.[A-Z][a-z]{0,5}){1,2}", bytes(20));
    let details = proptest::collection::vec(detail, 0..4);
    (1..=16, ".{0,20}", details).prop_map(|(code, message, details)| {
        if details.is_empty() {
            return Status::new(Code::from_i32(code), message);
        }
        let any = |(name, value)| prost_types::Any {
            type_url: format!("type.googleapis.com/{name}"),
            value,
        };
        let rich = tonic_types::pb::Status {
            code,
            message: message.clone(),
            details: details.into_iter().map(any).collect(),
        };
        let details = rich.encode_to_vec().into();
        Status::with_details(Code::from_i32(code), message, details)
    })
}

fn parts(status: &Status) -> (Code, &str, &[u8]) {
    (status.code(), status.message(), status.details())
}

/// A frame of any protocol, which may be cut off.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let flag = proptest::sample::select(vec![0, 0, 1, 2, 3, 0x80, 0x81, 0xff]);
    let missing = prop_oneof![9 => Just(0), 1 => 1_usize..5];
    (flag, bytes(40), missing).prop_map(|(flag, bytes, missing)| {
        let len = u32::try_from(bytes.len() + missing).expect("a length");
        [&prefix_of(flag, len), bytes.as_slice()].concat()
    })
}

/// The end of a stream of Connect, more or less.
fn end() -> impl Strategy<Value = Value> {
    let text = "[ -~é\n]{0,6}";
    let detail = ("[a-zA-Z./]{0,8}", "[A-Za-z0-9+/_-]{0,5}={0,2}")
        .prop_map(|(name, value)| json!({"type": name, "value": value}));
    let code = proptest::sample::select(vec!["not_found", "canceled", "ok", ""]);
    let error = (code, text, proptest::collection::vec(detail, 0..3)).prop_map(
        |(code, message, details)| json!({"code": code, "message": message, "details": details}),
    );
    let values = proptest::collection::vec("[ -~]{0,6}", 0..3);
    let metadata = proptest::collection::btree_map("[a-zA-Z-]{1,5}", values, 0..4);
    (error, metadata).prop_map(|(error, metadata)| json!({"error": error, "metadata": metadata}))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn trailers_of_grpc_web_come_back(trailers in headers()) {
        let frame = web::write_trailers(&trailers);
        prop_assert_eq!(web::read_trailers(&frame), Ok(trailers));
    }

    #[test]
    fn text_comes_back_however_it_is_flushed_and_split(
        flushed in proptest::collection::vec(bytes(20), 0..5),
        size in 1_usize..10,
    ) {
        let text: Vec<u8> = flushed.iter().flat_map(|part| web::encode_text(part)).collect();
        let mut decoder = web::TextDecoder::default();
        let mut decoded = Vec::new();
        for part in text.chunks(size) {
            decoded.extend_from_slice(&decoder.push(part).expect("base64"));
        }
        prop_assert_eq!(decoder.finish(), Ok(()));
        prop_assert_eq!(decoded, flushed.concat());
    }

    #[test]
    fn errors_of_connect_come_back(status in status()) {
        let body = connect::write_error(&status);
        let read = connect::read_error(&body, StatusCode::OK).expect("an error");
        prop_assert_eq!(parts(&read), parts(&status));
    }

    #[test]
    fn ends_of_streams_of_connect_come_back(
        error in proptest::option::of(status()),
        trailers in headers(),
    ) {
        let message = connect::write_end(error.as_ref(), &trailers);
        let end = connect::read_end(&message).expect("an end");
        prop_assert_eq!(end.error.as_ref().map(parts), error.as_ref().map(parts));
        prop_assert_eq!(end.trailers, trailers);
    }

    #[test]
    fn trailers_among_headers_come_back(mut headers in headers(), trailers in headers()) {
        // Whoever has such a header has a trailer.
        connect::split_trailers(&mut headers);
        let mut joined = headers.clone();
        connect::join_trailers(&mut joined, &trailers);
        prop_assert_eq!(connect::split_trailers(&mut joined), trailers);
        prop_assert_eq!(joined, headers);
    }

    #[test]
    fn requests_in_urls_come_back(
        message in bytes(40),
        is_json: bool,
        encoding in encoding(),
        has_version: bool,
    ) {
        let codec = if is_json { Codec::Json } else { Codec::Proto };
        let message = Cow::Owned(message);
        bodies::request_comes_back(&connect::Get { codec, encoding, message, has_version });
    }

    #[test]
    fn streams_with_an_end_come_back_however_they_are_split(
        messages in proptest::collection::vec(bytes(40), 0..5),
        end in bytes(40),
        encoding in encoding(),
        room in 1_usize..50,
    ) {
        for wire in [Wire::Web, Wire::ConnectStream] {
            let flag = wire.end_flag().expect("a flag");
            let (mut packer, mut sent) = (Packer::new(encoding), Sent::default());
            for message in &messages {
                packer.push(message);
            }
            packer.push_end(flag, &end);
            let mut cutter = Cutter::new(100);
            cutter.set_end_flag(flag);
            if let Some(encoding) = encoding {
                cutter.set_encoding(encoding);
            }
            let mut found = Vec::new();
            while !packer.is_empty() {
                cutter.push(packer.take(room, &mut sent));
                while let Some(message) = cutter.next().expect("messages") {
                    found.push(message.to_vec());
                }
            }
            prop_assert_eq!(&found, &messages);
            prop_assert_eq!(sent.len(), messages.len());
            prop_assert_eq!(cutter.take_end(), Ok(Some(Bytes::from(end.clone()))));
            prop_assert!(cutter.is_at_boundary());
        }
    }

    #[test]
    fn readers_do_not_panic(input in bytes(60)) {
        bodies::text_is_the_same_however_split(&input, 7);
        bodies::frames_are_the_same_however_split(Wire::ConnectStream, None, &input, 7);
        bodies::trailers_come_back(&input);
        bodies::error_comes_back(&input, StatusCode::NOT_FOUND);
        bodies::end_comes_back(&input);
        if let Ok(value) = HeaderValue::from_bytes(&input) {
            let _ = Wire::of_content_type(&value);
            for wire in Wire::ALL {
                let headers = HeaderMap::from_iter([
                    (wire.timeout_header(), value.clone()),
                    (wire.encoding_header(), value.clone()),
                    (wire.accept_encoding_header(), value.clone()),
                ]);
                let _ = (wire.timeout(&headers), wire.encoding(&headers));
                let _ = wire.accepts(&headers, Encoding::Gzip);
            }
        }
    }

    #[test]
    fn text_is_the_same_however_it_is_split(text in "([A-Za-z0-9+/]{0,5}[=-]{0,2}é?){0,5}", size in 1_usize..10) {
        bodies::text_is_the_same_however_split(text.as_bytes(), size);
    }

    #[test]
    fn frames_are_the_same_however_they_are_split(
        frames in proptest::collection::vec(frame(), 0..5),
        encoding in encoding(),
        size in 1_usize..50,
    ) {
        for wire in Wire::ALL {
            bodies::frames_are_the_same_however_split(wire, encoding, &frames.concat(), size);
        }
    }

    #[test]
    fn trailers_that_are_read_come_back(frame in "((trailer-|[a-zA-Z: \t-]){0,8}[:\r\n]{0,2}){0,5}") {
        bodies::trailers_come_back(frame.as_bytes());
    }

    #[test]
    fn json_that_is_read_comes_back(end in end()) {
        let json = end.to_string();
        bodies::end_comes_back(json.as_bytes());
        bodies::error_comes_back(end["error"].to_string().as_bytes(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn queries_that_are_read_come_back(query in "((connect|encoding|message|base64|compression|[a-z%0-9]{0,3})[=&+%é]?(json|proto|gzip|v1|1|[a-z%0-9A-F_-]{0,6})[=&]?){0,8}") {
        bodies::query_comes_back(&query);
    }
}
