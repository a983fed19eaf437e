//! A people file that cannot be used.

use insta::assert_snapshot;

use super::super::harness::{Folder, routeguide};
use super::{Transcript, transcript};

/// Looks up Alice in people files with these contents.
#[track_caller]
fn in_files(contents: &[&str]) -> String {
    let folder = Folder::new();
    let mut transcript = Transcript::default();
    for content in contents {
        folder.write("people.json", content);
        let program = routeguide(["get-person", "Alice", "--in-process"])
            .args(["--people", "people.json"])
            .within(&folder);
        transcript.add(&format!("# {}", content.escape_debug()), &program.run());
    }
    transcript.to_string()
}

#[test]
fn it_cannot_be_read() {
    let folder = Folder::new();
    std::fs::create_dir(folder.join("people.json")).unwrap();
    folder.write(
        "latin1.json",
        b"{\"name\": \"Alice\"}\n{\"name\": \"Zo\xeb\"}\n",
    );
    let serve = |file: &str| routeguide(["serve", "--people", file]).within(&folder);
    assert_snapshot!(transcript([
        serve("nowhere.json"),
        serve("people.json"),
        serve("latin1.json"),
    ]), @"
    $ routeguide serve --people nowhere.json
    error: cannot read people file nowhere.json
      caused by: no such file or directory
    [exit code 1]

    $ routeguide serve --people people.json
    error: cannot read people file people.json
      caused by: is a directory
    [exit code 1]

    $ routeguide serve --people latin1.json
    error: people file latin1.json, line 2: invalid UTF-8
    [exit code 1]
    ");
}

#[test]
fn it_is_not_json() {
    assert_snapshot!(in_files(&[
        "Alice\n",
        "{\"name\": \"Eve\"}\n5\n",
        "[{\"name\": \"Eve\"},\n[]]",
        r#"[{"name": "Eve"}, {"name": "Max"}"#,
        r#"[{"name": "Eve"} {"name": "Max"}]"#,
        r#"[{"name": "Eve"}] 5"#,
    ]), @r#"
    # Alice\n
    error: people file people.json, line 1, column 1: expected an object for Person, found `Alice`
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # {\"name\": \"Eve\"}\n5\n
    error: people file people.json, line 2, column 1: expected an object for Person, found number 5
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # [{\"name\": \"Eve\"},\n[]]
    error: people file people.json, line 2, column 1: expected an object for Person, found an array
    hint: write messages one after the other, without an array around them
    [exit code 1]

    # [{\"name\": \"Eve\"}, {\"name\": \"Max\"}
    error: people file people.json, line 1, column 34: unexpected end of JSON, expected `]`
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # [{\"name\": \"Eve\"} {\"name\": \"Max\"}]
    error: people file people.json, line 1, column 18: expected `]`, found an object
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # [{\"name\": \"Eve\"}] 5
    error: people file people.json, line 1, column 19: expected the end, found number 5
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]
    "#);
}

#[test]
fn it_does_not_hold_people() {
    assert_snapshot!(in_files(&[
        r#"{"name": "Eve", "agee": 7}"#,
        r#"{"name": "Eve", "age": "old"}"#,
        r#"{"name": "Eve", "gender": "OTHER"}"#,
        r#"{"age": 7}"#,
        r#"{"name": "Not Found"}"#,
        "{\"name\": \"Eve\"}\n{\"name\": \"Eve\"}",
    ]), @r#"
    # {\"name\": \"Eve\", \"agee\": 7}
    error: people file people.json, line 1, column 17: Person has no field "agee"
    hint: did you mean "age"?
    [exit code 1]

    # {\"name\": \"Eve\", \"age\": \"old\"}
    error: people file people.json, line 1, column 24, field age: expected int32, found string "old"
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # {\"name\": \"Eve\", \"gender\": \"OTHER\"}
    error: people file people.json, line 1, column 27, field gender: Person.Gender has no value "OTHER"
    hint: its values are UNKNOWN, MALE, FEMALE
    [exit code 1]

    # {\"age\": 7}
    error: people file people.json, line 1, column 1: the person has no name
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # {\"name\": \"Not Found\"}
    error: people file people.json, line 1, column 1: the name "Not Found" is reserved for unknown people
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]

    # {\"name\": \"Eve\"}\n{\"name\": \"Eve\"}
    error: people file people.json, line 2, column 1: duplicate name "Eve"; the first is on line 1
    hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
    [exit code 1]
    "#);
}
