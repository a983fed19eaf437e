//! Any arguments are a message or an error. Those that name files are left out: they would be read.

#![no_main]

mod schema;

use libfuzzer_sys::fuzz_target;
use routeguide::input::arguments::parse;
use routeguide::protobuf::json::ReadOptions;

fuzz_target!(|input: Vec<String>| {
    if input.iter().any(|argument| argument.contains("=@")) {
        return;
    }
    let (mut layouts, id) = schema::everything();
    let _ = parse(&mut layouts, id, &input, ReadOptions::default(), 1 << 20);
});
