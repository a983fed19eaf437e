use super::html;
use super::plot::Color;
use crate::bench::figures::Figures;
use crate::bench::testing;

/// The part of the page with a plot.
fn figure<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<figure id=\"{id}\"")).expect(id);
    rest.split_once("</figure>").unwrap().0
}

/// How many points a plot says that it has, and how many elements there are.
fn points(page: &str, id: &str) -> (usize, usize) {
    let figure = figure(page, id);
    let said = figure.split("data-points=\"").nth(1).unwrap();
    let said = said.split('"').next().unwrap().parse().unwrap();
    let drawn = figure.matches("<circle").count() + figure.matches("<rect").count();
    (said, drawn)
}

const PLOTS: [&str; 4] = [
    "latency-over-time",
    "latency-by-percentile",
    "rate",
    "histogram",
];

fn assert_all_points_are_drawn(figures: &Figures) {
    let page = html(figures).unwrap();
    for id in PLOTS {
        let (said, drawn) = points(&page, id);
        assert_eq!(said, drawn, "{id}");
    }
}

#[test]
fn every_point_is_drawn() {
    for figures in [
        testing::closed(),
        testing::open(),
        testing::streaming(),
        testing::empty(),
    ] {
        assert_all_points_are_drawn(&figures);
    }
}

#[test]
fn each_bucket_has_four_percentiles_and_a_rate_asked_and_reached_and_a_share_of_failures() {
    let page = html(&testing::open()).unwrap();
    assert_eq!(points(&page, "latency-over-time").0, 4 * 20);
    assert_eq!(points(&page, "rate").0, 3 * 20);
    let page = html(&testing::closed()).unwrap();
    assert_eq!(points(&page, "rate").0, 2 * 10);
}

#[test]
fn a_second_without_calls_is_a_gap() {
    let mut figures = testing::closed();
    figures.timeline.buckets[4].latency.clear();
    let page = html(&figures).unwrap();
    assert_eq!(points(&page, "latency-over-time").0, 4 * 9);
    assert_all_points_are_drawn(&figures);
}

#[test]
fn a_run_without_calls_says_so_in_every_plot() {
    let page = html(&testing::empty()).unwrap();
    for id in PLOTS {
        assert!(figure(&page, id).contains("No call ended."), "{id}");
    }
}

#[test]
fn text_from_outside_is_no_markup() {
    let attack = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let mut figures = testing::open();
    for text in [
        &mut figures.method,
        &mut figures.target,
        &mut figures.program,
        &mut figures.started,
        &mut figures.errors[0].error,
        &mut figures.thresholds[0].threshold,
    ] {
        attack.clone_into(text);
    }
    attack.clone_into(&mut figures.thresholds[1].value);
    figures.codes.insert(attack.to_owned(), 1);
    let page = html(&figures).unwrap();
    assert!(!page.contains("<script"));
    assert!(!page.contains("<img"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn the_page_asks_for_nothing() {
    let page = html(&testing::open()).unwrap();
    for asks in ["src=", "href=\"h", "url(", "@import", "<script"] {
        assert!(!page.contains(asks), "{asks}");
    }
    let policy = "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"";
    assert!(page.contains(policy));
}

#[test]
fn thousands_of_buckets_make_a_page_of_less_than_a_megabyte() {
    let run = testing::Run {
        seconds: 7_200,
        rate: 1,
        median: 900.0,
        fails: 100,
    };
    let mut figures = run.figures();
    for bucket in &mut figures.timeline.buckets {
        bucket.asked = Some(1.0);
    }
    let page = html(&figures).unwrap();
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert_all_points_are_drawn(&figures);
}

#[test]
fn plots_are_described_for_those_who_do_not_see_them() {
    let page = html(&testing::open()).unwrap();
    for id in PLOTS {
        let figure = figure(&page, id);
        assert!(figure.contains("role=\"img\""), "{id}");
        assert!(
            figure.contains(&format!("<title id=\"{id}-title\">")),
            "{id}"
        );
        assert!(
            figure.contains(&format!("<desc id=\"{id}-description\">")),
            "{id}"
        );
    }
}

#[test]
fn every_color_of_a_plot_has_one_for_dark_pages() {
    let style = include_str!("style.css");
    let page = html(&testing::open()).unwrap();
    let mut drawn: Vec<&str> = Vec::new();
    for attribute in ["fill=\"#", "stroke=\"#"] {
        let colors = page.match_indices(attribute);
        drawn.extend(colors.map(|(at, _)| &page[at..at + attribute.len() + 7]));
    }
    drawn.sort_unstable();
    drawn.dedup();
    assert!(drawn.len() > 6, "{drawn:?}");
    for attribute in drawn {
        assert!(style.contains(&format!("[{attribute}]")), "{attribute}");
    }
    for color in [
        Color::Blue,
        Color::Green,
        Color::Amber,
        Color::Red,
        Color::Gray,
    ] {
        assert_eq!(style.matches(&format!("--{}:", color.name())).count(), 2);
    }
}
