//! What is read is shown as the writer writes it, which is the other direction of the same format.

use prost_reflect::DescriptorPool;

use crate::protobuf::Layouts;
use crate::protobuf::text::{self, WriteOptions};

fn layouts() -> Layouts {
    let files = protox::compile(["rich.proto"], ["tests/schemas"]).expect("a schema");
    let pool = DescriptorPool::from_file_descriptor_set(files).expect("a pool");
    Layouts::new(pool)
}

/// The bytes of a message of the given type, or the error with its hint.
fn bytes_of(message: &str, text: &str) -> Result<Vec<u8>, String> {
    let mut layouts = layouts();
    let id = layouts.find(message).expect("a message");
    text::read(&mut layouts, id, text).map_err(|error| match &error.hint {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    })
}

/// Reads a text, and writes it again.
fn read_as(message: &str, text: &str) -> Result<String, String> {
    let bytes = bytes_of(message, text)?;
    let mut layouts = layouts();
    let id = layouts.find(message).expect("a message");
    let mut out = Vec::new();
    let options = WriteOptions::default();
    text::write(&mut layouts, id, &bytes, options, &mut out).expect("a message");
    Ok(String::from_utf8(out).expect("text"))
}

fn read(text: &str) -> Result<String, String> {
    read_as("rich.Everything", text)
}

fn reads_as(cases: &[(&str, &str)]) {
    for (text, printed) in cases {
        assert_eq!(read(text).as_deref(), Ok(*printed), "{text}");
    }
}

fn is_refused(cases: &[(&str, &str)]) {
    for (text, why) in cases {
        assert_eq!(read(text), Err((*why).to_owned()), "{text}");
    }
}

#[test]
fn nothing_is_a_message_without_fields() {
    reads_as(&[("", ""), (" \t\r\n\x0b\x0c# nothing", ""), ("\u{feff}", "")]);
}

#[test]
fn fields_may_be_separated_by_one_comma_or_semicolon() {
    reads_as(&[
        (
            "an_int32: 1, a_bool: t; a_float: 2",
            "a_float: 2 an_int32: 1 a_bool: true",
        ),
        ("inner { an_int32: 1; },", "inner { an_int32: 1 }"),
    ]);
    is_refused(&[(
        "an_int32: 1,, a_bool: t",
        "line 1, column 13: expected a field name, found \",\"",
    )]);
}

#[test]
fn comments_and_blanks_go_between_any_two_tokens() {
    reads_as(&[(
        "# first\ninner# a\n:# b\n{an_int32#c\n:-#d\n\x0b5}#end",
        "inner { an_int32: -5 }",
    )]);
}

#[test]
fn integers_are_decimal_hexadecimal_or_octal() {
    reads_as(&[
        ("an_int32: -0x80000000", "an_int32: -2147483648"),
        ("a_uint32: 037777777777", "a_uint32: 4294967295"),
        (
            "a_sint64: -9223372036854775808",
            "a_sint64: -9223372036854775808",
        ),
        (
            "a_uint64: 0XffffFFFFffffFFFF",
            "a_uint64: 18446744073709551615",
        ),
        ("an_int64: - 0", "an_int64: 0"),
    ]);
}

#[test]
fn integers_have_the_range_of_their_type() {
    is_refused(&[
        (
            "an_int32: 2147483648",
            "line 1, column 11, field an_int32: out of range for int32",
        ),
        (
            "a_sfixed64: -9223372036854775809",
            "line 1, column 13, field a_sfixed64: out of range for sfixed64",
        ),
        (
            "a_fixed64: 99999999999999999999999",
            "line 1, column 12, field a_fixed64: out of range for fixed64",
        ),
        (
            "a_uint32: -0",
            "line 1, column 11, field a_uint32: uint32 cannot be negative",
        ),
        (
            "an_int32: 1.0",
            "line 1, column 11, field an_int32: expected an integer, found \"1.0\"",
        ),
        (
            "an_int32: 1.5f",
            "line 1, column 11, field an_int32: expected an integer, found \"1.5f\"",
        ),
        (
            "an_int32: \"1\"",
            "line 1, column 11, field an_int32: expected an integer, found a string; numbers are not quoted",
        ),
        (
            "an_int32: 089",
            "line 1, column 12, field an_int32: numbers that begin with 0 are octal, and this is not an octal digit",
        ),
        (
            "an_int32: 10an_int64: 1",
            "line 1, column 13, field an_int32: a number is followed by \"a\" without a space",
        ),
    ]);
}

#[test]
fn floats_are_decimal_and_may_have_a_suffix() {
    reads_as(&[
        ("a_double: .5", "a_double: 0.5"),
        ("a_double: 1.", "a_double: 1"),
        ("a_double: -1.5E+3F", "a_double: -1500"),
        ("a_float: 10f", "a_float: 10"),
        ("a_float: 1e50", "a_float: inf"),
        ("a_double: 1e-9999", "a_double: 0"),
        ("a_double: -INFinity", "a_double: -inf"),
        ("a_double: NaN a_float: iNf", "a_double: nan a_float: inf"),
    ]);
    is_refused(&[
        (
            "a_double: 0x10",
            "line 1, column 11, field a_double: only integers can be octal or hexadecimal",
        ),
        (
            "a_double: infinite",
            "line 1, column 11, field a_double: expected a number, found \"infinite\"",
        ),
    ]);
}

#[test]
fn bools_are_the_names_and_numbers_of_the_specification() {
    for text in ["true", "True", "t", "1", "0x1", "01"] {
        assert_eq!(
            read(&format!("a_bool: {text}")).as_deref(),
            Ok("a_bool: true")
        );
    }
    for text in ["false", "False", "f", "0", "00"] {
        assert_eq!(
            read(&format!("a_bool: {text}")).as_deref(),
            Ok("a_bool: false")
        );
    }
    is_refused(&[
        (
            "a_bool: TRUE",
            "line 1, column 9, field a_bool: expected true or false, found \"TRUE\"",
        ),
        (
            "a_bool: 2",
            "line 1, column 9, field a_bool: expected true or false, found \"2\"",
        ),
    ]);
}

#[test]
fn enums_go_by_name_or_number() {
    reads_as(&[
        ("color: RED", "color: RED"),
        ("color: VERT", "color: GREEN"),
        ("color: -1", "color: INFRARED"),
        ("implicit { shade: 7 }", "implicit { shade: 7 }"),
    ]);
    is_refused(&[
        (
            "color: GREN",
            "line 1, column 8, field color: rich.Color has no value \"GREN\"; did you mean \"GREEN\"? its values are INFRARED, RED, GREEN, VERT",
        ),
        (
            "color: BLUE",
            "line 1, column 8, field color: rich.Color has no value \"BLUE\"; its values are INFRARED, RED, GREEN, VERT",
        ),
        (
            "color: 7",
            "line 1, column 8, field color: rich.Color has no value 7",
        ),
        (
            "color: \"RED\"",
            "line 1, column 8, field color: expected a value of rich.Color, found a string; enum values are not quoted",
        ),
    ]);
}

#[test]
fn adjacent_strings_are_one() {
    reads_as(&[
        (
            r#"a_string: "it's" ' "so" '"\u00e9"'\''"#,
            r#"a_string: "it's \"so\" é'""#,
        ),
        (r"some_bytes: '\377\x00\1'", r#"some_bytes: "\377\000\001""#),
    ]);
}

#[test]
fn strings_are_utf8_whole_and_on_one_line() {
    reads_as(&[(r"a_string: '\303' '\251'", "a_string: \"é\"")]);
    is_refused(&[
        (
            r"a_string: 'a\303'",
            "line 1, column 11, field a_string: not valid UTF-8 (byte 2)",
        ),
        (
            "a_string: 'one\ntwo'",
            "line 1, column 11, field a_string: unterminated string: no closing ' on its line",
        ),
        (
            "a_string: \"\\",
            "line 1, column 11, field a_string: unterminated string: no closing \" on its line",
        ),
        (
            "a_string: 'é\\q'",
            "line 1, column 13, field a_string: \\q is not an escape",
        ),
        (
            "a_string: '\0'",
            "line 1, column 12, field a_string: NUL in a string; write it as \\000",
        ),
    ]);
}

#[test]
fn messages_have_either_brackets_and_need_no_colon() {
    reads_as(&[
        ("inner { }", "inner {}"),
        (
            "inner: < inner {an_int32: 1} >",
            "inner { inner { an_int32: 1 } }",
        ),
    ]);
    is_refused(&[
        (
            "inner { an_int32: 1 >",
            "line 1, column 21, field inner: expected \"}\", found \">\"",
        ),
        (
            "inner {",
            "line 1, column 8, field inner: expected \"}\", found the end",
        ),
        (
            "inner: 5",
            "line 1, column 8, field inner: expected \"{\", found \"5\"",
        ),
        (
            "an_int32 5",
            "line 1, column 10, field an_int32: expected \":\" after \"an_int32\", found \"5\"",
        ),
        ("}", "line 1, column 1: expected a field name, found \"}\""),
    ]);
}

#[test]
fn repeated_fields_take_lists_and_repetition() {
    reads_as(&[
        (
            "numbers: 1 numbers: [2, 3] numbers: []",
            "numbers: 1 numbers: 2 numbers: 3",
        ),
        ("many [{ an_int32: 1 }, <>]", "many { an_int32: 1 } many {}"),
        ("strings: ['a' 'b', 'c']", "strings: \"ab\" strings: \"c\""),
    ]);
    is_refused(&[
        (
            "an_int32: [1]",
            "line 1, column 11, field an_int32: found a list, but the field is not repeated",
        ),
        (
            "numbers: [1 2]",
            "line 1, column 13, field numbers: expected \",\" or \"]\", found \"2\"",
        ),
        (
            "numbers: [1,]",
            "line 1, column 13, field numbers[1]: expected an integer, found \"]\"",
        ),
        (
            "numbers: [[1]]",
            "line 1, column 11, field numbers[0]: expected an integer, found \"[\"",
        ),
        (
            "many: [{}, { numbers: [1, 2, x] }]",
            "line 1, column 30, field many[1].numbers[2]: expected an integer, found \"x\"",
        ),
    ]);
}

#[test]
fn packed_fields_are_encoded_packed_however_they_are_written() {
    assert_eq!(
        bytes_of(
            "rich.Everything",
            "packed_numbers: 1 an_int32: 2 packed_numbers: [300]"
        ),
        Ok(vec![0x18, 2, 0xaa, 1, 3, 1, 0xac, 2])
    );
}

#[test]
fn the_default_of_a_field_without_presence_is_not_encoded() {
    let text = "implicit { number: 0 ratio: 0 text: '' data: '' flag: false shade: NONE maybe: 0 }";
    reads_as(&[
        (text, "implicit { maybe: 0 }"),
        ("implicit { ratio: -0 }", "implicit { ratio: -0 }"),
    ]);
}

#[test]
fn maps_are_entries_and_the_last_of_a_key_counts() {
    reads_as(&[
        (
            "counts { key: 'b' value: 1 } counts: [{ value: 2 key: 'a' }, { key: 'b' }] counts {}",
            "counts { key: \"\" value: 0 } counts { key: \"a\" value: 2 } counts { key: \"b\" value: 0 }",
        ),
        ("things { key: -1 }", "things { key: -1 value {} }"),
    ]);
}

#[test]
fn a_field_that_is_not_repeated_is_set_once() {
    is_refused(&[
        (
            "an_int32: 1 an_int32: 1",
            "line 1, column 13, field an_int32: an_int32 is not repeated, but set twice",
        ),
        (
            "inner {} inner {}",
            "line 1, column 10, field inner: inner is not repeated, but set twice",
        ),
        (
            "implicit { number: 0 number: 0 }",
            "line 1, column 22, field implicit.number: number is not repeated, but set twice",
        ),
    ]);
}

#[test]
fn one_member_of_a_oneof_is_set() {
    is_refused(&[(
        "words: 'a'\nfigure: 1",
        "line 2, column 1, field figure: words and figure are members of the same oneof: only one can be set",
    )]);
}

#[test]
fn groups_go_by_their_types_name_or_their_own() {
    reads_as(&[
        ("Bunch { flowers: 3 }", "Bunch { flowers: 3 }"),
        ("bunch: { flowers: 3 }", "Bunch { flowers: 3 }"),
        ("Heap [{ of: 'a' }, <>]", "Heap { of: \"a\" } Heap {}"),
    ]);
}

#[test]
fn extensions_go_by_their_full_name_in_brackets() {
    reads_as(&[
        ("[rich.extra]: 5", "[rich.extra]: 5"),
        ("[ri#c\nch . extra] : 5", "[rich.extra]: 5"),
        (
            "[rich.extras] [{}, {}]",
            "[rich.extras] {} [rich.extras] {}",
        ),
        (
            "[rich.extension] { depth: 1 }",
            "[rich.extension] { depth: 1 }",
        ),
    ]);
    is_refused(&[
        (
            "[rich.extr]: 5",
            "line 1, column 1: rich.Everything has no extension [rich.extr]; did you mean [rich.extra]?",
        ),
        (
            "[rich..extra]: 5",
            "line 1, column 1: \"rich..extra\" is not a full name",
        ),
        (
            "[rich.\"extra\"]: 5",
            "line 1, column 7: unexpected character '\"' in a name in brackets",
        ),
        (
            "[rich.extra",
            "line 1, column 12: expected \"]\", found the end",
        ),
    ]);
}

#[test]
fn an_any_is_written_as_what_is_in_it() {
    let text = "any { [type.googleapis.com/rich.Strict] { must: \"be\" } }";
    reads_as(&[(text, text)]);
    reads_as(&[(
        r#"any { type_url: "type.googleapis.com/rich.Strict" value: "\n\002be" }"#,
        text,
    )]);
    is_refused(&[
        (
            "any { [a.b/rich.Strickt] {} }",
            "line 1, column 7, field any: the schema has no message \"rich.Strickt\"",
        ),
        (
            "any { [rich.Strict] {} }",
            "line 1, column 7, field any: the type URL \"rich.Strict\" has no domain; write [type.googleapis.com/rich.Strict]",
        ),
        (
            "any { value: 'a' [a.b/rich.Strict] {} }",
            "line 1, column 18, field any: value is not repeated, but set twice",
        ),
        (
            "any { [a.b/%2/rich.Strict] {} }",
            "line 1, column 7, field any: the type URL \"a.b/%2/rich.Strict\" has a % without two hexadecimal digits",
        ),
        (
            "inner { [a.b/rich.Strict] {} }",
            "line 1, column 9, field inner: rich.Everything has no extension [a.b/rich.Strict]",
        ),
    ]);
}

#[test]
fn a_message_set_is_encoded_as_items() {
    assert_eq!(
        bytes_of("rich.Set", "[rich.Item.item] { name: 'x' }"),
        Ok(vec![0x0b, 0x10, 0xe8, 7, 0x1a, 3, 0x0a, 1, b'x', 0x0c])
    );
}

#[test]
fn a_reserved_field_is_skipped_whatever_its_value() {
    for value in [
        ": 1",
        ": -inf",
        ": 'a' 'b'",
        ": NAME",
        ": []",
        ": [1, 'a', {}]",
        "{ a: 1, b < c: [2] >; [x.y] {} }",
        ": <>",
        " [{}]",
    ] {
        let text = format!("gone{value}, an_int32: 1");
        assert_eq!(read(&text).as_deref(), Ok("an_int32: 1"), "{text}");
    }
    is_refused(&[
        (
            "gone 1",
            "line 1, column 6: expected \":\" or \"{\", found \"1\"",
        ),
        ("gone: }", "line 1, column 7: expected a value, found \"}\""),
        (
            "gone {",
            "line 1, column 7: expected a field name or \"}\", found the end",
        ),
    ]);
}

#[test]
fn keywords_of_values_can_be_field_names() {
    reads_as(&[("inf: true nan: f", "inf: true nan: false")]);
}

#[test]
fn an_unknown_field_is_an_error_that_suggests_a_name() {
    is_refused(&[
        (
            "inner { colour: RED }",
            "line 1, column 9, field inner: rich.Everything has no field \"colour\"; did you mean \"color\"?",
        ),
        (
            "anInt32: 1",
            "line 1, column 1: rich.Everything has no field \"anInt32\"; did you mean \"an_int32\"?",
        ),
        (
            "Bunch { bloom: 1 }",
            "line 1, column 9, field Bunch: rich.Everything.Bunch has no field \"bloom\"; its fields are flowers",
        ),
    ]);
}

#[test]
fn field_numbers_are_refused() {
    is_refused(&[
        (
            "3: 1",
            "line 1, column 1: expected a field name, found \"3\"; the text format has field names, not numbers; field 3 is \"an_int32\"",
        ),
        (
            "999: 1",
            "line 1, column 1: expected a field name, found \"999\"; a field that the schema does not have cannot be written as text",
        ),
    ]);
}

#[test]
fn json_is_recognized() {
    is_refused(&[
        (
            "{\"an_int32\": 1}",
            "line 1, column 1: expected a field name, found \"{\"; the text format has no braces around a message; is this JSON?",
        ),
        (
            "inner { \"an_int32\": 1 }",
            "line 1, column 9, field inner: expected a field name, found a string; field names are not quoted; is this JSON?",
        ),
    ]);
}

#[test]
fn required_fields_may_be_missing() {
    assert_eq!(bytes_of("rich.Strict", ""), Ok(Vec::new()));
}

#[test]
fn nesting_has_a_limit() {
    for (depth, is_fine) in [(99, true), (100, false), (100_000, false)] {
        for name in ["inner", "more"] {
            let text = format!("{name} {{").repeat(depth) + &"}".repeat(depth);
            assert_eq!(
                bytes_of("rich.Everything", &text).is_ok(),
                is_fine,
                "{depth}"
            );
        }
        let text = "gone {".repeat(depth) + &"}".repeat(depth);
        assert_eq!(
            bytes_of("rich.Everything", &text).is_ok(),
            is_fine,
            "{depth}"
        );
    }
}

#[test]
fn an_unexpected_control_character_is_escaped() {
    is_refused(&[
        ("\u{9b}2J", "line 1, column 1: unexpected character U+009B"),
        (
            "an_int32: é",
            "line 1, column 11, field an_int32: unexpected character \"é\"",
        ),
    ]);
}
