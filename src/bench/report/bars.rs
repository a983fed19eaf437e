//! A distribution as the bars of a histogram. Each bound is the same multiple of the one before: the bulk of the calls is
//! seen as well as a tail a thousand times longer.

use crate::bench::distribution::Distribution;
use crate::bench::numbers::{real, whole};

/// How many took longer than `from` and at most `to`, in microseconds. The first bar includes `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub from: u64,
    pub to: u64,
    pub count: u64,
}

/// At most so many bars, from the least to the greatest value, without gaps. Fewer where bounds would be closer to each
/// other than a microsecond.
pub fn bars(distribution: &Distribution, most: u32) -> Vec<Bar> {
    let (Some(min), Some(max)) = (distribution.min(), distribution.max()) else {
        return Vec::new();
    };
    let low = real(min.max(1));
    let factor = real(max.max(1)) / low;
    let mut bars: Vec<Bar> = Vec::new();
    let mut from = min;
    for number in 1..=most {
        let to = if number == most {
            max
        } else {
            whole(low * factor.powf(f64::from(number) / f64::from(most))).min(max)
        };
        if to > from || number == most && bars.is_empty() {
            bars.push(Bar { from, to, count: 0 });
            from = to;
        }
    }
    let mut rest = bars.iter_mut().peekable();
    for (value, count) in distribution.values() {
        while rest.next_if(|bar| bar.to < value.min(max)).is_some() {}
        if let Some(bar) = rest.peek_mut() {
            bar.count += count;
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Distribution {
        let mut distribution = Distribution::default();
        for value in values {
            distribution.add_micros(*value);
        }
        distribution
    }

    #[test]
    fn every_value_is_in_a_bar() {
        for values in [
            &[0, 0, 1][..],
            &[5],
            &[1, 2, 3, 4, 5],
            &[100, 101, 102, 90_000_000],
            &[1_000_001, 1_000_002, 3_000_000],
            &[0],
        ] {
            let bars = bars(&of(values), 12);
            let counted: u64 = bars.iter().map(|bar| bar.count).sum();
            assert_eq!(counted, values.len() as u64, "{values:?}: {bars:?}");
        }
    }

    #[test]
    fn bars_follow_each_other_from_the_least_to_the_greatest_value() {
        let distribution = of(&[7, 300, 12_345]);
        let bars = bars(&distribution, 10);
        assert_eq!(bars.len(), 10);
        assert_eq!(bars[0].from, 7);
        assert_eq!(Some(bars[9].to), distribution.max());
        assert!(bars.windows(2).all(|pair| pair[0].to == pair[1].from));
    }

    #[test]
    fn a_value_is_in_the_bar_of_its_bounds() {
        let bars = bars(&of(&[1, 10, 11, 100]), 2);
        assert_eq!(
            bars,
            [
                Bar {
                    from: 1,
                    to: 10,
                    count: 2
                },
                Bar {
                    from: 10,
                    to: 100,
                    count: 2
                }
            ]
        );
    }

    #[test]
    fn one_value_makes_one_bar_and_none_makes_none() {
        assert_eq!(bars(&of(&[42, 42]), 10).len(), 1);
        assert_eq!(bars(&of(&[]), 10), []);
    }
}
