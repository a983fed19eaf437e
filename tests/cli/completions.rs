//! `completions`: the scripts, and their copies in completions/ for packages.

use std::path::PathBuf;

#[cfg(unix)]
use super::harness::Terminal;
use super::harness::{ALICE, Echo, Folder, Program, RawServer, Server, routeguide};

const SHELLS: [(&str, &str); 6] = [
    ("bash", "routeguide.bash"),
    ("zsh", "_routeguide"),
    ("fish", "routeguide.fish"),
    ("powershell", "_routeguide.ps1"),
    ("elvish", "routeguide.elv"),
    ("nushell", "routeguide.nu"),
];

/// Rewrites the files, if set, instead of comparing them.
const UPDATE: &str = "UPDATE_GENERATED";

#[track_caller]
fn script(shell: &str) -> String {
    let outcome = routeguide(["completions", shell]).run();
    outcome.exits(0).says("");
    outcome.stdout
}

#[test]
fn the_committed_completions_are_fresh() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("completions");
    let mut stale = Vec::new();
    for (shell, file) in SHELLS {
        let path = folder.join(file);
        let fresh = script(shell);
        if std::env::var_os(UPDATE).is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, fresh).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != fresh {
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "stale in completions/: {}; refresh them with `{UPDATE}=1 cargo test completions`",
        stale.join(", ")
    );
}

#[test]
fn a_script_that_cannot_run_the_program_has_the_commands() {
    let script = script("nushell");
    for command in [
        "serve",
        "get-person",
        "get-people",
        "call",
        "completions",
        "man",
    ] {
        assert!(script.contains(command), "{command}");
    }
}

/// The candidates for a TAB at the end of these words.
#[track_caller]
fn offered(words: &[&str]) -> Vec<String> {
    let outcome = asked(words).run();
    outcome.exits(0).says("");
    outcome.stdout.lines().map(str::to_owned).collect()
}

/// What the script for elvish runs: candidates without descriptions.
fn asked(words: &[&str]) -> Program {
    routeguide(["--", "routeguide"])
        .args(words)
        .env("COMPLETE", "elvish")
}

#[test]
fn a_tab_offers_the_commands() {
    let offered = offered(&["get-"]);
    assert_eq!(offered, ["get-person", "get-people"]);
}

#[test]
fn a_tab_offers_the_methods_of_the_server() {
    let server = Server::start();
    let offered = offered(&["call", "-a", server.addr(), "Rou"]);
    assert_eq!(offered, ["RouteGuide/GetPeople", "RouteGuide/GetPerson"]);
}

/// `bench METHOD` and `bench report`.
#[test]
fn a_tab_offers_methods_and_commands_where_both_may_follow() {
    let server = Server::start();
    let addr = server.addr();
    let all = offered(&["bench", "-a", addr, ""]);
    assert!(all.contains(&"RouteGuide/GetPerson".to_owned()) && all.contains(&"report".to_owned()));
    assert_eq!(offered(&["bench", "-a", addr, "GetPeo"]), ["GetPeople"]);
    let field = offered(&["bench", "-a", addr, "GetPerson", "na"]);
    assert_eq!(field, ["name="]);
}

#[test]
fn a_tab_offers_methods_by_their_short_names() {
    let server = Server::start();
    let offered = offered(&["call", "-a", server.addr(), "GetPeo"]);
    assert_eq!(offered, ["GetPeople"]);
}

#[test]
fn a_tab_offers_services_and_symbols_by_their_short_names() {
    let echo = Echo::start();
    let list = |word| offered(&["list", "-a", &echo.addr(), word]);
    let describe = |word| offered(&["describe", "-a", &echo.addr(), word]);
    assert_eq!(list("Mirr"), ["Mirror"]);
    assert_eq!(list("test.echo.v1.M"), ["test.echo.v1.Mirror"]);
    assert_eq!(describe("Quo"), ["Quota"]);
}

#[test]
fn a_tab_offers_the_methods_of_a_service_that_is_described() {
    let describe = |word| offered(&["describe", "--in-process", word]);
    assert_eq!(
        describe("RouteGuide/"),
        ["RouteGuide/GetPeople", "RouteGuide/GetPerson"]
    );
    assert_eq!(describe("RouteGuide.GetPer"), ["RouteGuide.GetPerson"]);
}

#[test]
fn a_tab_offers_members_of_the_type_that_is_described_after_its_dot() {
    let echo = Echo::start();
    let describe = |word| offered(&["describe", "-a", &echo.addr(), word]);
    assert_eq!(describe("Address."), ["Address.city", "Address.street"]);
    assert_eq!(describe("Color.COLOR_R"), ["Color.COLOR_RED"]);
    assert!(describe("ci").is_empty());
}

#[test]
fn a_tab_offers_the_fields_of_the_request() {
    let offered = offered(&["call", "--in-process", "GetPerson", ""]);
    assert!(offered.contains(&"name=".to_owned()), "{offered:?}");
}

#[test]
fn a_tab_offers_the_values_of_a_flag() {
    assert_eq!(
        offered(&["call", "-o", ""]),
        ["text", "json", "envelope", "raw"]
    );
    assert!(
        offered(&["call", "-H", "auth"])
            .iter()
            .any(|header| header == "authorization:")
    );
}

#[test]
fn a_tab_offers_the_cached_schema_of_a_server_that_is_gone() {
    let cache = Folder::new();
    let server = Server::start();
    let addr = server.addr().to_owned();
    let ask = || {
        asked(&["call", "-a", &addr, "RouteGuide/GetPer"])
            .env("XDG_CACHE_HOME", cache.path())
            .env("HOME", cache.path())
            .run()
    };
    ask().exits(0).prints("RouteGuide/GetPerson");
    drop(server);
    ask().exits(0).prints("RouteGuide/GetPerson");
}

#[test]
fn a_tab_at_a_server_that_never_answers_offers_nothing() {
    let server = RawServer::silent();
    assert!(offered(&["call", "-a", &server.addr(), "Rou"]).is_empty());
}

#[test]
fn a_method_is_found_without_its_package() {
    let echo = Echo::start();
    let offered = offered(&["call", "-a", &echo.addr(), "Echo/Un"]);
    assert_eq!(offered, ["Echo/Unary"]);
}

#[test]
fn elements_of_a_list_of_messages_have_an_index() {
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/protos");
    let proto = Folder::new();
    let file = proto.write(
        "trip.proto",
        r#"syntax = "proto3";
        message Trip { repeated Stop stops = 1; map<string, Stop> named = 2; }
        message Stop { string city = 1; repeated int32 days = 2; }
        service Trips { rpc Plan(Trip) returns (Trip); }"#,
    );
    let file = file.display().to_string();
    let offered = |typed: &[&str]| {
        let words = ["call", "-I", schemas, "--proto", &file, "Plan"];
        offered(&[&words, typed].concat())
    };
    assert_eq!(offered(&[""]), ["stops[0].", "named["]);
    assert_eq!(
        offered(&["stops[0].city=A", "st"]),
        ["stops[0].", "stops[1]."]
    );
    assert_eq!(
        offered(&["stops[0].city=A", "stops[0]."]),
        ["stops[0].days[]="]
    );
    assert_eq!(offered(&["named[a].c"]), ["named[a].city="]);
}

#[test]
fn a_name_that_acts_on_a_terminal_is_not_offered() {
    let folder = Folder::new();
    folder.write("a\u{1b}[2J.json", "");
    folder.write("a\u{202e}b.json", "");
    folder.write("ab.json", "");
    let outcome = asked(&["call", "-d", "@a"]).within(&folder).run();
    outcome.exits(0).prints("@ab.json");
}

#[test]
fn a_tab_offers_the_services_whose_health_can_be_asked() {
    assert_eq!(offered(&["health", "--in-process", ""]), ["RouteGuide"]);
}

#[cfg(unix)]
#[test]
fn an_address_that_was_used_at_a_terminal_is_offered() {
    let server = Server::start();
    let cache = Folder::new();
    let terminal = Terminal::open();
    let offered = || {
        let program = asked(&["list", "-a", "127."]).env("XDG_CACHE_HOME", cache.path());
        program.env("HOME", cache.path()).run().stdout
    };
    let used = || {
        let program = routeguide(["list"]).at(server.addr());
        program
            .env("XDG_CACHE_HOME", cache.path())
            .env("HOME", cache.path())
    };
    used().run().exits(0);
    assert_eq!(offered(), "", "a script has used it");
    used().stderr(terminal.stdio()).run().exits(0);
    assert_eq!(offered(), server.addr());
}

#[test]
fn a_flag_that_is_given_is_not_offered_again_unless_it_may_repeat() {
    let offered = offered(&["call", "--pretty", "-H", "a: b", "--"]);
    let has = |flag: &str| offered.iter().any(|it| it == flag);
    assert!(
        !has("--pretty") && has("--header") && has("--compact"),
        "{offered:?}"
    );
}

#[test]
fn without_the_form_of_a_request_the_variable_of_the_shells_means_nothing() {
    routeguide(["get-person", "--in-process", "Alice"])
        .env("COMPLETE", "bash")
        .run()
        .exits(0)
        .prints(ALICE);
}
