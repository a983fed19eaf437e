//! How replies look: the flags of the output group.

use super::harness::{ALICE, ALICE_JSON, BOB, routeguide};

/// What `get-people` prints for Alice with these flags.
#[track_caller]
fn printed(flags: &[&str]) -> String {
    let outcome = routeguide(["get-people", "--in-process", "Alice"])
        .args(flags)
        .run();
    outcome.exits(0).says("");
    outcome.stdout
}

/// The same for a person with only a name.
#[track_caller]
fn printed_eve(flags: &[&str]) -> String {
    let (_folder, people) = super::harness::people_file(r#"{"name": "Eve"}"#);
    let outcome = routeguide(["get-people", "--in-process", "Eve", "--people"])
        .arg(&people)
        .args(flags)
        .run();
    outcome.exits(0).says("");
    outcome.stdout
}

#[test]
fn a_pipe_gets_one_message_per_line() {
    assert_eq!(printed(&[]), ALICE);
    assert_eq!(printed(&["-o", "text"]), ALICE);
    assert_eq!(printed(&["-o", "json"]), ALICE_JSON);
    assert_eq!(printed(&["--output=json", "--compact"]), ALICE_JSON);
}

#[test]
fn pretty_also_indents_in_a_pipe() {
    assert_eq!(
        printed(&["--pretty"]),
        "name: \"Alice\"\nage: 30\ngender: FEMALE\nhobbies: \"reading\"\nhobbies: \"swimming\"\n\
         address {\n  street: \"123 Main St\"\n  city: \"New York\"\n}\n"
    );
    assert_eq!(
        printed(&["--pretty", "-o", "json"]),
        "{\n  \"name\": \"Alice\",\n  \"age\": 30,\n  \"gender\": \"FEMALE\",\n  \"hobbies\": [\n    \
         \"reading\",\n    \"swimming\"\n  ],\n  \"address\": {\n    \"street\": \"123 Main St\",\n    \
         \"city\": \"New York\"\n  }\n}\n"
    );
}

#[test]
fn a_blank_line_or_braces_separate_indented_messages() {
    let both = |format: &str| {
        let outcome = routeguide(["get-people", "--in-process", "Alice", "Bob"])
            .args(["--pretty", "-o", format])
            .run();
        outcome.exits(0);
        outcome.stdout
    };
    assert!(both("text").contains("}\n\nname: \"Bob\"\n"));
    assert!(both("json").contains("}\n{\n  \"name\": \"Bob\""));
}

#[test]
fn fields_with_their_default_value_are_omitted_by_default() {
    assert_eq!(printed_eve(&[]), "name: \"Eve\"\n");
    assert_eq!(printed_eve(&["-o", "json"]), "{\"name\":\"Eve\"}\n");
    assert_eq!(
        printed_eve(&["-o", "json", "--emit-defaults"]),
        "{\"name\":\"Eve\",\"age\":0,\"gender\":\"UNKNOWN\",\"hobbies\":[]}\n"
    );
    let text = printed_eve(&["--emit-defaults"]);
    assert!(text.contains("age: 0 gender: UNKNOWN"), "{text}");
}

#[test]
fn enum_numbers_prints_enums_as_numbers() {
    assert_eq!(
        printed(&["-o", "json", "--enum-numbers"]),
        ALICE_JSON.replace("\"FEMALE\"", "2")
    );
}

#[test]
fn proto_names_does_not_change_names_of_one_word() {
    assert_eq!(printed(&["-o", "json", "--proto-names"]), ALICE_JSON);
}

#[test]
fn a_pipe_gets_color_only_on_request() {
    for format in ["text", "json"] {
        let plain = printed(&["-o", format]);
        assert_eq!(printed(&["-o", format, "--color", "never"]), plain);
        assert_eq!(printed(&["-o", format, "--color", "auto"]), plain);
        let colored = printed(&["-o", format, "--color", "always"]);
        assert!(colored.contains('\u{1b}'), "{colored:?}");
        assert_eq!(
            anstream::adapter::strip_str(&colored).to_string(),
            plain,
            "color adds nothing else"
        );
    }
}

#[test]
fn errors_have_color_on_request() {
    let outcome = routeguide(["get-person", "--in-process", "Zoe", "--color", "always"]).run();
    outcome
        .exits(69)
        .says("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m NOT_FOUND: no person named \"Zoe\"\n");
}

#[test]
fn piped_output_keeps_every_character_of_a_name() {
    let name = "Zoë \u{202e}\u{9b}\t\"\\";
    let json = serde_json::to_string(&serde_json::json!({ "name": name })).unwrap();
    let (_folder, people) = super::harness::people_file(&json);
    let outcome = routeguide(["get-person", "--in-process", name, "-o", "json", "--people"])
        .arg(&people)
        .run();
    outcome.exits(0);
    let person: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(person["name"], name);
}

#[test]
fn stdout_carries_messages_and_nothing_else() {
    let outcome = routeguide(["get-people", "--in-process", "-v", "Zoe", "Alice", "Bob"]).run();
    outcome.exits(0).prints(&[ALICE, BOB].concat());
}

#[test]
fn color_holds_for_errors_in_the_arguments() {
    let wrong = |color| {
        routeguide(["list", "--no-such-flag", "--color", color])
            .env("CLICOLOR_FORCE", "1")
            .run()
            .exits(2)
            .stderr
            .contains('\u{1b}')
    };
    assert!(wrong("auto"));
    assert!(wrong("always"));
    assert!(!wrong("never"));
}

/// A limit on the size of files lets every write to one fail.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_a_failure_and_ends_a_batch() {
    let folder = super::harness::Folder::new();
    let input = folder.write(
        "input",
        "{\"nope\":1}\n".to_owned() + &"{\"name\":\"Bob\"}\n".repeat(100),
    );
    for arguments in [
        "get-person Alice",
        "get-person Alice -v",
        "get-people Alice Bob -v",
        "call GetPerson --keep-going -v -d @$1",
        "call GetPerson --keep-going -d @$1",
        "call GetPerson --keep-going -o envelope --concurrency 4 -d @$1",
    ] {
        let script =
            format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" {arguments} --in-process > \"$2\"");
        let run = std::process::Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_routeguide")])
            .arg(&input)
            .arg(folder.join("output"))
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{arguments}: {said}");
        let failures = said
            .matches("error: cannot write to standard output")
            .count();
        assert_eq!(failures, 1, "{arguments}: {said}");
        // It is the end of a batch.
        assert!(said.matches("* status").count() <= 1, "{arguments}: {said}");
    }
}
