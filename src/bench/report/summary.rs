//! What the text and the page both say, as rows: a name, a value and a note.

use crate::bench::distribution::{Distribution, PERCENTILES};
use crate::bench::figures::{Figures, Load, MethodKind, Shape};
use crate::bench::numbers::{bytes, count, rate, real, seconds, share};
use crate::bench::stages::{Arrival, Stage};
use crate::protocol::{Codec, Protocol};

/// What is said about one thing.
pub struct Row {
    pub name: &'static str,
    pub value: String,
    pub note: String,
}

fn row(name: &'static str, value: impl Into<String>, note: impl Into<String>) -> Row {
    Row {
        name,
        value: value.into(),
        note: note.into(),
    }
}

/// What was run.
pub fn run(figures: &Figures) -> Vec<Row> {
    let kind = match figures.kind {
        MethodKind::Unary => "unary",
        MethodKind::ServerStreaming => "server streaming",
        MethodKind::ClientStreaming => "client streaming",
        MethodKind::BidiStreaming => "bidirectional streaming",
    };
    let ended = if figures.ended_early {
        ", ended early"
    } else {
        ""
    };
    vec![
        row("Method", format!("{} ({kind})", figures.method), ""),
        row("Target", figures.target.as_str(), ""),
        row("Load", load(&figures.load), ""),
        row("Started", figures.started.as_str(), ""),
        row("Ran for", seconds(figures.elapsed) + ended, ""),
    ]
}

/// The load in words.
fn load(load: &Load) -> String {
    let mut parts = Vec::new();
    match &load.shape {
        Shape::Closed { concurrency } => {
            parts.push(format!("closed loop, {concurrency} in flight"));
        }
        Shape::Open {
            arrival,
            stages,
            max_in_flight,
        } => {
            let arrival = match arrival {
                Arrival::Poisson => "Poisson",
                Arrival::Uniform => "uniform",
            };
            let stages: Vec<String> = stages.iter().map(stage).collect();
            parts.push(format!("open loop, {arrival}: {}", stages.join(", then ")));
            parts.push(format!(
                "at most {} in flight",
                count(*max_in_flight as u64)
            ));
        }
    }
    parts.push(format!(
        "{} by {}",
        plural(load.connections as u64, "connection"),
        plural(load.threads as u64, "thread")
    ));
    if let Some(over) = over(load) {
        parts.push(over);
    }
    if let Some(messages) = load.messages {
        let each = if load.ping_pong {
            " in turn with their replies"
        } else {
            ""
        };
        parts.push(format!("{} a stream{each}", plural(messages, "message")));
    }
    if let Some(calls) = load.calls {
        parts.push(plural(calls, "call"));
    }
    if let (Some(duration), Shape::Closed { .. }) = (load.duration, &load.shape) {
        parts.push(format!("for {}", seconds(duration)));
    }
    if load.warmup > 0.0 {
        parts.push(format!("after a warm-up of {}", seconds(load.warmup)));
    }
    if let Some(timeout) = load.timeout {
        parts.push(format!("timeout {}", seconds(timeout)));
    }
    if let Some(segments) = &load.segments {
        let segment: Vec<String> = segments.parts.iter().map(u32::to_string).collect();
        parts.push(format!("segment {} of {}", segment.join(", "), segments.of));
    }
    parts.join("; ")
}

/// What the calls went over, unless that is gRPC with Protobuf messages.
fn over(load: &Load) -> Option<String> {
    let is_json = load.codec == Codec::Json.name();
    let codec = if is_json { " with JSON" } else { "" };
    let known = Protocol::ALL
        .into_iter()
        .find(|it| it.name() == load.protocol);
    match known {
        Some(Protocol::Grpc) if !is_json => None,
        Some(protocol) => Some(format!("{protocol}{codec}")),
        // Of a later version.
        None => Some(format!("{}{codec}", load.protocol)),
    }
}

fn stage(stage: &Stage) -> String {
    if stage.seconds.is_infinite() {
        return rate(stage.from);
    }
    let time = seconds(stage.seconds);
    if stage.from.to_bits() == stage.to.to_bits() {
        return format!("{} for {time}", rate(stage.from));
    }
    format!("{} to {} in {time}", rate(stage.from), rate(stage.to))
}

fn plural(number: u64, one: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {one}{end}", count(number))
}

/// How many calls there were. What only an open loop has is left out of a closed one.
pub fn calls(figures: &Figures) -> Vec<Row> {
    let calls = &figures.calls;
    let ended = calls.ended();
    let mut rows = vec![
        row("started", count(calls.started), ""),
        row("ok", count(calls.ok), share(calls.ok, ended)),
        row("failed", count(calls.failed), share(calls.failed, ended)),
        row("cut off", count(calls.cut_off), "under way at the end"),
    ];
    if is_open(figures) {
        let late = "sent more than 10 ms after they were due";
        rows.push(row("late", count(calls.late), late));
        let dropped = "due and not sent at the end";
        rows.push(row("dropped", count(calls.dropped), dropped));
    }
    rows
}

/// How many there were in a second, and how much they carried.
pub fn throughput(figures: &Figures) -> Vec<Row> {
    let asked = figures.asked();
    let asked = asked.map(|asked| format!("of {} asked for", rate(asked)));
    let mut rows = vec![row("Rate", rate(figures.rate), asked.unwrap_or_default())];
    let messages = &figures.messages;
    for (name, number, size) in [
        ("Sent", messages.sent, messages.bytes_sent),
        ("Received", messages.received, messages.bytes_received),
    ] {
        let (mut value, mut note) = (plural(number, "message"), bytes(real(size)));
        if figures.elapsed > 0.0 {
            let a_second = bytes(real(size) / figures.elapsed);
            value = format!("{value}, {}", rate(real(number) / figures.elapsed));
            note = format!("{note}, {a_second}/s");
        }
        rows.push(row(name, value, note));
    }
    rows
}

/// What was measured, the latency first. What has no times is left out.
pub fn distributions(figures: &Figures) -> Vec<(&'static str, &Distribution)> {
    let all = [
        ("latency", Some(&figures.latency)),
        ("service", figures.service_time.as_ref()),
        ("delay", figures.delay.as_ref()),
        ("first msg", figures.first_message.as_ref()),
        ("between", figures.between_messages.as_ref()),
        ("message", figures.message.as_ref()),
    ];
    let all = all.into_iter();
    let known = all.filter_map(|(name, times)| Some((name, times?)));
    known.filter(|(_, times)| !times.is_empty()).collect()
}

/// What the names of `distributions` mean, as far as it is needed.
pub fn meanings(figures: &Figures) -> Vec<&'static str> {
    let is_open = is_open(figures);
    let names = distributions(figures).into_iter();
    let meanings = names.filter_map(|(name, _)| match name {
        "latency" if is_open => Some("latency: from when the call was due"),
        "service" => Some("service: from when it was sent"),
        "delay" => Some("delay: from when it was due until it was sent"),
        "first msg" => Some("first msg: from the start until the first reply"),
        "between" => Some("between: from one reply to the next"),
        "message" => Some("message: from a request to its reply"),
        _ => None,
    });
    meanings.collect()
}

/// The figures of a distribution by name, in microseconds.
pub fn statistics(distribution: &Distribution) -> Vec<(&'static str, Option<f64>)> {
    let mut all = vec![
        ("min", distribution.min().map(real)),
        ("mean", distribution.mean()),
        ("std dev", distribution.deviation()),
    ];
    for (name, percent) in PERCENTILES {
        all.push((name, distribution.percentile(percent).map(real)));
    }
    all.push(("max", distribution.max().map(real)));
    all
}

/// Calls by their status, the most frequent first.
pub fn codes(figures: &Figures) -> Vec<(&str, u64)> {
    let codes = figures.codes.iter();
    let mut codes: Vec<_> = codes.map(|(code, count)| (code.as_str(), *count)).collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    codes
}

/// Errors and how often they were, the most frequent first.
pub fn errors(figures: &Figures) -> Vec<(u64, &str)> {
    let errors = figures.errors.iter();
    let mut errors: Vec<_> = errors
        .map(|error| (error.count, error.error.as_str()))
        .collect();
    if figures.other_errors > 0 {
        errors.push((figures.other_errors, "others"));
    }
    errors
}

/// The connections in words.
pub fn connections(figures: &Figures) -> String {
    let connections = &figures.connections;
    let mut parts = vec![
        format!("{} asked for", connections.asked),
        format!("{} opened", connections.opened),
    ];
    if connections.lost > 0 {
        parts.push(format!("{} lost", connections.lost));
    }
    if connections.failed > 0 {
        parts.push(format!("{} attempts failed", connections.failed));
    }
    parts.join(", ")
}

pub fn is_open(figures: &Figures) -> bool {
    matches!(figures.load.shape, Shape::Open { .. })
}
