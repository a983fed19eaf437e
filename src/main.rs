//! Answers a shell's completion request, or else parses the arguments, runs one command and reports its error.

use std::process;

use routeguide::cli::{Cli, Command};
use routeguide::commands;
use routeguide::completion;
use routeguide::config::Settings;
use routeguide::error::{Error, Result};
use routeguide::exit;
use routeguide::session::Context;
use routeguide::shell;

fn main() {
    if completion::answer_shell() {
        return;
    }
    let command = match Cli::from_command_line() {
        Ok(Some(cli)) => cli.command,
        Ok(None) => return,
        Err(error) => {
            commands::refuse(&error);
            process::exit(exit::code(&error).into());
        }
    };
    // Single-threaded: a client drives one connection, and on few cores a multi-threaded runtime loses more to
    // handing tasks between threads than it gains.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match &runtime {
        Ok(runtime) => runtime.block_on(run(&command)),
        Err(error) => Err(Error::failed("cannot start the runtime").caused_by(error.to_string())),
    };
    // Everything is written and closed. To drop the runtime would wait for name lookups, which cannot be cancelled, and
    // giving back all memory takes a tenth of the time of a call.
    process::exit(result.unwrap_or_else(|error| exit::code(&error)).into())
}

async fn dispatch(command: &Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Shell(args) => shell::run(args, context).await,
        // A load that something stops, such as a container, has figures too.
        Command::Bench(_) => {
            context.interrupt.listen_for_termination()?;
            commands::run(command, context).await
        }
        command => commands::run(command, context).await,
    }
}

/// Runs the command in a new context, and reports its error. Returns the exit code.
async fn run(command: &Command) -> Result<u8> {
    let settings = if commands::has_settings(command) {
        Settings::load(commands::profile(command))
    } else {
        Ok(Settings::default())
    };
    let (settings, mistake) = match settings {
        Ok(settings) => (settings, None),
        Err(error) => (Settings::of_errors(), Some(error)),
    };
    let mut context = Context::new(settings);
    let console = commands::console(command, &context);
    for warning in context.settings.warnings() {
        console.warning(warning);
    }
    let interrupt = context.interrupt.clone();
    let result = match interrupt.arm() {
        Ok(()) if let Some(mistake) = mistake => Err(mistake),
        Ok(()) => tokio::select! {
            biased;
            () = interrupt.insisted() => return Err(Error::interrupted()),
            result = dispatch(command, &mut context) => result,
        },
        Err(error) => Err(error),
    };
    match &result {
        Err(error) => console.report(error),
        // Scripts may call many servers, and complete none.
        Ok(()) if context.terminal.stderr_is_terminal => completion::remember(command),
        Ok(()) => {}
    }
    context.close().await;
    Ok(match exit::of(&result) {
        exit::INTERRUPTED if interrupt.is_terminated() => exit::TERMINATED,
        code => code,
    })
}
