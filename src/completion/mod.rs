//! Shell completion. clap's definitions say which argument the cursor is in; its values come from the server on the command
//! line, its schema, the file system and the cache.
//!
//! clap_complete's engine is not used: it offers flags everywhere, knows only whole words, and leaves quoting to the
//! shells, which differ.
//!
//! - `request`: what a shell asks, and `words`, which reads what is typed as a shell does;
//! - `line`: the argument that the cursor is in;
//! - `candidates`: the candidates for each argument, with `names`, `fields` and `files`; `candidate` is one of them;
//! - `schema`: the schema they come from, and `cache`, which keeps it;
//! - `reply`: what the shell is told.

mod cache;
mod candidate;
mod candidates;
mod fields;
mod files;
mod line;
mod names;
mod reply;
mod request;
mod schema;
mod words;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::session::{Context, Settings};

/// Answers a shell that asks for completions, and returns `true`. Otherwise returns at once.
pub fn answer_shell() -> bool {
    let Some(request) = request::from_shell() else {
        return false;
    };
    let mut root = Cli::command();
    root.build();
    let candidates = candidates::candidates(&root, &request);
    let reply = reply::write(&request, candidates);
    // A shell that does not read the answer any more needs none.
    let _ = schema::block_on(async {
        let mut context = Context::new(Settings::from_env());
        context.print_bytes(reply.as_bytes()).await
    });
    true
}

/// Keeps the address that a command was given, for completion after `-a`.
pub fn remember(command: &Command) {
    let connection = match command {
        Command::GetPerson(args) => &args.connection,
        Command::GetPeople(args) => &args.connection,
        Command::List(args) => &args.connection,
        Command::Describe(args) => &args.connection,
        Command::Call(args) => &args.connection,
        Command::Health(args) => &args.connection,
        Command::Serve(_) | Command::Completions(_) | Command::Man(_) => return,
    };
    if let Some(address) = &connection.addr {
        cache::remember(address);
    }
}
