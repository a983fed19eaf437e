//! `bench` on servers whose behavior is known.

#![allow(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    reason = "counts are floats in JSON, and exact"
)]

mod bad_input;
mod closed_loop;
mod open_loop;
mod report_files;
mod requests;
mod servers_that_fail;
mod streams;

use serde_json::Value;

use super::harness::{Outcome, Peer, Program, routeguide};

/// `bench GetPerson name=Alice -o json` on a server, with these arguments.
fn bench(addr: impl Into<String>, args: &str) -> Program {
    routeguide(["bench", "GetPerson", "name=Alice", "-o", "json"])
        .args(args.split_whitespace())
        .args(PROTOS)
        .at(addr.into())
}

/// The servers of these tests have no reflection.
const PROTOS: [&str; 2] = [
    "--proto",
    concat!(env!("CARGO_MANIFEST_DIR"), "/protos/route_guide.proto"),
];

trait Figures {
    /// The figures that were printed.
    fn figures(&self) -> Value;
}

impl Figures for Outcome {
    #[track_caller]
    fn figures(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }
}

/// A number in the figures.
#[track_caller]
fn number(figures: &Value, path: &str) -> f64 {
    let found = figures.pointer(path).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("no {path} in {figures:#}"))
}

/// The latencies of all calls, in seconds. There are few enough that the sample is all of them.
fn latencies(figures: &Value) -> Vec<f64> {
    let samples = figures["samples"].as_array().unwrap();
    samples
        .iter()
        .map(|sample| sample["latency"].as_f64().unwrap() / 1e6)
        .collect()
}

/// A server that answers each call at once with a person.
fn answering() -> Peer {
    Peer::playing(|mut call| async move {
        let name = call.name().await.unwrap_or_default();
        call.open();
        call.reply(&name);
        call.end(0, "");
    })
}
