//! Help, and what is said to a command line that makes no sense.

use super::harness::routeguide;
use routeguide::exit;

#[test]
fn help_shows_the_exit_codes() {
    let outcome = routeguide(["--help"]).run();
    outcome.exits(0).says("");
    assert!(outcome.stdout.contains(exit::TABLE), "{}", outcome.stdout);
    let codes: Vec<_> = outcome
        .stdout
        .lines()
        .skip_while(|line| *line != "Exit codes:")
        .skip(1)
        .collect();
    assert!(
        codes.len() > 4 && codes.iter().all(|line| line.starts_with("  ")),
        "the rows stand below each other: {codes:#?}"
    );
}

#[test]
fn every_command_has_help() {
    for command in ["serve", "get-person", "get-people", "completions", "man"] {
        let outcome = routeguide([command, "--help"]).run();
        outcome.exits(0).says("");
        assert!(
            outcome
                .stdout
                .contains(&format!("Usage: routeguide {command}")),
            "{}",
            outcome.stdout
        );
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
        .mentions("Usage: routeguide <COMMAND>")
        .mentions("get-people");
}

#[test]
fn a_mistyped_command_is_wrong_usage_and_is_offered_the_nearest() {
    routeguide(["get-persn"])
        .run()
        .exits(2)
        .prints("")
        .mentions("'get-person'");
}

#[test]
fn a_mistyped_flag_is_wrong_usage_and_is_offered_the_nearest() {
    routeguide(["get-people", "--max-mesages", "3"])
        .run()
        .exits(2)
        .prints("")
        .mentions("'--max-messages'");
}
