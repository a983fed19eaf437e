//! `--help`, and a run without arguments.

use std::path::Path;

#[cfg(target_os = "linux")]
use super::harness::Stdout;
use super::harness::routeguide;
use routeguide::exit;

#[test]
fn help_shows_the_exit_codes() {
    let outcome = routeguide(["--help"]).run();
    outcome.exits(0).says("");
    let codes: Vec<_> = outcome
        .stdout
        .lines()
        .skip_while(|line| *line != "Exit codes:")
        .skip(1)
        .collect();
    assert!(
        codes.len() > 4 && codes.iter().all(|line| line.starts_with("  ")),
        "the rows are indented: {codes:#?}"
    );
    let text = codes.join(" ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (code, meaning) in exit::CODES {
        assert!(
            text.contains(&format!("{code} {meaning}")),
            "{code}: {text}"
        );
    }
}

#[test]
fn tables_stay_tables_on_a_narrow_terminal() {
    for arguments in [&["--help"][..], &["get-person", "--help"]] {
        let outcome = routeguide(arguments).env("COLUMNS", "40").run();
        let help = outcome.exits(0).stdout.clone();
        assert!(help.contains("\n  2       wrong usage\n"), "{help}");
        assert!(
            help.contains("\n  64 + n  the RPC ended with gRPC status\n          n: 69 "),
            "{help}"
        );
    }
}

/// The commands that --help lists, of the program or of a command with commands of its own.
fn commands(of: &[&str]) -> Vec<String> {
    let help = routeguide(of).arg("--help").run().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// Compares a help text with its file in tests/cli/snapshots; the harness's module `snapshot` says how to accept a
/// changed one.
#[track_caller]
fn has_this_help(name: &str, args: &[&str]) {
    let outcome = routeguide(args).run();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!("routeguide {}", args.join(" ")));
    settings.bind(|| insta::assert_snapshot!(name, outcome.snapshot()));
}

#[test]
fn the_program_has_this_help() {
    has_this_help("help", &["--help"]);
    has_this_help("help-short", &["-h"]);
}

#[test]
fn every_command_has_this_help() {
    let mut snapshots = vec!["help.snap".to_owned(), "help-short.snap".to_owned()];
    let of_people = commands(&["people"]).into_iter();
    let of_people = of_people.map(|command| format!("people {command}"));
    for command in commands(&[]).into_iter().chain(of_people) {
        for (name, flag) in [("help", "--help"), ("help-short", "-h")] {
            let name = format!("{name}-{}", command.replace(' ', "-"));
            // `help` takes commands. With a flag, it shows the help of the program.
            if command != "help" {
                let words: Vec<&str> = command.split(' ').chain([flag]).collect();
                has_this_help(&name, &words);
                snapshots.push(format!("{name}.snap"));
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let known = !file.starts_with("help") || snapshots.contains(&file);
        assert!(known, "{file} does not belong to a command");
    }
}

#[test]
fn the_version_is_printed() {
    routeguide(["--version"]).run().exits(0).prints(concat!(
        "routeguide ",
        env!("CARGO_PKG_VERSION"),
        "\n"
    ));
}

#[test]
fn no_arguments_print_help_and_are_wrong_usage() {
    routeguide([""; 0])
        .run()
        .exits(2)
        .prints("")
        .says(&routeguide(["-h"]).run().stdout);
}

/// What prints a text of the program, without a server.
#[cfg(target_os = "linux")]
const PRINTS: [&[&str]; 7] = [
    &["--help"],
    &["-h"],
    &["--version"],
    &["help", "call"],
    &["call", "--help"],
    &["completions", "bash"],
    &["man"],
];

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_also_for_help() {
    for args in PRINTS {
        let full = std::fs::File::create("/dev/full").unwrap();
        routeguide(args)
            .stdout(Stdout::Given(full.into()))
            .run()
            .exits(1)
            .says("error: cannot write to standard output\n  caused by: no space left on device\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_goes_away_ends_help_quietly() {
    for args in PRINTS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        routeguide(args)
            .stdout(Stdout::Given(writer.into()))
            .run()
            .exits(0)
            .says("");
    }
}
