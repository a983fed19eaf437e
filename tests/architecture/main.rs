//! What may import what in `src/`, and whether docs/architecture.md says the same. The page explains the rooms; the
//! tables here decide.
//!
//! A room is a module directly below the crate. [`ROOMS`] lists them from top to bottom, each with the rooms it imports
//! and what for: every one of them is further down, so there are no cycles. A test that fails says what to change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod cycles;
mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cycles::{Edge, cycle, edges};
use imports::{Import, Imports};

/// A room, and the rooms that it imports with the reasons. `error` is not listed: every room may return its errors.
struct Room {
    name: &'static str,
    imports: &'static [(&'static str, &'static str)],
}

const ROOMS: &[Room] = &[
    Room {
        name: "main",
        imports: &[
            ("commands", "runs one"),
            (
                "completion",
                "answers a shell that asks for completions, and keeps the address that was used",
            ),
            ("shell", "runs it: it runs commands itself"),
            ("session", "makes the context"),
            ("config", "loads the settings"),
            ("cli", "parses the command line"),
            ("exit", "returns the exit code"),
        ],
    },
    Room {
        name: "shell",
        imports: &[
            ("commands", "runs them"),
            ("completion", "what TAB offers at the prompt"),
            ("session", "the context that all lines share"),
            ("config", "what `set` changes"),
            ("cli", "what a line may be"),
            (
                "output",
                "prints calls again and elsewhere, and draws the prompt where reedline does not",
            ),
            (
                "input",
                "lines of a script and of a plain terminal, and here-documents",
            ),
            ("protobuf", "reads requests that are typed or edited"),
            (
                "schema",
                "the bundled methods, templates, and the nearest name",
            ),
            ("transport", "the address that `copy` writes"),
            ("exit", "the exit code in the events of `last`"),
            ("base64", "the default of a field of bytes"),
            ("secret", "`header` masks secrets"),
        ],
    },
    Room {
        name: "commands",
        imports: &[
            ("bench", "`bench` runs it"),
            ("session", "what every command works in"),
            ("config", "`config` shows the settings"),
            ("cli", "a command's arguments"),
            ("server", "`serve` runs it, and `people` asks its databases"),
            ("output", "how replies are printed"),
            ("input", "where requests come from"),
            (
                "protobuf",
                "`call` reads requests by their layout, and `people export` prints people",
            ),
            ("schema", "which method is called"),
            (
                "call",
                "the end of a call, which get-* and health interpret",
            ),
            ("protocol", "which protocols `serve` answers"),
            ("framing", "how many messages were sent"),
            ("proto", "the messages of health, and Person"),
            ("secret", "`config` masks secrets"),
        ],
    },
    Room {
        name: "bench",
        imports: &[
            ("output", "escapes text of the server in reports"),
            ("protobuf", "finds placeholders in encoded requests"),
            ("schema", "the nearest name"),
            ("call", "makes the calls"),
            ("transport", "opens connections of its own"),
            ("protocol", "names what calls go over"),
            ("framing", "packs requests"),
        ],
    },
    Room {
        name: "completion",
        imports: &[
            ("session", "asks the server as a command does"),
            ("config", "the names of profiles, and the server of one"),
            (
                "cli",
                "reads the part of the command line that has been typed",
            ),
            ("input", "cuts a FIELD argument as `call` does"),
            ("output", "turns messages on stderr off"),
            ("protobuf", "the fields that a message has"),
            ("schema", "the symbols there are"),
        ],
    },
    Room {
        name: "session",
        imports: &[
            ("config", "what holds where an argument says nothing"),
            ("cli", "turns the shared arguments into values"),
            ("server", "joins it to `transport` for --in-process"),
            ("output", "prints the events of a call"),
            ("input", "owns stdin, and drives requests that may be bad"),
            (
                "protobuf",
                "how integers of 64 bits are printed, and messages that calls carry as JSON",
            ),
            ("schema", "keeps the schemas that were learned"),
            ("call", "drives calls"),
            ("transport", "keeps connections"),
            ("certificates", "`-v` shows the server's"),
            ("protocol", "which protocol and codec the arguments ask for"),
            ("framing", "packs requests"),
            ("exit", "the exit code in a status event"),
            ("proto", "Person, the reply for someone who does not exist"),
            ("secret", "`-v` masks secrets in metadata"),
            ("net", "the byte stream of --in-process"),
        ],
    },
    Room {
        name: "config",
        imports: &[
            ("secret", "whether a setting is one"),
            ("units", "durations and sizes"),
        ],
    },
    Room {
        name: "cli",
        imports: &[
            ("exit", "--help shows the exit codes"),
            ("secret", "errors mask passwords of URLs"),
            ("units", "durations and sizes"),
        ],
    },
    Room {
        name: "server",
        imports: &[
            (
                "protobuf",
                "reads the people file, and encodes people of a database",
            ),
            (
                "schema",
                "the bundled schema, which the people file is read by",
            ),
            ("certificates", "reads its own and its clients'"),
            ("protocol", "the deadline in a request's headers"),
            ("framing", "cuts requests out of DATA, and packs replies"),
            ("proto", "the messages of the service"),
            ("net", "host:port, and the byte stream of a connection"),
            ("secret", "masks passwords of databases"),
        ],
    },
    Room {
        name: "output",
        imports: &[
            ("protobuf", "writes messages as JSON and text"),
            (
                "schema",
                "exception: an error in a .proto file is shown with an excerpt of the file",
            ),
            (
                "call",
                "exception: the end of a call is one of the events that are printed",
            ),
            ("framing", "the messages that were sent"),
            ("exit", "exception: a status event holds the exit code"),
            ("secret", "an envelope masks secrets in metadata"),
            ("base64", "binary metadata in an envelope"),
        ],
    },
    Room {
        name: "input",
        imports: &[
            ("protobuf", "reads messages from JSON and text"),
            ("base64", "photo=@file is base64 in JSON"),
            ("secret", "masks a password in the name of a file"),
        ],
    },
    Room {
        name: "protobuf",
        imports: &[
            (
                "schema",
                "presence and openness as editions resolve them, and the nearest name",
            ),
            ("framing", "JSON is a form of the messages that calls carry"),
            ("base64", "bytes in JSON"),
        ],
    },
    Room {
        name: "schema",
        imports: &[
            ("call", "reflection is a call"),
            ("transport", "the connection that the call is made on"),
            ("framing", "what writes the messages of reflection as JSON"),
            ("proto", "the bundled descriptors"),
        ],
    },
    Room {
        name: "call",
        imports: &[
            ("transport", "a call is a stream of a connection"),
            (
                "protocol",
                "what requests and responses of each protocol look like",
            ),
            ("framing", "messages in DATA"),
            ("base64", "grpc-status-details-bin"),
        ],
    },
    Room {
        name: "transport",
        imports: &[
            (
                "certificates",
                "reads a client's, and says what is wrong with a server's",
            ),
            ("net", "host:port, and the byte stream below a connection"),
            ("base64", "-H 'name-bin: value'"),
            ("secret", "masks the password of an address that is none"),
        ],
    },
    Room {
        name: "certificates",
        imports: &[],
    },
    Room {
        name: "protocol",
        imports: &[
            ("framing", "the encodings that headers name"),
            (
                "base64",
                "gRPC-Web as text, and bytes in Connect's JSON and URLs",
            ),
        ],
    },
    Room {
        name: "framing",
        imports: &[],
    },
    Room {
        name: "proto",
        imports: &[],
    },
    Room {
        name: "exit",
        imports: &[],
    },
    Room {
        name: "net",
        imports: &[],
    },
    Room {
        name: "secret",
        imports: &[],
    },
    Room {
        name: "units",
        imports: &[],
    },
    Room {
        name: "base64",
        imports: &[],
    },
    Room {
        name: "error",
        imports: &[],
    },
];

/// What ROOMS never allows, however it grows: the first rooms import none of the second.
const APART: &[(&[&str], &[&str], &str)] = &[
    (
        &["server"],
        &["transport", "call"],
        "the server is not a client: `session` joins the two for --in-process",
    ),
    (
        &["transport", "call"],
        &["server", "schema", "protobuf", "input", "output"],
        "a call carries bytes: it does not matter where they come from and how they are printed",
    ),
    (
        &["schema"],
        &["protobuf", "input", "output"],
        "`protobuf` is built on the schema",
    ),
    (
        &[
            "protobuf",
            "input",
            "output",
            "call",
            "schema",
            "transport",
            "server",
        ],
        &["cli", "session", "commands", "completion"],
        "arguments are plain values before these see them",
    ),
];

/// Modules whose children have an import cycle, and why. A cycle that is gone has to go from here too.
const CYCLES: &[(&str, &str)] = &[(
    "protobuf::layout",
    "is_message_set, which FieldOrExtension needs too, is in `layouts`",
)];

/// Which rooms, or modules of rooms, may name what is outside this crate. Code for tests may name anything.
const OUTSIDE: &[(&str, &[&str], &str)] = &[
    (
        "clap",
        &["main", "commands", "completion", "cli", "shell::assist"],
        "arguments become plain values in `session` and `commands`",
    ),
    (
        "clap_complete",
        &["commands", "completion"],
        "arguments become plain values in `session` and `commands`",
    ),
    (
        "h2",
        &["call", "server", "transport"],
        "each side speaks HTTP/2 in one place",
    ),
    (
        "hyper",
        &[
            "server::connection::http1",
            "server::grpc::http1",
            "server::grpc::stream",
            "server::metrics::http",
            "transport",
        ],
        "calls over HTTP/2 stand on h2: see docs/architecture.md; `transport` and `server` have HTTP/1.1 for calls, `transport` for the tunnels of proxies, too, and scrapers speak HTTP/1",
    ),
    (
        "tonic::transport",
        &[],
        "calls go through `call`, and `server` runs connections by itself",
    ),
    (
        "rusqlite",
        &["server::people::sqlite"],
        "ask the database through server::people::store::Store",
    ),
    (
        "tokio_postgres",
        &["server::people::postgres"],
        "ask the database through server::people::store::Store",
    ),
    (
        "reedline",
        &["shell::prompt"],
        "the rest of the shell works without a terminal: ask prompt::Editor",
    ),
    (
        "crossterm",
        &["shell::prompt"],
        "only the prompt moves the cursor",
    ),
    (
        "std::io::stdout",
        &["output"],
        "stdout carries messages and nothing else: print through the context",
    ),
    (
        "std::io::stderr",
        &["output"],
        "say it through output::Console",
    ),
    (
        "opentelemetry",
        &["server::otlp"],
        "a feature of the server, and off by default",
    ),
    (
        "tracing_subscriber",
        &["output"],
        "what is said through `tracing` is printed in one place, output::log",
    ),
    (
        "std::io::stdin",
        &["input", "output"],
        "stdin has one owner, input::Stdin; `output` only asks whether it is a terminal",
    ),
    (
        "std::io::IsTerminal",
        &["output"],
        "what is a terminal is asked once, by output::Terminal",
    ),
    (
        "std::process::exit",
        &["main"],
        "return an error, so that output is written and calls are cancelled",
    ),
    (
        "tokio::runtime",
        &["main", "completion", "server", "bench"],
        "`main` owns the runtime; a completion, which runs before it, and the threads of `serve` and `bench` have their own",
    ),
];

const TABLES: &str = "tests/architecture/main.rs";
const PAGE: &str = "docs/architecture.md";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

static IMPORTS: LazyLock<Imports> = LazyLock::new(|| Imports::read(&root()));

/// The position of a room from the top.
fn rank(name: &str) -> Option<usize> {
    ROOMS.iter().position(|room| room.name == name)
}

/// The imports between rooms.
fn between_rooms() -> impl Iterator<Item = (&'static str, &'static str, &'static Import)> {
    IMPORTS.inside.iter().filter_map(|import| {
        let (from, to) = (import.from.first()?, import.to.first()?);
        (from != to).then_some((from.as_str(), to.as_str(), import))
    })
}

/// Fails with these complaints.
#[track_caller]
fn report(complaints: &BTreeSet<String>) {
    let complaints: Vec<&str> = complaints.iter().map(String::as_str).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let rooms: BTreeSet<&str> = IMPORTS
        .inside
        .iter()
        .flat_map(|import| [import.from.first(), import.to.first()])
        .flatten()
        .map(String::as_str)
        .collect();
    let unknown = rooms.into_iter().filter(|room| rank(room).is_none());
    report(
        &unknown
            .map(|room| format!("src/{room} is not in ROOMS in {TABLES}: add it, and to {PAGE}"))
            .collect(),
    );
}

#[test]
fn rooms_import_what_the_table_allows() {
    let mut complaints = BTreeSet::new();
    for (from, to, import) in between_rooms() {
        let (Some(above), Some(below)) = (rank(from), rank(to)) else {
            continue;
        };
        let listed = ROOMS[above].imports.iter().any(|(room, _)| *room == to);
        // Tests may build what they need from anything further down.
        let allowed = to == "error" || listed || (import.is_test && below > above);
        if allowed {
            continue;
        }
        let place = &import.place;
        complaints.insert(if below > above {
            format!(
                "{place}: ROOMS does not let `{from}` import `{to}`. Take what is needed as an argument; or, if the import is \
                 right, add it with its reason to ROOMS in {TABLES}, and to {PAGE}"
            )
        } else {
            format!(
                "{place}: `{from}` may not import `{to}`, which is above it. Move what both need further down, or take \
                 it as an argument"
            )
        });
    }
    report(&complaints);
}

#[test]
fn the_table_allows_nothing_that_is_not_used() {
    let used: BTreeSet<(&str, &str)> = between_rooms()
        .filter(|(_, _, import)| !import.is_test)
        .map(|(from, to, _)| (from, to))
        .collect();
    let listed = ROOMS.iter().flat_map(|room| {
        let imports = room.imports.iter();
        imports.map(|(to, _)| (room.name, *to))
    });
    report(
        &listed
            .filter(|import| !used.contains(import))
            .map(|(from, to)| {
                format!("`{from}` does not import `{to}` any more: remove that from ROOMS in {TABLES}, and from {PAGE}")
            })
            .collect(),
    );
}

#[test]
fn the_table_goes_one_way() {
    for (above, room) in ROOMS.iter().enumerate() {
        for (to, reason) in room.imports {
            let below = rank(to).expect(to);
            assert!(
                below > above,
                "`{}` imports `{to}` in ROOMS, which is above it",
                room.name
            );
            assert!(
                !reason.is_empty(),
                "`{}` imports `{to}` without a reason",
                room.name
            );
        }
    }
}

#[test]
fn rooms_that_stand_apart_do_not_import_each_other() {
    for (rooms, others, reason) in APART {
        for room in *rooms {
            for (to, _) in ROOMS[rank(room).expect(room)].imports {
                assert!(
                    !others.contains(to),
                    "ROOMS lets `{room}` import `{to}`: {reason}"
                );
            }
        }
    }
}

#[test]
fn only_main_and_the_shell_import_the_commands() {
    for room in ROOMS {
        let imports_them = room.imports.iter().any(|(to, _)| *to == "commands");
        let may = ["main", "shell"].contains(&room.name);
        assert_eq!(imports_them, may, "`{}`", room.name);
    }
}

#[test]
fn what_is_outside_is_named_where_the_table_says() {
    let mut complaints = BTreeSet::new();
    for outside in IMPORTS.outside.iter().filter(|outside| !outside.is_test) {
        let path = outside.path.join("::");
        let module = outside.from.join("::");
        for (name, rooms, instead) in OUTSIDE {
            let is_below = path
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            let is_allowed = rooms.iter().any(|room| {
                module
                    .strip_prefix(room)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            if is_below && !is_allowed {
                complaints.insert(format!(
                    "{}: `{module}` may not use {path}: {instead} (OUTSIDE in {TABLES})",
                    outside.place
                ));
            }
        }
    }
    report(&complaints);
}

/// The imports between the children of every module, but for tests: those may use whatever is near.
fn between_siblings() -> Vec<Edge<'static>> {
    edges(IMPORTS.inside.iter().filter(|import| !import.is_test))
}

#[test]
fn modules_have_no_import_cycles() {
    let edges = between_siblings();
    let parents: BTreeSet<&str> = edges.iter().map(|edge| edge.parent.as_str()).collect();
    let mut complaints = BTreeSet::new();
    for parent in parents {
        let known = CYCLES.iter().any(|(module, _)| *module == parent);
        if !known && let Some(cycle) = cycle(parent, &edges) {
            complaints.insert(format!(
                "the modules of {parent} have an import cycle: move what two of them need into a third\n{cycle}"
            ));
        }
    }
    report(&complaints);
}

#[test]
fn every_known_import_cycle_exists() {
    let edges = between_siblings();
    for (module, _) in CYCLES {
        assert!(
            cycle(module, &edges).is_some(),
            "the import cycle in {module} is gone: remove it from CYCLES in {TABLES}"
        );
    }
}

/// A table row of the page: `| \`room\` | what is in it | imports |`.
fn row<'a>(page: &'a str, room: &str) -> Option<Vec<&'a str>> {
    let start = format!("| `{room}` |");
    let line = page.lines().find(|line| line.starts_with(&start))?;
    Some(line.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_page_lists_the_rooms_and_their_imports() {
    let page = std::fs::read_to_string(root().join(PAGE)).expect(PAGE);
    for room in ROOMS {
        let names: Vec<String> = room
            .imports
            .iter()
            .map(|(to, _)| format!("`{to}`"))
            .collect();
        let imports = match names.as_slice() {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        let row =
            row(&page, room.name).unwrap_or_else(|| panic!("{PAGE} has no row `{}`", room.name));
        assert_eq!(
            row.last(),
            Some(&imports.as_str()),
            "{PAGE}: `{}`",
            room.name
        );
    }
}

#[test]
fn paths_that_the_documentation_names_exist() {
    let pages = [PAGE, "CONTRIBUTING.md", "README.md"];
    let mut complaints = BTreeSet::new();
    for page in pages {
        let text = std::fs::read_to_string(root().join(page)).expect(page);
        for path in text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| is_path(code))
        {
            if !root().join(path).exists() {
                complaints.insert(format!("{page}: there is no {path}"));
            }
        }
    }
    report(&complaints);
}

/// Whether a piece of code is the path of one of our files.
fn is_path(code: &str) -> bool {
    let folders = ["src", "tests", "docs", "benches", "fuzz", "protos", ".ci"];
    let folder = Path::new(code).iter().next();
    folders.iter().any(|name| folder == Some(name.as_ref()))
        && code.contains('/')
        && !code.contains([' ', '*', '<', '{', '…'])
}
