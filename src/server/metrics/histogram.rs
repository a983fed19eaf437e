//! Histograms with fixed bounds: what a call adds to, and what is read from it. The bounds of gRFC A66 and those of
//! go-grpc-middleware are kept in one histogram, so that a call counts its time once.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows. Read without any order to others: each is exact, and together they are off by calls that
/// are counted at that moment.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The latency buckets of gRFC A66, in nanoseconds, and 2.5 s, which only go-grpc-middleware has.
pub const TIMES: [u64; 42] = [
    0,
    10_000,
    50_000,
    100_000,
    300_000,
    600_000,
    800_000,
    1_000_000,
    2_000_000,
    3_000_000,
    4_000_000,
    5_000_000,
    6_000_000,
    8_000_000,
    10_000_000,
    13_000_000,
    16_000_000,
    20_000_000,
    25_000_000,
    30_000_000,
    40_000_000,
    50_000_000,
    65_000_000,
    80_000_000,
    100_000_000,
    130_000_000,
    160_000_000,
    200_000_000,
    250_000_000,
    300_000_000,
    400_000_000,
    500_000_000,
    650_000_000,
    800_000_000,
    1_000_000_000,
    2_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    20_000_000_000,
    50_000_000_000,
    100_000_000_000,
];

/// The one of [`TIMES`] that gRFC A66 does not have.
pub const NOT_IN_A66: u64 = 2_500_000_000;

/// The default buckets of Prometheus' Go client, which go-grpc-middleware uses. All of them are in [`TIMES`].
pub const GO_TIMES: [u64; 11] = [
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The size buckets of gRFC A66, in bytes.
pub const SIZES: [u64; 14] = [
    0,
    1 << 10,
    1 << 11,
    1 << 12,
    1 << 14,
    1 << 16,
    1 << 18,
    1 << 20,
    1 << 22,
    1 << 24,
    1 << 26,
    1 << 28,
    1 << 30,
    1 << 32,
];

/// Counts values between `N` bounds, and beyond the last.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    buckets: [Counter; N],
    beyond: Counter,
    sum: Counter,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| Counter::default()),
            beyond: Counter::default(),
            sum: Counter::default(),
        }
    }
}

impl<const N: usize> Histogram<N> {
    pub fn record(&self, bounds: &[u64; N], value: u64) {
        let place = bounds.partition_point(|bound| *bound < value);
        self.buckets.get(place).unwrap_or(&self.beyond).add(1);
        self.sum.add(value);
    }

    /// Adds up the number of values.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(Counter::get).sum::<u64>() + self.beyond.get()
    }

    /// Adds what has been counted to `totals`.
    pub fn add_to(&self, totals: &mut Totals<N>) {
        for (total, bucket) in totals.buckets.iter_mut().zip(&self.buckets) {
            *total += bucket.get();
        }
        totals.beyond += self.beyond.get();
        totals.sum += self.sum.get();
    }
}

/// What several histograms with the same bounds have counted.
#[derive(Debug)]
pub struct Totals<const N: usize> {
    buckets: [u64; N],
    beyond: u64,
    pub sum: u64,
}

impl<const N: usize> Default for Totals<N> {
    fn default() -> Self {
        Self {
            buckets: [0; N],
            beyond: 0,
            sum: 0,
        }
    }
}

impl<const N: usize> Totals<N> {
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum::<u64>() + self.beyond
    }

    /// For each of the bounds that is kept: how many values are up to it.
    pub fn up_to<'a>(
        &'a self,
        bounds: &'a [u64; N],
        is_kept: impl Fn(u64) -> bool + 'a,
    ) -> impl Iterator<Item = (u64, u64)> + 'a {
        let mut count = 0;
        bounds
            .iter()
            .zip(&self.buckets)
            .filter_map(move |(bound, bucket)| {
                count += bucket;
                is_kept(*bound).then_some((*bound, count))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(values: &[u64]) -> Totals<42> {
        let histogram = Histogram::default();
        for value in values {
            histogram.record(&TIMES, *value);
        }
        let mut totals = Totals::default();
        histogram.add_to(&mut totals);
        totals
    }

    #[test]
    fn the_bounds_grow_and_hold_those_of_go() {
        assert!(TIMES.is_sorted_by(|a, b| a < b));
        assert!(SIZES.is_sorted_by(|a, b| a < b));
        assert!(GO_TIMES.iter().all(|bound| TIMES.contains(bound)));
        assert_eq!(SIZES[13], 4_294_967_296);
    }

    #[test]
    fn a_value_is_in_the_bucket_whose_bound_it_equals() {
        let totals = totals(&[0, 10_000, 10_001]);
        let counts: Vec<_> = totals.up_to(&TIMES, |_| true).take(4).collect();
        assert_eq!(counts, [(0, 1), (10_000, 2), (50_000, 3), (100_000, 3)]);
    }

    #[test]
    fn a_bound_that_is_left_out_loses_no_value() {
        let totals = totals(&[NOT_IN_A66, 1 << 60]);
        let counts: Vec<_> = totals.up_to(&TIMES, |bound| bound != NOT_IN_A66).collect();
        assert_eq!(counts.len(), 41);
        assert!(counts.contains(&(2_000_000_000, 0)));
        assert!(counts.contains(&(5_000_000_000, 1)));
        assert_eq!(counts.last(), Some(&(100_000_000_000, 1)));
        assert_eq!(totals.count(), 2);
        assert_eq!(totals.sum, NOT_IN_A66 + (1 << 60));
    }
}
