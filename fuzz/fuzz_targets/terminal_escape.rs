//! Nothing that a server says acts on the terminal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use routeguide::output::escape::{escape, escape_literal, is_unsafe};

fuzz_target!(|text: &str| {
    assert!(!escape(text).contains(is_unsafe));
    for json in [false, true] {
        assert!(!escape_literal(text, json).contains(|c| c != '\n' && is_unsafe(c)));
    }
});
