//! The candidates for each kind of argument, in the order in which they are offered.

use clap::{Arg, ArgAction, Command, ValueHint};

use super::cache;
use super::candidate::{Candidate, Candidates};
use super::data::data;
use super::fields::fields;
use super::files::{Kind, file_after_at, files};
use super::line::{Line, Place};
use super::names;
use super::request::Request;
use super::schema::pool;
use crate::config;
use crate::session::target::DEFAULT_ADDR;

/// Common headers. The user adds the value.
const HEADERS: [&str; 4] = [
    "authorization:",
    "x-api-key:",
    "x-request-id:",
    "traceparent:",
];

/// What the address of a socket starts with.
const SOCKET: &str = "unix:";

/// What the word at the cursor may become.
pub fn candidates(root: &Command, request: &Request) -> Candidates {
    let word = request.word.text.as_str();
    // zsh and fish complete it themselves; bash asks.
    if request.word.is_target {
        return files(word, Kind::Any, true);
    }
    let line = Line::read(root, &request.before, word);
    match line.place {
        Place::Command => commands(line.command),
        Place::Flag => flags(&line, word),
        Place::Value(arg, start) => {
            let (head, value) = word.split_at_checked(start).unwrap_or((word, ""));
            let values = values(arg, &line, request, value).behind(head);
            if arg.is_positional() && line.may_be_command() {
                return values.and(commands(line.command));
            }
            values
        }
        Place::Unknown => Candidates::none(),
    }
}

fn commands(command: &Command) -> Candidates {
    let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
    Candidates::words(shown.map(|it| {
        let about = it.get_about().map(ToString::to_string);
        Candidate::new(it.get_name()).described(about)
    }))
}

/// Long flags that are not given yet, unless they may be repeated. A short one is only completed by a space.
fn flags(line: &Line, word: &str) -> Candidates {
    let shown = line.command.get_arguments().filter(|arg| {
        let may_repeat = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        !arg.is_hide_set() && (may_repeat || !line.flags.contains(arg.get_id()))
    });
    Candidates::words(shown.filter_map(|arg| {
        let name = match arg.get_long() {
            Some(long) if word == "-" || word.starts_with("--") => format!("--{long}"),
            _ => format!("-{}", arg.get_short()?),
        };
        let help = arg.get_help().map(ToString::to_string);
        Some(Candidate::new(name).described(help))
    }))
}

/// The values of an argument: those that clap knows, and those of a kind that is known by the argument's name.
fn values(arg: &Arg, line: &Line, request: &Request, value: &str) -> Candidates {
    let known = arg.get_possible_values();
    if !known.is_empty() {
        let shown = known.iter().filter(|it| !it.is_hide_set());
        return Candidates::words(shown.map(|it| {
            let help = it.get_help().map(ToString::to_string);
            Candidate::new(it.get_name()).described(help)
        }));
    }
    match arg.get_value_hint() {
        ValueHint::FilePath => {
            return files(value, Kind::Any, value.len() == request.word.text.len());
        }
        ValueHint::DirPath => {
            return files(value, Kind::Folders, value.len() == request.word.text.len());
        }
        _ => {}
    }
    match arg.get_id().as_str() {
        "addr" => addresses(value),
        "listen" => sockets(value),
        "profile" => Candidates::words(config::profiles().into_iter().map(Candidate::new)),
        "header" | "fields" if value.starts_with('@') => file_after_at(value),
        "header" => Candidates::words(HEADERS.map(Candidate::open)),
        "data" if request.pool.is_some() && value.starts_with('{') => data_of(line, request, value),
        "data" => file_after_at(value),
        "method" => with_pool(request, |pool| names::methods(pool, value)),
        // A server knows the health of a service by its full name.
        "service" if line.command.get_name() == "health" => {
            with_pool(request, |pool| names::services(pool, ""))
        }
        "service" => with_pool(request, |pool| names::services(pool, value)),
        "symbol" => with_pool(request, |pool| names::symbols(pool, value)),
        "fields" => fields(line, request, value),
        _ => Candidates::none(),
    }
}

/// JSON of the method's request, in our own shell, where it needs no quotation marks.
fn data_of(line: &Line, request: &Request, value: &str) -> Candidates {
    let method = line.values.first().zip(request.pool.as_ref());
    let method = method.and_then(|(name, pool)| names::find_method(pool, name));
    method.map_or_else(Candidates::none, |method| data(&method.input(), value))
}

fn with_pool(
    request: &Request,
    candidates: impl FnOnce(&prost_reflect::DescriptorPool) -> Vec<Candidate>,
) -> Candidates {
    match pool(request) {
        Some(pool) => Candidates::words(candidates(&pool)),
        None => Candidates::none(),
    }
}

/// The servers that were used, the default one, and sockets.
fn addresses(value: &str) -> Candidates {
    if value.starts_with(['/', '.']) {
        return files(value, Kind::Any, true);
    }
    if value.starts_with(SOCKET) {
        return sockets(value);
    }
    let mut known = cache::addresses();
    if !known.iter().any(|address| address == DEFAULT_ADDR) {
        known.push(DEFAULT_ADDR.to_owned());
    }
    let mut list: Vec<Candidate> = known.into_iter().map(Candidate::new).collect();
    list.push(Candidate::open(SOCKET).described(Some("A Unix socket".to_owned())));
    Candidates::words(list)
}

/// The path of `unix:PATH` or `unix:///PATH`.
fn sockets(value: &str) -> Candidates {
    let Some(path) = value.strip_prefix(SOCKET) else {
        return Candidates::none();
    };
    match path.strip_prefix("//") {
        Some(rest) => files(rest, Kind::Any, false).behind("//"),
        None => files(path, Kind::Any, false),
    }
    .behind(SOCKET)
}
