//! The arguments of `people`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::guide::{exit_codes, long_help};
use super::shared::ConsoleArgs;

#[derive(Debug, Args)]
#[command(
    after_help = exit_codes(),
    after_long_help = long_help("people"),
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct PeopleArgs {
    #[command(subcommand)]
    pub action: PeopleAction,
}

#[derive(Debug, Subcommand)]
pub enum PeopleAction {
    /// Write people into a database: Person messages in JSON, an array or one after another
    ///
    /// Tables are created where there are none. People are written in transactions of 10,000: what was written before a mistake
    /// stays, and is said. After one, or after Ctrl-C, `--on-conflict skip` completes the import.
    Import(PeopleImportArgs),

    /// Print all people as JSON, one a line, ordered by the bytes of their names
    Export(PeopleExportArgs),

    /// Print how many people there are
    Count(PeopleCountArgs),

    /// Create the tables, or upgrade those of an earlier version
    Migrate(PeopleMigrateArgs),
}

impl PeopleAction {
    pub fn console(&self) -> &ConsoleArgs {
        match self {
            Self::Import(args) => &args.console,
            Self::Export(args) => &args.console,
            Self::Count(args) => &args.console,
            Self::Migrate(args) => &args.console,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("people import"))]
pub struct PeopleImportArgs {
    /// The file; stdin if there is none, or if it is -
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,

    /// The database: sqlite:PATH or postgres://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub to: OsString,

    /// Remove everyone who is there first, all in one transaction: a mistake, or an input without people, changes nothing
    #[arg(long)]
    pub replace: bool,

    /// What to do with a person whose name exists
    #[arg(long, value_name = "HOW", default_value = "error")]
    pub on_conflict: OnConflictArg,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnConflictArg {
    /// End the import
    Error,
    /// Keep the one that exists
    Skip,
    /// Replace the one that exists
    Update,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("people export"))]
pub struct PeopleExportArgs {
    /// The database: sqlite:PATH or postgres://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub from: OsString,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("people count"))]
pub struct PeopleCountArgs {
    /// The database: sqlite:PATH or postgres://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub from: OsString,

    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: CountFormat,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CountFormat {
    /// The number
    Text,
    /// An object with the number as `count`
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("people migrate"))]
pub struct PeopleMigrateArgs {
    /// The database: sqlite:PATH or postgres://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub to: OsString,

    #[command(flatten)]
    pub console: ConsoleArgs,
}
