use std::path::Path;
use std::sync::{Arc, LazyLock};

use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use super::*;
use crate::bench::rows::Rows;
use crate::error::Result;
use crate::protobuf::json::{self, ReadOptions, WriteOptions};
use crate::protobuf::{LayoutId, Layouts, text};

pub static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let files = protox::compile(["rich.proto"], [folder]).unwrap();
    DescriptorPool::from_file_descriptor_set(files).unwrap()
});

pub fn everything() -> (Layouts, LayoutId) {
    let mut layouts = Layouts::new(POOL.clone());
    let id = layouts.find("rich.Everything").unwrap();
    (layouts, id)
}

fn rows() -> Arc<Rows> {
    Arc::new(Rows::from_text(
        "name,age,ratio\nAlice,30,0.5\n\"B\u{f6}rn\",-4,1e3\n",
    ))
}

fn values(call: u64) -> Values {
    Values {
        call,
        worker: 9,
        random: fastrand::Rng::with_seed(call),
    }
}

/// A request in JSON → a template.
fn compile(request: &str) -> Result<Template> {
    let mut scanned = scan(&[request], Some(&rows()))?;
    let (mut layouts, id) = everything();
    let bytes = json::read(
        &mut layouts,
        id,
        scanned.texts[0].as_bytes(),
        ReadOptions::default(),
    );
    let bytes =
        bytes.unwrap_or_else(|error| panic!("{}", scanned.holes.restore(&error.to_string())));
    let template = Template::compile(&bytes, &mut layouts, id, &mut scanned.holes)?;
    scanned.holes.check()?;
    Ok(template)
}

/// The request of a call, as JSON.
fn rendered(request: &str, call: u64) -> String {
    let template = compile(request).unwrap();
    let mut out = Vec::new();
    template.render(&mut values(call), &mut out);
    let (mut layouts, id) = everything();
    let mut json = Vec::new();
    json::write(&mut layouts, id, &out, WriteOptions::default(), &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fn error(request: &str) -> String {
    compile(request).unwrap_err().to_string()
}

#[test]
fn numbers_of_every_type_are_filled_in() {
    for field in [
        "aDouble",
        "aFloat",
        "anInt32",
        "aUint32",
        "aSint32",
        "aFixed32",
        "aSfixed32",
    ] {
        assert_eq!(
            rendered(&format!(r#"{{"{field}": {{{{call}}}}}}"#), 300),
            format!(r#"{{"{field}":300}}"#)
        );
    }
    for field in ["anInt64", "aUint64", "aSint64", "aFixed64", "aSfixed64"] {
        assert_eq!(
            rendered(&format!(r#"{{"{field}": "{{{{call}}}}"}}"#), 300),
            format!(r#"{{"{field}":"300"}}"#)
        );
    }
    assert_eq!(
        rendered(r#"{"implicit": {"shade": {{call}}}}"#, 1),
        r#"{"implicit":{"shade":"LIGHT"}}"#
    );
}

#[test]
fn strings_have_text_around_placeholders() {
    assert_eq!(
        rendered(r#"{"aString": "é{{csv name}}{{worker}}-{{call}}!"}"#, 1),
        "{\"aString\":\"éB\u{f6}rn9-1!\"}"
    );
}

#[test]
fn placeholders_may_be_anywhere_in_a_message() {
    for (request, expected) in [
        (
            r#"{"inner": {"inner": {"words": "{{call}}"}}}"#,
            r#"{"inner":{"inner":{"words":"7"}}}"#,
        ),
        (
            r#"{"bunch": {"flowers": {{call}}}}"#,
            r#"{"bunch":{"flowers":7}}"#,
        ),
        (
            r#"{"heap": [{"of": "{{call}}"}, {"of": "x"}]}"#,
            r#"{"heap":[{"of":"7"},{"of":"x"}]}"#,
        ),
        (r#"{"numbers": [1, {{call}}, 3]}"#, r#"{"numbers":[1,7,3]}"#),
        (
            r#"{"packedNumbers": [1, {{call}}, 3]}"#,
            r#"{"packedNumbers":[1,7,3]}"#,
        ),
        (
            r#"{"doubles": [{{csv ratio}}, 2]}"#,
            r#"{"doubles":[1000,2]}"#,
        ),
        (
            r#"{"counts": {"{{csv name}}": {{csv age}}}}"#,
            "{\"counts\":{\"B\u{f6}rn\":-4}}",
        ),
        (
            r#"{"things": {"{{call}}": {"aString": "{{call}}"}}}"#,
            r#"{"things":{"7":{"aString":"7"}}}"#,
        ),
        (
            r#"{"struct": {"a": [{{call}}, "{{call}}"]}}"#,
            r#"{"struct":{"a":[7,"7"]}}"#,
        ),
        (r#"{"wrapped": "{{call}}"}"#, r#"{"wrapped":"7"}"#),
        (r#"{"duration": "{{call}}s"}"#, r#"{"duration":"7s"}"#),
        (
            r#"{"any": {"@type": "x/rich.Everything", "aString": "{{call}}"}}"#,
            r#"{"any":{"@type":"x/rich.Everything","aString":"7"}}"#,
        ),
        (r#"{"[rich.extra]": {{call}}}"#, r#"{"[rich.extra]":7}"#),
    ] {
        assert_eq!(rendered(request, 7), expected, "{request}");
    }
}

#[test]
fn requests_in_the_text_format_have_placeholders_too() {
    let mut scanned = scan(
        &["a_string: \"{{uuid}}\" timestamp { seconds: {{call}} }"],
        None,
    )
    .unwrap();
    let (mut layouts, id) = everything();
    let bytes = text::read(&mut layouts, id, &scanned.texts[0]).unwrap();
    let template = Template::compile(&bytes, &mut layouts, id, &mut scanned.holes).unwrap();
    scanned.holes.check().unwrap();
    let mut out = Vec::new();
    template.render(&mut values(5), &mut out);
    let message = DynamicMessage::decode(
        POOL.get_message_by_name("rich.Everything").unwrap(),
        out.as_slice(),
    )
    .unwrap();
    let timestamp = message.get_field_by_name("timestamp").unwrap();
    assert_eq!(
        *timestamp
            .as_message()
            .unwrap()
            .get_field_by_name("seconds")
            .unwrap(),
        Value::I64(5)
    );
    let uuid = message.get_field_by_name("a_string").unwrap();
    assert_eq!(uuid.as_str().unwrap().len(), 36);
}

#[test]
fn lengths_grow_with_what_they_are_the_length_of() {
    let long = "x".repeat(118);
    let request = format!(r#"{{"inner": {{"inner": {{"aString": "{long}{{{{call}}}}"}}}}}}"#);
    for call in [0, 10_000_000, u64::MAX] {
        assert_eq!(
            rendered(&request, call),
            request
                .replace("{{call}}", &call.to_string())
                .replace(": ", ":")
        );
    }
}

#[test]
fn a_request_without_placeholders_is_fixed() {
    let template = compile(r#"{"anInt32": 5, "inner": {"aString": "123456789"}}"#).unwrap();
    let mut out = Vec::new();
    template.render(&mut values(0), &mut out);
    assert_eq!(template.as_fixed(), Some(out.as_slice()));
    assert_eq!(compile("{}").unwrap().as_fixed(), Some(&[][..]));
    assert_eq!(
        compile(r#"{"anInt32": {{call}}}"#).unwrap().as_fixed(),
        None
    );
}

#[test]
fn a_message_is_appended() {
    let template = compile(r#"{"inner": {"anInt32": {{call}}}}"#).unwrap();
    let mut out = vec![1, 2];
    template.render(&mut values(300), &mut out);
    assert_eq!(out, [1, 2, 0x8a, 1, 3, 0x18, 0xac, 2]);
}

#[test]
fn each_random_value_is_its_own_and_in_its_range() {
    let request = r#"{"strings": ["{{random -3 3}}", "{{uuid}}", "{{uuid}}"], "numbers": [{{random -3 3}}, {{random -3 3}}]}"#;
    let (mut strings, mut numbers) = (Vec::new(), Vec::new());
    for call in 0..200 {
        let json: serde_json::Value = serde_json::from_str(&rendered(request, call)).unwrap();
        assert_ne!(json["strings"][1], json["strings"][2]);
        strings.push(json["strings"][0].as_str().unwrap().parse::<i64>().unwrap());
        numbers.push((
            json["numbers"][0].as_i64().unwrap(),
            json["numbers"][1].as_i64().unwrap(),
        ));
    }
    strings.sort_unstable();
    strings.dedup();
    assert_eq!(strings, [-3, -2, -1, 0, 1, 2, 3]);
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() > 40, "of 49 pairs: {}", numbers.len());
}

#[test]
fn all_cells_of_a_call_are_of_one_row() {
    let request = r#"{"aString": "{{csv name}}", "anInt32": {{csv age}}}"#;
    for (call, expected) in [
        (0, r#"{"anInt32":30,"aString":"Alice"}"#),
        (2, r#"{"anInt32":30,"aString":"Alice"}"#),
    ] {
        assert_eq!(rendered(request, call), expected);
    }
    assert_eq!(
        rendered(request, 1),
        "{\"anInt32\":-4,\"aString\":\"B\u{f6}rn\"}"
    );
}

#[test]
fn the_number_of_a_call_starts_again_when_the_type_is_used_up() {
    assert_eq!(
        rendered(r#"{"anInt32": {{call}}}"#, (1 << 31) + 5),
        r#"{"anInt32":5}"#
    );
    assert_eq!(
        rendered(r#"{"aUint32": {{call}}}"#, (1 << 32) + 5),
        r#"{"aUint32":5}"#
    );
}

#[test]
fn a_value_that_does_not_fit_is_an_error() {
    for (request, why) in [
        (
            r#"{"anInt32": {{random 0 3000000000}}}"#,
            "{{random 0 3000000000}} does not fit rich.Everything.an_int32: its type is int32, and 3000000000 is out of range",
        ),
        (
            r#"{"aUint64": "{{random -1 1}}"}"#,
            "{{random -1 1}} does not fit rich.Everything.a_uint64: its type is uint64, and -1 is out of range",
        ),
        (
            r#"{"inner": {"anInt32": {{uuid}}}}"#,
            "{{uuid}} does not fit rich.Everything.an_int32: a UUID is text, and its type is int32",
        ),
        (
            r#"{"numbers": [{{csv name}}]}"#,
            "{{csv name}} does not fit rich.Everything.numbers: its type is int32, and \"Alice\" is not (rows.csv, line 2, column \"name\")",
        ),
        (
            r#"{"aUint32": {{csv age}}}"#,
            "{{csv age}} does not fit rich.Everything.a_uint32: its type is uint32, and \"-4\" is not (rows.csv, line 3, column \"age\")",
        ),
        (
            r#"{"someBytes": "{{call}}AAA"}"#,
            "{{call}} is neither in a string nor the whole of a number",
        ),
        (
            r#"{"anInt64": "12{{call}}"}"#,
            "{{call}} is neither in a string nor the whole of a number",
        ),
    ] {
        assert_eq!(error(request), why, "{request}");
    }
}
