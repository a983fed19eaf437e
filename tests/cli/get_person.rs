//! `get-person`: a person, or an error.

use super::harness::{ALICE, ALICE_JSON, Server, people_file, routeguide};

#[test]
fn prints_the_person_as_text() {
    let server = Server::start();
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
}

#[test]
fn prints_the_person_as_json() {
    let server = Server::start();
    routeguide(["get-person", "Alice", "-o", "json"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE_JSON)
        .says("");
}

#[test]
fn an_unknown_name_is_not_found_whatever_the_server_answers() {
    for missing in ["reply", "status"] {
        let server = Server::started(["--missing", missing]);
        routeguide(["get-person", "Zoe"])
            .at(server.addr())
            .run()
            .exits(69)
            .prints("")
            .says("error: NOT_FOUND: no person named \"Zoe\"\n");
    }
}

#[test]
fn in_process_needs_no_server() {
    routeguide(["get-person", "Alice", "--in-process"])
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
    routeguide(["get-person", "Zoe", "--in-process"])
        .run()
        .exits(69)
        .prints("")
        .says("error: NOT_FOUND: no person named \"Zoe\"\n");
}

#[test]
fn in_process_answers_from_a_people_file() {
    let (_folder, people) = people_file(r#"[{"name": "Eve", "age": 7}]"#);
    routeguide(["get-person", "Eve", "--in-process", "--people"])
        .arg(&people)
        .run()
        .exits(0)
        .prints("name: \"Eve\" age: 7\n");
}

#[test]
fn a_closed_stdout_is_not_an_error() {
    let server = Server::start();
    let mut run = routeguide(["get-person", "Alice"])
        .at(server.addr())
        .stdout(super::harness::Stdout::Unread)
        .start();
    drop(run.take_stdout());
    run.wait().exits(0).says("");
}
