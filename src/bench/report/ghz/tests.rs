//! closed.json and open.json were written by ghz 0.121 with `--count-errors -O pretty`: of a few calls with `-n`, and of some
//! with `--async --rps -z`, half of which failed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::bench::testing;

/// Options that figures do not tell.
const OF_GHZ: [&str; 2] = [".options.data", ".options.dial-timeout"];

fn json(figures: &Figures) -> Value {
    serde_json::from_str(&ghz(figures).unwrap()).unwrap()
}

/// The keys of a value, with the types of what they hold. Names in distributions are data.
fn types(value: &Value) -> BTreeMap<String, &'static str> {
    let mut types = BTreeMap::new();
    add_types(value, "", &mut types);
    types
}

fn add_types(value: &Value, path: &str, types: &mut BTreeMap<String, &'static str>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // Go writes a float without decimals as an integer.
    if types.get(path) != Some(&"float") {
        types.insert(path.to_owned(), kind);
    }
    match value {
        Value::Array(values) => {
            for value in values {
                add_types(value, &format!("{path}[]"), types);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let is_data = path.ends_with("Distribution");
                let name = if is_data { "*" } else { name };
                add_types(value, &format!("{path}.{name}"), types);
            }
        }
        _ => {}
    }
}

fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let (ours, theirs) = (types(ours), types(theirs));
    let mut found = Vec::new();
    for (path, kind) in &theirs {
        match ours.get(path) {
            None if OF_GHZ.iter().any(|option| path.starts_with(option)) => {}
            None => found.push(format!("{path} is missing")),
            Some(ours) if ours == kind => {}
            Some(ours) => found.push(format!("{path} is {ours} and not {kind}")),
        }
    }
    let unknown = ours.keys().filter(|path| !theirs.contains_key(*path));
    found.extend(unknown.map(|path| format!("{path} is not in ghz's")));
    found
}

#[test]
fn a_closed_loop_has_the_keys_and_types_of_ghz() {
    let theirs = include_str!("closed.json");
    let theirs: Value = serde_json::from_str(theirs).unwrap();
    let mut ours = testing::closed();
    ours.load.calls = ours.load.duration.take().map(|_| ours.calls.ended());
    assert_eq!(differences(&json(&ours), &theirs), [""; 0]);
}

#[test]
fn an_open_loop_has_the_keys_and_types_of_ghz() {
    let theirs = include_str!("open.json");
    let theirs: Value = serde_json::from_str(theirs).unwrap();
    assert_eq!(differences(&json(&testing::open()), &theirs), [""; 0]);
}

#[test]
fn codes_and_errors_are_as_go_writes_them() {
    let report = json(&testing::open());
    assert_eq!(report["statusCodeDistribution"]["DeadlineExceeded"], 12);
    let error = "rpc error: code = Unavailable desc = the server is shutting down";
    assert_eq!(report["errorDistribution"][error], 50);
    assert_eq!(report["errorDistribution"]["other errors"], 4);
    for code in codes() {
        // tonic names its codes as Go does, but for one.
        let expected = format!("{code:?}").replace("Cancelled", "Canceled");
        assert_eq!(go_code(code_name(code)), expected.replace("Ok", "OK"));
    }
}

#[test]
fn calls_that_were_cut_off_are_neither_counted_nor_errors() {
    let figures = testing::closed();
    let report = json(&figures);
    assert!(figures.calls.cut_off > 0);
    assert_eq!(report["count"], figures.calls.ended());
    assert_eq!(report["errorDistribution"], serde_json::json!({}));
    assert_eq!(
        report["statusCodeDistribution"],
        serde_json::json!({"OK": figures.calls.ok})
    );
}

#[test]
fn the_histogram_has_every_call() {
    let figures = testing::open();
    let report = json(&figures);
    let marks = report["histogram"].as_array().unwrap();
    let counts = marks.iter().map(|mark| mark["count"].as_u64().unwrap());
    assert_eq!(marks.len(), 11);
    assert_eq!(counts.sum::<u64>(), figures.calls.ended());
}

#[test]
fn details_have_the_time_when_the_call_ended() {
    let mut figures = testing::open();
    figures.samples[0].at = 1_500_000;
    let detail = &json(&figures)["details"][0];
    assert_eq!(detail["timestamp"], "2026-11-27T18:00:01.500000Z");
}

#[test]
fn a_run_without_calls_has_an_empty_report() {
    let report = json(&testing::empty());
    assert_eq!(report["endReason"], "cancel");
    assert_eq!(report["latencyDistribution"], serde_json::json!([]));
}

#[test]
fn the_reason_of_the_end_is_what_was_reached_first() {
    let reason = |change: fn(&mut crate::bench::figures::Figures)| {
        let mut figures = testing::closed();
        change(&mut figures);
        super::end_reason(&figures)
    };
    assert_eq!(reason(|_| {}), "timeout");
    assert_eq!(
        reason(|it| it.load.calls = Some(it.calls.ended())),
        "normal"
    );
    assert_eq!(
        reason(|it| it.load.calls = Some(it.calls.ended() + 1)),
        "timeout"
    );
    assert_eq!(reason(|it| it.ended_early = true), "cancel");
}
