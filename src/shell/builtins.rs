//! The commands that only a shell has.

use std::fmt::Write as _;

use super::state::Shell;
use super::{compare, copy};
use crate::cli::{ConnectionArgs, Line, SchemaArgs};
use crate::commands::config;
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::exit;
use crate::output::{Format, Moment, Outcome, Renderer, Style};
use crate::schema::{Symbol, resolve_symbol};
use crate::secret::masked;
use crate::session::headers;
use crate::session::schema::{settings as schema_settings, with_source};
use crate::session::target::address;

/// Runs a line that is a command of the shell.
///
/// # Errors
/// Those of the command.
pub async fn run(shell: &mut Shell<'_>, line: Line) -> Result<()> {
    match line {
        Line::Use { service } => {
            shell.context.service = match service {
                Some(name) => Some(full_name(shell, &name).await?),
                None => None,
            };
            Ok(())
        }
        Line::Set { name, value, unset } => {
            set(shell, name.as_deref(), value.as_deref(), unset).await
        }
        Line::Header { header, unset } => {
            // A value with blanks needs no quotation marks.
            let header = (!header.is_empty()).then(|| header.join(" "));
            header_of(shell, header, unset.as_deref()).await
        }
        Line::Connect { target } => connect(shell, &target),
        Line::Reload => {
            shell.context.schemas.clear();
            shell.forgot_schema = true;
            Ok(())
        }
        Line::Status => status(shell).await,
        Line::Last => last(shell).await,
        Line::Diff { method } => compare::diff(shell, method.as_deref()).await,
        Line::Copy { program } => {
            let line = copy::line(shell, program)?;
            shell.context.print(&line).await
        }
        Line::History { count } => {
            let skipped = shell.typed.len().saturating_sub(count);
            let lines = shell.typed.iter().skip(skipped);
            let text = lines.cloned().collect::<Vec<_>>().join("\n") + "\n";
            shell.context.print(&text).await
        }
        Line::Exit => {
            shell.has_left = true;
            Ok(())
        }
        // These have words whose variables are not filled in; only their help comes here.
        Line::Let { .. }
        | Line::Watch { .. }
        | Line::Expect { .. }
        | Line::Assert { .. }
        | Line::Repeat { .. } => Err(Error::usage("this cannot be used here")),
        Line::Command(_) => Err(Error::usage("this is not a command of the shell")),
    }
}

/// The full name of a service that the schema has.
async fn full_name(shell: &mut Shell<'_>, name: &str) -> Result<String> {
    let console = shell.console();
    let (connection, schema) = (ConnectionArgs::default(), SchemaArgs::default());
    with_source(
        &schema,
        &connection,
        &console,
        shell.context,
        async |source| match resolve_symbol(source, name).await?.0 {
            Symbol::Service(service) => Ok(service.full_name().to_owned()),
            other => Err(Error::failed(format!(
                "{} is {}, not a service",
                other.full_name(),
                other.kind()
            ))),
        },
    )
    .await
}

async fn set(
    shell: &mut Shell<'_>,
    name: Option<&str>,
    value: Option<&str>,
    unset: bool,
) -> Result<()> {
    let Some(name) = name else {
        let text = config::in_force(&shell.context.settings);
        return shell.context.print(&text).await;
    };
    let key = Key::find(name)?;
    let settings = &mut shell.context.settings;
    match value {
        Some(value) => settings.set(key, value),
        None if unset => {
            settings.unset(key);
            Ok(())
        }
        None => {
            let start = format!("{} = ", key.name());
            let all = config::in_force(settings);
            let line = all.lines().find(|line| line.starts_with(&start));
            let text = match line {
                Some(line) => format!("{line}\n"),
                None => format!("{} is not set\n", key.name()),
            };
            shell.context.print(&text).await
        }
    }
}

async fn header_of(
    shell: &mut Shell<'_>,
    header: Option<String>,
    unset: Option<&str>,
) -> Result<()> {
    if let Some(name) = unset {
        return if shell.context.settings.unset_header(name) {
            Ok(())
        } else {
            Err(Error::failed(format!("there is no header {name:?}")))
        };
    }
    if let Some(header) = header {
        return headers::set(&mut shell.context.settings, &[header]);
    }
    let mut text = String::new();
    for (name, setting) in shell.context.settings.headers() {
        for value in shell.context.settings.header_values(setting)? {
            let _ = writeln!(text, "{name}: {}", masked(name, &value));
        }
    }
    shell.context.print(&text).await
}

/// An address has a colon, and a profile is named in the configuration.
fn connect(shell: &mut Shell<'_>, target: &str) -> Result<()> {
    let is_profile = crate::config::profiles().iter().any(|name| name == target);
    if is_profile {
        let mut ours = shell.context.settings.clone();
        for key in [Key::Addr, Key::InProcess, Key::People] {
            ours.unset(key);
        }
        let settings = Settings::load(Some(target))?;
        shell.context.settings = settings.with_those_of_the_shell(&ours);
    } else {
        address(target)?;
        shell.context.settings.set(Key::Addr, target)?;
    }
    shell.context.service = None;
    shell.forgot_schema = true;
    Ok(())
}

async fn status(shell: &mut Shell<'_>) -> Result<()> {
    let settings = &shell.context.settings;
    let mut text = String::new();
    let (server, has_tls) = server(settings)?;
    let _ = writeln!(text, "server:  {server}");
    let _ = writeln!(text, "TLS:     {}", if has_tls { "yes" } else { "no" });
    let schema = schema_settings(&crate::cli::SchemaArgs::default(), settings)?;
    let schema = if schema.asks_server() {
        "reflection of the server".to_owned()
    } else if schema.is_bundled() {
        "the bundled one".to_owned()
    } else {
        let files = schema.protos.iter().chain(&schema.protosets);
        let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
        files.join(", ")
    };
    let _ = writeln!(text, "schema:  {schema}");
    if let Some(service) = &shell.context.service {
        let _ = writeln!(text, "service: {service}");
    }
    if let Some(profile) = settings.profile() {
        let _ = writeln!(text, "profile: {profile}");
    }
    let names: Vec<&str> = shell.variables.names().collect();
    if !names.is_empty() {
        let _ = writeln!(text, "kept:    ${}", names.join(", $"));
    }
    let settings = config::in_force(settings);
    if !settings.is_empty() {
        let _ = write!(text, "\n{settings}");
    }
    shell.context.print(&text).await
}

/// The server that lines call, and whether it has TLS.
pub fn server(settings: &Settings) -> Result<(String, bool)> {
    if settings.flag(Key::InProcess)? {
        return Ok(("in this process".to_owned(), false));
    }
    let addr = settings.text(Key::Addr)?;
    let address = address(
        addr.as_deref()
            .unwrap_or(crate::session::target::DEFAULT_ADDR),
    )?;
    Ok((address.to_string(), address.has_tls()))
}

/// Prints how many messages the last call had, and when the last of each kind was there, then its other events.
async fn last(shell: &mut Shell<'_>) -> Result<()> {
    let last = shell.last()?;
    let terminal = &shell.context.terminal;
    let is_terminal = terminal.stdout_is_terminal;
    let style = Style {
        secrets: false,
        ..Style::json(false, is_terminal, terminal.colors_stdout(None))
    };
    let renderer = Renderer::new(&last.method, Format::Envelope(style));
    let moment = |at| Moment {
        started: last.started,
        at: Some(at),
        call: None,
    };
    let mut counts = format!("{{\"method\":{:?}", last.method.full_name());
    for (name, count, last_at, time) in [
        ("requests", last.sent, last.sent_at, "sent_ms"),
        ("replies", last.received, last.received_at, "received_ms"),
    ] {
        let _ = write!(counts, ",{name:?}:{count}");
        if let Some(at) = last_at {
            let after = at.saturating_duration_since(last.started).as_secs_f64();
            let _ = write!(counts, ",{time:?}:{:.3}", after * 1e3);
        }
    }
    counts.push_str("}\n");
    let out = shell.context.stdout.buffer();
    out.extend_from_slice(counts.as_bytes());
    if let Some((at, headers)) = &last.headers {
        renderer.headers(moment(*at), headers, out);
    }
    if let Some((at, end)) = &last.end {
        let exit = match end.code {
            tonic::Code::Ok => 0,
            code => exit::code(&Error::status(code, "")),
        };
        renderer.ended(moment(*at), &Outcome { end, exit }, out);
    }
    shell.context.finish_output().await
}
