//! What the writers of JSON and of the text format have in common.

use std::fmt;

use super::layout::{self, AnyTypes, Layouts};
use super::wire::DecodeError;

/// Why a message cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The bytes are not a message of the type: their sender is at fault.
    Malformed(DecodeError),
    /// They are, but there is no form for what is in it.
    Unrepresentable(Unrepresentable),
}

/// What a message can have that has no JSON or no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrepresentable {
    TooDeep,
    /// A field's type has no layout, or another one than it should have.
    BadSchema,
    Timestamp,
    Duration,
    FieldMask,
    /// A `google.protobuf.Value` that is infinite or not a number.
    Number,
    /// An integer that JavaScript would round, where that is not wanted.
    UnsafeInteger,
    AnyWithoutType,
    /// The value of an Any is not a message of its type.
    AnyValue,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Unrepresentable(what) => f.write_str(match what {
                Unrepresentable::TooDeep => "messages are nested too deeply",
                Unrepresentable::BadSchema => layout::BAD_SCHEMA,
                Unrepresentable::Timestamp => "a Timestamp is out of range",
                Unrepresentable::Duration => "a Duration is out of range",
                Unrepresentable::FieldMask => "a FieldMask has a path that JSON does not have",
                Unrepresentable::Number => "a Value is a number that JSON does not have",
                Unrepresentable::UnsafeInteger => {
                    "an integer is beyond 2^53, where JavaScript rounds numbers"
                }
                Unrepresentable::AnyWithoutType => "an Any has a value but no type",
                Unrepresentable::AnyValue => "the value of an Any is not a message of its type",
            }),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<DecodeError> for WriteError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

pub const TOO_DEEP: WriteError = WriteError::Unrepresentable(Unrepresentable::TooDeep);
pub const BAD_SCHEMA: WriteError = WriteError::Unrepresentable(Unrepresentable::BadSchema);

/// Why a writer stops.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Fields are not in the order that was expected.
    Disorder,
    Error(WriteError),
}

impl<E: Into<WriteError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// What a writer expects of the order of a message's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of their numbers, everywhere in the message.
    Ascending,
    Any,
}

/// Appends what `write` appends. It expects ordered fields at first, and runs again if that or something else stops it:
/// a field that comes again may replace what is wrong with the first one. Nothing is appended if there is an error.
///
/// The second run is for the whole message. If it was for the message whose fields are out of order, one within another
/// would be written twice for each level.
pub fn run(
    layouts: &mut Layouts,
    out: &mut Vec<u8>,
    write: impl Fn(&Layouts, &mut AnyTypes, Order, &mut Vec<u8>) -> Result<(), Stop>,
) -> Result<(), WriteError> {
    let start = out.len();
    let result = layouts.with_any_types(|layouts, types| {
        out.truncate(start);
        if write(layouts, types, Order::Ascending, out).is_ok() {
            return Ok(());
        }
        out.truncate(start);
        write(layouts, types, Order::Any, out).map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Disorder => BAD_SCHEMA,
        })
    });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::super::wire::{LEN, put_bytes, put_tag};
    use super::super::{LayoutId, MAX_DEPTH, json, text};
    use super::*;

    /// Fields of `rich.Everything`.
    const A_STRING: u32 = 14;
    const INNER: u32 = 17;
    const ANY: u32 = 50;
    const TIMESTAMP: u32 = 51;

    type Write = fn(&mut Layouts, LayoutId, &[u8]) -> Result<String, WriteError>;

    fn everything() -> (Layouts, LayoutId) {
        let files = protox::compile(["rich.proto"], ["tests/schemas"]).unwrap();
        let mut layouts = Layouts::new(DescriptorPool::from_file_descriptor_set(files).unwrap());
        let id = layouts.find("rich.Everything").unwrap();
        (layouts, id)
    }

    fn as_json(layouts: &mut Layouts, id: LayoutId, bytes: &[u8]) -> Result<String, WriteError> {
        let mut out = Vec::new();
        json::write(layouts, id, bytes, json::WriteOptions::default(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn as_text(layouts: &mut Layouts, id: LayoutId, bytes: &[u8]) -> Result<String, WriteError> {
        let mut out = Vec::new();
        text::write(layouts, id, bytes, text::WriteOptions::default(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn field(number: u32, contents: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_tag(&mut out, number, LEN);
        put_bytes(&mut out, contents);
        out
    }

    /// `rich.Everything { any: … }`
    fn any(url: &str, value: &[u8]) -> Vec<u8> {
        field(ANY, &[field(1, url.as_bytes()), field(2, value)].concat())
    }

    #[test]
    fn bytes_that_are_not_a_message_are_the_fault_of_the_sender() {
        let (mut layouts, id) = everything();
        for bytes in [
            &b"\x72\x05a"[..],
            b"\x72\x01\xff",
            b"\x00\x01",
            b"\x08",
            b"\x93\x01",
            &field(INNER, b"\x08\xff"),
        ] {
            let json = as_json(&mut layouts, id, bytes);
            assert!(
                matches!(json, Err(WriteError::Malformed(_))),
                "{bytes:?} {json:?}"
            );
            let text = as_text(&mut layouts, id, bytes);
            assert!(
                matches!(text, Err(WriteError::Malformed(_))),
                "{bytes:?} {text:?}"
            );
        }
    }

    #[test]
    fn a_message_that_json_has_no_form_for_is_not_the_fault_of_the_sender() {
        let (mut layouts, id) = everything();
        for bytes in [
            // Nanoseconds are never negative.
            field(TIMESTAMP, b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
            any("", b"a"),
            any("a.b/rich.Everything", b"\xff"),
        ] {
            let json = as_json(&mut layouts, id, &bytes);
            assert!(
                matches!(json, Err(WriteError::Unrepresentable(_))),
                "{bytes:?} {json:?}"
            );
            assert!(as_text(&mut layouts, id, &bytes).is_ok());
        }
    }

    #[test]
    fn messages_are_written_down_to_a_depth() {
        let (mut layouts, id) = everything();
        let mut bytes = Vec::new();
        for _ in 1..MAX_DEPTH {
            bytes = field(INNER, &bytes);
        }
        assert!(as_json(&mut layouts, id, &bytes).is_ok());
        assert!(as_text(&mut layouts, id, &bytes).is_ok());
        let bytes = field(INNER, &bytes);
        assert_eq!(as_json(&mut layouts, id, &bytes), Err(TOO_DEEP));
        assert_eq!(as_text(&mut layouts, id, &bytes), Err(TOO_DEEP));
    }

    #[test]
    fn disorder_at_every_level_does_not_double_the_work_at_every_level() {
        let (mut layouts, id) = everything();
        let mut bytes = Vec::new();
        for _ in 1..MAX_DEPTH {
            bytes = [field(INNER, &bytes), field(A_STRING, b"a")].concat();
        }
        let json = as_json(&mut layouts, id, &bytes).unwrap();
        assert!(json.starts_with(r#"{"aString":"a","inner":{"aString":"a","inner":"#));
        let text = as_text(&mut layouts, id, &bytes).unwrap();
        assert!(text.starts_with(r#"a_string: "a" inner { a_string: "a" inner {"#));
    }

    #[test]
    fn only_the_last_value_of_a_field_has_to_be_valid() {
        let (mut layouts, id) = everything();
        let bytes = [field(A_STRING, b"\xff"), field(A_STRING, b"a")].concat();
        assert_eq!(
            as_json(&mut layouts, id, &bytes).as_deref(),
            Ok(r#"{"aString":"a"}"#)
        );
        assert_eq!(
            as_text(&mut layouts, id, &bytes).as_deref(),
            Ok(r#"a_string: "a""#)
        );
    }

    #[test]
    fn the_types_that_anys_have_are_compiled_when_they_are_met() {
        let (mut layouts, id) = everything();
        let strict = any("a.b/rich.Strict", &field(1, b"be"));
        let bytes = any("a.b/rich.Everything", &strict);
        let expected = r#"{"any":{"@type":"a.b/rich.Everything","any":{"@type":"a.b/rich.Strict","must":"be"}}}"#;
        assert_eq!(as_json(&mut layouts, id, &bytes).as_deref(), Ok(expected));
        let (mut layouts, id) = everything();
        let expected =
            r#"any { [a.b/rich.Everything] { any { [a.b/rich.Strict] { must: "be" } } } }"#;
        assert_eq!(as_text(&mut layouts, id, &bytes).as_deref(), Ok(expected));
        assert_eq!(layouts.take_unresolved(), [""; 0]);
    }

    #[test]
    fn a_type_that_is_not_known_is_named_and_can_be_learned() {
        let bytes = any("a.b/Person", &field(1, b"Eve"));
        let forms: [(Write, &str, &str); 2] = [
            (
                as_json,
                r#"{"any":{"@type":"a.b/Person","value":"CgNFdmU="}}"#,
                r#"{"any":{"@type":"a.b/Person","name":"Eve"}}"#,
            ),
            (
                as_text,
                r#"any { type_url: "a.b/Person" value: "\n\003Eve" }"#,
                r#"any { [a.b/Person] { name: "Eve" } }"#,
            ),
        ];
        for (write, unknown, known) in forms {
            let (mut layouts, id) = everything();
            for _ in 0..2 {
                assert_eq!(write(&mut layouts, id, &bytes).as_deref(), Ok(unknown));
            }
            assert_eq!(layouts.take_unresolved(), ["Person"]);
            assert_eq!(layouts.take_unresolved(), [""; 0]);
            layouts.learn(crate::schema::bundled_pool().unwrap());
            assert_eq!(write(&mut layouts, id, &bytes).as_deref(), Ok(known));
            assert_eq!(layouts.take_unresolved(), [""; 0]);
        }
    }

    #[test]
    fn a_peer_cannot_make_unresolved_names_grow_without_limit() {
        let (mut layouts, id) = everything();
        for number in 0..1000 {
            as_json(&mut layouts, id, &any(&format!("a.b/c{number}"), b"")).unwrap();
        }
        assert_eq!(layouts.take_unresolved().len(), 100);
    }
}
