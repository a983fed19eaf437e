//! What the properties and the fuzzer have found, each by itself.

use routeguide::protobuf::json::WriteOptions;
use routeguide::protobuf::text;

use super::{KNOWN, parse_text, print_json, print_text};

fn json(bytes: &[u8]) -> Option<String> {
    print_json(bytes, WriteOptions::default())
}

fn known_text(bytes: &[u8]) -> Option<String> {
    print_text(bytes, KNOWN)
}

#[test]
fn a_list_without_values_is_left_out() {
    // `colors`, packed: no values; and a number that the enum does not have.
    for bytes in [&b"\xc2\x01\x00"[..], b"\xc2\x01\x01\x63"] {
        assert_eq!(json(bytes).as_deref(), Some("{}"));
        assert_eq!(known_text(bytes).as_deref(), Some(""));
        let options = WriteOptions {
            emit_defaults: true,
            ..WriteOptions::default()
        };
        let all = print_json(bytes, options).unwrap_or_default();
        assert!(all.contains("\"colors\":[]"), "{all}");
    }
}

#[test]
fn an_unknown_number_of_a_closed_enum_is_an_unknown_field() {
    let bytes = b"\xc2\x01\x03\x01\x63\x02";
    assert_eq!(
        known_text(bytes).as_deref(),
        Some("colors: RED colors: GREEN")
    );
    let all = text::WriteOptions::default();
    assert_eq!(
        print_text(bytes, all).as_deref(),
        Some("colors: RED 24: 99 colors: GREEN")
    );
    assert_eq!(
        json(bytes).as_deref(),
        Some(r#"{"colors":["RED","GREEN"]}"#)
    );
}

#[test]
fn bits_beyond_those_of_the_type_do_not_count() {
    // `implicit.number`, an int32: 2^32.
    let bytes = b"\xe2\x03\x06\x08\x80\x80\x80\x80\x10";
    assert_eq!(json(bytes).as_deref(), Some(r#"{"implicit":{}}"#));
    assert_eq!(known_text(bytes).as_deref(), Some("implicit {}"));
}

#[test]
fn an_any_is_expanded_only_if_its_url_can_be_read_back() {
    let printed = known_text(b"\x92\x03\x11\x0a\x0f/rich3.Implicit").unwrap_or_default();
    assert_eq!(printed, r#"any { type_url: "/rich3.Implicit" }"#);
    assert!(parse_text(&printed).is_ok());
}
