//! `man`: manual pages, generated from the definition of the command line.

use std::path::Path;

use clap::CommandFactory as _;

use crate::cli::{Cli, ManArgs};
use crate::error::{Error, Result};
use crate::session::Context;

pub async fn run(args: &ManArgs, context: &mut Context) -> Result<()> {
    match &args.dir {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command().disable_help_subcommand(true))
                .render(&mut page)
                .map_err(Error::output)?;
            context.print(&String::from_utf8_lossy(&page)).await
        }
        Some(dir) => write_all(dir).map_err(|error| {
            Error::failed(format!("cannot write manual pages to {}", dir.display()))
                .caused_by(error)
        }),
    }
}

fn write_all(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), dir)
}
