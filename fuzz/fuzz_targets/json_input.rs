//! Any JSON is a message or an error, and a message is one that can be printed.

#![no_main]

mod schema;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::json::{self, ReadOptions, WriteOptions};

fuzz_target!(|input: (bool, &str)| {
    let (allow_unknown_fields, input) = input;
    let (mut layouts, id) = schema::everything();
    let options = ReadOptions {
        allow_unknown_fields,
        ..ReadOptions::default()
    };
    if let Ok(bytes) = json::read(&mut layouts, id, input.as_bytes(), options) {
        let mut out = Vec::new();
        let options = WriteOptions::default();
        json::write(&mut layouts, id, &bytes, options, &mut out)
            .expect("what was read can be printed");
    }
});
