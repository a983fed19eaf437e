//! `serve --people`: whom the server knows, and what is wrong with a file that does not say.

use super::harness::{Folder, Server, people_file, routeguide};

/// The one error that this people file is refused with.
#[track_caller]
fn refusal(content: impl AsRef<[u8]>) -> String {
    let (_folder, people) = people_file(content);
    let folder = Folder::new();
    let outcome = routeguide(["serve", "--listen", &folder.socket("guide"), "--people"])
        .arg(&people)
        .run();
    outcome
        .exits(1)
        .prints("")
        .says_one_error()
        .mentions(&people.display().to_string());
    assert!(!outcome.stderr.contains("listening"), "{outcome:?}");
    assert!(!folder.join("guide").exists());
    outcome.stderr.lines().next().unwrap().to_owned()
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
fn people_come_as_an_array() {
    knows_eve_and_max(
        r#"[
            {"name": "Eve", "age": 7, "gender": "FEMALE"},
            {"name": "Max", "address": {"city": "Bonn"}}
        ]"#,
    );
}

#[test]
fn people_come_one_a_line() {
    knows_eve_and_max(
        "{\"name\": \"Eve\", \"age\": 7, \"gender\": 2}\n\n{\"name\": \"Max\", \"address\": {\"city\": \"Bonn\"}}\n",
    );
}

#[test]
fn a_file_of_get_people_s_own_json_is_a_people_file() {
    let json = routeguide(["get-people", "--in-process", "-o", "json", "Alice", "Bob"]).run();
    let (_folder, people) = people_file(&json.stdout);
    let again = routeguide(["get-people", "--in-process", "-o", "json", "Alice", "Bob"])
        .arg("--people")
        .arg(&people)
        .run();
    again.exits(0).prints(&json.stdout);
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let folder = Folder::new();
    routeguide(["serve", "--listen", "127.0.0.1:0", "--people"])
        .arg(folder.join("nobody.json"))
        .run()
        .exits(1)
        .prints("")
        .says_one_error()
        .mentions("nobody.json");
}

#[test]
fn a_folder_is_no_people_file() {
    let folder = Folder::new();
    routeguide(["serve", "--listen", "127.0.0.1:0", "--people"])
        .arg(folder.path())
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
}

#[test]
fn malformed_json_is_told_with_its_line() {
    let error = refusal("[\n {\"name\": \"Eve\"},\n {\"name\": \n]");
    assert!(error.contains("line 4"), "{error}");
    let error = refusal("{\"name\": \"Eve\"}\nEve\n");
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn a_file_that_ends_too_early_is_told_with_its_last_line() {
    let error = refusal("[\n {\"name\": \"Eve\"},\n {\"name\": \"Max\"}");
    assert!(error.contains("line 3"), "{error}");
}

#[test]
fn text_that_is_not_utf_8_is_told_with_its_line() {
    let error = refusal(b"{\"name\": \"Eve\"}\n{\"name\": \"M\xe4x\"}\n");
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn a_wrong_type_is_told_with_its_line_and_field() {
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
            let error = refusal(&content);
            assert!(
                error.contains("line 3") && error.contains(&format!("field {field}:")),
                "{content}\n{error}"
            );
        }
    }
}

#[test]
fn something_that_is_no_person_is_told_with_its_line() {
    for content in ["{\"name\": \"Eve\"}\n5\n", "[{\"name\": \"Eve\"},\n[]]"] {
        let error = refusal(content);
        assert!(error.contains("line 2"), "{error}");
    }
}

#[test]
fn an_unknown_field_is_told_with_its_line_and_name() {
    let error = refusal("[\n {\"name\": \"Eve\", \"agee\": 7}\n]");
    assert!(
        error.contains("line 2") && error.contains("agee"),
        "{error}"
    );
}

#[test]
fn a_name_given_twice_is_told_with_both_lines() {
    let error = refusal("{\"name\": \"Eve\"}\n{\"name\": \"Max\"}\n{\"name\": \"Eve\"}\n");
    for part in ["line 3", "\"Eve\"", "line 1"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_person_without_a_name_is_told_with_the_line() {
    for nobody in ["{\"age\": 7}", "{\"name\": \"\"}", "{}"] {
        let error = refusal(format!("{{\"name\": \"Eve\"}}\n{nobody}\n"));
        assert!(
            error.contains("line 2") && error.contains("name"),
            "{error}"
        );
    }
}

#[test]
fn nobody_may_be_named_what_stands_for_nobody() {
    let error = refusal("{\"name\": \"Not Found\"}");
    assert!(error.contains("Not Found"), "{error}");
}

#[test]
fn an_empty_file_is_a_server_that_knows_nobody() {
    let (_folder, people) = people_file("");
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(69);
}

#[cfg(unix)]
mod reload {
    use super::*;
    use rustix::process::Signal;

    #[test]
    fn sighup_reads_the_file_again() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        folder.write("people.json", r#"{"name": "Eve", "age": 8}"#);
        server.signal(Signal::HUP);
        server.stderr().wait_for("1 people from");
        routeguide(["get-person", "Eve"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints("name: \"Eve\" age: 8\n");
    }

    #[test]
    fn a_stream_under_way_answers_from_the_new_people() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        let mut run = routeguide(["get-people"]).at(server.addr()).start();
        run.write("Eve\n")
            .stdout()
            .wait_for("name: \"Eve\" age: 7\n");
        folder.write("people.json", r#"{"name": "Eve", "age": 8}"#);
        server.signal(Signal::HUP);
        server.stderr().wait_for("1 people from");
        run.write("Eve\n")
            .stdout()
            .wait_for("name: \"Eve\" age: 8\n");
    }

    #[test]
    fn a_bad_file_is_told_and_keeps_the_people_there_were() {
        let (folder, people) = people_file(r#"{"name": "Eve", "age": 7}"#);
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        folder.write("people.json", "{\"name\": \"Max\"}\n{\"name\": 5}\n");
        server.signal(Signal::HUP);
        let said = server.stderr().wait_for("people read before");
        assert!(
            said.contains("error: ") && said.contains("line 2"),
            "{said}"
        );
        std::fs::remove_file(&people).unwrap();
        server.signal(Signal::HUP);
        server.stderr().wait_for("cannot read");
        routeguide(["get-people", "Eve", "Max"])
            .at(server.addr())
            .run()
            .exits(0)
            .prints("name: \"Eve\" age: 7\n");
    }

    #[test]
    fn sighup_without_a_file_does_no_harm() {
        let server = Server::start();
        server.signal(Signal::HUP);
        server.stderr().wait_for("nothing to reload");
        routeguide(["get-person", "Alice"])
            .at(server.addr())
            .run()
            .exits(0);
    }
}
