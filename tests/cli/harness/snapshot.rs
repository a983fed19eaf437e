//! The outcome of a run as one text, for snapshots: <https://insta.rs>. What differs from run to run is replaced.
//!
//! A snapshot is a file in tests/cli/snapshots, or is in the test itself. To accept texts that have changed as they should,
//! run `cargo insta test --accept --test cli` (`cargo install cargo-insta`), and review the diff.

use std::sync::LazyLock;

use regex::Regex;

use super::Outcome;

/// What to replace, and with what.
static VARIABLE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let temp = regex::escape(&std::env::temp_dir().to_string_lossy());
    [
        (format!(r"{temp}[/\\]\.tmp[A-Za-z0-9]+"), "[TEMP]"),
        (
            r"(?<host>127\.0\.0\.1|\[::1\]|localhost):[0-9]{4,5}".into(),
            "$host:[PORT]",
        ),
        (
            r" (?<word>in|headers after|message after|end after) [0-9.]+ ?(?:ns|µs|ms|s)".into(),
            " $word [TIME]",
        ),
        (r#""time_ms":[0-9.]+"#.into(), r#""time_ms":[TIME]"#),
        (r"date: [A-Z][A-Za-z0-9,: ]+ GMT".into(), "date: [DATE]"),
        (
            format!(
                "(?<name>routeguide[ /]){}",
                regex::escape(env!("CARGO_PKG_VERSION"))
            ),
            "$name[VERSION]",
        ),
        // The program's name on Windows.
        (r"routeguide\.exe".into(), "routeguide"),
    ]
    .map(|(pattern, replacement)| (Regex::new(&pattern).unwrap(), replacement))
    .to_vec()
});

/// The documented default, which is not a port of a test.
const DOCUMENTED: &str = "localhost:50051";

/// Replaces what differs from run to run: temporary folders, ports, times, the version.
pub fn redacted(text: &str) -> String {
    let parts: Vec<String> = text
        .split(DOCUMENTED)
        .map(|part| {
            VARIABLE
                .iter()
                .fold(part.to_owned(), |text, (pattern, with)| {
                    pattern.replace_all(&text, *with).into_owned()
                })
        })
        .collect();
    parts.join(DOCUMENTED)
}

impl Outcome {
    /// The exit code, stdout and stderr, redacted.
    pub fn snapshot(&self) -> String {
        let code = match self.status.code() {
            Some(code) => code.to_string(),
            None => "none".to_owned(),
        };
        let Self { stdout, stderr, .. } = self;
        redacted(&format!(
            "exit code: {code}\n----- stdout -----\n{stdout}----- stderr -----\n{stderr}"
        ))
    }
}

#[test]
fn what_differs_from_run_to_run_is_replaced() {
    let path = std::env::temp_dir().join(".tmpA1b2C3").join("people.json");
    let version = env!("CARGO_PKG_VERSION");
    for (text, expected) in [
        (
            "* connected to 127.0.0.1:40123 in 859.031µs",
            "* connected to 127.0.0.1:[PORT] in [TIME]",
        ),
        (&format!("{}", path.display()), "[TEMP]/people.json"),
        (&format!("routeguide {version}"), "routeguide [VERSION]"),
        (
            r#"{"event":"headers","time_ms":1.5,"metadata":{}}"#,
            r#"{"event":"headers","time_ms":[TIME],"metadata":{}}"#,
        ),
        ("< date: Wed, 25 Nov 2026 01:25:16 GMT", "< date: [DATE]"),
        // What the user asked for, and the default.
        ("no answer after 300ms", "no answer after 300ms"),
        ("[default: localhost:50051]", "[default: localhost:50051]"),
    ] {
        assert_eq!(redacted(text).replace('\\', "/"), expected);
    }
}
