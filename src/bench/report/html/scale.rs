//! Axes: where a value is, and which values are named. plotters' own choice knows neither units of time nor percentiles.

use std::ops::Range;

use crate::bench::numbers::{real, short, short_time, whole};

/// Steps of seconds between ticks.
const SECONDS: [f64; 19] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0,
    3_600.0, 7_200.0, 14_400.0, 43_200.0,
];

/// The most ticks on an axis.
const TICKS: f64 = 7.0;

/// An axis.
#[derive(Clone, Debug)]
pub struct Scale {
    is_logarithmic: bool,
    /// The ends: values, or their logarithms.
    low: f64,
    high: f64,
    /// Values and what stands there.
    pub ticks: Vec<(f64, String)>,
}

impl Scale {
    /// Microseconds from the least to the greatest: from zero on, or logarithmic if these are far from each other.
    pub fn times(least: f64, greatest: f64) -> Self {
        if greatest < 10.0 * least {
            return Self::linear(greatest, short_time);
        }
        Self::logarithmic_times(least, greatest, 8)
    }

    /// Microseconds, logarithmic, with at most so many ticks.
    pub fn logarithmic_times(least: f64, greatest: f64, most: usize) -> Self {
        let (least, greatest) = (least.max(1.0), greatest.max(1.0));
        let margin = ((greatest / least).log10() * 0.03).max(0.01);
        let (low, high) = (least.log10() - margin, greatest.log10() + margin);
        let ends = 10_f64.powf(low)..10_f64.powf(high);
        let mut ticks = logarithmic_ticks(&ends, most);
        if ticks.len() < 3 {
            let step = nice((ends.end - ends.start) / 5.0);
            let first = (ends.start / step).ceil();
            ticks = (0..6)
                .map(|number| (first + f64::from(number)) * step)
                .collect();
            ticks.retain(|tick| ends.contains(tick));
        }
        let ticks = ticks.into_iter().map(|tick| (tick, short_time(tick)));
        Self {
            is_logarithmic: true,
            low,
            high,
            ticks: ticks.collect(),
        }
    }

    /// From zero to a little more than the greatest value.
    fn linear(greatest: f64, label: impl Fn(f64) -> String) -> Self {
        let greatest = if greatest > 0.0 { greatest } else { 1.0 };
        let high = greatest * 1.05;
        let step = nice(high / 8.0);
        Self {
            is_logarithmic: false,
            low: 0.0,
            high,
            ticks: ticks(step, high, label),
        }
    }

    /// Numbers of calls.
    pub fn counts(greatest: f64) -> Self {
        Self::linear(greatest, short)
    }

    /// Percents.
    pub fn shares(greatest: f64) -> Self {
        let greatest = if greatest > 0.0 { greatest } else { 1.0 };
        Self::linear(greatest, |share| format!("{}%", short(share)))
    }

    /// Seconds since the start.
    pub fn seconds(elapsed: f64) -> Self {
        let elapsed = if elapsed > 0.0 { elapsed } else { 1.0 };
        let fits = |step: &&f64| elapsed / **step <= TICKS;
        let step = match SECONDS.iter().find(fits) {
            Some(step) => *step,
            // Whole days.
            None => (elapsed / TICKS / 86_400.0).ceil() * 86_400.0,
        };
        Self {
            is_logarithmic: false,
            low: 0.0,
            high: elapsed,
            ticks: ticks(step, elapsed, |seconds| clock(seconds, step, elapsed)),
        }
    }

    /// Shares of so many calls, from none to all, as HdrHistogram plots them: a value is of how many calls one took
    /// longer.
    pub fn percentiles(calls: u64) -> Self {
        let high = (2.0 * real(calls.max(1))).log10();
        let mut ticks = vec![(2.0, "50%".to_owned())];
        let digits = [
            "90",
            "99",
            "99.9",
            "99.99",
            "99.999",
            "99.9999",
            "99.99999",
            "99.999999",
        ];
        for (nines, digits) in (1..).zip(digits) {
            // All of them have no place beside each other.
            if high < 5.5 || nines % 2 == 0 {
                ticks.push((10_f64.powi(nines), format!("{digits}%")));
            }
        }
        ticks.retain(|(one_of, _)| one_of.log10() <= high);
        Self {
            is_logarithmic: true,
            low: 0.0,
            high,
            ticks,
        }
    }

    /// Where a value is, from 0 to 1. What is beyond an end is at it.
    pub fn place(&self, value: f64) -> f64 {
        let at = if self.is_logarithmic {
            value.max(1.0).log10()
        } else {
            value
        };
        ((at - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The values at its ends.
    pub fn ends(&self) -> (f64, f64) {
        if self.is_logarithmic {
            (10_f64.powf(self.low), 10_f64.powf(self.high))
        } else {
            (self.low, self.high)
        }
    }
}

/// As many as there may be: 1, 2 and 5, or 1 and 3 times each power of ten, or these alone, or not all of them.
fn logarithmic_ticks(ends: &Range<f64>, most: usize) -> Vec<f64> {
    let choices: [(&[f64], usize); 5] = [
        (&[1.0, 2.0, 5.0], 1),
        (&[1.0, 3.0], 1),
        (&[1.0], 1),
        (&[1.0], 2),
        (&[1.0], 3),
    ];
    let mut ticks = Vec::new();
    for (digits, powers) in choices {
        let powers = (0..12).step_by(powers).map(|power| 10_f64.powi(power));
        ticks = powers
            .flat_map(|power| digits.iter().map(move |digit| digit * power))
            .collect();
        ticks.retain(|tick| ends.contains(tick));
        if ticks.len() <= most {
            break;
        }
    }
    ticks
}

fn ticks(step: f64, high: f64, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    let mut ticks = Vec::new();
    for number in 0..100 {
        let at = f64::from(number) * step;
        if at > high {
            break;
        }
        ticks.push((at, label(at)));
    }
    ticks
}

/// The next step of 1, 2 or 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|digit| step <= digit * power);
    digit.unwrap_or(10.0) * power
}

/// `30 s`, `2:30` of minutes, `1:30 h`.
fn clock(seconds: f64, step: f64, elapsed: f64) -> String {
    if elapsed <= 120.0 {
        let digits = usize::from(step < 1.0);
        return format!("{seconds:.digits$} s");
    }
    let seconds = whole(seconds);
    if elapsed <= 7_200.0 {
        return format!("{}:{:02}", seconds / 60, seconds % 60);
    }
    format!("{}:{:02} h", seconds / 3_600, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        let ticks = scale.ticks.iter();
        ticks.map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn times_that_are_close_start_at_zero() {
        let scale = Scale::times(9_800.0, 11_200.0);
        assert_eq!(
            labels(&scale),
            ["0 µs", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms"]
        );
    }

    #[test]
    fn times_that_are_far_from_each_other_have_powers_of_ten() {
        let scale = Scale::times(90.0, 2_000_000.0);
        assert_eq!(labels(&scale), ["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        let (low, high) = (scale.place(90.0), scale.place(2_000_000.0));
        assert!(0.0 < low && low < 0.05 && 0.95 < high && high < 1.0);
    }

    #[test]
    fn ticks_of_a_logarithmic_axis_are_not_too_many() {
        for greatest in [50.0, 1e3, 3e4, 2e6, 9e8, 8e10] {
            let scale = Scale::logarithmic_times(4.0, greatest, 5);
            assert!((3..=5).contains(&scale.ticks.len()), "{scale:?}");
        }
    }

    #[test]
    fn a_narrow_logarithmic_axis_has_ticks_too() {
        let scale = Scale::logarithmic_times(1_000.0, 1_040.0, 5);
        assert!((3..=9).contains(&scale.ticks.len()), "{scale:?}");
    }

    #[test]
    fn one_value_has_an_axis() {
        for scale in [
            Scale::times(0.0, 0.0),
            Scale::logarithmic_times(7.0, 7.0, 5),
            Scale::counts(0.0),
        ] {
            assert!(scale.ends().0 < scale.ends().1, "{scale:?}");
        }
    }

    #[test]
    fn time_has_ticks_that_a_clock_has() {
        assert_eq!(
            labels(&Scale::seconds(10.0)),
            ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]
        );
        let minutes = Scale::seconds(300.0);
        assert_eq!(
            labels(&minutes),
            ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]
        );
        let hours = Scale::seconds(10_800.0);
        assert_eq!(hours.ticks.len(), 7);
        assert_eq!(hours.ticks[1].1, "0:30 h");
        assert!(Scale::seconds(864_000.0).ticks.len() <= 8);
    }

    #[test]
    fn percentiles_have_a_tick_for_each_nine_that_the_calls_can_show() {
        let scale = Scale::percentiles(10_000);
        assert_eq!(labels(&scale), ["50%", "90%", "99%", "99.9%", "99.99%"]);
        let scale = Scale::percentiles(10_000_000);
        assert_eq!(labels(&scale), ["50%", "99%", "99.99%", "99.9999%"]);
    }
}
