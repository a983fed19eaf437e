//! Any JSON is a message or an error, and a message is one that can be printed.

#![no_main]

mod schema;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::json::read::{Options, parse};
use routeguide::protobuf::json::write as json;

fuzz_target!(|input: (bool, &str)| {
    let (allow_unknown_fields, input) = input;
    let (mut layouts, id) = schema::everything();
    let options = Options {
        allow_unknown_fields,
    };
    if let Ok(bytes) = parse(&mut layouts, id, input.as_bytes(), options) {
        let mut out = Vec::new();
        json::Writer::new(&mut layouts, json::Options::default(), &mut out)
            .message(id, &bytes)
            .expect("what was read can be printed");
    }
});
