//! `-v`: what a call and a server do, on stderr.

use super::harness::{ALICE, END_STREAM, RawPeer, ReservedPort, Server, routeguide};

#[test]
fn headers_and_trailers_are_told_apart() {
    let peer = RawPeer::start();
    let run = routeguide(["get-person", "Alice", "-v"])
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    call.headers(
        &[
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("x-first", "1"),
        ],
        0,
    );
    call.reply("Alice");
    call.headers(&[("grpc-status", "0"), ("x-last", "2")], END_STREAM);
    let outcome = run.wait();
    outcome.exits(0);
    let lines = outcome.stderr.lines().skip(1);
    let lines: Vec<&str> = lines
        .filter(|line| !line.contains("first message"))
        .collect();
    assert_eq!(
        lines,
        [
            "> /RouteGuide/GetPerson",
            "< content-type: application/grpc",
            "< x-first: 1",
            "< trailer x-last: 2",
            "* status OK, 1 request, 1 reply",
        ]
    );
}

#[test]
fn every_call_of_a_batch_is_shown_with_its_number() {
    for concurrency in ["1", "4"] {
        let outcome = routeguide(["call", "GetPerson", "--in-process", "-v"])
            .args(["-d", "{\"name\":\"Alice\"}{\"name\":\"Bob\"}"])
            .args(["--concurrency", concurrency])
            .run();
        outcome.exits(0);
        let lines: Vec<&str> = outcome.stderr.lines().skip(1).collect();
        let varies = |line: &&str| line.starts_with("< date: ") || line.contains("first message");
        let lines: Vec<&str> = lines.into_iter().filter(|line| !varies(line)).collect();
        assert_eq!(
            lines,
            [
                "> /RouteGuide/GetPerson",
                "< content-type: application/grpc",
                "* status OK, 1 request, 1 reply",
                "* request 2",
                "> /RouteGuide/GetPerson",
                "< content-type: application/grpc",
                "* status OK, 1 request, 1 reply",
            ],
            "{concurrency}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_status_comes_after_the_message_it_belongs_to() {
    use super::harness::{Terminal, rows};

    let terminal = Terminal::open();
    routeguide(["get-person", "Alice", "--in-process", "-v", "--compact"])
        .stdout(terminal.stdout())
        .stderr(terminal.stdio())
        .run()
        .exits(0);
    let rows = rows(&terminal.last_screen());
    let place = |start: &str| rows.iter().position(|row| row.starts_with(start)).unwrap();
    assert!(place("name: ") < place("* status OK"), "{rows:#?}");
}

#[test]
fn a_server_prints_a_line_for_every_call() {
    let server = Server::with(["-v", "--listen", "127.0.0.1:0"]);
    let call = |arguments: &[&str]| {
        routeguide(arguments).at(server.addr()).run();
    };
    call(&["get-person", "Alice"]);
    server.stderr().wait_for("* /RouteGuide/GetPerson OK in ");
    call(&["health", "Foo"]);
    server
        .stderr()
        .wait_for("* /grpc.health.v1.Health/Check NOT_FOUND in ");
    // Ends after the first reply.
    call(&["get-people", "-n", "1", "Alice", "Bob", "Alice"]);
    server.stderr().wait_for("* /RouteGuide/GetPeople ");
}

#[test]
fn a_server_prints_no_calls_unless_it_is_asked_to() {
    let server = Server::start();
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE);
    let mut server = server.into_running();
    server.kill();
    assert!(!server.stderr().all().contains("GetPerson"));
}

#[test]
fn every_attempt_to_connect_is_shown() {
    let port = ReservedPort::new();
    let mut run = routeguide(["get-person", "Alice", "--wait", "1h", "-v"])
        .at(port.addr())
        .start();
    let said = run.stderr().wait_for("* attempt 2: ");
    assert!(
        said.starts_with("* attempt 1: cannot connect to "),
        "{said}"
    );
    run.kill();
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_what_wait_and_retry_wait_for() {
    use super::harness::Terminal;

    for (flag, value, how) in [
        ("--wait", "1h", "until --wait is over"),
        ("--retry", "50", "as often as --retry says"),
    ] {
        let (port, terminal) = (ReservedPort::new(), Terminal::open());
        let mut run = routeguide(["get-person", "Alice", flag, value])
            .at(port.addr())
            .stderr(terminal.stdio())
            .start();
        let says = format!("connection refused; trying again {how}");
        terminal.screen().wait_for(&says);
        run.kill();
    }
}
