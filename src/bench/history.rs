//! The time line while a run goes on: the last seconds as they are counted, those before them packed, and of a run of hours in
//! longer stretches, so that its memory does not grow with its length.

use super::distribution::Distribution;
use super::figures::{Bucket, Timeline};
use super::window::Window;

/// Workers may be so many seconds behind each other.
const BEHIND: u64 = 3;

/// The most stretches of time. There are half as many when they become longer.
const MOST: u64 = 1200;

#[derive(Debug)]
pub struct History {
    /// Seconds of each stretch.
    resolution: u64,
    stretches: Vec<Stretch>,
    /// The last second that something was counted in, and the latencies of the calls that ended in it.
    last: (u64, Distribution),
}

#[derive(Debug, Default)]
struct Stretch {
    /// Its latency is empty when it is packed.
    bucket: Bucket,
    packed: Option<Vec<u8>>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            resolution: 1,
            stretches: Vec::new(),
            last: Default::default(),
        }
    }
}

impl Stretch {
    fn pack(&mut self) {
        if self.packed.is_none() {
            self.packed = self.bucket.latency.encode().ok();
            if self.packed.is_some() {
                self.bucket.latency = Distribution::default();
            }
        }
    }

    fn unpack(&mut self) {
        if let Some(packed) = self.packed.take() {
            self.bucket.latency = Distribution::decode(&packed).unwrap_or_default();
        }
    }

    fn add(&mut self, mut other: Self) {
        self.unpack();
        other.unpack();
        let (bucket, more) = (&mut self.bucket, other.bucket);
        bucket.started += more.started;
        bucket.ok += more.ok;
        bucket.failed += more.failed;
        bucket.late += more.late;
        bucket.latency.merge(&more.latency);
    }
}

impl History {
    /// Adds what a worker has counted in a second.
    pub fn add(&mut self, window: &Window) {
        let (second, latency) = &mut self.last;
        if window.second > *second {
            self.last = (window.second, window.latency.clone());
        } else if window.second == *second {
            latency.merge(&window.latency);
        }
        while window.second / self.resolution >= MOST {
            self.coarsen();
        }
        let index = window.second / self.resolution;
        let Ok(at) = usize::try_from(index) else {
            return;
        };
        if self.stretches.len() <= at {
            self.stretches.resize_with(at + 1, Stretch::default);
            let over = usize::try_from(index.saturating_sub(BEHIND)).unwrap_or_default();
            self.stretches.iter_mut().take(over).for_each(Stretch::pack);
        }
        if let Some(stretch) = self.stretches.get_mut(at) {
            stretch.add(Stretch {
                bucket: Bucket {
                    asked: None,
                    started: window.calls.started,
                    ok: window.calls.ok,
                    failed: window.calls.failed,
                    late: window.calls.late,
                    latency: window.latency.clone(),
                },
                packed: None,
            });
        }
    }

    /// Makes each stretch twice as long.
    fn coarsen(&mut self) {
        self.resolution *= 2;
        let mut halves = std::mem::take(&mut self.stretches).into_iter();
        while let Some(mut stretch) = halves.next() {
            if let Some(second) = halves.next() {
                stretch.add(second);
            }
            stretch.pack();
            self.stretches.push(stretch);
        }
    }

    /// The latencies of the second before this one; `None` if no call ended in it.
    pub fn last(&self, second: u64) -> Option<&Distribution> {
        let (last, latency) = &self.last;
        (*last + 1 == second && !latency.is_empty()).then_some(latency)
    }

    /// The time line of so many seconds. `asked` is the rate that was asked for from one second to another.
    pub fn timeline(&self, seconds: f64, asked: impl Fn(f64, f64) -> Option<f64>) -> Timeline {
        let mut buckets = Vec::new();
        let mut start = 0_u64;
        while super::numbers::real(start) < seconds {
            let from = super::numbers::real(start);
            let to = super::numbers::real(start + self.resolution).min(seconds);
            let stretch = self.stretches.get(buckets.len());
            let mut bucket = stretch.map(|it| it.bucket.clone()).unwrap_or_default();
            if let Some(packed) = stretch.and_then(|stretch| stretch.packed.as_deref()) {
                bucket.latency = Distribution::decode(packed).unwrap_or_default();
            }
            bucket.asked = asked(from, to);
            buckets.push(bucket);
            start += self.resolution;
        }
        Timeline {
            resolution: self.resolution,
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn second(second: u64) -> Window {
        let mut window = Window::of(second);
        window.calls.ok = 1;
        window.latency.add(Duration::from_micros(second + 1));
        window
    }

    #[test]
    fn every_second_is_a_bucket() {
        let mut history = History::default();
        for number in [0, 1, 1, 5, 2] {
            history.add(&second(number));
        }
        let timeline = history.timeline(6.5, |_, _| None);
        let ok: Vec<u64> = timeline.buckets.iter().map(|bucket| bucket.ok).collect();
        assert_eq!((timeline.resolution, ok), (1, vec![1, 2, 1, 0, 0, 1, 0]));
        let counts: Vec<u64> = timeline
            .buckets
            .iter()
            .map(|it| it.latency.count())
            .collect();
        assert_eq!(counts, [1, 2, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn the_last_second_is_the_one_before_this() {
        let mut history = History::default();
        history.add(&second(3));
        history.add(&second(3));
        assert_eq!(history.last(4).map(Distribution::count), Some(2));
        assert_eq!(history.last(5), None);
        history.add(&Window::of(4));
        assert_eq!(history.last(5), None);
    }

    #[test]
    fn a_run_of_hours_has_longer_buckets_and_loses_nothing() {
        let mut history = History::default();
        let seconds = 3 * MOST;
        for number in 0..seconds {
            history.add(&second(number));
        }
        let timeline = history.timeline(super::super::numbers::real(seconds), |_, _| None);
        assert_eq!(timeline.resolution, 4);
        assert!(
            timeline
                .buckets
                .iter()
                .all(|it| it.ok == 4 && it.latency.count() == 4)
        );
    }
}
