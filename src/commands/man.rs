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
const ENVIRONMENT: [(&str, &str); 8] = [
    (
        "ROUTEGUIDE_*",
        "A setting for each flag of the client commands about the connection, the schema and the output, where the flag is not \
         given: ROUTEGUIDE_ADDR for --addr, ROUTEGUIDE_MAX_MESSAGE_SIZE for --max-message-size. Flags are true or false. \
         ROUTEGUIDE_HEADER has a header a line.",
    ),
    (
        "ROUTEGUIDE_PROFILE",
        "The profile of the configuration file, if there is no --profile.",
    ),
    ("ROUTEGUIDE_CONFIG", "Another configuration file."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy, if there is no --proxy, and the servers to call without one.",
    ),
    (
        "SSLKEYLOGFILE",
        "Where to write TLS keys, for tools that read captured traffic.",
    ),
    ("VISUAL, EDITOR", "The editor of config edit."),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "Whether to color, if there is no --color.",
    ),
    (
        "XDG_CACHE_HOME, XDG_CONFIG_HOME",
        "Where the cache and the configuration are; ~/.cache and ~/.config by default.",
    ),
];

const FILES: [(&str, &str); 2] = [
    (
        "~/.config/routeguide/config.toml",
        "Profiles; routeguide config path prints where it is.",
    ),
    (
        "~/.cache/routeguide/completion",
        "The schemas of servers that a completion has asked. It can be deleted at any time.",
    ),
];

pub async fn run(args: &ManArgs, context: &mut Context) -> Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => {
            let mut page = Vec::new();
            write(&command, "", &mut page).map_err(Error::output)?;
            context.print(&String::from_utf8_lossy(&page)).await
        }
        Some(dir) if dir.exists() && !dir.is_dir() => Err(Error::failed(format!(
            "{} is not a folder",
            dir.display()
        ))
        .hinted("the pages are written to a folder; without one, routeguide man prints a page")),
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
        let name = subcommand.get_name();
        write_page(subcommand, name)?;
        for nested in subcommand.get_subcommands() {
            let name = format!("{name} {}", nested.get_name());
            // Those of `config` have no arguments, and the page of `config` says what there is to say.
            if !guide::examples(&name).is_empty() {
                write_page(nested, &name)?;
            }
        }
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
    if name.is_empty() || name == "people" {
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
