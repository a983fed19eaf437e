//! Figures as one HTML page, which needs nothing else: no script, and nothing from the network, which its security policy
//! forbids as well.
//!
//! - `plots`: what is drawn, with `thin`, the time line in few points; `scale`: axes; `plot`: SVG by plotters.
//! - `page`: HTML in which text is no markup; `style.css`.

mod page;
mod plot;
mod plots;
mod scale;
mod thin;

#[cfg(test)]
mod tests;

use self::page::Page;
use self::plot::SIZE;
use self::plots::Figure;
use super::summary::{self, Row};
use crate::bench::figures::Figures;
use crate::bench::numbers::{count, rate, real, share, time};
use crate::error::Result;

/// The whole page.
pub fn html(figures: &Figures) -> Result<String> {
    let mut page = Page::default();
    page.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.markup("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.markup("img-src data:; style-src 'unsafe-inline'\">\n");
    // Without one, a browser asks the server of the page for it.
    page.markup("<link rel=\"icon\" href=\"data:,\">\n");
    page.element("title", &format!("{} · routeguide bench", figures.method));
    page.markup("<style>\n");
    page.markup(include_str!("style.css"));
    page.markup("</style>\n</head>\n<body>\n");

    page.markup("<header>\n");
    page.element("h1", &figures.method);
    page.element("p", &figures.target);
    page.markup("</header>\n<main>\n");
    highlights(&mut page, figures);
    thresholds(&mut page, figures);
    let points = thin::points(figures);
    page.markup("<section class=\"plots\">\n");
    for figure in [
        plots::latency_over_time(figures, &points),
        plots::latency_by_percentile(figures),
        plots::rates(figures, &points),
        plots::histogram(figures),
    ] {
        draw(&mut page, &figure)?;
    }
    page.markup("</section>\n");
    tables(&mut page, figures);
    page.markup("</main>\n<footer>\n");
    page.element("p", &format!("{} · {}", figures.program, figures.started));
    page.markup("</footer>\n</body>\n</html>\n");
    Ok(page.finish())
}

/// What is looked at first.
fn highlights(page: &mut Page, figures: &Figures) {
    let latency = |percent| {
        let micros = figures.latency.percentile(percent);
        micros.map_or("–".to_owned(), |micros| time(real(micros)))
    };
    let calls = &figures.calls;
    let asked = figures.asked();
    let of = |asked| format!("rate, of {} asked for", rate(asked));
    page.markup("<dl class=\"highlights\">\n");
    for (name, value) in [
        (asked.map_or("rate".to_owned(), of), rate(figures.rate)),
        ("p50".to_owned(), latency(50.0)),
        ("p99".to_owned(), latency(99.0)),
        ("calls ended".to_owned(), count(calls.ended())),
        ("failed".to_owned(), share(calls.failed, calls.ended())),
    ] {
        page.markup("<div>");
        page.element("dt", &name);
        page.element("dd", &value);
        page.markup("</div>\n");
    }
    page.markup("</dl>\n");
}

fn thresholds(page: &mut Page, figures: &Figures) {
    if figures.thresholds.is_empty() {
        return;
    }
    page.markup("<ul class=\"thresholds\">\n");
    for verdict in &figures.thresholds {
        let (class, holds) = if verdict.holds {
            ("holds", "holds")
        } else {
            ("broken", "does not hold")
        };
        let value = verdict.shown();
        page.open("li", &[("class", class)]);
        page.element("code", &verdict.threshold);
        page.text(&format!(" {holds}: {value}"));
        page.markup("</li>\n");
    }
    page.markup("</ul>\n");
}

/// A plot with its title and its legend, which are text of the page and so wrap.
fn draw(page: &mut Page, figure: &Figure) -> Result<()> {
    let points = figure.plot.as_ref().map_or(0, plot::Plot::points);
    let attributes = [("id", figure.id), ("data-points", &points.to_string())];
    page.open("figure", &attributes);
    page.markup("\n<figcaption>");
    page.element("h2", figure.title);
    if !figure.note.is_empty() {
        page.element("p", figure.note);
    }
    let lines = figure.plot.iter().flat_map(|plot| &plot.lines);
    page.markup("<ul>");
    for line in lines {
        page.open("li", &[("class", line.color.name())]);
        page.element("span", line.name);
        page.markup("</li>");
    }
    page.markup("</ul></figcaption>\n");
    match &figure.plot {
        None => page.element("p", "No call ended."),
        Some(plot) => {
            let (width, height) = SIZE;
            let title = format!("{}-title", figure.id);
            let description = format!("{}-description", figure.id);
            page.open(
                "svg",
                &[
                    ("viewBox", &format!("0 0 {width} {height}")),
                    ("role", "img"),
                    ("aria-labelledby", &title),
                    ("aria-describedby", &description),
                ],
            );
            page.open("title", &[("id", &title)]);
            page.text(figure.title);
            page.markup("</title>");
            page.open("desc", &[("id", &description)]);
            page.text(&figure.description);
            page.markup("</desc>\n");
            page.svg(&plot.draw()?);
            page.markup("</svg>\n");
        }
    }
    page.markup("</figure>\n");
    Ok(())
}

fn tables(page: &mut Page, figures: &Figures) {
    page.markup("<section class=\"tables\">\n");
    latency(page, figures);
    page.table("noted", "Calls", &[], &cells(summary::calls(figures)));
    let mut throughput = cells(summary::throughput(figures));
    throughput.push(vec![
        "Connections".to_owned(),
        summary::connections(figures),
    ]);
    page.table("words", "Throughput", &[], &throughput);
    let codes = summary::codes(figures).into_iter().map(|(code, calls)| {
        let share = share(calls, figures.calls.ended());
        vec![code.to_owned(), count(calls), share]
    });
    let codes: Vec<_> = codes.collect();
    if !codes.is_empty() {
        page.table("", "Status codes", &[], &codes);
    }
    let errors = summary::errors(figures).into_iter();
    let errors: Vec<_> = errors
        .map(|(calls, error)| vec![count(calls), error.to_owned()])
        .collect();
    if !errors.is_empty() {
        page.table("words", "Errors", &[], &errors);
    }
    page.table("words", "Run", &[], &cells(summary::run(figures)));
    page.markup("</section>\n");
}

fn latency(page: &mut Page, figures: &Figures) {
    let distributions = summary::distributions(figures);
    if distributions.is_empty() {
        return;
    }
    let mut head = vec![""];
    head.extend(distributions.iter().map(|(name, _)| *name));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (_, distribution) in &distributions {
        for (at, (name, micros)) in summary::statistics(distribution).into_iter().enumerate() {
            if rows.len() == at {
                rows.push(vec![name.to_owned()]);
            }
            if let Some(row) = rows.get_mut(at) {
                row.push(micros.map_or("–".to_owned(), time));
            }
        }
    }
    let class = if distributions.len() > 1 { "wide" } else { "" };
    page.open("div", &[("class", class)]);
    page.table("", "Latency", &head, &rows);
    for meaning in summary::meanings(figures) {
        page.element("p", meaning);
    }
    page.markup("</div>\n");
}

fn cells(rows: Vec<Row>) -> Vec<Vec<String>> {
    let cells = |row: Row| {
        let mut cells = vec![row.name.to_owned(), row.value];
        cells.extend((!row.note.is_empty()).then_some(row.note));
        cells
    };
    rows.into_iter().map(cells).collect()
}
