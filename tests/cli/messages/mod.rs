//! The texts of errors, hints, warnings, notices and `-v`, whole, so that a change of wording is reviewed as text. Each
//! snapshot is a transcript: commands, and what they print. The system's part of a message is Unix's.

mod addresses;
mod config;
mod connecting;
mod descriptors;
mod from_other_tools;
mod health;
mod input_fields;
mod input_json;
mod input_json_types;
mod input_text;
mod names;
mod output;
mod people_file;
mod protocol;
mod reflection;
mod routes;
mod schema_files;
mod serve;
mod serve_tls;
mod status;
mod stdin;
mod tls;
mod usage;
mod verbose;

use std::fmt;

use super::harness::{Echo, Outcome, Program, RawCall, redacted, routeguide};
use super::wire::answered;

/// A schema of well-known types, which the test schema does not have.
const KNOWN: &str = r#"
syntax = "proto3";
package known;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Known {
  google.protobuf.Timestamp at = 1;
  google.protobuf.Duration took = 2;
  google.protobuf.FieldMask mask = 3;
  google.protobuf.Value value = 4;
  google.protobuf.Any any = 5;
  google.protobuf.Int32Value age = 6;
  map<int32, bool> flags = 7;
}
service Knower { rpc Ask(Known) returns (Known); }
"#;

/// Commands, and for each its stdout, its stderr and its exit code if that is not 0.
#[derive(Default)]
struct Transcript(Vec<String>);

impl Transcript {
    /// Runs a command with nothing on stdin.
    #[track_caller]
    fn run(&mut self, program: Program) -> &mut Self {
        let heading = format!("$ {}", program.command_line());
        self.add(&heading, &program.run())
    }

    /// Runs a command with `input` on stdin.
    #[track_caller]
    fn run_with(&mut self, input: &str, program: Program) -> &mut Self {
        let command = program.command_line();
        let heading = format!("$ printf '{}' | {command}", input.replace('\n', "\\n"));
        self.add(&heading, &program.run_with(input))
    }

    /// Adds what a command printed.
    fn add(&mut self, heading: &str, outcome: &Outcome) -> &mut Self {
        let Outcome { stdout, stderr, .. } = outcome;
        let printed = match stdout.as_str() {
            "" => stderr.clone(),
            stdout => format!("[stdout]\n{stdout}[stderr]\n{stderr}"),
        };
        let exit = match outcome.status.code() {
            Some(0) => String::new(),
            Some(code) => format!("[exit code {code}]\n"),
            None => "[killed]\n".to_owned(),
        };
        self.0.push(format!("{heading}\n{printed}{exit}"));
        self
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0.join("\n")))
    }
}

/// The transcript of commands with nothing on stdin.
#[track_caller]
fn transcript(programs: impl IntoIterator<Item = Program>) -> String {
    let mut transcript = Transcript::default();
    for program in programs {
        transcript.run(program);
    }
    transcript.to_string()
}

/// The transcript of calls of the test schema's server.
#[track_caller]
fn calls_of_echo<'a>(calls: impl IntoIterator<Item = Vec<&'a str>>) -> String {
    let echo = Echo::start();
    let programs = calls.into_iter().map(|args| {
        // In the environment, so that the snapshots do not repeat it.
        routeguide(["call"])
            .args(args)
            .env("ROUTEGUIDE_ADDR", echo.addr())
    });
    transcript(programs)
}

/// How a server answers: a heading for the transcript, and what it does.
type Script<'a> = (&'a str, &'a dyn Fn(&RawCall));

/// Calls a method of the test schema, answers as each script does, and returns the transcript.
#[track_caller]
fn answers(method: &str, scripts: &[Script<'_>]) -> String {
    let mut transcript = Transcript::default();
    for (what, script) in scripts {
        transcript.add(&format!("# {what}"), &answered(method, script));
    }
    transcript.to_string()
}
