//! The load arguments → a plan.

use std::time::Duration;

use super::DURATION;
use crate::bench::figures::{MethodKind, Shape};
use crate::bench::plan::{MAX_IN_FLIGHT, Plan, Segment, share, steady, threads_that_help};
use crate::bench::search::FIRST;
use crate::bench::stages::{Arrival, Stage};
use crate::cli::{ArrivalArg, BenchArgs, LoadArgs};
use crate::error::{Error, Result};
use crate::session::target::Session;

/// Calls in flight of a closed loop.
const CONCURRENCY: usize = 50;

fn is_open_loop(load: &LoadArgs) -> bool {
    load.rate.is_some() || !load.stage.is_empty() || !load.find_max.is_empty()
}

/// Checks what can be checked without the method.
///
/// # Errors
/// When arguments contradict one another.
pub fn check(args: &BenchArgs) -> Result<()> {
    let load = &args.load;
    if !is_open_loop(load) && load.max_in_flight.is_some() {
        return Err(Error::usage("--max-in-flight is for an open loop").hinted(
            "a closed loop has --concurrency calls in flight; --rate makes it an open one",
        ));
    }
    if !is_open_loop(load) && load.arrival.is_some() {
        return Err(Error::usage("--arrival is for an open loop").hinted(
            "a closed loop starts a call when another one ends; --rate makes it an open one",
        ));
    }
    let threads = load.threads.unwrap_or(1);
    if let Some(most) = load.max_in_flight.filter(|most| *most < threads) {
        let error = format!("{threads} threads need at least as many calls in flight, not {most}");
        return Err(Error::usage(error).hinted(format!("use --max-in-flight {threads}")));
    }
    let connections = load.connections;
    if let Some(threads) = load.threads.filter(|threads| *threads > connections) {
        let error = format!("{threads} threads need at least as many connections");
        return Err(Error::usage(error).hinted(format!("use --connections {threads}")));
    }
    if !is_open_loop(load) && load.concurrency.unwrap_or(CONCURRENCY) < connections {
        let error = format!("{connections} connections need at least as many calls in flight");
        return Err(Error::usage(error).hinted(format!("use --concurrency {connections}")));
    }
    Ok(())
}

/// # Errors
/// When arguments do not fit the method.
pub fn plan(
    args: &BenchArgs,
    kind: MethodKind,
    messages_given: u64,
    session: &Session,
) -> Result<Plan> {
    let load = &args.load;
    let is_stream = matches!(
        kind,
        MethodKind::ClientStreaming | MethodKind::BidiStreaming
    );
    if args.messages.is_some() && !is_stream {
        return Err(Error::usage(
            "--messages is for methods that take a stream; this one takes one message",
        ));
    }
    if args.ping_pong && kind != MethodKind::BidiStreaming {
        return Err(Error::usage(
            "--ping-pong is for methods that take a stream and reply with one",
        ));
    }
    if args.ping_pong && session.is_half_duplex() {
        return Err(Error::usage(
            "--ping-pong needs HTTP/2: over HTTP/1.1, replies come after all requests are sent",
        ));
    }
    let duration = load
        .duration
        .or_else(|| load.calls.is_none().then_some(DURATION));
    let threads = load
        .threads
        // Each of them needs a call of its own.
        .unwrap_or_else(|| {
            let most = load.max_in_flight.unwrap_or(MAX_IN_FLIGHT);
            threads_that_help(load.connections).min(most)
        });
    Ok(Plan {
        kind,
        shape: shape(load, duration),
        connections: load.connections,
        threads,
        warmup: load.warmup.unwrap_or_default(),
        duration: load.stage.is_empty().then_some(duration).flatten(),
        calls: load.calls.map(|calls| match load.segment {
            Some(segment) => share(calls, segment.index.into(), segment.of.into()),
            None => calls,
        }),
        timeout: session.timeout(),
        messages: if is_stream {
            args.messages.unwrap_or(messages_given)
        } else {
            1
        },
        ping_pong: args.ping_pong,
        segment: load.segment.map(|segment| Segment {
            index: segment.index,
            of: segment.of,
        }),
        start_at: load.start_at,
        seed: 0,
    })
}

fn shape(load: &LoadArgs, duration: Option<Duration>) -> Shape {
    let arrival = match load.arrival {
        None | Some(ArrivalArg::Poisson) => Arrival::Poisson,
        Some(ArrivalArg::Uniform) => Arrival::Uniform,
    };
    let most = load.max_in_flight.unwrap_or(MAX_IN_FLIGHT);
    if !is_open_loop(load) {
        return Shape::Closed {
            concurrency: load.concurrency.unwrap_or(CONCURRENCY),
        };
    }
    if load.stage.is_empty() {
        return steady(load.rate.unwrap_or(FIRST), duration, arrival, most);
    }
    let stages = load.stage.iter().map(|stage| Stage {
        from: stage.from,
        to: stage.to,
        seconds: stage.seconds,
    });
    Shape::Open {
        arrival,
        stages: stages.collect(),
        max_in_flight: most,
    }
}

/// A step of a search.
pub fn step(args: &BenchArgs, plan: &Plan, rate: f64) -> Plan {
    let step = args.load.step.unwrap_or(DURATION);
    let shape = match &plan.shape {
        Shape::Open {
            arrival,
            max_in_flight,
            ..
        } => steady(rate, Some(step), *arrival, *max_in_flight),
        closed @ Shape::Closed { .. } => closed.clone(),
    };
    Plan {
        shape,
        warmup: args.load.warmup.unwrap_or(step / 5),
        duration: Some(step),
        ..plan.clone()
    }
}
