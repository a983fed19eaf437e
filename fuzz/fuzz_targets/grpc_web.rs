//! Any bytes can be a body of gRPC-Web: they mean the same however they arrive, and what is read can be written.

#![no_main]

#[path = "../../tests/properties/bodies.rs"]
#[allow(dead_code, reason = "another target uses the rest")]
mod bodies;
mod encoding;

use libfuzzer_sys::fuzz_target;
use routeguide::protocol::Wire;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (size, encoding, body) = input;
    let size = usize::from(size);
    bodies::text_is_the_same_however_split(body, size);
    bodies::frames_are_the_same_however_split(Wire::Web, encoding::of(encoding), body, size);
    bodies::trailers_come_back(body);
});
