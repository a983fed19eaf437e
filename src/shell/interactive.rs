//! Lines that are typed at the prompt.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::assist::Helper;
use super::bare::command;
use super::builtins::server;
use super::engine::read;
use super::prompt::{Label, Options, Start, Typed};
use super::reader::{Prompt, history_file};
use super::redact::redacted;
use super::state::Shell;
use super::{stream, template};
use crate::cli::{Command, ConnectionArgs, InputFormat, SchemaArgs};
use crate::error::{Error, Kind, Result};
use crate::output::Verbosity;
use crate::session::schema::with_source;

/// How long the first prompt waits for the server. After that, its schema is asked for behind the first line.
const PATIENCE: Duration = Duration::from_millis(500);

/// The values of each field that are offered again.
const VALUES: usize = 50;

/// Reads and runs lines until the user leaves.
///
/// # Errors
/// When the terminal cannot be read.
pub async fn run(shell: &mut Shell<'_>, vi: bool) -> Result<()> {
    let helper = Arc::new(Helper::default());
    let options = Options {
        vi,
        color: shell.context.terminal.colors_stderr(None),
    };
    let prompt = Prompt::start(helper, options);
    let mut kept_in = use_history(shell, &prompt).await?;
    let mut has_schema = learn_schema(shell, &prompt).await;
    let (mut has_failed, mut took) = (!has_schema, None);
    let mut has_hinted = false;
    let mut begun = Start::default();
    let mut counted = None;
    while !shell.has_left {
        learn(shell, &prompt, &mut counted);
        let label = label(shell, has_failed, took);
        let typed = typed(shell, &prompt, label, std::mem::take(&mut begun)).await?;
        let line = match typed {
            Typed::Line(line) => line,
            Typed::Interrupted if has_hinted => continue,
            Typed::Interrupted => {
                shell.console().notice("Ctrl-D or exit leaves the shell");
                has_hinted = true;
                continue;
            }
            Typed::End => break,
            Typed::Stopped => continue,
        };
        if line.trim().is_empty() {
            continue;
        }
        shell.typed.push(redacted(&line));
        let last_call = shell.context.recorder.last_started();
        let started = Instant::now();
        let outcome = execute(shell, &prompt, &line).await;
        took = Some(started.elapsed());
        let outcome = match outcome {
            Ok(Done::Ran) => Ok(()),
            Ok(Done::Talked(outcome)) => {
                // It is the user who took it.
                took = None;
                outcome
            }
            Ok(Done::Edit(template)) => {
                begun = template;
                Ok(())
            }
            Err(error) => Err(error),
        };
        has_failed = false;
        if let Err(error) = outcome {
            has_failed = error.kind() != Kind::OutputClosed;
            if error.kind() == Kind::Interrupted {
                // As in other shells, Ctrl-C is about that, too.
                prompt.forget_typed();
            }
        }
        let has_called = shell.context.recorder.last_started() != last_call;
        // `connect` and `set` may have named another server. Each has its history.
        let is_elsewhere = history_file(&shell.context.settings, None) != kept_in;
        if is_elsewhere {
            kept_in = use_history(shell, &prompt).await?;
            // What is offered is not that of another server.
            let mut known = prompt.helper.known();
            (known.schema, known.comments, known.values) = Default::default();
        }
        let forgot_schema = std::mem::take(&mut shell.forgot_schema) || is_elsewhere;
        if forgot_schema || (!has_schema && has_called) {
            has_schema = learn_schema(shell, &prompt).await;
            has_failed |= !has_schema;
        }
    }
    Ok(())
}

/// Goes on with the lines that were typed for this server.
async fn use_history(shell: &mut Shell<'_>, prompt: &Prompt) -> Result<Option<PathBuf>> {
    let file = history_file(&shell.context.settings, None);
    let known = prompt.use_history(file.clone()).await?;
    for warning in known.warnings {
        shell.console().warning(&warning);
    }
    shell.typed = known.lines;
    Ok(file)
}

/// Reads a line. Where the terminal itself edits it, Ctrl-C is a signal.
async fn typed(shell: &Shell<'_>, prompt: &Prompt, label: Label, begun: Start) -> Result<Typed> {
    let interrupt = shell.context.interrupt.clone();
    interrupt.arm()?;
    let typed = prompt.read(label, begun);
    tokio::pin!(typed);
    tokio::select! {
        biased;
        typed = &mut typed => return typed,
        () = interrupt.wait() => {}
    }
    // Another one would end the process.
    interrupt.arm()?;
    prompt.stopper.stop();
    match typed.await? {
        Typed::Stopped => Ok(Typed::Interrupted),
        other => Ok(other),
    }
}

/// What came of a line.
enum Done {
    Ran,
    /// A call whose requests were typed, and how it ended.
    Talked(Result<()>),
    /// The request has to be filled in: the line to edit.
    Edit(Start),
}

async fn execute(shell: &mut Shell<'_>, prompt: &Prompt, line: &str) -> Result<Done> {
    let statements = read(line).map_err(|error| shell.reported(error))?;
    for statement in &statements {
        if let Some(edited) = template::edited(shell, prompt, statement).await? {
            shell.run(&edited).await?;
            continue;
        }
        if let [only] = statements.as_slice() {
            if let Some(template) = template::of(prompt, only) {
                return Ok(Done::Edit(template));
            }
            if let Some(dialog) = stream::dialog(prompt, only) {
                let ended = stream::run(shell, prompt, only, dialog).await;
                return Ok(Done::Talked(ended));
            }
        }
        if let Some(Command::Call(args)) = command(statement)
            && args.request.input == InputFormat::Json
            && let Some(data) = &args.request.data
        {
            check(data).map_err(|error| shell.reported(error))?;
        }
        shell.run(statement).await?;
    }
    Ok(Done::Ran)
}

/// A line is there as a whole, so that its JSON is checked before anything is sent. In a script, it is read as it arrives.
fn check(data: &str) -> Result<()> {
    if data.starts_with(['@', '-']) {
        return Ok(());
    }
    let values = serde_json::Deserializer::from_str(data).into_iter::<serde::de::IgnoredAny>();
    for value in values {
        value.map_err(|error| {
            let place = format!("-d, line {}, column {}", error.line(), error.column());
            Error::failed("this is not valid JSON, and no call was made").about(place)
        })?;
    }
    Ok(())
}

fn label(shell: &Shell<'_>, has_failed: bool, took: Option<Duration>) -> Label {
    let (address, has_tls) = server(&shell.context.settings).unwrap_or_default();
    Label {
        address,
        service: shell.context.service.clone(),
        has_tls,
        has_failed,
        stream: None,
        took,
    }
}

/// Asks for the whole schema, which completion is about. Returns whether it came; the reason why not is shown.
async fn learn_schema(shell: &mut Shell<'_>, prompt: &Prompt) -> bool {
    let console = shell.context.console(Verbosity::Quiet, None);
    let (connection, schema) = (ConnectionArgs::default(), SchemaArgs::default());
    if shell.context.interrupt.arm().is_err() {
        return false;
    }
    let asked = with_source(
        &schema,
        &connection,
        &console,
        shell.context,
        async |source| source.all().await,
    );
    match timeout(PATIENCE, asked).await {
        Ok(Ok(schema)) => {
            let comments = schema.field_comments();
            let mut known = prompt.helper.known();
            (known.schema, known.comments) = (Some(schema), comments);
            true
        }
        Ok(Err(error)) => {
            shell.console().report(&error);
            false
        }
        Err(_) => {
            shell
                .console()
                .notice("the server has not answered yet; the next line tries again");
            false
        }
    }
}

/// Tells completion what the last line has changed.
fn learn(shell: &Shell<'_>, prompt: &Prompt, counted: &mut Option<tokio::time::Instant>) {
    let mut known = prompt.helper.known();
    known.service.clone_from(&shell.context.service);
    known.variables.clone_from(&shell.variables);
    let last = shell.context.recorder.since(*counted);
    *counted = shell.context.recorder.last_started();
    if let Some(last) = last {
        let service = last.method.parent_service();
        let name = format!("{}/{}", service.full_name(), last.method.name());
        *known.calls.entry(name).or_default() += 1;
        *known
            .calls
            .entry(last.method.name().to_owned())
            .or_default() += 1;
    }
    if let Some(reply) = shell.variables.get(super::variables::LAST) {
        let mut texts = Vec::new();
        reply.texts(&mut texts);
        for (field, text) in texts {
            remember(&mut known.values, field, text);
        }
    }
}

fn remember(values: &mut HashMap<String, Vec<String>>, field: String, text: String) {
    let seen = values.entry(field).or_default();
    if !seen.contains(&text) {
        seen.insert(0, text);
        seen.truncate(VALUES);
    }
}
