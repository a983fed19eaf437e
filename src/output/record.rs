//! A line of a server's log, as text or as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::SystemTime;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;
use tracing::Level;

use super::escape::escape_literal;

/// The members that every line of JSON has.
const RESERVED: [&str; 4] = ["timestamp", "level", "message", "target"];

/// How lines of a log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: the message alone. The time of a line is left to what collects it.
    Text,
    /// For collectors: an object a line.
    Json,
}

/// The name of a level, as `--log` and JSON have it.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// A line of a log.
pub struct Record<'a> {
    pub level: Level,
    /// What text starts with.
    pub mark: Option<&'a str>,
    /// The library that says it; `None` for the program itself.
    pub target: Option<&'a str>,
    pub message: &'a str,
    pub fields: &'a [(&'a str, Value)],
}

impl Record<'_> {
    /// One line. Collectors show it in terminals, so it has no character that acts on one.
    pub fn json(&self) -> String {
        // Cannot fail: the members are strings and JSON.
        let line = serde_json::to_string(self).unwrap_or_default() + "\n";
        match escape_literal(&line, true) {
            Cow::Borrowed(_) => line,
            Cow::Owned(escaped) => escaped,
        }
    }

    /// The text without the level. A library's message is often in its fields, while one of ours says everything.
    pub fn text(&self) -> Cow<'_, str> {
        let Some(target) = self.target else {
            return match self.mark {
                Some(mark) => format!("{mark} {}", self.message).into(),
                None => self.message.into(),
            };
        };
        let mut text = target.to_owned();
        if !self.message.is_empty() {
            let _ = write!(text, ": {}", self.message);
        }
        for (name, value) in self.fields {
            let _ = match value {
                Value::String(value) => write!(text, " {name}={value}"),
                value => write!(text, " {name}={value}"),
            };
        }
        text.into()
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let now = humantime::format_rfc3339_micros(SystemTime::now());
        map.serialize_entry("timestamp", &now.to_string())?;
        map.serialize_entry("level", level_name(self.level))?;
        map.serialize_entry("message", self.message)?;
        if let Some(target) = self.target {
            map.serialize_entry("target", target)?;
        }
        for (name, value) in self.fields {
            if RESERVED.contains(name) {
                map.serialize_entry(&format!("{name}_"), value)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(record: &Record<'_>) -> serde_json::Map<String, Value> {
        serde_json::from_str(&record.json()).expect("an object")
    }

    #[test]
    fn a_line_has_its_time_its_level_and_its_fields() {
        let line = parsed(&Record {
            level: Level::WARN,
            mark: None,
            target: None,
            message: "too late",
            fields: &[("calls", 3.into())],
        });
        let time = line["timestamp"].as_str().expect("a text");
        assert!(time.ends_with('Z') && humantime::parse_rfc3339(time).is_ok());
        assert_eq!(line["level"], "warn");
        assert_eq!(line["message"], "too late");
        assert_eq!(line["calls"], 3);
        assert_eq!(line.get("target"), None);
    }

    #[test]
    fn untrusted_text_stays_on_its_line_and_acts_on_no_terminal() {
        let text = "a\n\u{1b}[2J\u{9b}2J\u{202e}\"b";
        let record = Record {
            level: Level::INFO,
            mark: None,
            target: None,
            message: text,
            fields: &[("peer", text.into())],
        };
        let line = record.json();
        assert!(!line.trim_end().contains(super::super::escape::is_unsafe));
        assert_eq!(line.lines().count(), 1);
        assert_eq!(parsed(&record)["message"], text);
        assert_eq!(parsed(&record)["peer"], text);
    }

    #[test]
    fn a_field_cannot_replace_a_member_that_every_line_has() {
        let line = parsed(&Record {
            level: Level::INFO,
            mark: None,
            target: Some("h2::proto"),
            message: "real",
            fields: &[("message", "forged".into()), ("level", 1.into())],
        });
        assert_eq!(line["message"], "real");
        assert_eq!(line["level"], "info");
        assert_eq!(line["message_"], "forged");
    }

    #[test]
    fn a_library_is_named_with_its_fields() {
        let record = Record {
            level: Level::DEBUG,
            mark: None,
            target: Some("h2::codec"),
            message: "send",
            fields: &[("frame", "Settings".into()), ("id", 3.into())],
        };
        assert_eq!(record.text(), "h2::codec: send frame=Settings id=3");
    }
}
