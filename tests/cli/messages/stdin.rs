//! `get-people`: names that cannot be read, and names without a reply.

use insta::assert_snapshot;

use super::super::harness::{Folder, Outcome, routeguide};
use super::{Transcript, transcript};

/// Looks up the names in `input`.
#[track_caller]
fn get_people(flags: &[&str], input: &[u8]) -> Outcome {
    routeguide(["get-people", "--in-process"])
        .args(flags)
        .run_with(input)
}

#[test]
fn a_name_that_is_not_utf_8() {
    assert_snapshot!(get_people(&[], b"Alice\nZo\xeb\n").snapshot(), @r#"
    exit code: 1
    ----- stdout -----
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    ----- stderr -----
    error: standard input, line 2: not valid UTF-8 (byte 3)
    "#);
    assert_snapshot!(get_people(&["-0"], b"Alice\0Zo\xeb\0").snapshot(), @r#"
    exit code: 1
    ----- stdout -----
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    ----- stderr -----
    error: standard input, name 2: not valid UTF-8 (byte 3)
    "#);
}

#[test]
fn a_name_that_is_too_long() {
    let long = "x".repeat(64 * 1024 + 1);
    let lines = get_people(&[], format!("Alice\n{long}\n").as_bytes());
    assert_snapshot!(lines.snapshot(), @r#"
    exit code: 1
    ----- stdout -----
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    ----- stderr -----
    error: standard input, line 2: longer than 64 KiB
    hint: names are separated by newlines; for NUL-separated names use -0
    "#);
    let names = get_people(&["-0"], format!("Alice\0{long}\0").as_bytes());
    assert_snapshot!(names.snapshot(), @r#"
    exit code: 1
    ----- stdout -----
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    ----- stderr -----
    error: standard input, name 2: longer than 64 KiB
    "#);
}

#[test]
fn stdin_that_cannot_be_read() {
    let folder = Folder::new();
    let outcome = routeguide(["get-people", "--in-process"])
        .stdin(std::fs::File::open(folder.path()).unwrap())
        .start()
        .wait();
    assert_snapshot!(outcome.snapshot(), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: cannot read standard input
      caused by: is a directory
    ");
}

#[test]
fn names_without_a_reply() {
    let many: Vec<String> = (1..=12).map(|n| format!("unknown-{n}")).collect();
    let get_people = || routeguide(["get-people", "--in-process"]);
    assert_snapshot!(transcript([
        get_people().args(["Zoe", "Alice", "Yan"]),
        get_people().args(["Zoe"]),
        get_people().args(["--strict", "Zoe"]),
        get_people().args(&many),
        get_people().arg("x".repeat(61)),
    ]), @r#"
    $ routeguide get-people --in-process Zoe Alice Yan
    [stdout]
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    [stderr]
    2 of 3 names had no reply: "Zoe", "Yan"

    $ routeguide get-people --in-process Zoe
    1 of 1 name had no reply: "Zoe"

    $ routeguide get-people --in-process --strict Zoe
    error: NOT_FOUND: 1 of 1 name had no reply: "Zoe"
    [exit code 69]

    $ routeguide get-people --in-process unknown-1 unknown-2 unknown-3 unknown-4 unknown-5 unknown-6 unknown-7 unknown-8 unknown-9 unknown-10 unknown-11 unknown-12
    12 of 12 names had no reply: "unknown-1", "unknown-2", "unknown-3", "unknown-4", "unknown-5", "unknown-6", "unknown-7", "unknown-8", "unknown-9", "unknown-10", …

    $ routeguide get-people --in-process xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    1 of 1 name had no reply: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"…
    "#);
}

#[test]
fn a_file_in_the_place_of_a_name() {
    let folder = Folder::new();
    folder.write("names.txt", "Alice\n");
    assert_snapshot!(
        routeguide(["get-people", "--in-process", "names.txt"]).within(&folder).run().stderr,
        @r#"
    1 of 1 name had no reply: "names.txt"
    names.txt is a file: < names.txt reads names from it
    "#
    );
}

#[test]
fn a_person_who_is_not_there() {
    assert_snapshot!(transcript([routeguide(["get-person", "Zoe", "--in-process"])]), @r#"
    $ routeguide get-person Zoe --in-process
    error: NOT_FOUND: no person named "Zoe"
    [exit code 69]
    "#);
}

#[test]
fn input_from_a_terminal() {
    use super::super::harness::{CTRL_D, Terminal};
    let mut transcript = Transcript::default();
    for args in [
        &["get-people", "--in-process"][..],
        &["call", "GetPeople", "-d", "@-", "--in-process"],
        &["call", "GetPeople", "name=@-", "--in-process"],
    ] {
        let mut terminal = Terminal::open();
        let program = routeguide(args);
        let heading = format!("$ {}", program.command_line());
        let run = program.stdin(terminal.stdio()).start();
        terminal.types(CTRL_D);
        transcript.add(&heading, &run.wait());
    }
    assert_snapshot!(transcript, @"
    $ routeguide get-people --in-process
    reading names from the terminal, one per line; Ctrl-D ends the input

    $ routeguide call GetPeople -d @- --in-process
    reading Name messages from the terminal; Ctrl-D ends the input

    $ routeguide call GetPeople name=@- --in-process
    reading a field from the terminal; Ctrl-D ends it
    ");
}
