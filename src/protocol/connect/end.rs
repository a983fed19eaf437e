//! The message that ends a stream: its error, if it failed, and its trailers ("Error and EndStreamResponse").

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use tonic::{Code, Status};

use super::error::{error_object, read_object};

/// The end of a stream.
#[derive(Debug)]
pub struct EndOfStream {
    pub error: Option<Status>,
    pub trailers: HeaderMap,
}

/// Why bytes are not the end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadEnd {
    /// They are not an object in JSON.
    Json,
    /// The error is not an object.
    Error,
    /// The trailers are not arrays of strings with names, or not as headers can be.
    Metadata,
}

impl fmt::Display for BadEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "the end of the stream is not a JSON object",
            Self::Error => "the error at the end of the stream is not a JSON object",
            Self::Metadata => "the metadata at the end of the stream is malformed",
        })
    }
}

/// The message that ends a stream with this error, or without one. Trailers are as in headers: binary ones are base64.
pub fn write_end(error: Option<&Status>, trailers: &HeaderMap) -> Vec<u8> {
    let mut end = Map::new();
    if let Some(error) = error {
        end.insert("error".to_owned(), Value::Object(error_object(error)));
    }
    if !trailers.is_empty() {
        let metadata = trailers.keys().map(|name| {
            let values = trailers.get_all(name).iter();
            let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
            (name.as_str().to_owned(), values.collect())
        });
        end.insert("metadata".to_owned(), Value::Object(metadata.collect()));
    }
    Value::Object(end).to_string().into()
}

/// Reads such a message. What is `null` is not there, and an error without a code that is known is UNKNOWN.
///
/// # Errors
/// When it is malformed.
pub fn read_end(message: &[u8]) -> Result<EndOfStream, BadEnd> {
    let end: Value = serde_json::from_slice(message).map_err(|_| BadEnd::Json)?;
    let end = end.as_object().ok_or(BadEnd::Json)?;
    let error = match end.get("error") {
        None | Some(Value::Null) => None,
        Some(Value::Object(error)) => Some(read_object(error, Code::Unknown)),
        Some(_) => return Err(BadEnd::Error),
    };
    let trailers = match end.get("metadata") {
        None | Some(Value::Null) => Some(HeaderMap::new()),
        Some(metadata) => metadata.as_object().and_then(trailers),
    };
    let trailers = trailers.ok_or(BadEnd::Metadata)?;
    Ok(EndOfStream { error, trailers })
}

fn trailers(metadata: &Map<String, Value>) -> Option<HeaderMap> {
    let mut trailers = HeaderMap::new();
    for (name, values) in metadata {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        for value in values.as_array()? {
            let value = HeaderValue::from_str(value.as_str()?).ok()?;
            trailers.try_append(name.clone(), value).ok()?;
        }
    }
    Some(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(fields: &[(&str, &'static str)]) -> HeaderMap {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_stream_that_succeeds_without_trailers_ends_with_an_empty_object() {
        assert_eq!(write_end(None, &HeaderMap::new()), b"{}");
    }

    #[test]
    fn the_end_has_the_error_and_all_values_of_each_trailer() {
        let trailers = map(&[("a", "1"), ("b-bin", "+/8"), ("a", "2")]);
        let error = Status::unavailable("overloaded");
        let end: Value = serde_json::from_slice(&write_end(Some(&error), &trailers)).unwrap();
        let expected = json!({
            "error": { "code": "unavailable", "message": "overloaded" },
            "metadata": { "a": ["1", "2"], "b-bin": ["+/8"] },
        });
        assert_eq!(end, expected);
    }

    #[test]
    fn an_end_that_is_written_is_read_back() {
        let trailers = map(&[("a", "1"), ("b-bin", "+/8"), ("a", "2")]);
        let error = Status::unavailable("overloaded");
        let end = read_end(&write_end(Some(&error), &trailers)).unwrap();
        assert_eq!(end.trailers, trailers);
        let read = end.error.unwrap();
        assert_eq!(
            (read.code(), read.message()),
            (Code::Unavailable, "overloaded")
        );
    }

    #[test]
    fn an_end_without_an_error_is_a_success() {
        for end in [
            "{}",
            r#"{"error": null}"#,
            r#"{"metadata": null}"#,
            r#"{"x": 1}"#,
        ] {
            let end = read_end(end.as_bytes()).unwrap();
            assert!(end.error.is_none() && end.trailers.is_empty());
        }
    }

    #[test]
    fn an_error_without_a_known_code_is_unknown() {
        for error in [
            r#"{"code":null,"message":"oops"}"#,
            r#"{"message":"oops"}"#,
            r#"{"code":"x","message":"oops"}"#,
        ] {
            let end = read_end(format!(r#"{{"error":{error}}}"#).as_bytes()).unwrap();
            let error = end.error.unwrap();
            assert_eq!((error.code(), error.message()), (Code::Unknown, "oops"));
        }
        let end = read_end(br#"{"error":{}}"#).unwrap();
        assert_eq!(end.error.unwrap().code(), Code::Unknown);
    }

    #[test]
    fn names_of_trailers_have_no_case() {
        let end = read_end(br#"{"metadata":{"X-Trace":["1"],"x-trace":["2"],"y":[]}}"#).unwrap();
        let values: Vec<_> = end.trailers.get_all("x-trace").iter().collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(end.trailers.keys_len(), 1);
    }

    #[test]
    fn a_malformed_end_is_an_error() {
        for (end, bad) in [
            ("", BadEnd::Json),
            ("null", BadEnd::Json),
            ("[]", BadEnd::Json),
            ("{}{}", BadEnd::Json),
            (r#"{"error":"oops"}"#, BadEnd::Error),
            (r#"{"metadata":[]}"#, BadEnd::Metadata),
            (r#"{"metadata":{"a":"1"}}"#, BadEnd::Metadata),
            (r#"{"metadata":{"a":[1]}}"#, BadEnd::Metadata),
            (r#"{"metadata":{"a b":["1"]}}"#, BadEnd::Metadata),
            (r#"{"metadata":{"a":["1\r\nb: 2"]}}"#, BadEnd::Metadata),
        ] {
            assert_eq!(read_end(end.as_bytes()).err(), Some(bad), "{end}");
        }
    }
}
