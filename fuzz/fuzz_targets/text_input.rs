//! Any text is a message or an error, and a message is one that can be printed.

#![no_main]

mod schema;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::text::read::parse;
use routeguide::protobuf::text::write as text;

fuzz_target!(|input: &str| {
    let (mut layouts, id) = schema::everything();
    if let Ok(bytes) = parse(&mut layouts, id, input) {
        let mut out = Vec::new();
        text::Writer::new(&mut layouts, text::Options::default(), &mut out)
            .message(id, &bytes)
            .expect("what was read can be printed");
    }
});
