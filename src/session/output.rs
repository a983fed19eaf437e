//! The output arguments as values: how replies look, and how much is said.

use super::Context;
use crate::cli::{Color, ConsoleArgs, Format, OutputArgs};
use crate::error::{Error, Result};
use crate::output::{self, Console, Style, Syntax, Verbosity};

/// How replies look, in the format asked for or else in `default`.
///
/// # Errors
/// When bytes would go to a terminal.
pub fn format(args: &OutputArgs, default: Format, context: &Context) -> Result<output::Format> {
    let format = args.output.unwrap_or(default);
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
        Format::Envelope => output::Format::Envelope(style),
        Format::Raw if terminal => {
            return Err(
                Error::usage("-o raw writes bytes, and stdout is a terminal")
                    .hinted("send it to a file, or through `xxd`"),
            );
        }
        Format::Raw => output::Format::Raw,
    })
}

/// JSON for what is not a reply, such as descriptors.
pub fn descriptor_style(args: &ConsoleArgs, context: &Context) -> Style {
    let terminal = context.terminal.stdout_is_terminal;
    Style::json(
        terminal,
        terminal,
        context.terminal.colors_stdout(color(args.color)),
    )
}

/// Whether a progress line can be seen, and does not get between replies.
pub fn shows_progress(args: &OutputArgs, context: &Context) -> bool {
    let terminal = &context.terminal;
    terminal.stderr_is_terminal && !terminal.stdout_is_terminal && !args.console.quiet
}

/// stderr for a client command.
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
