//! Shell completion. clap's definitions say which argument the cursor is in; its values come from the server on the command
//! line, its schema, the file system and the cache.
//!
//! clap_complete's engine is not used: it offers flags everywhere, knows only whole words, and leaves quoting to the
//! shells, which differ.
//!
//! - `request`: what a shell asks, and `words`, which reads what is typed as a shell does;
//! - `line`: the argument that the cursor is in;
//! - `candidates`: the candidates for each argument, with `names`, `fields`, `data` and `files`; `candidate` is one of them;
//! - `schema`: the schema they come from, and `cache`, which keeps it;
//! - `reply`: what the shell is told.

mod cache;
mod candidate;
mod candidates;
mod data;
mod fields;
mod files;
mod line;
mod names;
mod reply;
mod request;
mod schema;
mod words;

use clap::CommandFactory as _;
use prost_reflect::{DescriptorPool, MessageDescriptor};

pub use cache::file_name;
pub use candidate::Candidate;
pub use data::type_of;
pub use fields::{mistake as bad_field, mistake_in_json as bad_json, mistake_in_name as bad_name};

use crate::cli::{Cli, Command};
use crate::config::Settings;
use crate::session::Context;

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
        let mut context = Context::new(Settings::default());
        context.print_bytes(reply.as_bytes()).await
    });
    true
}

/// What the word at the end of a line of our own shell may become. `root` has its commands, and `pool` its schema.
pub fn offer(
    root: &clap::Command,
    pool: Option<DescriptorPool>,
    before: Vec<String>,
    word: &str,
) -> Vec<Candidate> {
    let method = match (before.as_slice(), &pool) {
        ([command, method, ..], Some(pool)) if ["call", "bench"].contains(&command.as_str()) => {
            names::find_method(pool, method)
        }
        _ => None,
    };
    let request = request::of_our_shell(pool, before, word);
    let list = candidates::candidates(root, &request).list.into_iter();
    let mut list: Vec<Candidate> = list
        .filter(|candidate| candidate.text.starts_with(word))
        .collect();
    if let Some(method) = method {
        data::describe(&method.input(), &mut list);
    }
    list
}

/// What a line may become that is a request of this type: JSON, or a FIELD.
pub fn request(message: &MessageDescriptor, typed: &str) -> Vec<Candidate> {
    let list = if typed.starts_with('{') {
        data::data(message, typed).list
    } else {
        let mut list = fields::of_message(message, typed);
        data::describe(message, &mut list);
        list
    };
    list.into_iter()
        .filter(|candidate| candidate.text.starts_with(typed))
        .collect()
}

/// Keeps the address that a command was given, for completion after `-a`.
pub fn remember(command: &Command) {
    let connection = command.connection();
    if let Some(address) = connection.and_then(|it| it.addr.as_ref()) {
        cache::remember(address);
    }
}
