//! `man`: manual pages, generated from the definition of the command line. Help ends with tables and examples, which a
//! page would run together: here they are sections.

use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, ManArgs, guide};
use crate::error::{Error, Result};
use crate::session::Context;

/// Variables that are read beside those that options name.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("ROUTEGUIDE_ADDR", "The server, if there is no --addr."),
    (
        "ROUTEGUIDE_OUTPUT",
        "The format of get-person, get-people and call, if there is no --output: text, json, envelope or raw.",
    ),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "Whether to color, if there is no --color.",
    ),
    ("XDG_CACHE_HOME", "Where the cache is; ~/.cache by default."),
];

const FILES: [(&str, &str); 1] = [(
    "~/.cache/routeguide/completion",
    "The schemas of servers that a completion has asked. It can be deleted at any time.",
)];

pub async fn run(args: &ManArgs, context: &mut Context) -> Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => {
            let mut page = Vec::new();
            write(&command, "", &mut page).map_err(Error::output)?;
            context.print(&String::from_utf8_lossy(&page)).await
        }
        Some(dir) => write_all(&command, dir).map_err(|error| {
            Error::failed(format!("cannot write manual pages to {}", dir.display()))
                .caused_by(error)
        }),
    }
}

fn write_all(command: &Command, dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let write_page = |page: &Command, name: &str| {
        let mut bytes = Vec::new();
        write(page, name, &mut bytes)?;
        let file = Man::new(page.clone()).get_filename();
        std::fs::write(dir.join(file), bytes)
    };
    write_page(command, "")?;
    for subcommand in command.get_subcommands() {
        write_page(subcommand, subcommand.get_name())?;
    }
    Ok(())
}

/// Writes one page. `name` is that of a subcommand, or empty for the program.
fn write(command: &Command, name: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    let man = Man::new(command.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if name.is_empty() {
        man.render_subcommands_section(out)?;
    }
    let mut roff = Roff::new();
    definitions("EXIT STATUS", guide::EXIT_CODES, &mut roff);
    definitions("ENVIRONMENT", &ENVIRONMENT, &mut roff);
    definitions("FILES", &FILES, &mut roff);
    roff.control("SH", ["EXAMPLES"]);
    for example in guide::examples(name) {
        roff.control("PP", []);
        roff.text([roman(format!("{}:", example.what))]);
        roff.control("PP", []);
        roff.control("RS", ["4"]);
        roff.control("nf", []);
        roff.text([roman(example.line)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
    roff.to_writer(out)?;
    if name.is_empty() {
        man.render_version_section(out)?;
    }
    out.flush()
}

/// A section with a paragraph for each name.
fn definitions(title: &str, rows: &[(&str, &str)], roff: &mut Roff) {
    roff.control("SH", [title]);
    for (name, text) in rows {
        roff.control("TP", ["10"]);
        roff.text([bold(*name)]);
        roff.text([roman(*text)]);
    }
}
