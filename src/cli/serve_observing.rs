//! The arguments of `serve` that say what it shows of itself.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(next_help_heading = "Observing")]
pub struct ObservingArgs {
    /// How lines on stderr look
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Print lines of this level and above on stderr; debug shows what libraries do, too
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LogLevel,

    /// Serve metrics for Prometheus at host:port or :port (loopback), with /healthz and /readyz beside them
    ///
    /// `/metrics` is Prometheus or OpenMetrics text, as the scraper likes. `/healthz` answers 200 while the process lives,
    /// and `/readyz` 200, but 503 once the server is told to stop and while its database is away.
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<String>,

    /// Send traces and metrics to the OpenTelemetry collector at this URL, by OTLP over gRPC; needs a build with the feature otlp
    #[arg(long, value_name = "URL", hide = cfg!(not(feature = "otlp")))]
    pub otlp: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// The message alone, for people and for journald
    Text,
    /// A JSON object a line: timestamp, level, message, fields
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}
