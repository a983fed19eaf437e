//! `shell` with lines that are not typed.

use std::collections::BTreeSet;

use super::harness::{
    ALICE, ALICE_JSON, Arrival, Echo, Folder, Program, RawPeer, ReservedPort, Server, routeguide,
};

/// These lines on a server in the process of the shell.
fn lines(lines: &str) -> Program {
    routeguide(["shell", "--in-process", "-c", lines])
}

#[track_caller]
fn print(script: &str, expected: &str) {
    lines(script).run().exits(0).prints(expected).says("");
}

#[test]
fn lines_are_the_commands_of_the_command_line() {
    print("get-person Alice", ALICE);
    print("GetPerson name=Alice", ALICE_JSON);
    print("call GetPerson -d {\"name\": \"Alice\"} -o text", ALICE);
    print(
        "list; health; # nothing\n",
        "RouteGuide\ngrpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\nSERVING\n",
    );
}

#[test]
fn a_script_prints_what_its_commands_print() {
    let server = Server::start();
    let commands: [&[&str]; 5] = [
        &["get-person", "Alice"],
        &["get-people", "Bob", "Alice", "-o", "json"],
        &[
            "call",
            "GetPerson",
            "name=Bob",
            "-o",
            "text",
            "--emit-defaults",
        ],
        &["list", "-l"],
        &["describe", "Person"],
    ];
    let mut expected = String::new();
    for command in commands {
        expected += &routeguide(command).at(server.addr()).run().exits(0).stdout;
    }
    let script: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    routeguide(["shell"])
        .at(server.addr())
        .run_with(script.join("\n"))
        .exits(0)
        .prints(&expected)
        .says("");
}

#[test]
fn all_lines_share_a_connection_and_the_schema() {
    let echo = Echo::start();
    let script = "Echo/Unary name=a\n".repeat(50);
    routeguide(["shell"])
        .at(echo.addr())
        .run_with(script)
        .exits(0);
    assert_eq!(echo.arrivals("Echo/Unary").len(), 50);
    let arrivals = echo.arrivals("");
    let peers: BTreeSet<_> = arrivals.iter().map(|it| it.peer).collect();
    assert_eq!(peers.len(), 1);
    let reflected = |it: &&Arrival| it.path.contains("reflection");
    // The second line may look for what the first did not need.
    assert!(arrivals.iter().filter(reflected).count() <= 2);
}

#[test]
fn a_lost_connection_is_made_again() {
    let peer = RawPeer::start();
    let script = "get-person Alice; get-person Alice";
    let run = routeguide(["shell", "--keep-going", "-c", script])
        .at(peer.addr())
        .start();
    let first = peer.accept();
    first.call();
    first.close();
    let second = peer.accept();
    second.call().answer("Alice");
    let outcome = run.wait();
    outcome.exits(78).prints("name: \"Alice\"\n");
}

#[test]
fn the_first_failure_ends_a_script() {
    let script = "get-person Alice\n\nget-person Zoe\nget-person Bob\n";
    lines(script)
        .run()
        .exits(69)
        .prints(ALICE)
        .says("error: NOT_FOUND: no person named \"Zoe\"\n-c, line 3: get-person Zoe\n");
    lines("get-person Alice; get-person")
        .run()
        .exits(2)
        .prints(ALICE);
    lines("get-person 'Alice")
        .run()
        .exits(2)
        .prints("")
        .says_one_error();
}

#[test]
fn a_script_may_go_on_after_a_failure() {
    let outcome = lines("get-person Zoe; get-person Alice; nonsense")
        .arg("--keep-going")
        .run();
    outcome.exits(69).prints(ALICE);
}

#[test]
fn settings_hold_for_the_lines_that_follow() {
    print(
        "set output json; get-person Alice; get-person Alice -o text",
        &format!("{ALICE_JSON}{ALICE}"),
    );
    print(
        "set pretty true; set --unset pretty; GetPerson name=Alice",
        ALICE_JSON,
    );
    lines("set tmeout 2s").run().exits(2).says("error: there is no setting \"tmeout\"\nhint: did you mean \"timeout\"?\n-c, line 1: set tmeout 2s\n");
    lines("set timeout soon").run().exits(2).says_one_error();
    let shown = lines("set timeout 2s; set timeout").run();
    assert!(
        shown.exits(0).stdout.starts_with("timeout = 2s "),
        "{shown:#?}"
    );
}

#[test]
fn secrets_show_when_the_shell_is_asked_for_them() {
    let call = |flag: &str, line: &str| {
        let outcome = routeguide(["shell", "--in-process", flag, "-c", line]).run();
        outcome.exits(0).stderr.clone()
    };
    let line = "get-person Alice -H 'authorization: Bearer abc'";
    assert!(call("-v", line).contains("> authorization: Bearer ***\n"));
    assert!(call("-vv", line).contains("> authorization: Bearer abc\n"));
    assert!(call("-q", &format!("set verbose 2; {line}")).contains("Bearer abc\n"));
    assert!(call("-q", &format!("set verbose yes; {line}")).contains("Bearer ***\n"));
}

#[test]
fn headers_are_sent_with_every_call_until_they_are_unset() {
    let echo = Echo::start();
    let script = "header authorization: Bearer abc; header; Echo/Unary; header --unset authorization; Echo/Unary";
    let outcome = routeguide(["shell", "-c", script]).at(echo.addr()).run();
    assert!(
        outcome
            .exits(0)
            .stdout
            .contains("authorization: Bearer ***\n"),
        "{outcome:#?}"
    );
    let arrivals = echo.arrivals("Echo/Unary");
    assert_eq!(arrivals[0].header("authorization"), ["Bearer abc"]);
    assert_eq!(arrivals[1].header("authorization"), [""; 0]);
}

#[test]
fn another_server_can_be_called() {
    let (server, echo) = (Server::start(), Echo::start());
    let script = format!(
        "connect {}; get-person Alice; connect {}; call Echo/Unary",
        server.addr(),
        echo.addr()
    );
    routeguide(["shell", "-c", &script]).run().exits(0);
    assert_eq!(echo.arrivals("Echo/Unary").len(), 1);
    lines("connect nowhere").run().exits(2).says_one_error();
}

#[test]
fn short_names_are_those_of_the_service_in_use_first() {
    let echo = Echo::start();
    routeguide(["shell", "-c", "use Echo; Unary name=a"])
        .at(echo.addr())
        .run()
        .exits(0);
    assert_eq!(echo.arrivals("Echo/Unary").len(), 1);
    print(
        "use grpc.health.v1.Health; Check; GetPerson name=Alice",
        &format!("{{\"status\":\"SERVING\"}}\n{ALICE_JSON}"),
    );
}

#[test]
fn replies_are_kept_and_filled_in() {
    print(
        "let alice = get-person Alice; get-person $alice.name",
        ALICE,
    );
    print(
        "let a = GetPerson name=Alice; get-people -o json $a.name; get-person $_.name",
        &format!("{ALICE_JSON}{ALICE}"),
    );
    print(
        "let a = GetPerson name=Alice; GetPerson -d {\"name\": $a.name} -o text",
        ALICE,
    );
    lines("let a = GetPerson name=Alice; get-person $a.nmae")
        .run()
        .exits(1)
        .prints("")
        .says("error: $a: Person has no field \"nmae\"\nhint: did you mean \"name\"?\n-c, line 1: get-person $a.nmae\n");
    lines("let a = list")
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
    lines("get-person '$a'").run().exits(69);
}

#[cfg(unix)]
#[test]
fn output_goes_to_commands_and_files() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_path = |script: &str| lines(script).env("PATH", &path);
    with_path("GetPerson name=Alice | tr a-z A-Z")
        .run()
        .exits(0)
        .prints(&ALICE_JSON.to_uppercase());
    with_path("get-person Zoe | cat").run().exits(69);
    with_path("get-person Alice | exit 7").run().exits(1);
    let folder = Folder::new();
    let script = "get-person Alice > out; get-person Alice >> out";
    with_path(script).within(&folder).run().exits(0).prints("");
    assert_eq!(
        std::fs::read_to_string(folder.join("out")).unwrap(),
        ALICE.repeat(2)
    );
}

#[test]
fn a_here_document_has_the_messages_of_a_call() {
    let names = "get-people -o json <<END\nAlice\nEND\n";
    print(names, ALICE_JSON);
    print(
        "GetPeople <<END\n{\"name\": \"Alice\"}\n{\"name\": \"Alice\"}\nEND\n",
        &ALICE_JSON.repeat(2),
    );
    lines("GetPeople <<END\n{}").run().exits(2).says_one_error();
}

#[test]
fn a_status_is_expected() {
    print(
        "expect NOT_FOUND get-person Zoe; expect ok get-person Alice",
        ALICE,
    );
    lines("expect NOT_FOUND get-person Alice")
        .run()
        .exits(3)
        .says(
            "error: expected NOT_FOUND, found OK\n-c, line 1: expect NOT_FOUND get-person Alice\n",
        );
    let outcome = lines("expect OK get-person Zoe").run();
    let says = "error: NOT_FOUND: no person named \"Zoe\"\nerror: expected OK, found NOT_FOUND\n";
    assert!(outcome.exits(3).stderr.starts_with(says), "{outcome:#?}");
    let port = ReservedPort::new();
    let script =
        "expect UNAVAILABLE get-person Alice; expect unavailable GetPerson name=Alice; list";
    let outcome = routeguide(["shell", "-c", script]).at(port.addr()).run();
    outcome.exits(1).prints("").says_one_error();
    lines("expect MISSING get-person Zoe")
        .run()
        .exits(2)
        .says_one_error();
}

#[test]
fn values_are_asserted() {
    let holds = |assertion: &str| {
        print(
            &format!("let a = GetPerson name=Alice; assert {assertion}"),
            "",
        );
    };
    for assertion in [
        "$a.age > 18",
        "$a.age == 30",
        "$a.name != Bob",
        "$a.hobbies[1] == swimming",
        "$a matches { \"name\": \"Alice\", \"address\": {\"city\": \"New York\"} }",
    ] {
        holds(assertion);
    }
    lines("let a = GetPerson name=Alice; assert $a.age < 18")
        .run()
        .exits(3)
        .prints("")
        .says("error: assert 30 < 18 does not hold\n-c, line 1: assert $a.age < 18\n");
    lines("assert 1 ~ 2").run().exits(2).says_one_error();
}

#[test]
fn a_call_is_repeated_and_shown() {
    print("GetPerson name=Alice; repeat 2; !!", &ALICE_JSON.repeat(4));
    let outcome = lines("get-person Alice; last").run();
    let last = outcome.exits(0).stdout.strip_prefix(ALICE).unwrap();
    let events: Vec<serde_json::Value> = last
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["method"], "RouteGuide.GetPerson");
    let time = |number: usize, name: &str| events[number][name].as_f64().unwrap();
    let (sent, headers) = (time(0, "sent_ms"), time(1, "time_ms"));
    let (received, status) = (time(0, "received_ms"), time(2, "time_ms"));
    assert!(
        sent < headers && headers < received && received < status,
        "{events:#?}"
    );
    assert_eq!(events.last().unwrap()["status"], "OK");
    lines("repeat").run().exits(1).says_one_error();
}

#[test]
fn a_call_is_copied_as_a_command_line() {
    let server = Server::start();
    let copied = |script: &str| {
        let outcome = routeguide(["shell", "-q", "-c", script])
            .at(server.addr())
            .run();
        let stdout = &outcome.exits(0).stdout;
        stdout.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        copied("set timeout 2s; GetPerson 'name=Alice B'; copy"),
        format!(
            "routeguide call --addr {} --timeout 2s --quiet RouteGuide/GetPerson 'name=Alice B'",
            server.addr()
        )
    );
    assert_eq!(
        copied("header 'x-a: 1'; GetPerson name=Alice; copy --as grpcurl"),
        format!(
            "grpcurl -H 'x-a: 1' -plaintext -d '{{\"name\":\"Alice\"}}' {} RouteGuide/GetPerson",
            server.addr()
        )
    );
}

#[test]
fn flags_of_the_line_are_copied_and_replace_settings() {
    let server = Server::start();
    let folder = Folder::new();
    folder.write("person.proto", include_str!("../../protos/person.proto"));
    let proto = folder.write(
        "guide.proto",
        include_str!("../../protos/route_guide.proto"),
    );
    let proto = proto.display().to_string();
    let copied = |script: &str| {
        let outcome = routeguide(["shell", "-c", script]).at(server.addr()).run();
        let stdout = &outcome.exits(0).stdout;
        stdout.lines().last().unwrap().to_owned()
    };
    let addr = server.addr();
    let call = format!("call --proto {proto} GetPerson name=Alice");
    assert_eq!(
        copied(&format!("{call}; copy")),
        format!("routeguide call --addr {addr} --proto {proto} RouteGuide/GetPerson name=Alice")
    );
    assert_eq!(
        copied(&format!("{call} --user-agent a; copy --as grpcurl")),
        format!(
            "grpcurl -user-agent a -plaintext -import-path {} -proto guide.proto -d '{{\"name\":\"Alice\"}}' \
             {addr} RouteGuide/GetPerson",
            folder.path().display()
        )
    );
    let settings = format!(
        "set protoset none.pb; set timeout 2s; header 'x-a: 1'; {call} --timeout 3s -H 'x-a: 2'"
    );
    assert_eq!(
        copied(&format!("{settings}; copy")),
        format!(
            "routeguide call --addr {addr} --proto {proto} RouteGuide/GetPerson name=Alice --timeout 3s \
             -H 'x-a: 2'"
        )
    );
    assert_eq!(
        copied(&format!("{settings}; copy --as grpcurl")),
        format!(
            "grpcurl -max-time 3 -H 'x-a: 2' -plaintext -import-path {} -proto guide.proto \
             -d '{{\"name\":\"Alice\"}}' {addr} RouteGuide/GetPerson",
            folder.path().display()
        )
    );
}

#[test]
fn what_changes_is_marked() {
    let twice = "set pretty true; watch 1ms -n 2 GetPerson name=Bob -o text";
    let outcome = lines(twice).run();
    let (first, second) = outcome.exits(0).stdout.split_at(outcome.stdout.len() / 2);
    assert!(first.starts_with("  name: \"Bob\"\n"), "{outcome:#?}");
    assert!(second.contains("  age: 25\n"), "{outcome:#?}");
    let outcome = lines("GetPerson name=Alice; GetPerson name=Bob; diff").run();
    let mut heading = outcome.exits(0).stdout.lines().skip(2);
    assert_eq!(heading.next(), Some("RouteGuide/GetPerson"));
    let replies = heading.next().unwrap();
    assert!(
        replies.starts_with("reply 1, ") && replies.contains("   reply 2, "),
        "{outcome:#?}"
    );
    let changed = "  \"name\": \"Alice\",           |   \"name\": \"Bob\",\n";
    assert!(outcome.exits(0).stdout.contains(changed), "{outcome:#?}");
    let script = "GetPerson name=Alice; GetPerson name=Bob; get-people Bob; diff GetPerson";
    let outcome = lines(script).run();
    assert!(outcome.exits(0).stdout.contains(changed), "{outcome:#?}");
    lines("GetPerson name=Alice; diff GetPeople")
        .run()
        .exits(1)
        .says_one_error();
    lines("diff").run().exits(1).says_one_error();
}

#[test]
fn lines_may_end_as_on_windows_and_begin_with_a_byte_order_mark() {
    let script = "\u{feff}get-person Alice\r\nget-people -o json <<END\r\nAlice\r\nEND\r\n";
    let expected = format!("{ALICE}{ALICE_JSON}");
    let run = routeguide(["shell", "--in-process"]).run_with(script);
    run.exits(0).prints(&expected).says("");
    print("get-person \\\n  Alice", ALICE);
}

#[test]
fn a_command_without_input_says_so() {
    for line in ["get-people", "call GetPeople -d @-", "| cat", "list >"] {
        let run = routeguide(["shell", "--in-process"]).run_with(format!("{line}\n"));
        run.exits(2).prints("").says_one_error();
    }
}

#[test]
fn what_was_read_from_stdin_is_repeated_and_copied() {
    let script = "call GetPerson -d @- --compact; repeat; copy";
    lines(script).run_with("{\"name\": \"Alice\"}").exits(0).prints(&format!(
        "{ALICE_JSON}{ALICE_JSON}routeguide call --in-process RouteGuide/GetPerson --compact -d '{{\"name\":\"Alice\"}}'\n"
    ));
}

#[test]
fn a_script_does_not_tell_its_secrets() {
    let outcome = lines("get-person Zoe -H 'authorization: Bearer s3cret'").run();
    outcome.exits(69);
    assert!(!outcome.stderr.contains("s3cret"), "{outcome:#?}");
    let script = "header 'authorization: Bearer ${TOKEN}'; get-person Alice; copy";
    let outcome = lines(script).env("TOKEN", "s3cret").run();
    assert!(!outcome.exits(0).stdout.contains("s3cret"), "{outcome:#?}");
}

#[test]
fn the_failure_of_a_script_that_goes_on_is_the_first() {
    lines("get-person Zoe\nget-person 'Alice")
        .arg("--keep-going")
        .run()
        .exits(69);
}

#[test]
fn values_are_compared_as_they_are() {
    for (assertion, holds) in [
        ("assert 9007199254740993 == 9007199254740992", false),
        ("assert 18446744073709551615 > 18446744073709551614", true),
        ("assert \"true\" == true", false),
        ("assert 1 == 1.0", true),
    ] {
        lines(assertion).run().exits(if holds { 0 } else { 3 });
    }
}

#[test]
fn a_command_behind_watch_runs_each_time() {
    let script = "watch 1ms -n 2 GetPerson name=Alice --compact | grep -o Alice";
    let path = std::env::var_os("PATH").unwrap_or_default();
    let outcome = lines(script).env("PATH", path).run();
    outcome.exits(0).prints("  Alice\n  Alice\n").says("");
}

#[test]
fn a_failure_does_not_end_watch() {
    let outcome = lines("watch 1ms -n 2 get-person Zoe").run();
    let errors = outcome.exits(69).stderr.matches("error: NOT_FOUND").count();
    assert_eq!(errors, 2, "{outcome:#?}");
}

#[test]
fn a_service_in_use_has_to_exist() {
    lines("use Nope").run().exits(1).says_one_error();
    lines("use Person").run().exits(1).says_one_error();
}

#[test]
fn help_is_that_of_the_line() {
    let outcome = lines("help").run();
    for name in ["get-person", "call", "let", "assert", "exit"] {
        assert!(
            outcome.exits(0).stdout.contains(name),
            "{name}: {outcome:#?}"
        );
    }
    let outcome = lines("watch --help").run();
    assert!(
        outcome.exits(0).stdout.contains("Usage: watch"),
        "{outcome:#?}"
    );
    lines("lst").run().exits(2).prints("");
}

#[test]
fn exit_leaves_a_script() {
    print("exit; get-person Alice", "");
}

#[test]
fn a_file_has_the_lines_and_its_name_is_told() {
    let folder = Folder::new();
    folder.write("test.rg", "# people\nget-person Alice\nget-person Zoe\n");
    routeguide(["shell", "--in-process", "-f", "test.rg"])
        .within(&folder)
        .run()
        .exits(69)
        .prints(ALICE)
        .says("error: NOT_FOUND: no person named \"Zoe\"\ntest.rg, line 3: get-person Zoe\n");
    routeguide(["shell", "-f", "missing.rg"])
        .within(&folder)
        .run()
        .exits(1)
        .says_one_error();
}

#[test]
fn lines_run_as_they_arrive() {
    let mut run = routeguide(["shell", "--in-process"]).start();
    run.write("get-person Alice\n");
    run.stdout().wait_for(ALICE);
    run.write("get-person Zoe\n");
    run.wait().exits(69).prints(ALICE);
}

#[test]
fn lines_may_come_in_several_flags() {
    routeguide(["shell", "--in-process", "-c", "use RouteGuide"])
        .args(["-c", "GetPerson name=Alice", "-c", "get-person Alice"])
        .run()
        .exits(0)
        .prints(&format!("{ALICE_JSON}{ALICE}"))
        .says("");
}
