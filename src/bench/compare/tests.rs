use super::*;
use crate::bench::testing::calls::figures;

/// A run of 20 seconds with so many calls in each, which take so many microseconds: `latency` of a second, a call, and a
/// number by chance below 1.
fn run_of(calls: u64, latency: impl Fn(u64, f64) -> u64) -> Figures {
    let mut random = fastrand::Rng::with_seed(7);
    let mut all = Vec::new();
    for second in 0..20 {
        for call in 0..calls {
            all.push((
                second * 1000 + call * 1000 / calls,
                latency(second, random.f64()),
                "OK",
            ));
        }
    }
    figures(all)
}

fn result(comparison: &Comparison, figure: &str) -> Outcome {
    let change = comparison
        .changes
        .iter()
        .find(|change| change.figure == figure);
    change.unwrap_or_else(|| panic!("{figure}")).result
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time"
)]
fn whole(micros: f64) -> u64 {
    micros as u64
}

fn noisy(base: u64) -> Figures {
    run_of(1000, |_, random| base + whole(random * 2000.0))
}

#[test]
fn a_run_and_itself_do_not_differ() {
    let mut run = noisy(1000);
    run.delay = Some(run.latency.clone());
    let comparison = compare(&run, &run);
    assert_eq!(comparison.differences, []);
    for change in &comparison.changes {
        assert_eq!(change.result, Outcome::Same, "{}", change.figure);
    }
    let figures: Vec<&str> = comparison
        .changes
        .iter()
        .map(|change| change.figure.as_str())
        .collect();
    assert_eq!(
        figures,
        [
            "rate",
            "errors",
            "mean",
            "p50",
            "p75",
            "p90",
            "p95",
            "p99",
            "p99.9",
            "p99.99",
            "max",
            "delay.mean",
            "delay.p50",
            "delay.p99",
            "delay.max"
        ]
    );
}

#[test]
fn a_change_beyond_the_variation_is_better_or_worse() {
    let (fast, slow) = (noisy(1000), noisy(1500));
    let worse = compare(&fast, &slow);
    let better = compare(&slow, &fast);
    for figure in ["mean", "p50", "p99"] {
        assert_eq!(result(&worse, figure), Outcome::Worse, "{figure}");
        assert_eq!(result(&better, figure), Outcome::Better, "{figure}");
    }
    let change = &worse.changes[2];
    assert!((change.percent.unwrap() - 25.0).abs() < 1.0, "{change:?}");
}

#[test]
fn a_higher_rate_is_better() {
    let (slow, fast) = (run_of(100, |_, _| 1000), run_of(200, |_, _| 1000));
    assert_eq!(result(&compare(&slow, &fast), "rate"), Outcome::Better);
    assert_eq!(result(&compare(&fast, &slow), "rate"), Outcome::Worse);
}

#[test]
fn a_change_that_seconds_of_a_run_also_differ_by_is_within_its_variation() {
    // Every third second takes twice as long.
    let run = |base: u64| {
        run_of(
            100,
            move |second, _| if second % 3 == 0 { base * 2 } else { base },
        )
    };
    assert_eq!(
        result(&compare(&run(1000), &run(1100)), "mean"),
        Outcome::WithinVariation
    );
    assert_eq!(
        result(&compare(&run(1000), &run(3000)), "mean"),
        Outcome::Worse
    );
}

#[test]
fn equal_runs_differ_by_chance_in_few_figures() {
    let run = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        figures(
            (0..4000)
                .map(|at| (at * 5, whole(1000.0 - 300.0 * random.f64().ln()), "OK"))
                .collect::<Vec<_>>(),
        )
    };
    let runs: Vec<Figures> = (0..40).map(run).collect();
    let changes = runs
        .iter()
        .zip(runs.iter().skip(1))
        .flat_map(|(old, new)| compare(old, new).changes);
    let (mut all, mut wrong) = (0, 0);
    for change in changes.filter(|change| change.variation.is_some()) {
        all += 1;
        wrong += usize::from(matches!(change.result, Outcome::Better | Outcome::Worse));
    }
    assert!(all > 250 && wrong * 33 < all, "{wrong} of {all}");
}

#[test]
fn too_few_seconds_or_calls_leave_the_variation_unknown() {
    let short = |latency| figures((0..4000).map(|at| (at, latency, "OK")));
    assert_eq!(
        result(&compare(&short(1000), &short(2000)), "mean"),
        Outcome::Unknown
    );
    let comparison = compare(&run_of(100, |_, _| 1000), &run_of(100, |_, _| 2000));
    assert_eq!(result(&comparison, "p50"), Outcome::Worse);
    for figure in ["p99.9", "max"] {
        assert_eq!(result(&comparison, figure), Outcome::Unknown, "{figure}");
    }
}

#[test]
fn changes_below_the_resolution_are_none() {
    let comparison = compare(&run_of(100, |_, _| 50), &run_of(100, |_, _| 51));
    assert_eq!(result(&comparison, "p50"), Outcome::Same);
}

#[test]
fn errors_are_compared_by_their_share() {
    let run = |failed: u64| {
        figures(
            (0..20_000)
                .map(|at| (at, 100, if at % 100 < failed { "UNKNOWN" } else { "OK" }))
                .collect::<Vec<_>>(),
        )
    };
    let comparison = compare(&run(0), &run(2));
    let change = &comparison.changes[1];
    assert_eq!((change.old, change.new, change.percent), (0.0, 2.0, None));
    assert_eq!(change.result, Outcome::Worse);
}

#[test]
fn what_else_was_different_is_listed() {
    let (old, mut new) = (noisy(1000), noisy(1000));
    new.load.connections = 8;
    new.load.timeout = Some(1.0);
    let differences = compare(&old, &new).differences;
    let differences: Vec<String> = differences
        .iter()
        .map(|Difference { what, old, new }| format!("{what}: {old} {new}"))
        .collect();
    assert_eq!(differences, ["connections: 1 8", "timeout: null 1.0"]);
}

#[test]
fn the_table_has_80_columns_and_words() {
    let (mut old, mut new) = (noisy(1000), noisy(1500));
    old.service_time = Some(old.latency.clone());
    new.service_time = Some(new.latency.clone());
    new.load.connections = 8;
    let mut comparison = compare(&old, &new);
    comparison.thresholds.push(Verdict {
        threshold: "p99 < 1.1x".to_owned(),
        value: "1.17x".to_owned(),
        holds: false,
    });
    insta::assert_snapshot!(text(&comparison), @r"
    p.S/M
    old  2026-01-01T00:00:00.000000Z  20,000 calls in 20s
    new  2026-01-01T00:00:00.000000Z  20,000 calls in 20s
    not the same: connections: 1, now 8

                             old           new     change
    rate                 1,000/s       1,000/s       0.0%
    errors                    0%            0%       0.0%
    mean                 2.00 ms       2.50 ms     +25.1%  worse
    p50                  1.99 ms       2.49 ms     +25.1%  worse
    p75                  2.50 ms       3.00 ms     +20.0%  worse
    p90                  2.79 ms       3.29 ms     +17.9%  worse
    p95                  2.90 ms       3.40 ms     +17.3%  worse
    p99                  2.98 ms       3.48 ms     +16.8%  worse
    p99.9                3.00 ms       3.50 ms     +16.7%  variation not known
    p99.99               3.00 ms       3.50 ms     +16.7%  variation not known
    max                  3.00 ms       3.50 ms     +16.7%  variation not known
    service.mean         2.00 ms       2.50 ms     +25.1%  variation not known
    service.p50          1.99 ms       2.49 ms     +25.1%  variation not known
    service.p99          2.98 ms       3.48 ms     +16.8%  variation not known
    service.max          3.00 ms       3.50 ms     +16.7%  variation not known

    Better and worse: by more than seconds of the same run differ by chance, in 99
    of 100 comparisons.
    threshold p99 < 1.1x: 1.17x, does not hold
    ");
    assert!(
        text(&comparison)
            .lines()
            .all(|line| line.chars().count() <= 80)
    );
}

#[test]
fn json_has_every_change() {
    let json = serde_json::to_value(compare(&noisy(1000), &noisy(1500))).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["changes"][2]["figure"], "mean");
    assert_eq!(json["changes"][2]["unit"], "microseconds");
    assert_eq!(json["changes"][2]["result"], "worse");
    assert_eq!(json["changes"][0]["result"], "same");
}
