//! Any bytes can be a reply: they are printed or refused.

#![no_main]

mod schema;
#[path = "../../tests/properties/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::{json, text};

fuzz_target!(|input: (bool, [bool; 5], &[u8])| {
    let (is_message, flags, bytes) = input;
    let [
        indent,
        emit_defaults,
        enum_numbers,
        proto_names,
        skip_unknown,
    ] = flags;
    let (mut layouts, id) = schema::everything();
    let reply = if is_message {
        wire::message(&mut layouts, id, &mut wire::Entropy(bytes), 4)
    } else {
        bytes.to_vec()
    };
    let mut out = Vec::new();
    let options = json::WriteOptions {
        indent,
        emit_defaults,
        proto_names,
        enum_numbers,
        ..json::WriteOptions::default()
    };
    let _ = json::write(&mut layouts, id, &reply, options, &mut out);
    let options = text::WriteOptions {
        indent,
        emit_defaults,
        enum_numbers,
        skip_unknown,
    };
    let _ = text::write(&mut layouts, id, &reply, options, &mut out);
});
