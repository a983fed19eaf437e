//! The arguments of `bench`.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::commands::RequestArgs;
use super::guide::{exit_codes, long_help};
use super::shared::{ConnectionArgs, ConsoleArgs, SchemaArgs};
pub use super::values::{SegmentArg, StageArg};
use super::values::{
    at_least_one, calls_in_flight, connections, duration, duration_or_zero, rate, segment, stage,
    threads, time,
};

#[derive(Debug, Args)]
#[command(
    after_help = exit_codes(),
    after_long_help = long_help("bench"),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub action: Option<BenchAction>,

    /// The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    #[arg(required = true)]
    pub method: Option<String>,

    #[command(flatten)]
    pub request: RequestArgs,

    /// Which of several messages a call takes [default: in-turn]
    #[arg(long, value_name = "WHICH", help_heading = "Request")]
    pub pick: Option<PickArg>,

    /// The rows of {{csv COLUMN}}: a file of comma-separated values whose first line names the columns; calls take them in turn
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Request")]
    pub csv: Option<PathBuf>,

    /// Messages of a stream of requests; by default as many as are given
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Request")]
    pub messages: Option<u64>,

    /// Send each message of a stream when the reply to the one before has come
    #[arg(long, help_heading = "Request")]
    pub ping_pong: bool,

    #[command(flatten)]
    pub load: LoadArgs,

    #[command(flatten)]
    pub report: ReportArgs,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub schema: SchemaArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// How much load, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Closed loop: so many calls are in flight all the time [default: 50]
    #[arg(short, long, value_name = "N", value_parser = calls_in_flight, conflicts_with_all = ["rate", "stage", "find_max"])]
    pub concurrency: Option<usize>,

    /// Open loop: calls start at this rate, however long they take: 500/s, 30/m
    #[arg(short, long, value_name = "RATE", value_parser = rate, conflicts_with = "stage")]
    pub rate: Option<f64>,

    /// Open loop: a rate, or a change from one to another, and for how long: 500/s:10s, 500..5000/s:1m; may be repeated
    #[arg(long, value_name = "RATE:DURATION", value_parser = stage, conflicts_with_all = ["duration", "find_max"])]
    pub stage: Vec<StageArg>,

    /// Open loop: when calls start, at random as those of many users, or evenly [default: poisson]
    #[arg(long, value_name = "HOW")]
    pub arrival: Option<ArrivalArg>,

    /// Open loop: how many calls may be in flight; beyond that they wait, and their latency counts on [default: 10000]
    #[arg(long, value_name = "N", value_parser = calls_in_flight)]
    pub max_in_flight: Option<usize>,

    /// Connections to spread the calls over
    #[arg(long, value_name = "N", default_value = "1", value_parser = connections)]
    pub connections: usize,

    /// Threads that make the load, each with connections of its own; by default as many as help on this machine
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,

    /// How long the load lasts [default: 10s, or until -n]
    #[arg(short = 'D', long, value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,

    /// How many calls to make, by all segments together
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one)]
    pub calls: Option<u64>,

    /// Load before the duration that is not counted [default: 0s, with --find-max a fifth of --step]
    #[arg(long, value_name = "DURATION", value_parser = duration_or_zero)]
    pub warmup: Option<Duration>,

    /// Make the part i, from 0, of a load that n processes share
    #[arg(long, value_name = "i/n", value_parser = segment)]
    pub segment: Option<SegmentArg>,

    /// Begin at this time: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub start_at: Option<SystemTime>,

    /// Look for the highest rate at which this holds, in an open loop: 'p99 < 20ms'; may be repeated
    #[arg(long, value_name = "CONDITION", conflicts_with_all = ["duration", "calls", "segment", "start_at", "threshold"])]
    pub find_max: Vec<String>,

    /// With --find-max: how long each rate is tried [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "find_max")]
    pub step: Option<Duration>,

    /// End the run when a threshold cannot hold any more
    #[arg(long, requires = "threshold")]
    pub abort_on_fail: bool,
}

/// What follows from a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Exit 3 unless this holds: 'p99 < 20ms', 'errors < 0.1%', 'rate > 5000/s', 'late == 0'; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub threshold: Vec<String>,

    #[command(flatten)]
    pub files: FileArgs,
}

/// How reports are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct FileArgs {
    /// The report on stdout
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: BenchFormat,

    /// Also write the JSON of -o json to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,

    /// Also write a page with plots to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,

    /// Also write a row a second to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub csv_out: Option<PathBuf>,

    /// Also write JSON with the keys of ghz to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ghz_json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    Text,
    /// All figures, for bench report, compare and merge
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PickArg {
    InTurn,
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArrivalArg {
    Poisson,
    Uniform,
}

#[derive(Debug, Subcommand)]
pub enum BenchAction {
    /// Make reports again from the JSON of a run
    Report(BenchReportArgs),

    /// Compare two runs: the changes, and which are larger than the runs' own variation
    Compare(BenchCompareArgs),

    /// Put the parts of a distributed run together, exactly, and judge thresholds on the whole
    Merge(BenchMergeArgs),
}

#[derive(Debug, Args)]
pub struct BenchReportArgs {
    /// The JSON of runs, which are reported one after another; - is stdin
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub report: ReportArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Debug, Args)]
pub struct BenchCompareArgs {
    /// The JSON of the run before
    #[arg(value_hint = ValueHint::FilePath)]
    pub old: PathBuf,

    /// The JSON of the run after
    #[arg(value_hint = ValueHint::FilePath)]
    pub new: PathBuf,

    /// Exit 3 unless this holds: 'p99 < 1.1x' against the old run, or without an x for the new run alone; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub threshold: Vec<String>,

    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: BenchFormat,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Debug, Args)]
pub struct BenchMergeArgs {
    /// The JSON of each part
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub report: ReportArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

impl BenchArgs {
    /// What is written to stderr, by whichever form of the command.
    pub fn console(&self) -> &ConsoleArgs {
        match &self.action {
            None => &self.console,
            Some(BenchAction::Report(args)) => &args.console,
            Some(BenchAction::Compare(args)) => &args.console,
            Some(BenchAction::Merge(args)) => &args.console,
        }
    }
}
