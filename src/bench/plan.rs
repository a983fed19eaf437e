//! A run, before it begins: plain values, checked.

use std::num::NonZeroUsize;
use std::ops::{Add, Div, Rem};
use std::time::{Duration, SystemTime};

use super::figures::{MethodKind, Segments, Shape};
use super::schedule::Part;
use super::stages::{Arrival, Stage, seconds};

/// Calls that are in flight at once in an open loop, unless it is said.
pub const MAX_IN_FLIGHT: usize = 10_000;

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub kind: MethodKind,
    pub shape: Shape,
    pub connections: usize,
    pub threads: usize,
    /// What is counted begins after it.
    pub warmup: Duration,
    /// How long the load lasts after the warm-up; in an open loop, as long as its stages.
    pub duration: Option<Duration>,
    /// How many calls there are after the warm-up, in all threads.
    pub calls: Option<u64>,
    /// The deadline of each call.
    pub timeout: Option<Duration>,
    /// How many messages a stream of requests has.
    pub messages: u64,
    /// Each message waits for its reply.
    pub ping_pong: bool,
    /// Which part of a distributed run this is.
    pub segment: Option<Segment>,
    pub start_at: Option<SystemTime>,
    /// Makes the arrivals of an open loop.
    pub seed: u64,
}

/// One of several generators that share a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// From 0.
    pub index: u32,
    pub of: u32,
}

impl Plan {
    /// The part of the load that this process makes.
    pub fn part(&self) -> Part {
        self.segment.map_or(Part::WHOLE, |segment| Part {
            index: segment.index.into(),
            of: segment.of.into(),
        })
    }

    pub fn segments(&self) -> Option<Segments> {
        self.segment.map(|segment| Segments {
            parts: vec![segment.index],
            of: segment.of,
        })
    }

    pub fn stages(&self) -> Option<&[Stage]> {
        match &self.shape {
            Shape::Open { stages, .. } => Some(stages),
            Shape::Closed { .. } => None,
        }
    }

    /// The stages with those of the warm-up, whose load is that of the first moment.
    pub fn schedule(&self, stages: &[Stage]) -> Vec<Stage> {
        let rate = stages.first().map_or(0.0, |stage| stage.from);
        let before = (!self.warmup.is_zero()).then_some(Stage {
            from: rate,
            to: rate,
            seconds: self.warmup.as_secs_f64(),
        });
        before.into_iter().chain(stages.iter().copied()).collect()
    }

    /// Whether its calls have a stream of requests.
    pub fn has_many_requests(&self) -> bool {
        matches!(
            self.kind,
            MethodKind::ClientStreaming | MethodKind::BidiStreaming
        )
    }

    /// Whether its calls are answered by a stream.
    pub fn has_many_replies(&self) -> bool {
        matches!(
            self.kind,
            MethodKind::ServerStreaming | MethodKind::BidiStreaming
        )
    }

    /// How long the load lasts after the warm-up, if that is known.
    pub fn length(&self) -> Option<Duration> {
        match self.stages() {
            // None if the last stage has no end.
            Some(stages) => Duration::try_from_secs_f64(seconds(stages)).ok(),
            None => self.duration,
        }
    }

    /// Which thread has how many connections: as even as it can be, at least one each.
    pub fn connections_of(&self, thread: usize) -> usize {
        share(self.connections, thread, self.threads)
    }
}

/// The share of the `index`th of `of`.
pub fn share<N>(whole: N, index: N, of: N) -> N
where
    N: Copy + Ord + From<bool> + Add<Output = N> + Div<Output = N> + Rem<Output = N>,
{
    let of = of.max(N::from(true));
    whole / of + N::from(index < whole % of)
}

/// How many threads help: as many as there are cores, even if a server on this machine needs them, too. With fewer, the server
/// waits for the load: on two cores and eight connections, one thread made 103,000 calls a second and two 134,000.
pub fn threads_that_help(connections: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    cores.clamp(1, connections.max(1))
}

/// An open loop of one rate, without an end if there is no duration.
pub fn steady(
    rate: f64,
    duration: Option<Duration>,
    arrival: Arrival,
    max_in_flight: usize,
) -> Shape {
    Shape::Open {
        arrival,
        stages: vec![Stage {
            from: rate,
            to: rate,
            seconds: duration.map_or(f64::INFINITY, |duration| duration.as_secs_f64()),
        }],
        max_in_flight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_add_up() {
        let shares: Vec<usize> = (0..3).map(|index| share(8, index, 3)).collect();
        assert_eq!(shares, [3, 3, 2]);
        assert_eq!(share(8, 0, 0), 8);
    }
}
