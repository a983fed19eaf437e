//! Any arguments are a message or an error. Those that name files are left out: they would be read.

#![no_main]

mod schema;

use std::pin::pin;
use std::task::{Context, Waker};

use libfuzzer_sys::fuzz_target;
use routeguide::input::Stdin;
use routeguide::input::arguments::{Files, parse};
use routeguide::protobuf::json::ReadOptions;

fuzz_target!(|input: Vec<String>| {
    if input.iter().any(|argument| argument.contains("=@")) {
        return;
    }
    let (mut layouts, id) = schema::everything();
    let stdin = Stdin::new();
    let files = Files::new(&stdin, 1 << 20);
    let parsed = parse(&mut layouts, id, &input, ReadOptions::default(), files);
    // Only files are waited for.
    let polled = pin!(parsed).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready());
});
