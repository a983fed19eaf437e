//! `serve --people`: the people that the server knows, and errors in a people file.

use super::harness::{Folder, Server, people_file, routeguide};

const HINT: &str = r#"hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}"#;

/// Expects the server to reject a people file with this error and the hint, before it listens.
#[track_caller]
fn rejects(content: impl AsRef<[u8]>, error: &str) {
    let (_folder, people) = people_file(content);
    let folder = Folder::new();
    let outcome = routeguide(["serve", "--listen", &folder.socket("guide"), "--people"])
        .arg(&people)
        .run();
    let people = people.display();
    outcome
        .exits(1)
        .prints("")
        .says(&format!("error: people file {people}, {error}\n{HINT}\n"));
    assert!(!folder.join("guide").exists());
}

#[track_caller]
fn knows_eve_and_max(content: &str) {
    let (_folder, people) = people_file(content);
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    routeguide(["get-people", "--strict", "Max", "Eve"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints("name: \"Max\" address { city: \"Bonn\" }\nname: \"Eve\" age: 7 gender: FEMALE\n");
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(69);
}

#[test]
fn people_may_be_an_array() {
    knows_eve_and_max(
        r#"[
            {"name": "Eve", "age": 7, "gender": "FEMALE"},
            {"name": "Max", "address": {"city": "Bonn"}}
        ]"#,
    );
}

#[test]
fn people_may_be_one_per_line() {
    knows_eve_and_max(
        "{\"name\": \"Eve\", \"age\": 7, \"gender\": 2}\n\n{\"name\": \"Max\", \"address\": {\"city\": \"Bonn\"}}\n",
    );
}

#[test]
fn the_json_that_get_people_prints_is_a_people_file() {
    let json = routeguide(["get-people", "--in-process", "-o", "json", "Alice", "Bob"]).run();
    let (_folder, people) = people_file(&json.stdout);
    let again = routeguide(["get-people", "--in-process", "-o", "json", "Alice", "Bob"])
        .arg("--people")
        .arg(&people)
        .run();
    again.exits(0).prints(&json.stdout);
}

#[test]
fn an_empty_file_has_no_people() {
    let (_folder, people) = people_file("");
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(69);
}

#[test]
fn a_missing_file_is_an_error() {
    let folder = Folder::new();
    let missing = folder.join("missing.json");
    routeguide(["serve", "--listen", "127.0.0.1:0", "--people"])
        .arg(&missing)
        .run()
        .exits(1)
        .prints("")
        .says(&format!(
            "error: cannot read people file {}\n  caused by: no such file or directory\n",
            missing.display()
        ));
}

#[test]
fn invalid_utf_8_is_reported_with_its_line() {
    let (_folder, people) = people_file(b"{\"name\": \"Eve\"}\n{\"name\": \"M\xe4x\"}\n");
    routeguide(["serve", "--listen", "127.0.0.1:0", "--people"])
        .arg(&people)
        .run()
        .exits(1)
        .prints("")
        .says(&format!(
            "error: people file {}, line 2: invalid UTF-8\n",
            people.display()
        ));
}

/// Errors in the JSON itself. These tests only check the place in the file and the field.
mod json_errors {
    use super::*;

    #[track_caller]
    fn error(content: &str) -> String {
        let (_folder, people) = people_file(content);
        let outcome = routeguide(["serve", "--listen", "127.0.0.1:0", "--people"])
            .arg(&people)
            .run();
        outcome.exits(1).prints("").says_one_error();
        outcome.stderr.lines().next().unwrap().to_owned()
    }

    #[test]
    fn malformed_json_is_reported_with_its_place() {
        for (content, place) in [
            (
                "[\n {\"name\": \"Eve\"},\n {\"name\": \n]",
                "line 4, column 1",
            ),
            ("{\"name\": \"Eve\"}\nEve\n", "line 2, column 1"),
            ("{\"name\": \"Eve\"}\n5\n", "line 2, column 1"),
            ("[{\"name\": \"Eve\"},\n[]]", "line 2, column 1"),
            (
                "[\n {\"name\": \"Eve\"},\n {\"name\": \"Max\"}",
                "line 3, column 17",
            ),
        ] {
            let error = error(content);
            assert!(error.contains(&format!(", {place}")), "{content}\n{error}");
        }
    }

    #[test]
    fn a_wrong_type_is_reported_with_its_line_and_field() {
        for (value, field) in [
            ("\"age\": \"old\"", "age"),
            ("\"hobbies\": \"chess\"", "hobbies"),
            ("\"hobbies\": [\"chess\", 5]", "hobbies[1]"),
            ("\"address\": {\"city\": 5}", "address.city"),
            ("\"gender\": \"OTHER\"", "gender"),
            ("\"age\": 3000000000", "age"),
        ] {
            for content in [
                format!("{{\"name\": \"Eve\"}}\n{{\"name\": \"Max\",\n  {value}}}"),
                format!("[{{\"name\": \"Eve\"}},\n{{\"name\": \"Max\",\n  {value}}}]"),
            ] {
                let error = error(&content);
                assert!(
                    error.contains("line 3") && error.contains(&format!("field {field}:")),
                    "{content}\n{error}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_field_is_reported_with_its_line_and_name() {
        let error = error("[\n {\"name\": \"Eve\", \"agee\": 7}\n]");
        assert!(
            error.contains("line 2") && error.contains("agee"),
            "{error}"
        );
    }
}

#[test]
fn a_duplicate_name_is_reported_with_both_lines() {
    rejects(
        "{\"name\": \"Eve\"}\n{\"name\": \"Max\"}\n{\"name\": \"Eve\"}\n",
        "line 3, column 1: duplicate name \"Eve\"; the first is on line 1",
    );
}

#[test]
fn a_person_without_a_name_is_reported_with_its_line() {
    for person in ["{\"age\": 7}", "{\"name\": \"\"}", "{}"] {
        rejects(
            format!("{{\"name\": \"Eve\"}}\n{person}\n"),
            "line 2, column 1: the person has no name",
        );
    }
}

#[test]
fn the_name_in_replies_for_unknown_people_is_reserved() {
    rejects(
        "{\"name\": \"Not Found\"}",
        "line 1, column 1: the name \"Not Found\" is reserved for unknown people",
    );
}

#[cfg(unix)]
mod reload {
    use std::fs::File;
    use std::io::Write as _;
    use std::path::Path;
    use std::process::Command;

    use super::super::harness::wait_for;
    use super::*;
    use rustix::fs::{Mode, OFlags, open};
    use rustix::process::Signal;

    /// Replaces the file by a FIFO: reading it blocks until the test has written to it.
    #[track_caller]
    fn replace_by_fifo(path: &Path) {
        let fifo = path.with_extension("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        std::fs::rename(fifo, path).unwrap();
    }

    /// The other end of a FIFO, once the server is reading it.
    #[track_caller]
    fn fifo_being_read(path: &Path) -> File {
        let mut fifo = None;
        wait_for("the server to read the FIFO", || {
            // It cannot be opened without a reader (ENXIO).
            fifo = open(path, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).ok();
            fifo.is_some()
        });
        fifo.unwrap().into()
    }

    #[track_caller]
    fn knows_eve(server: &Server, age: u32) {
        routeguide(["get-person", "Eve"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints(&format!("name: \"Eve\" age: {age}\n"));
    }

    #[test]
    fn sighup_reads_the_file_again() {
        let (_folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        server.signal(Signal::HUP);
        server
            .stderr()
            .wait_for(&format!("reloaded {}: 1 person\n", people.display()));
        knows_eve(&server, 7);
    }

    #[test]
    fn a_file_that_changes_is_read_again() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        folder.replace("people.json", r#"{"name": "Eve", "age": 8}"#);
        server
            .stderr()
            .wait_for(&format!("reloaded {}: 1 person\n", people.display()));
        knows_eve(&server, 8);
    }

    #[test]
    fn an_open_stream_answers_from_the_new_people() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        let mut run = routeguide(["get-people"]).at(server.addr()).start();
        run.write("Eve\n")
            .stdout()
            .wait_for("name: \"Eve\" age: 7\n");
        folder.replace("people.json", r#"{"name": "Eve", "age": 8}"#);
        server.stderr().wait_for("reloaded");
        run.write("Eve\n")
            .stdout()
            .wait_for("name: \"Eve\" age: 8\n");
    }

    #[test]
    fn a_file_without_people_is_a_warning() {
        let (_folder, people) = people_file("");
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        assert_eq!(
            server.stderr().text(),
            format!(
                "serving 0 people\nwarning: {} has no people\nlistening on {}\n",
                people.display(),
                server.addr()
            )
        );
    }

    #[test]
    fn a_bad_file_is_reported_and_the_people_stay() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        let listening = server.stderr().text();
        let shown = people.display();
        let kept = "warning: keeping the people from before\n";
        folder.replace("people.json", "{\"name\": \"Max\"}\n{}\n");
        let stderr = server.stderr().wait_for(kept);
        let bad_file =
            format!("error: people file {shown}, line 2, column 1: the person has no name\n");
        assert_eq!(stderr, format!("{listening}{bad_file}{HINT}\n{kept}"));
        std::fs::remove_file(&people).unwrap();
        let missing = format!(
            "error: cannot read people file {shown}\n  caused by: no such file or directory\n{kept}"
        );
        server.stderr().wait_for(&missing);
        routeguide(["get-people", "Eve", "Max"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints("name: \"Eve\" age: 7\n");
    }

    #[test]
    fn calls_are_answered_during_a_reload() {
        let (_folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        replace_by_fifo(&people);
        server.signal(Signal::HUP);
        let mut fifo = fifo_being_read(&people);
        knows_eve(&server, 7);
        fifo.write_all(br#"{"name": "Eve", "age": 8}"#).unwrap();
        drop(fifo);
        server.stderr().wait_for("reloaded");
        knows_eve(&server, 8);
    }

    #[test]
    fn a_sighup_during_a_reload_reads_the_file_once_more() {
        let (folder, people) = people_file("");
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        let listening = server.stderr().text();
        replace_by_fifo(&people);
        server.signal(Signal::HUP);
        let mut fifo = fifo_being_read(&people);
        folder.replace("people.json", "{\"name\": \"Eve\"}\n{\"name\": \"Max\"}");
        server.signal(Signal::HUP);
        fifo.write_all(br#"{"name": "Tim"}"#).unwrap();
        drop(fifo);
        let shown = people.display();
        let stderr = server.stderr().wait_for("2 people\n");
        assert_eq!(
            stderr,
            format!("{listening}reloaded {shown}: 1 person\nreloaded {shown}: 2 people\n")
        );
        routeguide(["get-people", "Tim", "Max"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints("name: \"Max\"\n");
    }

    #[test]
    fn a_reload_does_not_delay_the_exit() {
        let (_folder, people) = people_file("");
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        replace_by_fifo(&people);
        server.signal(Signal::HUP);
        let _fifo = fifo_being_read(&people);
        server.signal(Signal::TERM);
        server.into_running().wait().exits(0);
    }

    #[test]
    fn sighup_without_files_reloads_nothing() {
        let server = Server::start();
        server.signal(Signal::HUP);
        server
            .stderr()
            .wait_for("nothing to reload: the server was started without files\n");
        routeguide(["get-person", "Alice"])
            .at(server.addr())
            .run()
            .exits(0);
    }
}
