//! The time line as CSV (RFC 4180): a row a bucket, times in microseconds. No value needs quotes.

use std::fmt::Write as _;

use crate::bench::figures::{Figures, Span};
use crate::bench::numbers::{real, trimmed};

const HEADER: &str =
    "second,asked,started,ok,failed,late,rate,min_us,p50_us,p90_us,p99_us,max_us\r\n";

/// What is not known, such as the latency of a second in which no call ended, is empty.
pub fn csv(figures: &Figures) -> String {
    let mut text = HEADER.to_owned();
    for span in figures.timeline.spans(figures.elapsed) {
        row(&mut text, &span);
    }
    text
}

fn row(text: &mut String, span: &Span<'_>) {
    let bucket = span.bucket;
    let _ = write!(text, "{},", span.start);
    if let Some(asked) = bucket.asked {
        let _ = write!(text, "{}", trimmed(asked));
    }
    let (started, ok, failed, late) = (bucket.started, bucket.ok, bucket.failed, bucket.late);
    let rate = trimmed(real(ok + failed) / span.seconds);
    let _ = write!(text, ",{started},{ok},{failed},{late},{rate}");
    let latency = &bucket.latency;
    for time in [
        latency.min(),
        latency.percentile(50.0),
        latency.percentile(90.0),
        latency.percentile(99.0),
        latency.max(),
    ] {
        text.push(',');
        if let Some(time) = time {
            let _ = write!(text, "{time}");
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::testing;

    #[test]
    fn the_time_line_has_a_row_a_bucket() {
        insta::assert_snapshot!(csv(&testing::open()).replace("\r\n", "\n"), @"
        second,asked,started,ok,failed,late,rate,min_us,p50_us,p90_us,p99_us,max_us
        0,500,500,497,3,0,500,1260,4187,12239,37695,113983
        1,500,500,497,3,0,500,1260,4471,13087,41535,194687
        2,500,500,496,4,0,500,1260,4703,13719,41535,109247
        3,500,500,497,3,0,500,1260,4915,14319,44575,151935
        4,500,500,497,3,0,500,1260,4995,14695,47167,103039
        5,500,500,496,4,0,500,1260,5039,14655,44863,351231
        6,500,500,497,3,0,500,1260,4955,14503,45695,92607
        7,500,500,497,3,0,500,1260,4807,14103,41983,178431
        8,500,500,496,4,0,500,1260,4571,13359,41343,78911
        9,500,500,497,3,0,500,1260,4315,12639,40287,122751
        10,501,500,497,3,0,500,1260,4025,11751,35711,200575
        11,502,500,496,4,0,500,1260,3771,11031,34495,90431
        12,503,500,497,3,21,500,1260,3561,10343,30911,117375
        13,504,500,497,3,0,500,1260,3409,10023,32319,382207
        14,505,500,496,4,0,500,1260,3355,9727,28623,88831
        15,506,500,497,3,0,500,1260,3381,9927,31391,138111
        16,507,500,497,3,0,500,1260,3509,10151,29423,79871
        17,508,500,496,4,0,500,1260,3719,10831,33663,111103
        18,509,500,497,3,0,500,1260,3961,11735,41151,235903
        19,510,500,497,3,0,500,1260,4219,12263,35871,105215
        ");
    }

    #[test]
    fn what_is_not_known_is_empty() {
        let mut figures = testing::empty();
        figures
            .timeline
            .buckets
            .push(crate::bench::figures::Bucket::default());
        assert_eq!(csv(&figures).lines().last(), Some("0,,0,0,0,0,0,,,,,"));
    }

    #[test]
    fn every_line_has_the_same_number_of_values_and_ends_with_crlf() {
        let text = csv(&testing::closed());
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + testing::closed().timeline.buckets.len());
        for line in lines {
            assert_eq!(line.split(',').count(), 12, "{line}");
        }
    }

    #[test]
    fn the_rate_of_the_last_bucket_is_that_of_its_time() {
        let mut figures = testing::closed();
        figures.elapsed = 9.5;
        let text = csv(&figures);
        let last: Vec<&str> = text.lines().last().unwrap().split(',').collect();
        let ended: f64 = last[3].parse::<f64>().unwrap() + last[4].parse::<f64>().unwrap();
        assert_eq!(last[6], trimmed(ended * 2.0));
    }
}
