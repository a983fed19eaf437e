//! The output arguments as values: format, style and verbosity.

use super::Context;
use super::settings::choice;
use crate::cli::{Color, ConsoleArgs, ErrorFormat, Format, Int64Numbers, OutputArgs};
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::output::{self, Console, Int64, Style, Syntax, Verbosity};

/// The format of replies: that of the arguments, or else of the settings, or else `default`.
///
/// # Errors
/// When the setting is not valid, or raw bytes would go to a terminal.
pub fn format(args: &OutputArgs, default: Format, context: &Context) -> Result<output::Format> {
    let settings = &context.settings;
    let format = choice(args.output, settings, Key::Output)?.unwrap_or(default);
    let terminal = context.terminal.stdout_is_terminal;
    let style = Style {
        syntax: match format {
            Format::Text => Syntax::Text,
            _ => Syntax::Json,
        },
        indent: is_indented(args, settings, terminal)?,
        emit_defaults: args.emit_defaults || settings.flag(Key::EmitDefaults)?,
        proto_names: args.proto_names || settings.flag(Key::ProtoNames)?,
        enum_numbers: args.enum_numbers || settings.flag(Key::EnumNumbers)?,
        int64: match choice(args.int64_numbers, settings, Key::Int64Numbers)? {
            None => Int64::Strings,
            Some(Int64Numbers::All) => Int64::Numbers,
            Some(Int64Numbers::Safe) => Int64::SafeNumbers,
        },
        color: context
            .terminal
            .colors_stdout(color(&args.console, settings)),
        secrets: verbosity(&args.console, settings)? == Verbosity::Revealing,
        terminal,
    };
    Ok(match format {
        Format::Text | Format::Json => output::Format::Messages(style),
        // One line an event, unless asked otherwise: there are many of them, and they are short.
        Format::Envelope => output::Format::Envelope(Style {
            indent: args.pretty || (!args.compact && settings.flag(Key::Pretty)?),
            ..style
        }),
        Format::Raw if terminal => {
            return Err(Error::usage("-o raw does not write to a terminal")
                .hinted("redirect stdout to a file, or pipe it through `xxd`"));
        }
        Format::Raw => output::Format::Raw,
    })
}

/// Whether messages are indented: a flag says so, or else a setting, or else whether it is a terminal.
fn is_indented(args: &OutputArgs, settings: &Settings, terminal: bool) -> Result<bool> {
    if args.pretty || args.compact {
        return Ok(args.pretty);
    }
    Ok(settings.flag(Key::Pretty)? || (terminal && !settings.flag(Key::Compact)?))
}

/// The style of descriptors in JSON.
pub fn descriptor_style(args: &ConsoleArgs, context: &Context) -> Style {
    let terminal = context.terminal.stdout_is_terminal;
    Style::json(
        terminal,
        terminal,
        context
            .terminal
            .colors_stdout(color(args, &context.settings)),
    )
}

/// Whether to show a progress line: on a terminal, unless replies go there too.
pub fn shows_progress(args: &OutputArgs, context: &Context) -> bool {
    can_show_progress(&args.console, context) && !context.terminal.stdout_is_terminal
}

/// Whether a progress line can be shown on stderr.
pub fn can_show_progress(args: &ConsoleArgs, context: &Context) -> bool {
    let terminal = &context.terminal;
    terminal.stderr_is_terminal && !terminal.is_dumb && !args.quiet
}

/// The console of a client command.
///
/// # Errors
/// When a setting is not valid, or cannot be had.
pub fn console_of(args: &ConsoleArgs, context: &Context) -> Result<Console> {
    let settings = &context.settings;
    let verbosity = verbosity(args, settings)?;
    let color = match choice(args.color, settings, Key::Color)? {
        Some(Color::Always) => Some(true),
        Some(Color::Never) => Some(false),
        _ => None,
    };
    let console = context.console(verbosity, color);
    Ok(
        match choice(args.error_format, settings, Key::ErrorFormat)? {
            Some(ErrorFormat::Json) => console.with_json_errors(),
            _ => console,
        },
    )
}

fn verbosity(args: &ConsoleArgs, settings: &Settings) -> Result<Verbosity> {
    let level = match args.verbose {
        _ if args.quiet => return Ok(Verbosity::Quiet),
        0 if settings.flag(Key::Quiet)? => return Ok(Verbosity::Quiet),
        0 => settings.level(Key::Verbose)?,
        given => given,
    };
    Ok(match level {
        0 => Verbosity::Normal,
        1 => Verbosity::Verbose,
        _ => Verbosity::Revealing,
    })
}

/// As [`console_of`], where `commands::run` has reported what is not valid.
pub fn console(args: &ConsoleArgs, context: &Context) -> Console {
    console_of(args, context).unwrap_or_else(|_| context.console(Verbosity::Normal, None))
}

/// `None` leaves it to the terminal.
fn color(args: &ConsoleArgs, settings: &Settings) -> Option<bool> {
    match choice(args.color, settings, Key::Color) {
        Ok(Some(Color::Always)) => Some(true),
        Ok(Some(Color::Never)) => Some(false),
        _ => None,
    }
}
