//! The list of what is measured, one file a group, so that a comparison is added without touching another.

mod batch;
mod call;
mod h2load;
mod list;
mod memory;
mod process;
mod stream;
mod unary;

use crate::Result;
use crate::report::Report;

/// Measurements that share a set-up and are chosen together on the command line.
pub struct Group {
    /// A word of the command line chooses the groups whose name contains it.
    pub name: &'static str,
    /// One line for the list of groups and for the progress on stderr.
    pub about: &'static str,
    /// Adds its rows to the report. An error means wrong replies or a program that failed, never a slow one.
    pub run: fn(&mut Report) -> Result<()>,
}

pub const ALL: &[Group] = &[
    stream::GROUP,
    memory::GROUP,
    process::GROUP,
    unary::GROUP,
    call::GROUP,
    batch::GROUP,
    list::GROUP,
];
