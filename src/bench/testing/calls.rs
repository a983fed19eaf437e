//! Figures for unit tests.

use crate::bench::distribution::Distribution;
use crate::bench::figures::{
    Bucket, Calls, Connections, ErrorCount, Figures, Load, Messages, MethodKind, Sample, Shape,
    Timeline, VERSION,
};
use crate::bench::numbers::real;

/// The figures of a run of ten calls at a time, with calls that ended at these milliseconds, took so many microseconds and
/// had these codes.
pub fn figures(calls: impl IntoIterator<Item = (u64, u64, &'static str)>) -> Figures {
    let mut figures = empty();
    for (at, latency, code) in calls {
        add(&mut figures, at, latency, code);
    }
    let order = |a: &ErrorCount, b: &ErrorCount| b.count.cmp(&a.count).then(a.error.cmp(&b.error));
    figures.errors.sort_by(order);
    figures.samples.sort_by_key(|sample| sample.at);
    figures.elapsed = real(figures.timeline.buckets.len() as u64);
    figures.rate = real(figures.calls.ended()) / figures.elapsed.max(1.0);
    figures
}

pub fn empty() -> Figures {
    Figures {
        version: VERSION,
        program: "routeguide 0.1.0".to_owned(),
        target: "localhost:50051".to_owned(),
        method: "p.S/M".to_owned(),
        kind: MethodKind::Unary,
        started: "2026-01-01T00:00:00.000000Z".to_owned(),
        elapsed: 0.0,
        ended_early: false,
        load: Load {
            protocol: "grpc".to_owned(),
            codec: "proto".to_owned(),
            shape: Shape::Closed { concurrency: 10 },
            connections: 1,
            threads: 1,
            duration: Some(10.0),
            calls: None,
            warmup: 0.0,
            timeout: None,
            messages: None,
            ping_pong: false,
            segments: None,
        },
        calls: Calls::default(),
        rate: 0.0,
        latency: Distribution::default(),
        service_time: None,
        delay: None,
        first_message: None,
        between_messages: None,
        message: None,
        messages: Messages::default(),
        codes: std::collections::BTreeMap::new(),
        errors: Vec::new(),
        other_errors: 0,
        connections: Connections::default(),
        timeline: Timeline::default(),
        samples: Vec::new(),
        thresholds: Vec::new(),
    }
}

fn add(figures: &mut Figures, at: u64, latency: u64, code: &str) {
    figures.latency.add_micros(latency);
    figures.calls.started += 1;
    *figures.codes.entry(code.to_owned()).or_default() += 1;
    let second = usize::try_from(at / 1000).unwrap();
    let buckets = &mut figures.timeline.buckets;
    if buckets.len() <= second {
        buckets.resize_with(second + 1, Bucket::default);
    }
    let bucket = &mut buckets[second];
    bucket.started += 1;
    bucket.latency.add_micros(latency);
    let mut error = String::new();
    if code == "OK" {
        figures.calls.ok += 1;
        bucket.ok += 1;
    } else {
        figures.calls.failed += 1;
        bucket.failed += 1;
        error = format!("{code}: why");
        match figures.errors.iter_mut().find(|known| known.error == error) {
            Some(known) => known.count += 1,
            None => figures.errors.push(ErrorCount {
                error: error.clone(),
                count: 1,
            }),
        }
    }
    figures.samples.push(Sample {
        at: at * 1000,
        latency,
        code: code.to_owned(),
        error,
    });
}
