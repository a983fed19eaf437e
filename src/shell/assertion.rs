//! `assert`, which makes a script a test.

use serde_json::Value;

use super::state::Shell;
use super::words::{Form, Piece, Word};
use crate::error::{Error, Kind, Result};

/// `assert VALUE OPERATOR VALUE`.
///
/// # Errors
/// When it does not hold, with both values.
pub fn assert(shell: &Shell<'_>, words: &[Word]) -> Result<()> {
    let [_, left, operator, right] = words else {
        return Err(
            Error::usage("assert takes a value, an operator and another value")
                .hinted("as in assert $_.age > 18; a text with blanks needs quotation marks"),
        );
    };
    let operator = operator.literal().unwrap_or_default();
    let (left, right) = (value(shell, left)?, value(shell, right)?);
    let holds = match operator {
        "==" => equal(&left, &right),
        "!=" => !equal(&left, &right),
        "matches" => matches(&left, &right),
        "<" | "<=" | ">" | ">=" => {
            let ordering = compare(&left, &right)?;
            match operator {
                "<" => ordering.is_lt(),
                "<=" => ordering.is_le(),
                ">" => ordering.is_gt(),
                _ => ordering.is_ge(),
            }
        }
        other => {
            return Err(Error::usage(format!("unknown operator {other:?}"))
                .hinted("the operators are ==, !=, <, <=, >, >= and matches"));
        }
    };
    if holds {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unmet,
        format!("assert {left} {operator} {right} does not hold"),
    ))
}

/// A variable's value, JSON, or else text.
fn value(shell: &Shell<'_>, word: &Word) -> Result<Value> {
    if let [
        Piece::Variable {
            path,
            form: Form::Text,
        },
    ] = word.pieces.as_slice()
    {
        return shell.variables.value(path);
    }
    let text = shell.variables.fill(word)?;
    if word.is_quoted {
        return Ok(Value::String(text));
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A number, or text that is one: integers of 64 bits are strings in JSON.
enum Number {
    /// Compared exactly.
    Whole(i128),
    Real(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => return None,
        };
        match text.parse() {
            Ok(whole) => Some(Self::Whole(whole)),
            Err(_) => text.parse().ok().map(Self::Real),
        }
    }

    fn compare(&self, other: &Self) -> Option<std::cmp::Ordering> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the other one is not exact either"
        )]
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(b)),
            (Self::Whole(a), Self::Real(b)) => (*a as f64).partial_cmp(b),
            (Self::Real(a), Self::Whole(b)) => a.partial_cmp(&(*b as f64)),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b),
        }
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    // Two texts are equal only as texts.
    let has_number = left.is_number() || right.is_number();
    match (Number::of(left), Number::of(right)) {
        (Some(left), Some(right)) if has_number => {
            left.compare(&right).is_some_and(std::cmp::Ordering::is_eq)
        }
        _ => false,
    }
}

fn compare(left: &Value, right: &Value) -> Result<std::cmp::Ordering> {
    if let (Some(left), Some(right)) = (Number::of(left), Number::of(right))
        && let Some(ordering) = left.compare(&right)
    {
        return Ok(ordering);
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        _ => Err(Error::new(
            Kind::Unmet,
            format!("{left} and {right} cannot be compared: one is not a number"),
        )),
    }
}

/// Whether everything in the pattern is in the value.
fn matches(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Object(value), Value::Object(pattern)) => {
            pattern.iter().all(|(name, pattern)| match value.get(name) {
                Some(value) => matches(value, pattern),
                // A field that is not set has its default.
                None => is_default(pattern),
            })
        }
        (Value::Array(value), Value::Array(pattern)) => {
            value.len() == pattern.len()
                && value
                    .iter()
                    .zip(pattern)
                    .all(|(value, pattern)| matches(value, pattern))
        }
        (value, pattern) => equal(value, pattern),
    }
}

/// Whether JSON is what a field has that is not set.
fn is_default(pattern: &Value) -> bool {
    match pattern {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "0",
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(is_default),
        Value::Bool(true) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_may_leave_out_fields() {
        let alice = json!({"name": "Alice", "age": 30, "id": "7", "tags": ["a", "b"]});
        for pattern in [
            json!({}),
            json!({"name": "Alice"}),
            json!({"age": 30.0, "id": 7}),
            json!({"tags": ["a", "b"]}),
            json!({"retries": 0, "nickname": "", "address": {"city": ""}}),
        ] {
            assert!(matches(&alice, &pattern), "{pattern}");
        }
        for pattern in [
            json!({"name": "Bob"}),
            json!({"tags": ["a"]}),
            json!({"city": "Seoul"}),
            json!([]),
        ] {
            assert!(!matches(&alice, &pattern), "{pattern}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(compare(&json!("10"), &json!(9)).unwrap().is_gt());
        assert!(compare(&json!("b"), &json!("a")).unwrap().is_gt());
        assert!(compare(&json!("b"), &json!(1)).is_err());
        let (one, other) = (json!("9007199254740993"), json!(9_007_199_254_740_992_i64));
        assert!(compare(&one, &other).unwrap().is_gt());
        assert!(
            !equal(&one, &other) && equal(&json!("7"), &json!(7)) && equal(&json!(7.0), &json!(7))
        );
    }
}
