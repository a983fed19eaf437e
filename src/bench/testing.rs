//! Figures for tests, the same every time: latencies follow from a call's number and not from chance.

pub mod calls;

use std::collections::BTreeMap;

use super::distribution::Distribution;
use super::figures::{
    Bucket, Calls, Connections, ErrorCount, Figures, Load, Messages, MethodKind, SAMPLES, Sample,
    Shape, Timeline, VERSION, Verdict,
};
use super::numbers::{real, whole};
use super::stages::{Arrival, Stage};

/// A run of calls of about this many microseconds, with a long tail: one in a thousand takes 30 times as long.
pub struct Run {
    pub seconds: u64,
    /// Calls a second.
    pub rate: u64,
    pub median: f64,
    /// One call of so many fails; 0 for none.
    pub fails: u64,
}

/// 10 s of a closed loop, all calls of which succeed.
pub fn closed() -> Figures {
    let run = Run {
        seconds: 10,
        rate: 1_200,
        median: 812.0,
        fails: 0,
    };
    let mut figures = run.figures();
    figures.calls.cut_off = 100;
    figures.calls.started += 100;
    figures
}

/// 20 s of an open loop of which calls fail and are late, and in which a threshold does not hold.
pub fn open() -> Figures {
    let run = Run {
        seconds: 20,
        rate: 500,
        median: 4_200.0,
        fails: 150,
    };
    let mut figures = run.figures();
    figures.load.shape = Shape::Open {
        arrival: Arrival::Poisson,
        stages: vec![
            Stage {
                from: 500.0,
                to: 500.0,
                seconds: 10.0,
            },
            Stage {
                from: 500.0,
                to: 510.0,
                seconds: 10.0,
            },
        ],
        max_in_flight: 1_000,
    };
    for (second, bucket) in (0_u32..).zip(&mut figures.timeline.buckets) {
        bucket.asked = Some(500.0 + f64::from(second.saturating_sub(9)));
    }
    (figures.calls.late, figures.calls.dropped) = (21, 3);
    figures.timeline.buckets[12].late = 21;
    figures.calls.cut_off = 7;
    figures.calls.started += 7;
    figures.service_time = Some(scaled(&figures.latency, 0.98));
    figures.delay = Some(scaled(&figures.latency, 0.02));
    figures.errors = vec![
        ErrorCount {
            error: "UNAVAILABLE: the server is shutting down".to_owned(),
            count: 50,
        },
        ErrorCount {
            error: "DEADLINE_EXCEEDED: the call took longer than the 500ms that it was given by the server, which has \
                    so many others to answer"
                .to_owned(),
            count: 12,
        },
    ];
    figures.other_errors = 4;
    figures.codes.insert("UNAVAILABLE".to_owned(), 54);
    figures.codes.insert("DEADLINE_EXCEEDED".to_owned(), 12);
    figures.connections.lost = 1;
    figures.connections.opened = 9;
    figures.thresholds = vec![
        verdict("p99 < 50ms", "42.1ms", true),
        verdict("errors < 0.1%", "0.66%", false),
        verdict("first-message p50 < 1ms", "", false),
    ];
    figures
}

/// 5 s of streams, on which each message waits for its reply.
pub fn streaming() -> Figures {
    let run = Run {
        seconds: 5,
        rate: 20,
        median: 98_000.0,
        fails: 0,
    };
    let mut figures = run.figures();
    figures.method = "chat.v1.Chat/Talk".to_owned();
    figures.kind = MethodKind::BidiStreaming;
    figures.load.messages = Some(50);
    figures.load.ping_pong = true;
    figures.first_message = Some(scaled(&figures.latency, 0.05));
    figures.between_messages = Some(scaled(&figures.latency, 0.02));
    figures.message = Some(scaled(&figures.latency, 0.019));
    figures.messages = Messages {
        sent: 5_000,
        received: 5_000,
        bytes_sent: 165_000,
        bytes_received: 12_000_000,
    };
    figures
}

/// A run that ended before any call did.
pub fn empty() -> Figures {
    let run = Run {
        seconds: 0,
        rate: 0,
        median: 1.0,
        fails: 0,
    };
    let mut figures = run.figures();
    figures.ended_early = true;
    figures.elapsed = 0.4;
    figures.calls.started = 100;
    figures.calls.cut_off = 100;
    figures
}

impl Run {
    pub fn figures(&self) -> Figures {
        let mut latency = Distribution::default();
        let mut calls = Calls::default();
        let mut buckets = Vec::new();
        let mut samples = Vec::new();
        for second in 0..self.seconds {
            let mut bucket = Bucket::default();
            for number in 0..self.rate {
                let fails = self.fails > 0 && calls.started % self.fails == self.fails - 1;
                let micros = self.latency(calls.started, second);
                latency.add_micros(micros);
                bucket.latency.add_micros(micros);
                bucket.started += 1;
                calls.started += 1;
                *(if fails {
                    &mut bucket.failed
                } else {
                    &mut bucket.ok
                }) += 1;
                *(if fails {
                    &mut calls.failed
                } else {
                    &mut calls.ok
                }) += 1;
                if samples.len() < SAMPLES {
                    samples.push(Sample {
                        at: second * 1_000_000 + number * 1_000_000 / self.rate,
                        latency: micros,
                        code: (if fails { "UNAVAILABLE" } else { "OK" }).to_owned(),
                        error: (if fails { "UNAVAILABLE: gone" } else { "" }).to_owned(),
                    });
                }
            }
            buckets.push(bucket);
        }
        let ended = calls.ended();
        Figures {
            version: VERSION,
            program: "routeguide 0.1.0".to_owned(),
            target: "http://localhost:50051".to_owned(),
            method: "RouteGuide/GetPerson".to_owned(),
            kind: MethodKind::Unary,
            started: "2026-11-27T18:00:00Z".to_owned(),
            elapsed: real(self.seconds),
            ended_early: false,
            load: self.load(),
            calls,
            rate: real(self.rate),
            latency,
            service_time: None,
            delay: None,
            first_message: None,
            between_messages: None,
            message: None,
            messages: Messages {
                sent: ended,
                received: calls.ok,
                bytes_sent: ended * 7,
                bytes_received: calls.ok * 55,
            },
            codes: BTreeMap::from_iter((calls.ok > 0).then(|| ("OK".to_owned(), calls.ok))),
            errors: Vec::new(),
            other_errors: 0,
            connections: Connections {
                asked: 8,
                opened: 8,
                lost: 0,
                failed: 0,
            },
            timeline: Timeline {
                resolution: 1,
                buckets,
            },
            samples,
            thresholds: Vec::new(),
        }
    }

    fn load(&self) -> Load {
        Load {
            protocol: "grpc".to_owned(),
            codec: "proto".to_owned(),
            shape: Shape::Closed { concurrency: 100 },
            connections: 8,
            threads: 2,
            duration: Some(real(self.seconds.max(10))),
            calls: None,
            warmup: 1.0,
            timeout: Some(5.0),
            messages: None,
            ping_pong: false,
            segments: None,
        }
    }

    /// The quantile of a distribution with a heavy tail (log-logistic), for shares that are spread evenly by the golden
    /// ratio, with a slow wave over time.
    fn latency(&self, call: u64, second: u64) -> u64 {
        let share = (real(call + 1) * 0.618_033_988_749_895).fract();
        let share = share.clamp(1e-6, 1.0 - 1e-6);
        let wave = 1.0 + 0.2 * (real(second) / 3.0).sin();
        let time = self.median * wave * (share / (1.0 - share)).powf(0.49);
        whole(time.max(self.median * 0.3))
    }
}

/// Another distribution of the same form.
fn scaled(distribution: &Distribution, by: f64) -> Distribution {
    let mut scaled = Distribution::default();
    for (value, count) in distribution.values() {
        for _ in 0..count {
            scaled.add_micros(whole(real(value) * by));
        }
    }
    scaled
}

fn verdict(threshold: &str, value: &str, holds: bool) -> Verdict {
    Verdict {
        threshold: threshold.to_owned(),
        value: value.to_owned(),
        holds,
    }
}
