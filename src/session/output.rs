//! The output arguments as values: format, style and verbosity.

use super::Context;
use crate::cli::{Color, ConsoleArgs, Format, OutputArgs};
use crate::error::{Error, Result};
use crate::output::{self, Console, Style, Syntax, Verbosity};

/// The format of replies: the one in `args`, or else in `ROUTEGUIDE_OUTPUT`, or else `default`.
///
/// # Errors
/// When the variable has another value, or raw bytes would go to a terminal.
pub fn format(args: &OutputArgs, default: Format, context: &Context) -> Result<output::Format> {
    let format = match (args.output, &context.settings.output) {
        (Some(format), _) => format,
        (None, Some(name)) => from_environment(name)?,
        (None, None) => default,
    };
    let terminal = context.terminal.stdout_is_terminal;
    let style = Style {
        syntax: match format {
            Format::Text => Syntax::Text,
            _ => Syntax::Json,
        },
        indent: args.pretty || (terminal && !args.compact),
        emit_defaults: args.emit_defaults,
        proto_names: args.proto_names,
        enum_numbers: args.enum_numbers,
        color: context.terminal.colors_stdout(color(args.console.color)),
        terminal,
    };
    Ok(match format {
        Format::Text | Format::Json => output::Format::Messages(style),
        // One line an event, unless asked otherwise: there are many of them, and they are short.
        Format::Envelope => output::Format::Envelope(Style {
            indent: args.pretty,
            ..style
        }),
        Format::Raw if terminal => {
            return Err(Error::usage("-o raw does not write to a terminal")
                .hinted("redirect stdout to a file, or pipe it through `xxd`"));
        }
        Format::Raw => output::Format::Raw,
    })
}

/// The format that `ROUTEGUIDE_OUTPUT` names.
fn from_environment(name: &str) -> Result<Format> {
    Format::named(name).ok_or_else(|| {
        Error::usage(format!(
            "ROUTEGUIDE_OUTPUT: {name:?} is not an output format"
        ))
        .hinted("use text, json, envelope or raw")
    })
}

/// The style of descriptors in JSON.
pub fn descriptor_style(args: &ConsoleArgs, context: &Context) -> Style {
    let terminal = context.terminal.stdout_is_terminal;
    Style::json(
        terminal,
        terminal,
        context.terminal.colors_stdout(color(args.color)),
    )
}

/// Whether to show a progress line: on a terminal, unless replies go there too.
pub fn shows_progress(args: &OutputArgs, context: &Context) -> bool {
    let terminal = &context.terminal;
    terminal.stderr_is_terminal && !terminal.stdout_is_terminal && !args.console.quiet
}

/// The console of a client command.
pub fn console(args: &ConsoleArgs, context: &Context) -> Console {
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    context.console(verbosity, color(args.color))
}

fn color(color: Color) -> Option<bool> {
    match color {
        Color::Auto => None,
        Color::Always => Some(true),
        Color::Never => Some(false),
    }
}
