//! A call whose requests are typed: each line is a message, and replies are printed above the prompt as they arrive.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost_reflect::MessageDescriptor;
use tokio::sync::mpsc::{self, UnboundedSender};

use super::assist::Requests;
use super::bare::command;
use super::engine::read as read_line;
use super::prompt::{Label, Printer, Start, Typed};
use super::reader::{Prompt, history_file};
use super::state::Shell;
use super::variables::Variables;
use super::words::{Statement, Then, Word};
use crate::cli::Command;
use crate::error::{Error, Result};
use crate::input::Stdin;
use crate::input::arguments::{self, Files};
use crate::output::{MessageWriter, Stdout, Style};
use crate::protobuf::Layouts;
use crate::protobuf::json::ReadOptions;

/// The largest file that a field may name, in bytes.
const MOST: usize = 64 << 20;

/// What is typed line by line.
pub struct Dialog {
    /// The method, as the prompt shows it.
    method: String,
    /// What the lines are kept as.
    kept_as: String,
    requests: Requests,
}

/// What a statement has to be given line by line: it streams requests, and has none.
pub fn dialog(prompt: &Prompt, statement: &Statement) -> Option<Dialog> {
    if statement.then != Then::Print || statement.here.is_some() {
        return None;
    }
    match command(statement)? {
        Command::GetPeople(args) if args.names.is_empty() => Some(Dialog {
            method: "GetPeople".to_owned(),
            kept_as: "get-people".to_owned(),
            requests: Requests::Names,
        }),
        Command::Call(args) if args.request.data.is_none() && args.request.fields.is_empty() => {
            let method = prompt.method(&args.method)?;
            let is_stream = method.is_client_streaming();
            is_stream.then(|| Dialog {
                method: method.name().to_owned(),
                kept_as: method.full_name().to_owned(),
                requests: Requests::Of(method.input()),
            })
        }
        _ => None,
    }
}

/// Runs the call while its requests are typed.
///
/// # Errors
/// Those of the call, which are reported.
pub async fn run(
    shell: &mut Shell<'_>,
    prompt: &Prompt,
    statement: &Statement,
    dialog: Dialog,
) -> Result<()> {
    shell.context.interrupt.arm()?;
    let (sender, chunks) = mpsc::unbounded_channel();
    let message = match &dialog.requests {
        Requests::Names => None,
        Requests::Of(message) => Some(message.clone()),
    };
    // Up finds messages here, and commands at the prompt of commands.
    let settings = &shell.context.settings;
    let commands = history_file(settings, None);
    let messages = history_file(settings, Some(&dialog.kept_as));
    for warning in prompt.use_history(messages).await?.warnings {
        shell.console().warning(&warning);
    }
    prompt.helper.known().stream = Some(dialog.requests);
    let is_terminal = shell.context.terminal.stdout_is_terminal;
    let above = if prompt.is_plain {
        Stdout::new(is_terminal)
    } else {
        let printer = prompt.printer.clone();
        let errors = Arc::new(move |text: &str| printer.print(text.as_bytes()));
        shell.context.terminal.print_above(Some(errors));
        Stdout::to(Above(prompt.printer.clone()), is_terminal)
    };
    let stdout = std::mem::replace(&mut shell.context.stdout, above);
    let stdin_is_terminal = std::mem::replace(&mut shell.context.terminal.stdin_is_terminal, false);

    let result = converse(
        shell,
        prompt,
        statement,
        dialog.method,
        message.as_ref(),
        sender,
        chunks,
    )
    .await;

    shell.context.terminal.stdin_is_terminal = stdin_is_terminal;
    shell.context.terminal.print_above(None);
    shell.context.stdout = stdout;
    prompt.helper.known().stream = None;
    prompt.use_history(commands).await?;
    result.map_err(|error| shell.reported(error))
}

async fn converse(
    shell: &mut Shell<'_>,
    prompt: &Prompt,
    statement: &Statement,
    name: String,
    message: Option<&MessageDescriptor>,
    sender: UnboundedSender<Bytes>,
    chunks: mpsc::UnboundedReceiver<Bytes>,
) -> Result<()> {
    let interrupt = shell.context.interrupt.clone();
    let console = shell.console();
    let variables = shell.variables.clone();
    let typed = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&typed);
    let call = shell.typing(&statement.words, Stdin::fed(chunks), message.is_some());
    let read = async move {
        loop {
            let label = Label {
                stream: Some(name.clone()),
                ..Label::default()
            };
            match prompt.read(label, Start::default()).await? {
                Typed::Line(line) if line.trim().is_empty() => {}
                Typed::Line(line) => match encoded(&line, message, &variables).await {
                    Ok(None) => {}
                    Ok(Some(request)) => {
                        lock(&kept).push_str(&request);
                        // The call may have ended.
                        let _ = sender.send(request.into());
                    }
                    Err(error) => console.report(&error),
                },
                Typed::Interrupted => {
                    interrupt.strike();
                    return Ok(());
                }
                // The rest of the replies needs no prompt, and Ctrl-C is a signal without one.
                Typed::End | Typed::Stopped => return Ok(()),
            }
        }
    };
    tokio::pin!(read);
    let mut call = Box::pin(call);
    let mut reads = true;
    let result = loop {
        tokio::select! {
            biased;
            result = &mut call => {
                if reads {
                    prompt.stopper.stop();
                    read.await?;
                }
                break result;
            }
            read = &mut read, if reads => {
                reads = false;
                prompt.printer.set_direct(true);
                read?;
            }
        }
    };
    drop(call);
    prompt.printer.set_direct(false);
    // To be repeated and copied with what was typed.
    if let Some((_, here)) = &mut shell.last_call {
        *here = Some(lock(&typed).clone());
    }
    result
}

fn lock(typed: &Mutex<String>) -> MutexGuard<'_, String> {
    typed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line as the input of the call: a name, or JSON. `None` if there is nothing in it.
async fn encoded(
    line: &str,
    message: Option<&MessageDescriptor>,
    variables: &Variables,
) -> Result<Option<String>> {
    let Some(message) = message else {
        return Ok(Some(format!("{line}\n")));
    };
    // There are several if they were pasted.
    let mut all = String::new();
    for statement in read_line(line)? {
        if statement.then != Then::Print || statement.here.is_some() {
            return Err(Error::usage("this is not a message")
                .hinted("as in name=Alice, or {\"name\": \"Alice\"}"));
        }
        all.push_str(&one(&statement, message, variables).await?);
    }
    Ok((!all.is_empty()).then_some(all))
}

async fn one(
    statement: &Statement,
    message: &MessageDescriptor,
    variables: &Variables,
) -> Result<String> {
    let words = statement.words.iter().map(|word| variables.fill(word));
    let words: Vec<String> = words.collect::<Result<_>>()?;
    if let [json] = words.as_slice()
        && json.starts_with('{')
    {
        return Ok(format!("{json}\n"));
    }
    let mut layouts = Layouts::new(message.parent_pool().clone());
    let root = layouts.compile(message);
    let stdin = Stdin::of("");
    let files = Files::new(&stdin, MOST);
    let bytes = arguments::parse(&mut layouts, root, &words, ReadOptions::default(), files).await?;
    let mut json = Vec::new();
    MessageWriter::new(message, Style::json(false, false, false)).write(&bytes, &mut json)?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// Prints above the prompt.
struct Above(Printer);

impl io::Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.print(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shell<'_> {
    /// Runs a call whose input is typed.
    async fn typing(&mut self, words: &[Word], stdin: Stdin, is_data: bool) -> Result<()> {
        let mut words: Vec<String> = words
            .iter()
            .filter_map(Word::literal)
            .map(str::to_owned)
            .collect();
        if is_data {
            words.extend(["-d", "@-"].map(str::to_owned));
        }
        let reads_stdin = std::mem::replace(&mut self.reads_stdin, true);
        self.context.stdin = stdin;
        let result = self.filled(words, None).await;
        self.reads_stdin = reads_stdin;
        result
    }
}
