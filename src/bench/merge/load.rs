//! What the whole of a distributed run was asked for.

use crate::bench::figures::{Figures, Load, Segments, Shape};
use crate::bench::stages::Stage;
use crate::error::{Error, Result};

/// The load of all parts together, and warnings.
///
/// The flags of a closed loop are those of each part, and add up; so do connections, threads and numbers of calls, of which a
/// segment has its share. The stages of an open loop are those of the whole if the parts are segments of it. Parts that are no segments ran loads of their own, at once: then
/// stages add up too, if they take the same time.
///
/// # Errors
/// When the parts had different kinds of load, or a segment is there twice.
pub fn join(parts: &[Figures]) -> Result<(Load, Vec<String>)> {
    let mut loads = parts.iter().map(|part| &part.load);
    let Some(mut whole) = loads.next().cloned() else {
        return Err(Error::usage("there is nothing to merge"));
    };
    for load in loads {
        if load.segments.is_some() != whole.segments.is_some() {
            return Err(differ("some are segments of a run and some are not"));
        }
        if (&load.protocol, &load.codec) != (&whole.protocol, &whole.codec) {
            return Err(differ("they have different protocols or codecs"));
        }
        if load.timeout != whole.timeout {
            return Err(differ("they have different --timeout"));
        }
        if (load.messages, load.ping_pong) != (whole.messages, whole.ping_pong) {
            return Err(differ("their streams have different messages"));
        }
        let are_segments = load.segments.is_some();
        add_shape(&mut whole.shape, &load.shape, are_segments)?;
        whole.connections += load.connections;
        whole.threads += load.threads;
        whole.duration = longer(whole.duration, load.duration);
        whole.warmup = whole.warmup.max(load.warmup);
        whole.calls = whole.calls.zip(load.calls).map(|(a, b)| a + b);
    }
    let warnings = segments(parts, &mut whole)?;
    Ok((whole, warnings))
}

fn differ(how: &str) -> Error {
    Error::failed(format!("the parts are not of one run: {how}"))
}

fn longer(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a?.max(b?))
}

fn add_shape(whole: &mut Shape, part: &Shape, are_segments: bool) -> Result<()> {
    match (whole, part) {
        (Shape::Closed { concurrency }, Shape::Closed { concurrency: more }) => {
            *concurrency += more;
        }
        (
            Shape::Open {
                arrival,
                stages,
                max_in_flight,
            },
            Shape::Open {
                arrival: other,
                stages: others,
                max_in_flight: more,
            },
        ) => {
            if other != arrival {
                return Err(differ("they have different --arrival"));
            }
            if !add_stages(stages, others, are_segments) {
                return Err(differ("they have different rates or stages"));
            }
            *max_in_flight += more;
        }
        _ => return Err(differ("one is a closed loop and another an open one")),
    }
    Ok(())
}

/// Whether the stages fit together.
fn add_stages(stages: &mut [Stage], others: &[Stage], are_segments: bool) -> bool {
    if are_segments {
        return stages == others;
    }
    let lengths =
        |stages: &[Stage]| -> Vec<f64> { stages.iter().map(|stage| stage.seconds).collect() };
    if lengths(stages) != lengths(others) {
        return false;
    }
    for (stage, other) in stages.iter_mut().zip(others) {
        stage.from += other.from;
        stage.to += other.to;
    }
    true
}

/// Joins the segments that the parts are.
fn segments(parts: &[Figures], whole: &mut Load) -> Result<Vec<String>> {
    let mut all = parts.iter().filter_map(|part| part.load.segments.as_ref());
    let Some(mut joined) = all.next().cloned() else {
        return Ok(Vec::new());
    };
    for Segments { parts, of } in all {
        if *of != joined.of {
            let (one, other) = (joined.of, of);
            return Err(differ(&format!(
                "one is a segment of {one} and another of {other}"
            )));
        }
        joined.parts.extend(parts);
    }
    joined.parts.sort_unstable();
    let mut pairs = joined.parts.iter().zip(joined.parts.iter().skip(1));
    if let Some((twice, _)) = pairs.find(|(one, next)| one == next) {
        return Err(Error::failed(format!(
            "segment {twice}/{} is there twice",
            joined.of
        )));
    }
    let missing = (0..joined.of).filter(|part| !joined.parts.contains(part));
    let missing: Vec<String> = missing
        .map(|part| format!("{part}/{}", joined.of))
        .collect();
    whole.segments = Some(joined);
    Ok(match missing.as_slice() {
        [] => Vec::new(),
        [one] => vec![format!("segment {one} is missing")],
        several => vec![format!("segments {} are missing", several.join(", "))],
    })
}
