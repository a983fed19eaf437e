//! Medians, ratios and the table, in one place, so that all groups report in the same way.

use std::fmt;

use crate::peer::Runtime;

/// How many MiB a client or a server may use, however long the stream and however slow its reader.
const MEMORY: Target = Target::AtMost(64.0);

/// The target of a measurement.
#[derive(Clone, Copy)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    /// Whether `a` is better than `b`.
    fn prefers(self, a: f64, b: f64) -> bool {
        match self {
            Self::AtMost(_) => a < b,
            Self::AtLeast(_) => a > b,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
        }
    }
}

/// The figures of one side, one for each run.
#[derive(Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// NaN if there are none.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            length if length % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        }
    }

    /// The least and the greatest figure, to judge a ratio by.
    fn range(&self) -> String {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{} to {}", figure(least), figure(most))
    }
}

/// Rows in the order in which they were added, and notes about them.
#[derive(Default)]
pub struct Report {
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
}

impl Report {
    /// Compares our figures with those of the better peer. A note lists all peers.
    pub fn ratio(
        &mut self,
        measure: &str,
        ours: &Samples,
        peers: &[(Runtime, Samples)],
        target: Target,
    ) {
        let best = peers.iter().reduce(|best, next| {
            if target.prefers(next.1.median(), best.1.median()) {
                next
            } else {
                best
            }
        });
        let Some((runtime, best)) = best else { return };
        self.row(measure, ours, runtime.name(), best, Some(target));
        let peers: Vec<String> = peers
            .iter()
            .map(|(runtime, samples)| {
                let median = figure(samples.median());
                format!("{} {median} ({})", runtime.name(), samples.range())
            })
            .collect();
        self.note(format!(
            "{measure}: ours {}; {}",
            ours.range(),
            peers.join("; ")
        ));
    }

    /// Compares our figures with those of one program. Without a target, the ratio is only information.
    pub fn beside(
        &mut self,
        measure: &str,
        ours: &Samples,
        name: &str,
        theirs: &Samples,
        target: Option<Target>,
    ) {
        self.row(measure, ours, name, theirs, target);
        self.note(format!(
            "{measure}: ours {}; {name} {} ({})",
            ours.range(),
            figure(theirs.median()),
            theirs.range()
        ));
    }

    fn row(
        &mut self,
        measure: &str,
        ours: &Samples,
        name: &str,
        theirs: &Samples,
        target: Option<Target>,
    ) {
        let ratio = ours.median() / theirs.median();
        self.rows.push([
            measure.to_owned(),
            figure(ours.median()),
            format!("{} {name}", figure(theirs.median())),
            format!("{ratio:.2}"),
            target.map(|target| target.to_string()).unwrap_or_default(),
            target
                .map(|target| verdict(target.met(ratio)))
                .unwrap_or_default(),
        ]);
    }

    /// Our figures alone, which have a target of their own.
    pub fn single(&mut self, measure: &str, ours: &Samples, target: Target) {
        let median = ours.median();
        self.rows.push([
            measure.to_owned(),
            figure(median),
            String::new(),
            String::new(),
            target.to_string(),
            verdict(target.met(median)),
        ]);
        self.note(format!("{measure}: {}", ours.range()));
    }

    /// Our figures alone, for information.
    pub fn plain(&mut self, measure: &str, ours: &Samples) {
        let figure = figure(ours.median());
        let none = String::new;
        self.rows
            .push([measure.to_owned(), figure, none(), none(), none(), none()]);
        self.note(format!("{measure}: {}", ours.range()));
    }

    /// Adds a peak in KiB, with [`MEMORY`] as its target.
    pub fn memory(&mut self, measure: &str, peak: Option<u32>) {
        let peak = peak.map(|kibibytes| f64::from(kibibytes) / 1024.0);
        self.rows.push([
            format!("{measure}, MiB"),
            peak.map_or("n/a".to_owned(), figure),
            String::new(),
            String::new(),
            MEMORY.to_string(),
            peak.map(|peak| verdict(MEMORY.met(peak)))
                .unwrap_or_default(),
        ]);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["measure", "ours", "peer", "ratio", "target", ""].map(str::to_owned);
        let rows = || [&head].into_iter().chain(&self.rows);
        let width = |column: usize| rows().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for row in rows() {
            let [measure, ours, peer, ratio, target, verdict] = row;
            let line = format!(
                "{measure:a$}  {ours:>b$}  {peer:<c$}  {ratio:>d$}  {target:<e$}  {verdict}",
                a = widths[0],
                b = widths[1],
                c = widths[2],
                d = widths[3],
                e = widths[4],
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(f)?;
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

fn verdict(met: bool) -> String {
    if met { "ok" } else { "MISS" }.to_owned()
}

/// At least three digits.
fn figure(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.2}")
    } else if value < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}
