//! The calls that are kept one by one.

use super::timeline::Starts;
use crate::bench::figures::{Figures, SAMPLES, Sample};

/// A uniform sample of all calls that ended, from those of the parts: of each part as many as its share of the calls, and
/// fewer in all if a part has not as many. Which ones is by chance, but the same each time.
pub fn join(parts: &[Figures], starts: &Starts) -> Vec<Sample> {
    let mut random = fastrand::Rng::with_seed(0);
    let mut joined = Vec::new();
    for ((part, shift), size) in parts.iter().zip(starts.seconds()).zip(sizes(parts)) {
        let chosen = random.choose_multiple(&part.samples, size);
        joined.extend(chosen.into_iter().map(|sample| Sample {
            at: sample.at + shift * 1_000_000,
            ..sample.clone()
        }));
    }
    joined.sort_by(|a: &Sample, b| a.at.cmp(&b.at).then(a.latency.cmp(&b.latency)));
    joined
}

/// How many samples of each part there are to be.
fn sizes(parts: &[Figures]) -> Vec<usize> {
    let weights: Vec<u128> = parts.iter().map(|part| part.calls.ended().into()).collect();
    let ended: u128 = weights.iter().sum();
    // As many as there may be, so that each part has those that its share asks for.
    let mut all = ended.min(SAMPLES as u128);
    for (part, weight) in parts.iter().zip(&weights) {
        if *weight > 0 {
            all = all.min(part.samples.len() as u128 * ended / weight);
        }
    }
    // Rounded so that the sum is right.
    let mut before = 0;
    let mut sizes = Vec::new();
    for weight in weights {
        let after = before + weight;
        let up_to = |calls: u128| all * calls / ended.max(1);
        let size = up_to(after) - up_to(before);
        sizes.push(usize::try_from(size).unwrap_or(usize::MAX));
        before = after;
    }
    sizes
}
