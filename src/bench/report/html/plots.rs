//! The four plots of the page: what is drawn in each, and what it says to those who do not see it.

use super::plot::{Color, Column, Dot, Line, Plot};
use super::scale::Scale;
use super::thin::Point;
use crate::bench::distribution::Distribution;
use crate::bench::figures::Figures;
use crate::bench::numbers::{count, rate, real, time};
use crate::bench::report::bars::bars;

/// Bars of the histogram.
const BARS: u32 = 40;

/// Points of a latency by percentile, for each power of ten of calls.
const POINTS_PER_NINE: u32 = 20;

/// A plot on the page.
pub struct Figure {
    pub id: &'static str,
    pub title: &'static str,
    /// What the axes are, where it is not plain.
    pub note: &'static str,
    pub description: String,
    /// `None` if there is nothing to draw.
    pub plot: Option<Plot>,
}

/// Percentiles over time, each filled down to the one below.
pub fn latency_over_time(figures: &Figures, points: &[Point]) -> Figure {
    type Value = fn(&Distribution) -> Option<u64>;
    let min: Value = Distribution::min;
    let values: [(&str, Color, Value); 4] = [
        ("max", Color::Red, Distribution::max),
        ("p99", Color::Amber, |latency| latency.percentile(99.0)),
        ("p90", Color::Green, |latency| latency.percentile(90.0)),
        ("p50", Color::Blue, |latency| latency.percentile(50.0)),
    ];
    let floors = values.iter().skip(1).map(|(_, _, value)| *value);
    let floors = floors.chain([min]);
    let lines = values
        .iter()
        .zip(floors)
        .map(|((name, color, value), floor)| {
            let dots = points.iter().map(|point| Dot {
                x: point.at,
                y: value(&point.latency).map(real),
                floor: floor(&point.latency).map(real),
            });
            line(name, *color, dots.collect())
        });
    let ends = (figures.latency.min(), figures.latency.max());
    Figure {
        id: "latency-over-time",
        title: "Latency over time",
        note: "",
        description: described(&figures.latency),
        plot: ends.0.zip(ends.1).map(|(min, max)| Plot {
            x: Scale::seconds(figures.elapsed),
            y: Scale::times(real(min), real(max)),
            right: None,
            lines: lines.collect(),
            columns: Vec::new(),
        }),
    }
}

/// As HdrHistogram plots it. In an open loop the service time is beside it: what is between them is what callers wait for
/// and a closed loop does not see.
pub fn latency_by_percentile(figures: &Figures) -> Figure {
    let mut lines = vec![line("latency", Color::Blue, quantiles(&figures.latency))];
    if let Some(service) = &figures.service_time {
        lines.push(line("service time", Color::Green, quantiles(service)));
    }
    let ends = (figures.latency.min(), figures.latency.max());
    Figure {
        id: "latency-by-percentile",
        title: "Latency by percentile",
        note: "the share of calls that took at most so long",
        description: described(&figures.latency),
        plot: ends.0.zip(ends.1).map(|(min, max)| Plot {
            x: Scale::percentiles(figures.latency.count()),
            y: Scale::times(real(min), real(max)),
            right: None,
            lines,
            columns: Vec::new(),
        }),
    }
}

/// Of how many calls one took longer, and how long the others took at most. The last point, at half a call, is the greatest
/// value.
fn quantiles(distribution: &Distribution) -> Vec<Dot> {
    let last = 2.0 * real(distribution.count());
    let one_of = (0..).map(|number| 10_f64.powf(f64::from(number) / f64::from(POINTS_PER_NINE)));
    let before = one_of.take_while(|one_of| *one_of < last);
    let dot = |one_of: f64| Dot {
        x: one_of,
        y: distribution
            .percentile(100.0 * (1.0 - 1.0 / one_of))
            .map(real),
        floor: None,
    };
    before.chain([last]).map(dot).collect()
}

/// Calls a second, and the share of failures on an axis of its own, which would not be seen beside them.
pub fn rates(figures: &Figures, points: &[Point]) -> Figure {
    let of = |value: fn(&Point) -> Option<f64>| -> Vec<Dot> {
        let dots = points.iter().map(|point| Dot {
            x: point.at,
            y: value(point),
            floor: None,
        });
        dots.collect()
    };
    let mut lines = Vec::new();
    if points.iter().any(|point| point.asked.is_some()) {
        lines.push(line("asked for", Color::Gray, of(|point| point.asked)));
    }
    lines.push(line(
        "reached",
        Color::Blue,
        of(|point| Some(point.reached)),
    ));
    lines.push(Line {
        is_right: true,
        ..line("failed, in %", Color::Red, of(|point| Some(point.failed)))
    });
    let rates = points
        .iter()
        .map(|point| point.reached.max(point.asked.unwrap_or(0.0)));
    let failures = points.iter().map(|point| point.failed).fold(0.0, f64::max);
    let calls = &figures.calls;
    Figure {
        id: "rate",
        title: "Rate and errors over time",
        note: "",
        description: format!(
            "On average {}; {} of {} calls failed.",
            rate(figures.rate),
            count(calls.failed),
            count(calls.ended())
        ),
        plot: (!points.is_empty()).then(|| Plot {
            x: Scale::seconds(figures.elapsed),
            y: Scale::counts(rates.fold(0.0, f64::max)),
            right: Some(Scale::shares(failures)),
            lines,
            columns: Vec::new(),
        }),
    }
}

pub fn histogram(figures: &Figures) -> Figure {
    let bars = bars(&figures.latency, BARS);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let ends = bars.first().zip(bars.last());
    let column = |bar: &crate::bench::report::bars::Bar| Column {
        from: real(bar.from),
        to: real(bar.to),
        height: real(bar.count),
    };
    Figure {
        id: "histogram",
        title: "Histogram of the latency",
        note: "calls in each bar",
        description: described(&figures.latency),
        plot: ends.map(|(first, last)| Plot {
            x: Scale::logarithmic_times(real(first.from), real(last.to), 5),
            y: Scale::counts(real(most)),
            right: None,
            lines: Vec::new(),
            columns: bars
                .iter()
                .filter(|bar| bar.count > 0)
                .map(column)
                .collect(),
        }),
    }
}

fn line(name: &'static str, color: Color, dots: Vec<Dot>) -> Line {
    Line {
        name,
        color,
        is_right: false,
        dots,
    }
}

fn described(latency: &Distribution) -> String {
    let shown = [
        ("from", latency.min()),
        ("p50", latency.percentile(50.0)),
        ("p90", latency.percentile(90.0)),
        ("p99", latency.percentile(99.0)),
        ("up to", latency.max()),
    ];
    let shown = shown.into_iter().filter_map(|(name, micros)| {
        let micros = micros?;
        Some(format!("{name} {}", time(real(micros))))
    });
    shown.collect::<Vec<_>>().join(", ")
}
