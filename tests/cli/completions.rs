//! `completions`: the scripts, and their copies in completions/ for packages.

use std::path::PathBuf;

use super::harness::{Program, Server, routeguide};

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

/// What the script for bash runs.
fn asked(words: &[&str]) -> Program {
    routeguide(["--", "routeguide"])
        .args(words)
        .env("COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
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

#[test]
fn a_tab_offers_methods_by_their_short_names() {
    let server = Server::start();
    let offered = offered(&["call", "-a", server.addr(), "GetPeo"]);
    assert_eq!(offered, ["GetPeople"]);
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
            .any(|header| header.starts_with("authorization"))
    );
}

#[test]
fn a_tab_offers_the_cached_schema_of_a_server_that_is_gone() {
    let cache = super::harness::Folder::new();
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
    let server = super::harness::RawServer::silent();
    assert!(offered(&["call", "-a", &server.addr(), "Rou"]).is_empty());
}

/// Makes a shell parse its script without running it.
#[cfg(unix)]
#[track_caller]
fn parses(shell: &str, flag: &str) {
    let folder = super::harness::Folder::new();
    let path = folder.write("script", script(shell));
    let output = std::process::Command::new(shell)
        .arg(flag)
        .arg(&path)
        .output()
        .expect(shell);
    assert!(output.status.success(), "{shell}: {output:?}");
}

#[cfg(unix)]
#[test]
fn bash_can_parse_its_script() {
    parses("bash", "-n");
}

#[cfg(unix)]
#[test]
#[ignore = "needs zsh"]
fn zsh_can_parse_its_script() {
    parses("zsh", "-n");
}

#[cfg(unix)]
#[test]
#[ignore = "needs fish"]
fn fish_can_parse_its_script() {
    parses("fish", "--no-execute");
}
