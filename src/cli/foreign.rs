//! Flags as other tools spell them: accepted where they mean the same here, else explained.

use std::ffi::{OsStr, OsString};

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::secret::without_password;

/// grpcurl's flags have one dash. These are ours too, with two.
const ONE_DASH: [&str; 17] = [
    "allow-unknown-fields",
    "authority",
    "cacert",
    "cert",
    "connect-timeout",
    "emit-defaults",
    "help",
    "import-path",
    "insecure",
    "key",
    "plaintext",
    "proto",
    "protoset",
    "protoset-out",
    "reflection",
    "user-agent",
    "version",
];

/// Flags of other tools that have another name here, and what to use.
const RENAMED: [(&str, &str); 23] = [
    ("call", "the method is an argument without a flag"),
    ("count-errors", "calls that fail count, and are shown apart"),
    ("cpus", "use --threads"),
    ("load-schedule", "use --stage FROM..TO:DURATION"),
    ("metadata", "use -H"),
    ("rps", "use --rate"),
    ("total", "use -n"),
    (
        "format",
        "the format of requests is --input, and that of replies -o",
    ),
    ("expand-headers", "-H fills in ${VAR} without it"),
    ("host", "the server is -a HOST:PORT"),
    (
        "json",
        "JSON is -o json, for the commands that print replies",
    ),
    ("http2-prior-knowledge", "use --http 2"),
    ("keepalive-time", "use --keepalive"),
    ("max-msg-sz", "use --max-message-size"),
    ("max-time", "for the deadline of a call, use --timeout"),
    ("msg-template", "use routeguide describe METHOD --template"),
    ("proto-out-dir", "use --proto-out"),
    (
        "reflect-header",
        "use -H, which counts for calls and reflection",
    ),
    (
        "rpc-header",
        "use -H, which counts for calls and reflection",
    ),
    ("servername", "use --server-name"),
    ("tls", "for TLS, use -a https://HOST:PORT"),
    ("unix", "for a Unix socket, use -a unix:PATH"),
    ("web", "use --protocol grpc-web"),
];

/// Commands of other tools, and what to use.
const COMMANDS: [(&str, &str); 15] = [
    (
        "cli",
        "routeguide shell is the prompt, and call METHOD calls a method",
    ),
    ("exec", "call METHOD calls a method"),
    (
        "exit",
        "there is no prompt to leave; routeguide shell has one",
    ),
    ("invoke", "call METHOD calls a method"),
    ("package", "names may be short: no package has to be chosen"),
    ("repl", "routeguide shell is the prompt"),
    (
        "run",
        "call METHOD calls a method, and serve runs the server",
    ),
    (
        "service",
        "use SERVICE, in the shell, chooses the service of methods without one",
    ),
    (
        "show",
        "list shows services and methods, and describe messages",
    ),
    ("start", "serve runs the server"),
    (r"\?", "help shows the commands"),
    (
        r"\d",
        "describe shows what there is, and describe SYMBOL one of it",
    ),
    (r"\h", "help shows the commands"),
    (r"\l", "list shows the services"),
    (r"\q", "exit, or Ctrl-D, leaves the shell"),
];

/// Names that are less similar are not confused.
const SIMILAR: f64 = 0.8;

/// The words of a command line, with two dashes where grpcurl's users write one.
pub fn with_two_dashes(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut are_flags = true;
    words.map(move |word| {
        are_flags &= word != "--";
        let is_known = |name: &str| {
            let name = name.split_once('=').map_or(name, |(name, _)| name);
            ONE_DASH.contains(&name)
        };
        match word.to_str().and_then(|word| word.strip_prefix('-')) {
            Some(name) if are_flags && is_known(name) => format!("--{name}").into(),
            _ => word,
        }
    })
}

/// Adds to the error what to write instead, if the command line has a flag or an address in another place, or a flag by
/// another tool's name. It repeats no password of a URL.
pub fn explain(error: Error, words: &[OsString]) -> Error {
    without_passwords(explained(error, words))
}

/// Masks what the error repeats of the command line.
fn without_passwords(mut error: Error) -> Error {
    let masked: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let masked = match value {
                ContextValue::String(text) => ContextValue::String(without_password(text)),
                ContextValue::Strings(texts) => {
                    ContextValue::Strings(texts.iter().map(|text| without_password(text)).collect())
                }
                _ => return None,
            };
            (masked != *value).then_some((kind, masked))
        })
        .collect();
    for (kind, value) in masked {
        error.insert(kind, value);
    }
    error
}

fn explained(mut error: Error, words: &[OsString]) -> Error {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(tip) = instead_of_a_command(&error, words)
    {
        // A command of a similar name.
        error.remove(ContextKind::SuggestedSubcommand);
        return tipped(error, tip.into());
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    if words.get(1).is_some_and(|command| command == "people")
        && argument
            .as_deref()
            .is_some_and(|it| !it.starts_with('-') && it.contains(':'))
    {
        return tipped(error, of_people(words).into());
    }
    if let Some(address) = argument.as_deref().and_then(address) {
        let address = without_password(&address);
        return tipped(
            error,
            format!("name the server with -a: -a {address}").into(),
        );
    }
    let flags = words.iter().skip(1).take_while(|word| *word != "--");
    let tip = if words.get(1).is_some_and(|word| word == "--") {
        Some("leave out the -- in front of the command")
    } else if is_flag(words.get(1)) {
        Some("flags come after the command, as in routeguide list -a :50051")
    } else {
        let renamed = flags.filter_map(|word| word.to_str()).find_map(renamed);
        renamed.or_else(|| format_of_text(&error))
    };
    if let Some(tip) = tip {
        return tipped(error, tip.into());
    }
    // clap says how to pass it as a value. A name that starts with a dash is rarer than a flag that does not exist.
    let is_name =
        argument.is_some_and(|it| it.trim_start_matches('-').starts_with(char::is_alphabetic));
    let tips = error.get(ContextKind::Suggested).map(ToString::to_string);
    if is_name && tips.is_some_and(|tips| tips.contains("as a value")) {
        error.remove(ContextKind::Suggested);
    }
    match field_as_flag(&error, words) {
        Some(tip) => {
            error.remove(ContextKind::SuggestedArg);
            // It names the suggested flag, too.
            error.remove(ContextKind::Usage);
            tipped(error, tip.into())
        }
        None => error,
    }
}

/// Where the database goes, in the commands of `people`.
fn of_people(words: &[OsString]) -> &'static str {
    match words.get(2).and_then(|action| action.to_str()) {
        Some("export" | "count") => "name the database with --from",
        _ => "name the database with --to",
    }
}

/// What to write for `call METHOD --field=value`, unless there is a flag of a similar name.
fn field_as_flag(error: &Error, words: &[OsString]) -> Option<String> {
    words.get(1).filter(|command| *command == "call")?;
    let flag = error.get(ContextKind::InvalidArg)?.to_string();
    let name = flag.strip_prefix("--")?;
    let near = error
        .get(ContextKind::SuggestedArg)
        .map(ToString::to_string);
    let is_near = near
        .is_some_and(|near| strsim::jaro_winkler(name, near.trim_start_matches('-')) >= SIMILAR);
    (!is_near).then(|| format!("a field of the request is written without dashes: {name}=…"))
}

fn tipped(mut error: Error, tip: StyledStr) -> Error {
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    error
}

/// What to write for a command that does not exist: another tool's, an address or a method.
fn instead_of_a_command(error: &Error, words: &[OsString]) -> Option<String> {
    let name = error.get(ContextKind::InvalidSubcommand)?.to_string();
    if let Some((_, tip)) = COMMANDS.iter().find(|(foreign, _)| *foreign == name) {
        return Some((*tip).to_owned());
    }
    let mut words = words.iter().map_while(|word| word.to_str());
    words.find(|word| *word == name)?;
    let Some(address) = address(&name) else {
        let rest: String = words
            .map(without_password)
            .flat_map(|word| [" ".to_owned(), word])
            .collect();
        return name
            .contains(['/', '.'])
            .then(|| format!("to call a method: routeguide call {name}{rest}"));
    };
    let command = words.next().unwrap_or("list");
    let flag = if command == "serve" { "--listen" } else { "-a" };
    let address = without_password(&address);
    let rest: String = words
        .map(without_password)
        .flat_map(|word| [" ".to_owned(), word])
        .collect();
    Some(format!(
        "the server comes after the command: routeguide {command} {flag} {address}{rest}"
    ))
}

/// What to write behind `-a` for a word that is an address, a port or the path of a socket.
fn address(word: &str) -> Option<String> {
    if word.starts_with('-') {
        return None;
    }
    if word.parse::<u16>().is_ok() {
        return Some(format!(":{word}"));
    }
    (word.contains(':') || word.starts_with(['/', '.'])).then(|| word.to_owned())
}

/// What to say about `-o` for a command that does not have it.
fn format_of_text(error: &Error) -> Option<&'static str> {
    let flag = error.get(ContextKind::InvalidArg)?.to_string();
    matches!(flag.as_str(), "-o" | "--output").then_some(
        "this command prints plain lines; for JSON, routeguide describe -o json has the schema, and call -o json the replies",
    )
}

fn is_flag(word: Option<&OsString>) -> bool {
    let word = word.map(OsString::as_os_str).and_then(OsStr::to_str);
    word.is_some_and(|word| word.starts_with('-'))
}

fn renamed(word: &str) -> Option<&'static str> {
    let name = word.strip_prefix('-')?.trim_start_matches('-');
    let name = name.split_once('=').map_or(name, |(name, _)| name);
    let found = RENAMED.iter().find(|(foreign, _)| *foreign == name);
    found.map(|(_, tip)| *tip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(words: &str) -> Vec<OsString> {
        with_two_dashes(words.split(' ').map(OsString::from)).collect()
    }

    #[test]
    fn one_dash_is_enough_for_grpcurls_flags() {
        assert_eq!(
            rewritten("routeguide call -plaintext -proto=a.proto -v -d {}"),
            [
                "routeguide",
                "call",
                "--plaintext",
                "--proto=a.proto",
                "-v",
                "-d",
                "{}"
            ]
        );
    }

    #[test]
    fn words_after_two_dashes_stay() {
        assert_eq!(rewritten("-- -plaintext"), ["--", "-plaintext"]);
    }
}
