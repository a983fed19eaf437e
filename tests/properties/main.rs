//! What holds for any input: parsers and printers do not panic, and what goes through both comes back.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod bodies;
mod found;
mod protocol;
mod wire;

use std::sync::LazyLock;

use proptest::prelude::*;
use prost_reflect::DescriptorPool;
use routeguide::output::escape;
use routeguide::protobuf::{LayoutId, Layouts};
use routeguide::protobuf::{ParseError, json, text};

static LAYOUTS: LazyLock<Layouts> = LazyLock::new(|| {
    let files = protox::compile(["rich.proto"], ["tests/schemas"]).expect("a schema");
    Layouts::new(DescriptorPool::from_file_descriptor_set(files).expect("a pool"))
});

fn everything() -> (Layouts, LayoutId) {
    let mut layouts = LAYOUTS.clone();
    let id = layouts.find("rich.Everything").expect("a message");
    (layouts, id)
}

/// A message of the schema.
fn message() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..400).prop_map(|bytes| {
        let (mut layouts, id) = everything();
        wire::message(&mut layouts, id, &mut wire::Entropy(&bytes), 4)
    })
}

/// Such a message, damaged.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (
        message(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(mut bytes, at, byte, cut)| {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                if cut {
                    bytes.truncate(at);
                }
            }
            bytes
        })
}

fn print_text(bytes: &[u8], options: text::WriteOptions) -> Option<String> {
    let (mut layouts, id) = everything();
    let mut out = Vec::new();
    let result = text::write(&mut layouts, id, bytes, options, &mut out);
    result
        .ok()
        .map(|()| String::from_utf8(out).expect("text is UTF-8"))
}

fn print_json(bytes: &[u8], options: json::WriteOptions) -> Option<String> {
    let (mut layouts, id) = everything();
    let mut out = Vec::new();
    let result = json::write(&mut layouts, id, bytes, options, &mut out);
    result
        .ok()
        .map(|()| String::from_utf8(out).expect("JSON is UTF-8"))
}

fn parse_text(text: &str) -> Result<Vec<u8>, ParseError> {
    let (mut layouts, id) = everything();
    text::read(&mut layouts, id, text)
}

fn parse_json(json: &str) -> Result<Vec<u8>, ParseError> {
    let (mut layouts, id) = everything();
    json::read(
        &mut layouts,
        id,
        json.as_bytes(),
        json::ReadOptions::default(),
    )
}

const KNOWN: text::WriteOptions = text::WriteOptions {
    indent: false,
    emit_defaults: false,
    enum_numbers: false,
    skip_unknown: true,
};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn printed_text_reads_back_as_the_same_message(bytes in message(), indent in any::<bool>()) {
        let options = text::WriteOptions { indent, ..KNOWN };
        if let Some(printed) = print_text(&bytes, options) {
            let parsed = parse_text(&printed).map_err(|error| TestCaseError::fail(format!("{error}: {printed}")))?;
            prop_assert_eq!(print_text(&parsed, options), Some(printed));
        }
    }

    #[test]
    fn printed_json_reads_back_as_the_same_message(bytes in message(), indent in any::<bool>()) {
        let options = json::WriteOptions { indent, ..json::WriteOptions::default() };
        if let Some(printed) = print_json(&bytes, options) {
            let parsed = match parse_json(&printed) {
                // An Any whose type does not exist is written as it is, but not read.
                Err(error) if error.message.contains("type URL") || error.message.contains("not.Known") => return Ok(()),
                parsed => parsed.map_err(|error| TestCaseError::fail(format!("{error}: {printed}")))?,
            };
            prop_assert_eq!(print_json(&parsed, options), Some(printed));
        }
    }

    #[test]
    fn printers_take_any_bytes(
        bytes in prop_oneof![damaged(), proptest::collection::vec(any::<u8>(), 0..200)],
        flags in any::<[bool; 5]>(),
    ) {
        let [indent, emit_defaults, enum_numbers, proto_names, skip_unknown] = flags;
        print_text(&bytes, text::WriteOptions { indent, emit_defaults, enum_numbers, skip_unknown });
        let options = json::WriteOptions { indent, emit_defaults, enum_numbers, proto_names, ..json::WriteOptions::default() };
        if let Some(printed) = print_json(&bytes, options) {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&printed);
            prop_assert!(parsed.is_ok(), "{printed}");
        }
    }

    #[test]
    fn the_text_parser_takes_any_text(text in any::<String>()) {
        let _ = parse_text(&text);
    }

    #[test]
    fn the_text_parser_takes_any_tokens(
        text in r#"([a-z_]{1,5}|an_int32|inner|gone|numbers|\[rich\.extra\]|any|[{}<>\[\]:,;#"'\\\n -]|[0-9.xeEf+-]{1,6}){0,40}"#,
    ) {
        let _ = parse_text(&text);
    }

    #[test]
    fn parsers_take_what_is_almost_a_message(
        bytes in message(),
        at in any::<prop::sample::Index>(),
        insert in r#"[{}<>\[\]:,;#"'\\\n0-9a-z.+-]{0,3}"#,
    ) {
        for json in [false, true] {
            let printed = if json {
                print_json(&bytes, json::WriteOptions::default())
            } else {
                print_text(&bytes, KNOWN)
            };
            let Some(mut printed) = printed else { continue };
            let at = at.index(printed.len() + 1);
            if printed.is_char_boundary(at) {
                printed.insert_str(at, &insert);
            }
            if json {
                let _ = parse_json(&printed);
            } else {
                let _ = parse_text(&printed);
            }
        }
    }

    #[test]
    fn nothing_escaped_acts_on_a_terminal(text in any::<String>(), controls in r"[\x00-\x20\x7f-\u{a0}\u{2028}-\u{202e}]{0,9}") {
        let text = text + &controls;
        let acts = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!escape::escape(&text).contains(acts));
        for json in [false, true] {
            prop_assert!(!escape::escape_literal(&text, json).contains(|c| c != '\n' && acts(c)));
        }
    }
}
