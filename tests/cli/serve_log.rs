//! The log of `serve`: its levels, and JSON in every line.

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Outcome, Running, Server, people_file, redacted, routeguide};

/// `serve --log-format json` on a free port, once it listens.
#[track_caller]
fn logging_json(args: &[&str]) -> (Running, String) {
    let server = routeguide(["serve", "--log-format", "json", "--listen", "127.0.0.1:0"])
        .args(args)
        .start();
    let said = server.stderr().wait_for("listening on ");
    let said = said.split("listening on ").nth(1).unwrap();
    let address = said.split('"').next().unwrap().to_owned();
    (server, address)
}

/// The lines of a log, each of which has to be an object with a time, a level and a message.
#[track_caller]
fn lines(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect(line);
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && humantime::parse_rfc3339(time).is_ok());
        assert!(line["message"].is_string());
        line
    });
    lines.collect()
}

#[track_caller]
fn levels_and_messages(outcome: &Outcome) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines(&outcome.stderr)
        .iter()
        .map(|line| (text(&line["level"]), text(&line["message"])))
        .collect()
}

#[test]
fn every_line_of_a_json_log_is_an_object() {
    let (_folder, people) = people_file("{\"name\": \"Eve\"}");
    let server = routeguide(["serve", "--log-format=json", "--listen", "0.0.0.0:0"])
        .args(["--people".as_ref(), people.as_os_str()])
        .start();
    server.stderr().wait_for("from the network");
    std::fs::write(&people, "[").unwrap();
    server.signal(Signal::HUP);
    server.stderr().wait_for("keeping the people from before");
    server.signal(Signal::TERM);
    let outcome = server.wait();
    let said = levels_and_messages(outcome.exits(0));
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(level, message)| (level.as_str(), message.as_str()))
        .collect();
    let [serving, listening, public, bad_file, kept, stopping] = said[..] else {
        panic!("{said:#?}");
    };
    assert_eq!(serving, ("info", "serving 1 person"));
    assert!(listening.1.starts_with("listening on 0.0.0.0:"));
    assert_eq!((listening.0, public.0), ("info", "warn"));
    assert!(
        public
            .1
            .ends_with("accepts plaintext connections from the network")
    );
    assert_eq!(bad_file.0, "error");
    assert_eq!(kept, ("warn", "keeping the people from before"));
    assert_eq!(stopping, ("info", "stopping"));
}

#[test]
fn an_error_at_start_is_a_line_of_a_json_log() {
    let outcome = routeguide(["serve", "--log-format", "json", "--people", "no.json"]).run();
    let lines = lines(&outcome.exits(1).stderr);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0]["level"], "error");
    assert!(lines[0]["message"].as_str().unwrap().contains("no.json"));
    assert!(lines[0]["causes"].is_array(), "{lines:#?}");
}

#[test]
fn a_command_line_that_is_not_valid_is_a_line_of_a_json_log() {
    let outcome = routeguide(["serve", "--log-format=json", "--grace", "soon"]).run();
    let lines = lines(&outcome.exits(2).stderr);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0]["level"], "error");
}

#[test]
fn lines_below_the_level_are_left_out() {
    for (level, expected) in [("warn", "warning: "), ("error", "")] {
        let (_folder, people) = people_file("[]");
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        drop(taken);
        let mut server = routeguide(["serve", "--log", level, "--listen", &address, "--people"])
            .arg(&people)
            .start();
        routeguide(["health", "--wait", "1m"])
            .at(&address)
            .run()
            .exits(0);
        server.kill();
        let said = server.stderr().all();
        assert!(!said.contains("listening"), "{said}");
        assert_eq!(
            said.starts_with("warning: "),
            expected == "warning: ",
            "{said}"
        );
    }
}

#[test]
fn debug_shows_what_libraries_do() {
    let server = Server::started(["--log", "debug"]);
    routeguide(["health"]).at(server.addr()).run().exits(0);
    server.stderr().wait_for("debug: h2::");
    let (server, address) = logging_json(&["--log", "debug"]);
    routeguide(["health"]).at(&address).run().exits(0);
    let said = server.stderr().wait_for("\"target\":\"h2::");
    let whole = said.rsplit_once('\n').unwrap().0;
    assert!(lines(whole).iter().any(|line| line["level"] == "debug"));
}

const TRACE: [&str; 2] = [
    "-H",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
];

#[test]
fn a_call_is_a_line_of_text() {
    let server = Server::started(["-v"]);
    routeguide([
        "get-people",
        "Alice",
        "Bob",
        "Zoe",
        "-H",
        "x-request-id: r1",
    ])
    .args(TRACE)
    .at(server.addr())
    .run()
    .exits(0);
    let log = server.stderr().wait_until("a call", |log| {
        log.lines().any(|line| line.starts_with("* ")) && log.ends_with('\n')
    });
    let line = log.lines().last().unwrap();
    insta::assert_snapshot!(redacted(line), @"* /RouteGuide/GetPeople OK in [TIME] from 127.0.0.1:[PORT]: 3 received (17 B), 2 sent (108 B), id r1, trace 4bf92f3577b34da6a3ce929d0e0e4736");
}

#[test]
fn a_call_is_an_object_of_a_json_log() {
    let (server, address) = logging_json(&["-v"]);
    routeguide(["get-person", "Alice", "-H", "x-request-id: r1"])
        .args(TRACE)
        .at(&address)
        .run()
        .exits(0);
    let log = server.stderr().wait_until("a call", |log| {
        log.contains("\"method\"") && log.ends_with('\n')
    });
    let line = regex::Regex::new(r#""(timestamp|seconds)":("[^"]*"|[^,]*)"#)
        .unwrap()
        .replace_all(log.lines().last().unwrap(), "\"$1\":[TIME]")
        .into_owned();
    insta::assert_snapshot!(redacted(&line), @r#"{"timestamp":[TIME],"level":"info","message":"/RouteGuide/GetPerson OK in [TIME] from 127.0.0.1:[PORT]: 1 received (7 B), 1 sent (55 B), id r1, trace 4bf92f3577b34da6a3ce929d0e0e4736","method":"/RouteGuide/GetPerson","peer":"127.0.0.1:[PORT]","code":"OK","messages_in":1,"messages_out":1,"bytes_in":7,"bytes_out":55,"seconds":[TIME],"request_id":"r1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#);
}

#[test]
fn a_call_without_an_id_gets_a_random_one() {
    let (server, address) = logging_json(&["-v"]);
    let id = |calls: usize| {
        // Neither is an id, nor a trace.
        routeguide([
            "get-person",
            "Alice",
            "-H",
            "x-request-id: a b",
            "-H",
            "traceparent: x",
        ])
        .at(&address)
        .run()
        .exits(0);
        let log = server.stderr().wait_until("a call", |log| {
            log.matches("\"method\"").count() == calls && log.ends_with('\n')
        });
        let call = lines(&log).pop().unwrap();
        assert_eq!(call.get("trace_id"), None);
        call["request_id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (id(1), id(2));
    for id in [&first, &second] {
        let digits = |it: char| matches!(it, '0'..='9' | 'a'..='f');
        assert!(id.len() == 16 && id.chars().all(digits), "{id}");
    }
    assert_ne!(first, second);
}

#[test]
fn a_path_cannot_forge_a_line() {
    let server = Server::started(["-v"]);
    let mut connection = std::net::TcpStream::connect(server.addr()).unwrap();
    // HEADERS with a literal path of a character that moves the cursor in some terminals: CSI in one byte, U+009B.
    let path = "/A/\u{9b}2Jb".as_bytes();
    let mut block = vec![0x83, 0x86, 0x44, u8::try_from(path.len()).unwrap()];
    block.extend(path);
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend([0, 0, u8::try_from(block.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
    bytes.extend(block);
    std::io::Write::write_all(&mut connection, &bytes).unwrap();
    let log = server.stderr().wait_for("* /A/\\u{9b}2Jb ");
    assert!(!log.contains('\u{9b}'));
}
