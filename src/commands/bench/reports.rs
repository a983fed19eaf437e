//! What becomes of the figures: verdicts, the report on stdout, and those in files.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{Make, ReportFile};
use super::messages::whole;
use super::{broken, verdict};
use crate::bench::compare::{self, Comparison};
use crate::bench::figures::{Figures, VERSION};
use crate::bench::merge::merge;
use crate::bench::plan::Plan;
use crate::bench::report;
use crate::bench::search::Search;
use crate::bench::threshold::Threshold;
use crate::cli::{
    BenchCompareArgs, BenchFormat, BenchMergeArgs, BenchReportArgs, FileArgs, ReportArgs,
};
use crate::error::{Error, Kind, Result};
use crate::input::Chunks;
use crate::output::Console;
use crate::session::Context;

/// Which reports are wanted, and what is asked of a run.
pub struct Reports {
    output: BenchFormat,
    files: Vec<ReportFile>,
    thresholds: Vec<Threshold>,
}

impl Reports {
    /// # Errors
    /// When a threshold is not one, or a file cannot be written, and on Ctrl-C.
    pub async fn new(args: &ReportArgs, context: &Context) -> Result<Self> {
        let thresholds = thresholds("--threshold", &args.threshold, Threshold::parse)?;
        Ok(Self {
            output: args.files.output,
            files: ReportFile::open(files(&args.files), context).await?,
            thresholds,
        })
    }

    /// # Errors
    /// When a threshold is about a figure that the run is not going to have.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        check("--threshold", &self.thresholds, plan)
    }

    /// Whether a threshold cannot hold any more.
    pub fn are_broken_for_good(&self, figures: &Figures) -> bool {
        let mut thresholds = self.thresholds.iter();
        thresholds.any(|threshold| threshold.is_broken_for_good(figures))
    }

    pub fn judge(&self, figures: &mut Figures) {
        if !self.thresholds.is_empty() {
            let judged = self.thresholds.iter().map(|it| it.judge(figures));
            figures.thresholds = judged.collect();
        }
    }

    /// Writes all reports that can be written. Returns what follows from the run, or else from writing.
    ///
    /// # Errors
    /// That of `verdict`, or when a report cannot be written.
    pub async fn write(
        &self,
        figures: &Figures,
        verdict: Result<()>,
        context: &mut Context,
    ) -> Result<()> {
        let text = match self.output {
            BenchFormat::Text => report::text(figures),
            BenchFormat::Json => json(figures)?,
        };
        let printed = context.print_last(&text).await;
        settle(verdict, printed, self.write_files(figures))
    }

    fn write_files(&self, figures: &Figures) -> Result<()> {
        let mut result = Ok(());
        for file in &self.files {
            result = result.and(file.write(figures));
        }
        result
    }

    /// Writes what a search has found.
    ///
    /// # Errors
    /// As [`Reports::write`].
    pub async fn write_search(
        &self,
        search: &Search,
        verdict: Result<()>,
        context: &mut Context,
    ) -> Result<()> {
        let is_complete = search.next().is_none();
        let text = match self.output {
            BenchFormat::Text => search.table(is_complete),
            BenchFormat::Json => {
                let steps = search.steps.iter().map(|step| ShownStep {
                    rate: step.rate,
                    holds: step.holds(),
                    figures: &step.figures,
                });
                json(&ShownSearch {
                    version: VERSION,
                    highest: search.best().map(|step| step.rate),
                    steps: steps.collect(),
                })?
            }
        };
        let printed = context.print_last(&text).await;
        let best = search.best().map(|best| self.write_files(&best.figures));
        settle(verdict, printed, best.unwrap_or(Ok(())))
    }
}

/// What the command returns: a report that cannot be written comes first, but a reader who has left changes nothing.
fn settle(verdict: Result<()>, printed: Result<()>, written: Result<()>) -> Result<()> {
    match printed {
        Err(error) if error.kind() == Kind::OutputClosed => written.and(verdict).and(Err(error)),
        printed => printed.and(written).and(verdict),
    }
}

/// A search in JSON.
#[derive(Serialize)]
struct ShownSearch<'a> {
    version: u32,
    /// Calls a second; null if no rate meets the conditions.
    highest: Option<f64>,
    steps: Vec<ShownStep<'a>>,
}

#[derive(Serialize)]
struct ShownStep<'a> {
    rate: f64,
    holds: bool,
    figures: &'a Figures,
}

fn files(args: &FileArgs) -> Vec<(&'static str, PathBuf, Make)> {
    let wanted: [(&str, &Option<PathBuf>, Make); 4] = [
        ("--json", &args.json, json),
        ("--html", &args.html, report::html),
        ("--csv-out", &args.csv_out, |figures| {
            Ok(report::csv(figures))
        }),
        ("--ghz-json", &args.ghz_json, report::ghz),
    ];
    let wanted = wanted.into_iter();
    wanted
        .filter_map(|(flag, path, make)| Some((flag, path.clone()?, make)))
        .collect()
}

/// Reads conditions.
///
/// # Errors
/// When one is not a condition.
pub fn thresholds(
    flag: &str,
    texts: &[String],
    parse: fn(&str) -> std::result::Result<Threshold, String>,
) -> Result<Vec<Threshold>> {
    let parsed = texts.iter().map(|text| {
        parse(text)
            .map_err(|error| Error::usage(format!("invalid value {text:?} for {flag}: {error}")))
    });
    parsed.collect()
}

/// # Errors
/// When a condition is about a figure that the run is not going to have.
pub fn check(flag: &str, conditions: &[Threshold], plan: &Plan) -> Result<()> {
    for condition in conditions {
        condition
            .check(plan)
            .map_err(|why| Error::usage(format!("{flag} '{condition}': {why}")))?;
    }
    Ok(())
}

fn json(of: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(of);
    let text =
        text.map_err(|error| Error::failed("cannot write the figures as JSON").caused_by(error))?;
    Ok(text + "\n")
}

/// Reads the figures of a run.
async fn read(path: &Path, context: &Context) -> Result<Figures> {
    let name = path.display().to_string();
    let read = async {
        whole(match name.as_str() {
            "-" => context.stdin.chunks(),
            path => Chunks::open(path).await?,
        })
        .await
    };
    let bytes = context.interrupt.or(read).await?;
    let not_figures = |error: serde_json::Error| {
        Error::failed(format!("{name} does not have the figures of a run"))
            .caused_by(error)
            .hinted("bench -o json and bench --json write them")
    };
    let version: Version = serde_json::from_slice(&bytes).map_err(not_figures)?;
    if version.version != VERSION {
        return Err(Error::failed(format!(
            "{name} has version {} of the figures, and this program reads version {VERSION}",
            version.version
        )));
    }
    serde_json::from_slice(&bytes).map_err(not_figures)
}

#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

/// `bench report`.
pub async fn again(args: &BenchReportArgs, context: &mut Context) -> Result<()> {
    let reports = Reports::new(&args.report, context).await?;
    if args.files.len() > 1 && !reports.files.is_empty() {
        return Err(Error::usage("a file can have the report of one run only"));
    }
    let mut result = Ok(());
    for (number, file) in args.files.iter().enumerate() {
        let mut figures = read(file, context).await?;
        reports.judge(&mut figures);
        if number > 0 && reports.output == BenchFormat::Text {
            context.print("\n").await?;
        }
        let verdict = verdict(&figures);
        result = result.and(reports.write(&figures, verdict, context).await);
    }
    result
}

/// `bench compare`.
pub async fn compare(args: &BenchCompareArgs, context: &mut Context) -> Result<()> {
    let thresholds = thresholds("--threshold", &args.threshold, Threshold::parse_relative)?;
    let old = read(&args.old, context).await?;
    let new = read(&args.new, context).await?;
    let verdicts = thresholds.iter().map(|it| it.judge_against(&new, &old));
    let comparison = Comparison {
        thresholds: verdicts.collect(),
        ..compare::compare(&old, &new)
    };
    let text = match args.output {
        BenchFormat::Text => compare::text(&comparison),
        BenchFormat::Json => json(&comparison)?,
    };
    context.print(&text).await?;
    broken(&comparison.thresholds)
}

/// `bench merge`.
pub async fn merge_parts(
    args: &BenchMergeArgs,
    console: &Console,
    context: &mut Context,
) -> Result<()> {
    let reports = Reports::new(&args.report, context).await?;
    let mut parts = Vec::new();
    for file in &args.files {
        parts.push(read(file, context).await?);
    }
    let merged = merge(&parts)?;
    for warning in &merged.warnings {
        console.warning(warning);
    }
    let mut figures = merged.figures;
    reports.judge(&mut figures);
    let verdict = verdict(&figures);
    reports.write(&figures, verdict, context).await
}
