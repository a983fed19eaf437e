//! What to write where text is not a value of the field.

use super::path::Leaf;
use super::{Argument, Operator, assignment, bad, is_bool, shell_word};
use crate::base64;
use crate::error::Result;

impl Argument<'_> {
    /// Refuses text for what text cannot be, and says what to write.
    pub(super) fn check_text(&self, leaf: &Leaf) -> Result<()> {
        let (name, value) = assignment(self.text).unwrap_or((self.text, ""));
        let (why, hint) = match leaf {
            Leaf::List => (
                format!("{name} is a list"),
                format!(
                    "write {} to add an element, or '{name}:=[…]' for all of them",
                    shell_word(&format!("{name}[]={value}"))
                ),
            ),
            Leaf::Map => (
                format!("{name} is a map"),
                format!(
                    "write {} for one of its values, or '{name}:={{…}}' for all of them",
                    shell_word(&format!("{name}[key]={value}"))
                ),
            ),
            Leaf::Message(_) if self.operator == Operator::TextFile => (
                format!("{name} is a message"),
                format!("write {name}:={value} for a file with its JSON"),
            ),
            Leaf::Message(None) => (
                format!("{name} is a message"),
                format!("write '{name}:={{…}}', with its JSON"),
            ),
            Leaf::Message(Some(field)) => (
                format!("{name} is a message"),
                format!(
                    "write {name}.{field}=… for one of its fields, or '{name}:={{…}}' for all of them"
                ),
            ),
            Leaf::Bool if self.operator == Operator::Text && !is_bool(value) => (
                format!("expected true or false, found {value:?}"),
                format!("write {name}=true or {name}=false"),
            ),
            Leaf::Duration if let Some(seconds) = seconds(value) => (
                format!("expected a duration in seconds such as 1.5s, found {value:?}"),
                format!("write {name}={seconds}s"),
            ),
            Leaf::Timestamp if value == "now" => (
                format!("expected a time such as 1970-01-01T00:00:00Z, found {value:?}"),
                format!("write {name}=$(date -u +%FT%TZ) for the time now"),
            ),
            Leaf::Timestamp if is_date(value) => (
                format!("expected a time such as 1970-01-01T00:00:00Z, found {value:?}"),
                format!("write {name}={value}T00:00:00Z for the start of that day"),
            ),
            Leaf::Enum if value.parse::<i32>().is_ok() => (
                "`=` takes the name of an enum value".to_owned(),
                format!("write {name}:={value} for its number"),
            ),
            Leaf::Bytes if self.operator == Operator::Text && base64::decode(value).is_none() => (
                format!("{name} is bytes, and the text is not base64"),
                format!("write {name}=@FILE for the bytes of a file"),
            ),
            _ => return Ok(()),
        };
        Err(bad(self.text, why).hinted(hint))
    }

    /// Refuses JSON for a text that is not in quotes.
    pub(super) fn check_json(&self, leaf: &Leaf) -> Result<()> {
        let is_bare = |value: &str| {
            matches!(value, "true" | "false") || value.starts_with(|c: char| c.is_ascii_digit())
        };
        if *leaf != Leaf::Text || !is_bare(self.value) {
            return Ok(());
        }
        let (name, value) = (self.text.split(":=").next().unwrap_or_default(), self.value);
        let why = format!("{name} is text, and {value} is not in quotes");
        let hint = format!("write {} for text", shell_word(&format!("{name}={value}")));
        Err(bad(self.text, why).hinted(hint))
    }
}

/// The seconds of a duration that is not written as JSON has it: `5`, `5m` or `1h30m`.
fn seconds(text: &str) -> Option<f64> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.or_else(|| {
        let is_json = text.ends_with('s') && text.trim_end_matches('s').parse::<f64>().is_ok();
        let duration = humantime::parse_duration(text).ok().filter(|_| !is_json)?;
        Some(duration.as_secs_f64())
    })
}

/// Whether it looks like 2024-12-31.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let lengths = [4, 2, 2];
    lengths.into_iter().all(|length| {
        let part = parts.next().unwrap_or_default();
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    }) && parts.next().is_none()
}
