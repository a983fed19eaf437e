//! An error as JSON, for `--error-format json`: `google.rpc.Status`, with what this program adds to it; and what a line of
//! a log has beside its message.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, Kind, code_name};
use crate::exit;

#[derive(Serialize)]
struct Report<'a> {
    /// The gRPC code; null outside an RPC.
    code: Option<i32>,
    message: String,
    details: Vec<Box<RawValue>>,
    /// The code's name.
    status: Option<&'static str>,
    kind: &'static str,
    causes: Vec<String>,
    hint: Option<&'a str>,
    exit: u8,
}

/// One line.
pub fn json(error: &Error) -> String {
    let code = match error.kind() {
        Kind::Status(code) => Some(code),
        _ => None,
    };
    let details = error.details().iter().cloned();
    let report = Report {
        code: code.map(i32::from),
        message: error.described(),
        details: details
            .filter_map(|json| RawValue::from_string(json).ok())
            .collect(),
        status: code.map(code_name),
        kind: match error.kind() {
            Kind::Usage => "usage",
            Kind::Failed | Kind::Unreachable | Kind::OutputClosed => "failed",
            Kind::Status(_) => "status",
            Kind::Unmet => "unmet",
            Kind::Interrupted => "interrupted",
        },
        causes: error.causes(),
        hint: error.hint(),
        exit: exit::code(error),
    };
    // Cannot fail: the members are numbers, strings and JSON.
    serde_json::to_string(&report).unwrap_or_default() + "\n"
}

/// What is known of an error beyond its message.
pub fn fields(error: &Error) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    let causes = error.causes();
    if !causes.is_empty() {
        fields.push(("causes", causes.into()));
    }
    if let Some(hint) = error.hint() {
        fields.push(("hint", hint.into()));
    }
    fields
}
