//! Any text is a message or an error, and a message is one that can be printed.

#![no_main]

mod schema;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::text;

fuzz_target!(|input: &str| {
    let (mut layouts, id) = schema::everything();
    if let Ok(bytes) = text::read(&mut layouts, id, input) {
        let mut out = Vec::new();
        let options = text::WriteOptions::default();
        text::write(&mut layouts, id, &bytes, options, &mut out)
            .expect("what was read can be printed");
    }
});
