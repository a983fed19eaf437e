//! The groups of measurements, one per file, so that adding one does not touch the others.

mod batch;
mod call;
mod h2load;
mod list;
mod load;
mod memory;
#[cfg(target_os = "linux")]
mod people;
mod process;
mod protocols;
mod serve;
#[cfg(unix)]
mod shell;
mod stream;
mod tls;
mod unary;

use crate::Result;
use crate::report::Report;

/// Measurements that share a setup and are selected together on the command line.
pub struct Group {
    /// A word on the command line selects the groups whose name contains it.
    pub name: &'static str,
    /// One line for the list of groups and for progress on stderr.
    pub about: &'static str,
    /// Adds its rows to the report. An error means wrong replies or a program that failed, never a slow run.
    pub run: fn(&mut Report) -> Result<()>,
}

pub const ALL: &[Group] = &[
    stream::GROUP,
    memory::GROUP,
    process::GROUP,
    tls::GROUP,
    unary::GROUP,
    serve::GROUP,
    protocols::GROUP,
    load::GROUP,
    call::GROUP,
    batch::GROUP,
    list::GROUP,
    #[cfg(target_os = "linux")]
    people::GROUP,
    #[cfg(unix)]
    shell::GROUP,
];
