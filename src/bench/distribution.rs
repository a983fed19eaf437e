//! How long something took, over many times: a histogram with three significant digits, in microseconds. Nothing is dropped,
//! and parts merge exactly.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as Reader, Serializer as _, V2DeflateSerializer};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Significant digits.
const DIGITS: u8 = 3;

/// The longest time that is told from longer ones, in microseconds: a day.
const LONGEST: u64 = 24 * 3600 * 1_000_000;

/// Times, in microseconds.
#[derive(Clone, Debug)]
pub struct Distribution(Histogram<u64>);

/// The same times. Histograms are not equal if one has room for longer ones than the other.
impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self(empty())
    }
}

fn empty() -> Histogram<u64> {
    let histogram = Histogram::new(DIGITS);
    let mut histogram = histogram.unwrap_or_else(|_| unreachable!("three digits are allowed"));
    histogram.auto(true);
    histogram
}

impl Distribution {
    pub fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST);
        self.add_micros(micros);
    }

    pub fn add_micros(&mut self, micros: u64) {
        // It grows as needed; `saturating_record` would not let it.
        let _ = self.0.record(micros.min(LONGEST));
    }

    /// Adds all of another one, exactly.
    pub fn merge(&mut self, other: &Self) {
        // It grows as needed.
        let _ = self.0.add(&other.0);
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value that this share of all (from 0 to 100) does not exceed, in microseconds; `None` if there are none.
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        (!self.is_empty()).then(|| self.0.value_at_percentile(percent).min(self.0.max()))
    }

    pub fn min(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.0.min())
    }

    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.0.max())
    }

    /// In microseconds.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.0.mean())
    }

    /// The standard deviation, in microseconds.
    pub fn deviation(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.0.stdev())
    }

    /// How many took at most so many microseconds, to the precision of the histogram.
    pub fn count_up_to(&self, micros: u64) -> u64 {
        self.0.count_between(0, micros.min(LONGEST))
    }

    /// Every value that was seen, in microseconds, with how often.
    pub fn values(&self) -> impl Iterator<Item = (u64, u64)> {
        let values = self.0.iter_recorded();
        values.map(|value| (value.value_iterated_to(), value.count_at_value()))
    }

    /// All of it, in HdrHistogram's format V2, compressed.
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let encoded = V2DeflateSerializer::new().serialize(&self.0, &mut bytes);
        encoded.map_err(|error| format!("{error:?}"))?;
        Ok(bytes)
    }

    /// What [`Distribution::encode`] has made.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let decoded = Reader::new().deserialize(&mut &*bytes);
        let mut histogram = decoded.map_err(|error| format!("{error}"))?;
        histogram.auto(true);
        Ok(Self(histogram))
    }
}

/// What a distribution is in JSON: figures for readers, and all of it.
#[derive(Serialize, Deserialize)]
struct Shown {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviation: Option<f64>,
    #[serde(flatten)]
    percentiles: std::collections::BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
    /// Base64.
    hdr: String,
}

/// The percentiles that reports show.
pub const PERCENTILES: [(&str, f64); 7] = [
    ("p50", 50.0),
    ("p75", 75.0),
    ("p90", 90.0),
    ("p95", 95.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
];

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let percentiles = PERCENTILES.iter().filter_map(|(name, percent)| {
            let value = self.percentile(*percent)?;
            Some(((*name).to_owned(), value))
        });
        Shown {
            count: self.count(),
            min: self.min(),
            mean: self.mean(),
            deviation: self.deviation(),
            percentiles: percentiles.collect(),
            max: self.max(),
            hdr: STANDARD.encode(self.encode().map_err(S::Error::custom)?),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    /// Only the histogram counts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Whole {
            hdr: String,
        }
        let Whole { hdr } = Whole::deserialize(deserializer)?;
        let bytes = STANDARD.decode(hdr).map_err(D::Error::custom)?;
        Self::decode(&bytes).map_err(|error| D::Error::custom(format!("hdr: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::default();
        times
            .into_iter()
            .for_each(|time| distribution.add_micros(time));
        distribution
    }

    /// Whether a value is another one to three digits.
    fn is_about(value: Option<u64>, expected: u64) -> bool {
        value.is_some_and(|value| value.abs_diff(expected) <= expected / 1000)
    }

    #[test]
    fn times_of_any_length_keep_three_digits() {
        for time in [0, 1, 2_049, 50_000, 3_600_000_000, LONGEST] {
            let distribution = of([0, time]);
            assert!(
                is_about(distribution.max(), time),
                "{time}: {:?}",
                distribution.max()
            );
            assert_eq!(distribution.min(), Some(0));
        }
        assert!(is_about(of([u64::MAX]).max(), LONGEST));
    }

    #[test]
    fn percentiles_are_those_of_all_times() {
        let distribution = of((1..=1000).map(|time| time * 1000));
        for (percent, time) in [(50.0, 500_000), (99.0, 990_000), (100.0, 1_000_000)] {
            assert!(
                is_about(distribution.percentile(percent), time),
                "{percent}"
            );
        }
        assert_eq!(distribution.count_up_to(100_000), 100);
    }

    #[test]
    fn parts_merge_exactly_whatever_their_size() {
        for (part, other) in [
            (of([1, 5]), of([1_000_000])),
            (of([1_000_000]), of([1, 5])),
            (of([]), of([7])),
        ] {
            let mut merged = part.clone();
            merged.merge(&other);
            let all = part.values().chain(other.values());
            let all = of(all.flat_map(|(value, count)| {
                std::iter::repeat_n(value, usize::try_from(count).unwrap())
            }));
            assert_eq!(merged, all);
            assert_eq!(
                (merged.count(), merged.min(), merged.max()),
                (all.count(), all.min(), all.max())
            );
        }
    }

    #[test]
    fn equal_times_are_equal_whatever_was_there_before() {
        let mut cleared = of([1_000_000]);
        cleared.clear();
        cleared.add_micros(5);
        assert_eq!(cleared, of([5]));
        assert_eq!(of([5]), cleared);
        assert_ne!(cleared, of([6]));
        assert_ne!(cleared, of([5, 5]));
    }

    #[test]
    fn a_distribution_comes_back_from_json() {
        for distribution in [of([]), of([0]), of((0..5000).map(|time| time * time))] {
            let json = serde_json::to_string(&distribution).unwrap();
            let back: Distribution = serde_json::from_str(&json).unwrap();
            assert_eq!(back, distribution);
            assert_eq!(
                (back.min(), back.max(), back.mean()),
                (distribution.min(), distribution.max(), distribution.mean())
            );
            let mut longer = back;
            longer.add_micros(LONGEST);
            assert!(is_about(longer.max(), LONGEST));
        }
    }
}
