//! Any bytes can be from a peer of Connect: streams mean the same however they arrive, and what is read can be written.

#![no_main]

#[path = "../../tests/properties/bodies.rs"]
#[allow(dead_code, reason = "another target uses the rest")]
mod bodies;
mod encoding;

use std::borrow::Cow;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use routeguide::protocol::connect::Get;
use routeguide::protocol::{Codec, Wire};

fuzz_target!(|input: (u8, u8, u16, [bool; 2], &[u8])| {
    let (size, encoding, http, [is_json, has_version], bytes) = input;
    let encoding = encoding::of(encoding);
    let wire = Wire::ConnectStream;
    bodies::frames_are_the_same_however_split(wire, encoding, bytes, size.into());
    bodies::end_comes_back(bytes);
    let http = StatusCode::from_u16(http).unwrap_or(StatusCode::NOT_FOUND);
    bodies::error_comes_back(bytes, http);
    if let Ok(query) = std::str::from_utf8(bytes) {
        bodies::query_comes_back(query);
    }
    bodies::request_comes_back(&Get {
        codec: if is_json { Codec::Json } else { Codec::Proto },
        encoding,
        message: Cow::Borrowed(bytes),
        has_version,
    });
});
