//! Writes a page of metrics as Prometheus text 0.0.4 or OpenMetrics text 1.0.0, which differ in names, types and numbers.
//!
//! prometheus-client can encode counters of others, too, but writes only OpenMetrics; a second encoder for the other
//! format would be as long as this one for both.

use std::fmt::Write as _;

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// <https://prometheus.io/docs/instrumenting/exposition_formats/>
    Prometheus,
    /// <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>
    OpenMetrics,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that a scraper likes best (RFC 9110, section 12.5.1). Without a wish it is the older one, which
    /// everything reads.
    pub fn accepted(accept: &str) -> Self {
        let (mut open, mut other) = (0.0_f32, 0.0_f32);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let (mut weight, mut is_known) = (1.0_f32, true);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                match name {
                    "q" => weight = value.parse().unwrap_or(0.0),
                    "version" => is_known = value == "1.0.0",
                    _ => {}
                }
            }
            match kind {
                "application/openmetrics-text" if is_known => open = open.max(weight),
                "text/plain" | "text/*" | "*/*" => other = other.max(weight),
                _ => {}
            }
        }
        if open > 0.0 && open >= other {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }
}

/// What a family of metrics measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// Facts in labels; the value is 1.
    Info,
}

/// A number of a sample.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Whole(u64),
    Real(f64),
}

/// The labels of a sample.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// A page that is being written.
pub struct Page {
    format: Format,
    text: String,
    name: &'static str,
    kind: Kind,
}

impl Page {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            text: String::with_capacity(32 * 1024),
            name: "",
            kind: Kind::Gauge,
        }
    }

    /// Starts a family. Its name has no `_total` and no `_info`, and ends with its unit, if it has one.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        (self.name, self.kind) = (name, kind);
        let (suffix, kind) = match (self.format, kind) {
            (Format::Prometheus, Kind::Counter) => ("_total", "counter"),
            (Format::OpenMetrics, Kind::Counter) => ("", "counter"),
            (_, Kind::Gauge) => ("", "gauge"),
            (_, Kind::Histogram) => ("", "histogram"),
            (Format::Prometheus, Kind::Info) => ("_info", "gauge"),
            (Format::OpenMetrics, Kind::Info) => ("", "info"),
        };
        let _ = writeln!(self.text, "# HELP {name}{suffix} {help}");
        let _ = writeln!(self.text, "# TYPE {name}{suffix} {kind}");
        let unit = ["seconds", "bytes"].into_iter().find(|unit| {
            let stem = name.strip_suffix(unit);
            stem.is_some_and(|stem| stem.ends_with('_'))
        });
        if let (Format::OpenMetrics, Some(unit)) = (self.format, unit) {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
    }

    /// A sample of a counter, a gauge or an info.
    pub fn sample(&mut self, labels: Labels<'_>, value: Number) {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        self.line(suffix, labels, None, value);
    }

    /// The samples of a histogram: for each bound the number of values up to it, the number of all, and their sum.
    pub fn histogram(
        &mut self,
        labels: Labels<'_>,
        buckets: impl Iterator<Item = (f64, u64)>,
        count: u64,
        sum: f64,
    ) {
        for (bound, count) in buckets {
            let bound = self.bound(bound);
            self.line("_bucket", labels, Some(&bound), Number::Whole(count));
        }
        self.line("_bucket", labels, Some("+Inf"), Number::Whole(count));
        self.line("_sum", labels, None, Number::Real(sum));
        self.line("_count", labels, None, Number::Whole(count));
    }

    /// The whole page.
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    /// OpenMetrics wants a float; Prometheus' own clients write whole numbers without a point.
    fn bound(&self, bound: f64) -> String {
        let text = bound.to_string();
        if self.format == Format::OpenMetrics && !text.contains('.') {
            text + ".0"
        } else {
            text
        }
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>, value: Number) {
        let Self { text, name, .. } = self;
        let _ = write!(text, "{name}{suffix}");
        let labels = labels.iter().copied();
        let labels = labels.chain(bound.map(|bound| ("le", bound)));
        let mut before = '{';
        for (name, value) in labels {
            let _ = write!(text, "{before}{name}=\"{}\"", escape(value));
            before = ',';
        }
        if before == ',' {
            text.push('}');
        }
        let _ = match value {
            Number::Whole(value) => writeln!(text, " {value}"),
            Number::Real(value) => writeln!(text, " {value}"),
        };
    }
}

/// The same in both formats.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(format: Format) -> String {
        let mut page = Page::new(format);
        page.family("calls", Kind::Counter, "Calls.");
        page.sample(&[("method", "a\"b\\c\nd")], Number::Whole(3));
        page.family("build", Kind::Info, "The build.");
        page.sample(&[("version", "1")], Number::Whole(1));
        page.family("time_seconds", Kind::Histogram, "Times.");
        page.histogram(&[], [(0.5, 1), (1.0, 2)].into_iter(), 3, 4.25);
        page.finish()
    }

    #[test]
    fn prometheus_text_has_suffixes_in_the_names_of_families() {
        assert_eq!(
            page(Format::Prometheus),
            r#"# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{method="a\"b\\c\nd"} 3
# HELP build_info The build.
# TYPE build_info gauge
build_info{version="1"} 1
# HELP time_seconds Times.
# TYPE time_seconds histogram
time_seconds_bucket{le="0.5"} 1
time_seconds_bucket{le="1"} 2
time_seconds_bucket{le="+Inf"} 3
time_seconds_sum 4.25
time_seconds_count 3
"#
        );
    }

    #[test]
    fn openmetrics_has_units_and_an_end() {
        assert_eq!(
            page(Format::OpenMetrics),
            r#"# HELP calls Calls.
# TYPE calls counter
calls_total{method="a\"b\\c\nd"} 3
# HELP build The build.
# TYPE build info
build_info{version="1"} 1
# HELP time_seconds Times.
# TYPE time_seconds histogram
# UNIT time_seconds seconds
time_seconds_bucket{le="0.5"} 1
time_seconds_bucket{le="1.0"} 2
time_seconds_bucket{le="+Inf"} 3
time_seconds_sum 4.25
time_seconds_count 3
# EOF
"#
        );
    }

    #[test]
    fn the_format_is_what_the_scraper_likes_best() {
        let open = "application/openmetrics-text";
        for (accept, format) in [
            ("", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("text/plain", Format::Prometheus),
            (open, Format::OpenMetrics),
            // Prometheus 2 and 3.
            (
                &format!(
                    "{open};version=1.0.0,{open};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                Format::OpenMetrics,
            ),
            (
                &format!(
                    "{open};version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                ),
                Format::OpenMetrics,
            ),
            (&format!("{open}; version=0.0.1"), Format::Prometheus),
            (
                &format!("{open};q=0.2, text/plain;q=0.5"),
                Format::Prometheus,
            ),
            (&format!("{open};q=0"), Format::Prometheus),
            (&format!("{open};q=x, */*"), Format::Prometheus),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }
}
