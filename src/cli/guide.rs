//! What help and manual pages have beside the arguments: examples, the forms of values, and exit codes.

use std::fmt::Write as _;
use std::iter::repeat_n;
use std::sync::LazyLock;

use crate::exit;

/// Tables are not wider, so that a narrow terminal shows them as tables.
const WIDTH: usize = 40;

/// How one command is used.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it is for.
    pub what: &'static str,
    /// What to type.
    pub line: &'static str,
}

const fn example(what: &'static str, line: &'static str) -> Example {
    Example { what, line }
}

/// Two examples for each command, and the first steps for the program as a whole, whose name is empty.
const EXAMPLES: [(&str, [Example; 2]); 18] = [
    (
        "",
        [
            example(
                "A server and a call",
                "routeguide serve & routeguide get-person Alice",
            ),
            example(
                "Names through a pipeline",
                "cat names | routeguide get-people -o json | jq .age",
            ),
        ],
    ),
    (
        "serve",
        [
            example(
                "The whole network, and people of your own",
                "routeguide serve --listen '[::]:8080' --people people.json",
            ),
            example(
                "A Unix socket, with a line for every call",
                "routeguide serve --listen unix:/tmp/guide.sock -v",
            ),
        ],
    ),
    (
        "get-person",
        [
            example(
                "One value of the reply",
                "routeguide get-person Alice -o json | jq .age",
            ),
            example(
                "Without a server",
                "routeguide get-person Alice --in-process",
            ),
        ],
    ),
    (
        "get-people",
        [
            example("Names from a file", "routeguide get-people -o json < names"),
            example(
                "Every name has to be known",
                "routeguide get-people --strict Alice Bob",
            ),
        ],
    ),
    (
        "list",
        [
            example(
                "Services and their methods",
                "routeguide list -l -a localhost:8080",
            ),
            example(
                "The methods of a service, from .proto files",
                "routeguide list shop.Orders --proto shop.proto -I protos",
            ),
        ],
    ),
    (
        "describe",
        [
            example(
                "A method",
                "routeguide describe Orders/Get -a localhost:8080",
            ),
            example(
                "A request to fill in",
                "routeguide describe Orders/Get --template > request.json",
            ),
        ],
    ),
    (
        "call",
        [
            example(
                "A request from fields",
                "routeguide call Orders/Get id:=7 customer.name=Zoe",
            ),
            example(
                "A call for every message in a file",
                "routeguide call Orders/Get -d @requests --concurrency 32",
            ),
        ],
    ),
    (
        "shell",
        [
            example(
                "A prompt, and a server to try it on",
                "routeguide shell --in-process",
            ),
            example(
                "A script, whose first failure is the exit code",
                "routeguide shell -a localhost:8080 -f smoke.rg",
            ),
        ],
    ),
    (
        "bench",
        [
            example(
                "50 calls at a time, for 10 seconds",
                "routeguide bench GetPerson name=Alice",
            ),
            example(
                "2000 calls a second, which have to be answered in time",
                "routeguide bench GetPerson name=Alice --rate 2000/s --threshold 'p99<20ms'",
            ),
        ],
    ),
    (
        "health",
        [
            example(
                "A probe",
                "routeguide health -a localhost:8080 --timeout 1s",
            ),
            example(
                "Every change of a service",
                "routeguide health shop.Orders --watch",
            ),
        ],
    ),
    (
        "people",
        [
            example(
                "A file of people becomes a database",
                "routeguide people import people.json --to sqlite:people.db",
            ),
            example(
                "From one database to another",
                "routeguide people export --from sqlite:people.db | routeguide people import --to postgres://db/people",
            ),
        ],
    ),
    (
        "people import",
        [
            example(
                "Add people, and change those who are there",
                "routeguide people import people.json --to sqlite:people.db --on-conflict update",
            ),
            example(
                "Everyone anew, or nothing",
                "routeguide people import --replace --to postgres://db/people < people.json",
            ),
        ],
    ),
    (
        "people export",
        [
            example(
                "To a file that serve --people reads",
                "routeguide people export --from sqlite:people.db > people.json",
            ),
            example(
                "One column",
                "routeguide people export --from postgres://db/people | jq .age",
            ),
        ],
    ),
    (
        "people count",
        [
            example(
                "A number",
                "routeguide people count --from sqlite:people.db",
            ),
            example(
                "For a script",
                "routeguide people count --from postgres://db/people -o json",
            ),
        ],
    ),
    (
        "people migrate",
        [
            example(
                "A new file",
                "routeguide people migrate --to sqlite:people.db",
            ),
            example(
                "Before a new version of serve starts",
                "routeguide people migrate --to postgres://db/people",
            ),
        ],
    ),
    (
        "config",
        [
            example(
                "What holds with a profile",
                "routeguide config --profile staging",
            ),
            example("Write profiles", "routeguide config edit"),
        ],
    ),
    (
        "completions",
        [
            example(
                "fish",
                "routeguide completions fish > ~/.config/fish/completions/routeguide.fish",
            ),
            example("zsh, from ~/.zshrc", "source <(routeguide completions zsh)"),
        ],
    ),
    (
        "man",
        [
            example("The page of the program", "routeguide man | man -l -"),
            example("All pages", "routeguide man ~/.local/share/man/man1"),
        ],
    ),
];

/// The examples of a command; of the program if the name is empty.
pub fn examples(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| examples)
}

/// What `--help` of a command ends with.
pub fn long_help(command: &str) -> String {
    let mut help = String::from("Examples:\n");
    for example in examples(command) {
        let _ = write!(help, "  {}:\n    {}\n", example.what, example.line);
    }
    let values = match command {
        "serve" | "list" | "describe" | "health" | "get-person" | "get-people" | "call"
        | "bench" => VALUES,
        _ => &[],
    };
    if !values.is_empty() {
        help.push_str("\nValues:\n");
        help.push_str(&table(values));
        help.push('\n');
    }
    help.push('\n');
    help.push_str(exit_codes());
    help
}

const VALUES: &[(&str, &str)] = &[
    ("DURATION", "seconds, or with a unit: 5, 500ms, 1m30s"),
    ("SIZE", "bytes, or with a unit: 65536, 64KiB, 4MiB"),
];

/// The exit codes and what they mean.
pub const EXIT_CODES: &[(&str, &str)] = &exit::CODES;

/// What `-h` of a command ends with. Made once, because every command asks for it before anything is parsed.
pub fn exit_codes() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("Exit codes:\n{}", table(EXIT_CODES)));
    &TEXT
}

/// Two columns, the second one wrapped. It is made whenever the program starts. With `format!` for every line it was 3 % of
/// the instructions of a short call.
fn table(rows: &[(&str, &str)]) -> String {
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let indent = first + 4;
    let mut table = String::new();
    for (name, text) in rows {
        if !table.is_empty() {
            table.push('\n');
        }
        table.push_str("  ");
        table.push_str(name);
        table.extend(repeat_n(' ', indent - 2 - name.len()));
        let mut width = indent;
        for word in text.split(' ') {
            if width > indent && width + 1 + word.len() > WIDTH {
                table.push('\n');
                table.extend(repeat_n(' ', indent));
                width = indent;
            }
            if width > indent {
                table.push(' ');
                width += 1;
            }
            table.push_str(word);
            width += word.len();
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::super::Cli;
    use super::*;

    #[test]
    fn every_command_has_examples_that_are_valid() {
        let mut root = Cli::command();
        root.build();
        let of_people = root.find_subcommand("people").unwrap().get_subcommands();
        let of_people = of_people.map(|command| format!("people {}", command.get_name()));
        let commands = root
            .get_subcommands()
            .map(|command| command.get_name().to_owned());
        let commands = commands.filter(|name| name != "help").chain(of_people);
        for command in commands {
            let examples = examples(&command);
            assert_eq!(examples.len(), 2, "{command}");
            for example in examples {
                let start = example.line.find("routeguide").unwrap();
                let words = example.line[start..]
                    .split_whitespace()
                    .take_while(|word| !["|", "<", ">", "&"].contains(word))
                    .map(|word| word.trim_matches(['\'', ')']));
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{}: {parsed:?}", example.line);
            }
        }
    }

    #[test]
    fn tables_fit_a_narrow_terminal() {
        for table in [table(VALUES), exit_codes().to_owned()] {
            assert!(table.lines().all(|line| line.len() <= WIDTH), "{table}");
        }
    }
}
