use proptest::prelude::*;

use super::*;
use crate::bench::figures::{Bucket, SAMPLES, Sample, Segments, Shape};
use crate::bench::stages::{Arrival, Stage};
use crate::bench::testing::calls::{empty, figures};

const CODES: [&str; 3] = ["OK", "UNAVAILABLE", "NOT_FOUND"];

fn segment(mut figures: Figures, part: u32, of: u32) -> Figures {
    figures.load.segments = Some(Segments {
        parts: vec![part],
        of,
    });
    figures
}

fn open(rate: f64) -> Shape {
    let stages = vec![Stage {
        from: rate,
        to: rate,
        seconds: 10.0,
    }];
    Shape::Open {
        arrival: Arrival::Poisson,
        stages,
        max_in_flight: 100,
    }
}

fn error(parts: &[Figures]) -> String {
    merge(parts).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn the_parts_of_a_sample_are_the_whole(
        calls in proptest::collection::vec((0..5000_u64, 0..3_000_000_u64, 0..3_usize, 0..4_usize), 0..200),
    ) {
        let of = |part: Option<usize>| {
            let chosen = calls.iter().filter(|call| part.is_none_or(|part| call.3 == part));
            figures(chosen.map(|(at, latency, code, _)| (*at, *latency, CODES[*code])))
        };
        let whole = of(None);
        let merged = merge(&(0..4).map(|part| of(Some(part))).collect::<Vec<_>>()).unwrap().figures;
        let order = |sample: &Sample| (sample.at, sample.latency, sample.code.clone());
        let sorted = |mut samples: Vec<Sample>| {
            samples.sort_by_key(order);
            samples
        };
        prop_assert_eq!(sorted(merged.samples), sorted(whole.samples));
        prop_assert_eq!(merged.latency, whole.latency);
        prop_assert_eq!(merged.timeline, whole.timeline);
        prop_assert_eq!(merged.calls, whole.calls);
        prop_assert_eq!(merged.codes, whole.codes);
        prop_assert_eq!(merged.errors, whole.errors);
        prop_assert!(merged.elapsed.total_cmp(&whole.elapsed).is_eq());
        prop_assert!(merged.rate.total_cmp(&whole.rate).is_eq());
    }
}

#[test]
fn parts_that_were_read_from_json_merge_exactly() {
    let part = |from: u64| figures((from..from + 100).map(|at| (at * 10, at * at * 50, "OK")));
    let read = |figures: &Figures| -> Figures {
        serde_json::from_str(&serde_json::to_string(figures).unwrap()).unwrap()
    };
    let merged = merge(&[read(&part(0)), read(&part(100))]).unwrap().figures;
    let whole = figures((0..200).map(|at| (at * 10, at * at * 50, "OK")));
    assert_eq!(merged.latency, whole.latency);
    assert_eq!(read(&merged), merged);
}

#[test]
fn one_part_is_the_whole() {
    let part = figures([(1, 5, "OK"), (1001, 6, "UNKNOWN")]);
    assert_eq!(merge(std::slice::from_ref(&part)).unwrap().figures, part);
}

#[test]
fn the_ten_most_frequent_errors_are_kept_and_the_others_counted() {
    let with = |names: std::ops::Range<u64>| {
        let mut part = empty();
        part.errors = names
            .map(|name| ErrorCount {
                error: format!("{name:02}"),
                count: name,
            })
            .collect();
        part.other_errors = 1;
        part
    };
    let merged = merge(&[with(1..11), with(8..18)]).unwrap().figures;
    let counts: Vec<(&str, u64)> = merged
        .errors
        .iter()
        .map(|error| (error.error.as_str(), error.count))
        .collect();
    assert_eq!(
        counts,
        [
            ("10", 20),
            ("09", 18),
            ("17", 17),
            ("08", 16),
            ("16", 16),
            ("15", 15),
            ("14", 14),
            ("13", 13),
            ("12", 12),
            ("11", 11)
        ]
    );
    assert_eq!(merged.other_errors, 28 + 2);
}

#[test]
fn what_is_optional_is_there_if_a_part_has_it() {
    let mut part = empty();
    part.delay = Some(Distribution::default());
    part.delay.as_mut().unwrap().add_micros(5);
    let merged = merge(&[part, empty()]).unwrap().figures;
    assert_eq!(merged.delay.map(|delay| delay.count()), Some(1));
    assert_eq!(merged.service_time, None);
}

#[test]
fn the_load_of_a_closed_loop_adds_up() {
    let merged = merge(&[segment(empty(), 1, 2), segment(empty(), 0, 2)]).unwrap();
    let load = merged.figures.load;
    assert_eq!(load.shape, Shape::Closed { concurrency: 20 });
    assert_eq!((load.connections, load.threads), (2, 2));
    assert_eq!(
        load.segments,
        Some(Segments {
            parts: vec![0, 1],
            of: 2
        })
    );
    assert_eq!(merged.warnings, [""; 0]);
}

#[test]
fn the_stages_of_segments_are_those_of_the_whole_and_others_add_up() {
    let part = |rate| {
        let mut part = empty();
        part.load.shape = open(rate);
        part
    };
    let rate = |parts: Vec<Figures>| {
        let Shape::Open {
            stages,
            max_in_flight,
            ..
        } = merge(&parts).unwrap().figures.load.shape
        else {
            panic!("an open loop");
        };
        (stages[0].to, max_in_flight)
    };
    assert_eq!(
        rate(vec![segment(part(500.0), 0, 2), segment(part(500.0), 1, 2)]),
        (500.0, 200)
    );
    assert_eq!(rate(vec![part(500.0), part(300.0)]), (800.0, 200));
    let parts = vec![segment(part(500.0), 0, 2), segment(part(300.0), 1, 2)];
    assert_eq!(
        error(&parts),
        "the parts are not of one run: they have different rates or stages"
    );
}

#[test]
fn the_calls_that_segments_were_asked_for_add_up() {
    let part = |shape: &Shape, index, calls| {
        let mut part = segment(empty(), index, 2);
        part.load.shape = shape.clone();
        part.load.calls = Some(calls);
        part
    };
    for shape in [open(200.0), Shape::Closed { concurrency: 1 }] {
        let parts = [part(&shape, 0, 101), part(&shape, 1, 100)];
        assert_eq!(merge(&parts).unwrap().figures.load.calls, Some(201));
    }
}

#[test]
fn parts_of_different_runs_are_refused() {
    let changed = |change: fn(&mut Figures)| {
        let mut part = empty();
        change(&mut part);
        error(&[empty(), part])
    };
    let other = changed(|part| part.method = "p.S/Other".to_owned());
    assert_eq!(
        other,
        "the parts are not of one run: the method is p.S/M in one and p.S/Other in another"
    );
    let other = changed(|part| part.load.shape = open(5.0));
    assert_eq!(
        other,
        "the parts are not of one run: one is a closed loop and another an open one"
    );
    let other = changed(|part| part.load.protocol = "connect".to_owned());
    assert_eq!(
        other,
        "the parts are not of one run: they have different protocols or codecs"
    );
    let other = changed(|part| {
        part.load.segments = Some(Segments {
            parts: vec![0],
            of: 2,
        });
    });
    assert_eq!(
        other,
        "the parts are not of one run: some are segments of a run and some are not"
    );
    let other = changed(|part| part.started = "2026-01-02T00:00:00Z".to_owned());
    assert!(
        other.ends_with("one started at 2026-01-02T00:00:00Z, when all before it had ended"),
        "{other}"
    );
    let other = error(&[segment(empty(), 0, 2), segment(empty(), 1, 3)]);
    assert!(
        other.ends_with("one is a segment of 2 and another of 3"),
        "{other}"
    );
    assert_eq!(error(&[]), "there is nothing to merge");
}

#[test]
fn a_segment_that_is_there_twice_is_refused() {
    assert_eq!(
        error(&[segment(empty(), 1, 2), segment(empty(), 1, 2)]),
        "segment 1/2 is there twice"
    );
}

#[test]
fn a_run_that_is_there_twice_is_refused() {
    let part = figures([(1, 5, "OK"), (1001, 6, "UNKNOWN")]);
    assert_eq!(
        error(&[part.clone(), part]),
        "the run that started at 2026-01-01T00:00:00.000000Z is there twice"
    );
}

#[test]
fn missing_segments_are_a_warning() {
    let warnings = |segments: &[u32]| {
        let parts = segments.iter().map(|part| segment(empty(), *part, 4));
        merge(&parts.collect::<Vec<_>>()).unwrap().warnings
    };
    assert_eq!(warnings(&[0, 1, 3]), ["segment 2/4 is missing"]);
    assert_eq!(warnings(&[2]), ["segments 0/4, 1/4, 3/4 are missing"]);
}

#[test]
fn parts_that_start_within_half_a_bucket_have_the_same_buckets_and_others_are_shifted() {
    let part = |started: &str| {
        let mut part = figures((0..5).map(|second| (second * 1000, 10, "OK")));
        part.started = format!("2026-01-01T00:00:{started}Z");
        part
    };
    let merged = merge(&[part("01.499"), part("01.000")]).unwrap();
    let counts = |figures: &Figures| -> Vec<u64> {
        figures
            .timeline
            .buckets
            .iter()
            .map(|bucket| bucket.ok)
            .collect()
    };
    assert_eq!(counts(&merged.figures), [2; 5]);
    assert_eq!(merged.warnings, [""; 0]);
    assert_eq!(merged.figures.started, "2026-01-01T00:00:01.000Z");
    assert!(merged.figures.elapsed.total_cmp(&5.0).is_eq());

    let merged = merge(&[part("02.6"), part("01.000")]).unwrap();
    assert_eq!(counts(&merged.figures), [1, 1, 2, 2, 2, 1, 1]);
    assert!(merged.figures.elapsed.total_cmp(&7.0).is_eq());
    assert_eq!(merged.figures.samples.last().unwrap().at, 6_000_000);
    assert_eq!(
        merged.warnings,
        ["the last part started 1.6 s after the first; --start-at starts them together"]
    );
}

#[test]
fn different_resolutions_become_the_coarser_one() {
    let bucket = |ok, asked| Bucket {
        ok,
        asked: Some(asked),
        ..Bucket::default()
    };
    let mut fine = empty();
    fine.timeline.buckets = vec![bucket(1, 1.0), bucket(2, 3.0), bucket(3, 5.0)];
    let mut coarse = empty();
    coarse.timeline.resolution = 2;
    coarse.timeline.buckets = vec![bucket(10, 10.0), bucket(20, 20.0)];
    let timeline = merge(&[fine, coarse]).unwrap().figures.timeline;
    assert_eq!(timeline.resolution, 2);
    assert_eq!(timeline.buckets, [bucket(13, 12.0), bucket(23, 25.0)]);
}

#[test]
fn samples_are_of_each_part_by_its_share_of_the_calls() {
    let part = |calls: u64, code: &str| {
        let mut part = empty();
        part.calls.ok = calls;
        let sample = |at| Sample {
            at,
            latency: 1,
            code: code.to_owned(),
            error: String::new(),
        };
        part.samples = (0..calls.min(SAMPLES as u64)).map(sample).collect();
        part
    };
    let merged = merge(&[part(30_000, "a"), part(10_000, "b"), part(0, "c")])
        .unwrap()
        .figures;
    let count = |code| {
        merged
            .samples
            .iter()
            .filter(|sample| sample.code == code)
            .count()
    };
    assert_eq!((count("a"), count("b"), count("c")), (7500, 2500, 0));
    // Uniform in time as well.
    let early = merged
        .samples
        .iter()
        .filter(|sample| sample.code == "b" && sample.at < 5000);
    assert!((1150..1350).contains(&early.count()));
}
