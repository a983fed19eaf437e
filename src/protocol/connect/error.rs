//! Errors as JSON ("Error and EndStreamResponse").

use http::StatusCode;
use prost::Message as _;
use prost_reflect::prost_types::Any;
use serde_json::{Map, Value, json};
use tonic::{Code, Status};

use super::super::http_status::code_of_http;
use super::code::{code_named, name_of_code};
use crate::base64;

/// What is in front of the name of a detail's type in an `Any`.
const TYPE_URL: &str = "type.googleapis.com/";

/// The body of a unary response that is an error.
pub fn write_error(status: &Status) -> Vec<u8> {
    Value::Object(error_object(status)).to_string().into()
}

/// The error in such a body. A response that says nothing about its code has that of its HTTP status. `None` if this is no
/// error of Connect: neither its code nor its message is there.
pub fn read_error(body: &[u8], http: StatusCode) -> Option<Status> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.as_object()?;
    let is_error = error.get("message").is_some_and(Value::is_string) || code(error).is_some();
    is_error.then(|| read_object(error, code_of_http(http)))
}

/// An error. Details that are not a `google.rpc.Status` are left out.
pub fn error_object(status: &Status) -> Map<String, Value> {
    let mut error = Map::new();
    let code = name_of_code(status.code());
    error.insert("code".to_owned(), code.into());
    if !status.message().is_empty() {
        error.insert("message".to_owned(), status.message().into());
    }
    let rich = tonic_types::pb::Status::decode(status.details()).unwrap_or_default();
    if !rich.details.is_empty() {
        let details = rich.details.iter().map(|detail| {
            // Everything after the last slash, as in an `Any`.
            let name = detail.type_url.rsplit('/').next().unwrap_or_default();
            json!({ "type": name, "value": base64::encode_unpadded(&detail.value) })
        });
        error.insert("details".to_owned(), details.collect());
    }
    error
}

/// Reads an error whose code is this one if it does not say. What is unknown, or not of its type, is not there; so are
/// details, which are optional.
pub fn read_object(error: &Map<String, Value>, without_code: Code) -> Status {
    let code = code(error).unwrap_or(without_code);
    let message = error.get("message").and_then(Value::as_str);
    let message = message.unwrap_or_default();
    let details = error.get("details").and_then(Value::as_array);
    let details: Vec<_> = details.into_iter().flatten().filter_map(detail).collect();
    if details.is_empty() {
        return Status::new(code, message);
    }
    let rich = tonic_types::pb::Status {
        code: code.into(),
        message: message.to_owned(),
        details,
    };
    Status::with_details(code, message, rich.encode_to_vec().into())
}

fn code(error: &Map<String, Value>) -> Option<Code> {
    code_named(error.get("code")?.as_str()?)
}

fn detail(detail: &Value) -> Option<Any> {
    let name = detail.get("type")?.as_str()?;
    let value = detail.get("value")?.as_str()?;
    Some(Any {
        // Some peers send the whole URL.
        type_url: if name.contains('/') {
            name.to_owned()
        } else {
            format!("{TYPE_URL}{name}")
        },
        value: base64::decode(value)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(status: &Status) -> Vec<(String, Vec<u8>)> {
        let rich = tonic_types::pb::Status::decode(status.details()).unwrap();
        let details = rich.details.into_iter();
        details.map(|any| (any.type_url, any.value)).collect()
    }

    fn read(body: &str, http: u16) -> Option<Status> {
        read_error(body.as_bytes(), StatusCode::from_u16(http).unwrap())
    }

    fn with_detail(type_url: &str, value: &[u8]) -> Status {
        let rich = tonic_types::pb::Status {
            code: 14,
            message: "overloaded".to_owned(),
            details: vec![Any {
                type_url: type_url.to_owned(),
                value: value.to_vec(),
            }],
        };
        let details = rich.encode_to_vec().into();
        Status::with_details(Code::Unavailable, "overloaded", details)
    }

    #[test]
    fn an_error_is_its_code_message_and_details() {
        let status = with_detail("type.googleapis.com/google.rpc.RetryInfo", b"\n\x02\x08<");
        let body: Value = serde_json::from_slice(&write_error(&status)).unwrap();
        let expected = json!({
            "code": "unavailable",
            "message": "overloaded",
            "details": [{ "type": "google.rpc.RetryInfo", "value": "CgIIPA" }],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn an_error_without_message_and_details_is_only_its_code() {
        let written = write_error(&Status::new(Code::NotFound, ""));
        assert_eq!(written, br#"{"code":"not_found"}"#);
    }

    #[test]
    fn details_that_are_no_status_are_left_out() {
        let details = (&b"\xff\xff"[..]).into();
        let written = write_error(&Status::with_details(Code::Aborted, "", details));
        assert_eq!(written, br#"{"code":"aborted"}"#);
    }

    #[test]
    fn an_error_that_is_written_is_read_back() {
        let status = with_detail("type.googleapis.com/google.rpc.RetryInfo", b"\n\x02\x08<");
        let read = read_error(&write_error(&status), StatusCode::SERVICE_UNAVAILABLE).unwrap();
        assert_eq!(read.code(), status.code());
        assert_eq!(read.message(), status.message());
        assert_eq!(read.details(), status.details());
    }

    #[test]
    fn a_missing_or_unknown_code_is_that_of_the_http_status() {
        for (body, http, code) in [
            (
                r#"{"code": null, "message": "oops"}"#,
                401,
                Code::Unauthenticated,
            ),
            (r#"{"message": "oops"}"#, 401, Code::Unauthenticated),
            (
                r#"{"code": "foobar", "message": "oops"}"#,
                429,
                Code::Unavailable,
            ),
            (r#"{"code": 5, "message": "oops"}"#, 500, Code::Unknown),
        ] {
            let status = read(body, http).unwrap();
            assert_eq!((status.code(), status.message()), (code, "oops"), "{body}");
        }
    }

    #[test]
    fn the_code_of_an_error_counts_more_than_the_http_status() {
        let status = read(r#"{"code": "out_of_range"}"#, 422).unwrap();
        assert_eq!((status.code(), status.message()), (Code::OutOfRange, ""));
    }

    #[test]
    fn what_an_error_has_besides_is_ignored() {
        let body = r#"{
            "code": "out_of_range", "message": "oops", "foobar": "baz",
            "details": [
                {"type": "a.B", "value": "+/8", "debug": "garbage", "frob": {}},
                {"type": "type.example.org/a.C", "value": "+/8="},
                {"type": "a.D", "value": "not base64"},
                {"type": "a.E"},
                null
            ]
        }"#;
        let status = read(body, 400).unwrap();
        assert_eq!(status.message(), "oops");
        assert_eq!(
            details(&status),
            [
                ("type.googleapis.com/a.B".to_owned(), vec![0xfb, 0xff]),
                ("type.example.org/a.C".to_owned(), vec![0xfb, 0xff]),
            ]
        );
    }

    #[test]
    fn a_body_without_code_and_message_is_no_error_of_connect() {
        for body in [
            "",
            "null",
            "{}",
            "[]",
            "<html>",
            "\u{1}",
            r#"{"code": null}"#,
            r#"{"message": 1}"#,
            r#"{"error": "not found"}"#,
            r#"{"code": "not_found""#,
        ] {
            assert!(read(body, 404).is_none(), "{body}");
        }
    }
}
