//! `describe`: any symbol as .proto source, JSON or a request template.

use super::harness::{Echo, Folder, Stdout, protoset, routeguide};

#[track_caller]
fn describes(symbol: &str, parts: &[&str]) {
    let echo = Echo::start();
    let outcome = routeguide(["describe", symbol]).at(echo.addr()).run();
    outcome.exits(0).says("");
    for part in parts {
        assert!(outcome.stdout.contains(part), "no {part:?} in {outcome:#?}");
    }
}

#[test]
fn prints_a_service_as_source_with_comments() {
    describes(
        "test.echo.v1.Echo",
        &[
            "// Sends requests back, or fails on request.\nservice Echo {\n",
            "  // The last of many requests, and their number.\n  rpc Collect(stream ",
            "rpc Chat(stream ",
        ],
    );
}

#[test]
fn finds_a_method_by_every_name_that_call_accepts() {
    for name in [
        "test.echo.v1.Echo.Repeat",
        "test.echo.v1.Echo/Repeat",
        "/test.echo.v1.Echo/Repeat",
        "Echo/Repeat",
        "Repeat",
    ] {
        describes(name, &["// As many replies as requested.\nrpc Repeat("]);
    }
}

#[test]
fn prints_a_method_with_its_request_and_its_reply() {
    let echo = Echo::start();
    let outcome = routeguide(["describe", "Repeat"]).at(echo.addr()).run();
    outcome.exits(0).says("");
    let declared = |text: &str| {
        outcome
            .stdout
            .find(text)
            .unwrap_or_else(|| panic!("{text}"))
    };
    let places = [
        "rpc Repeat(",
        "\nmessage Request {\n",
        "\nmessage Reply {\n",
    ]
    .map(declared);
    assert!(places.is_sorted(), "{places:?}");
    let folder = Folder::new();
    let proto = folder.write(
        "same.proto",
        r#"syntax = "proto3"; message M {} service S { rpc Same(M) returns (M); }"#,
    );
    routeguide(["describe", "Same", "--proto"])
        .arg(proto)
        .run()
        .exits(0)
        .prints("rpc Same(M) returns (M);\n\nmessage M {}\n");
}

#[test]
fn lists_what_there_is_without_a_symbol() {
    let echo = Echo::start();
    let outcome = routeguide(["describe"]).at(echo.addr()).run();
    outcome.exits(0).says("");
    for line in [
        "service test.echo.v1.Echo",
        "message test.echo.v1.Request",
        "message test.echo.v1.Request.Address",
        "enum test.echo.v1.Color",
    ] {
        assert!(outcome.stdout.lines().any(|it| it == line), "{outcome:#?}");
    }
    let kinds: Vec<&str> = outcome
        .stdout
        .lines()
        .map(|line| line.split_once(' ').unwrap().0)
        .collect();
    let mut grouped = kinds.clone();
    grouped.dedup();
    assert_eq!(grouped, ["service", "message", "enum"]);
    assert!(!outcome.stdout.contains("google.protobuf"), "{outcome:#?}");
}

#[test]
fn source_has_color_on_request_and_no_control_characters_at_a_terminal() {
    let folder = Folder::new();
    let proto = folder.write(
        "evil.proto",
        "syntax = \"proto3\";\n// a \u{1b}[2J comment\nmessage M {}\n",
    );
    let source = |color| {
        let outcome = routeguide(["describe", "M", "--color", color, "--proto"])
            .arg(&proto)
            .run();
        outcome.exits(0);
        outcome.stdout
    };
    assert_eq!(source("never"), "// a \u{1b}[2J comment\nmessage M {}\n");
    assert!(source("always").contains("\u{1b}[1m\u{1b}[34mmessage\u{1b}[0m "));
    #[cfg(unix)]
    {
        use super::harness::Terminal;

        let terminal = Terminal::open();
        routeguide(["describe", "M", "--color", "always", "--proto"])
            .arg(&proto)
            .stdout(terminal.stdout())
            .run()
            .exits(0);
        let screen = terminal.last_screen();
        assert!(screen.contains("// a \\u{1b}[2J comment"), "{screen:?}");
    }
}

#[test]
fn prints_a_message_with_its_nested_types() {
    for name in ["test.echo.v1.Request", ".test.echo.v1.Request", "Request"] {
        describes(
            name,
            &[
                "message Request {\n",
                "  // The name of the caller.\n  string name = 1;\n",
                "  repeated string hobbies = 4;\n",
                "  map<string, string> labels = 6;\n",
                "  message Address {\n    string city = 1;\n",
                "  oneof contact {\n    string phone = 10;\n",
            ],
        );
    }
}

#[test]
fn prints_nested_messages_enums_fields_oneofs_and_enum_values() {
    describes("test.echo.v1.Request.Address", &["message Address {\n"]);
    describes("Address", &["message Address {\n"]);
    describes(
        "test.echo.v1.Color",
        &["// The color of a thing.\nenum Color {\n", "COLOR_RED = 1;"],
    );
    describes("test.echo.v1.Request.name", &["string name = 1;"]);
    describes(
        "test.echo.v1.Request.labels",
        &["map<string, string> labels = 6;"],
    );
    describes("test.echo.v1.Request.contact", &["oneof contact {"]);
    describes("test.echo.v1.COLOR_RED", &["COLOR_RED = 1;"]);
    describes("test.echo.v1.Color.COLOR_RED", &["COLOR_RED = 1;"]);
}

#[test]
fn prints_every_file_on_request() {
    let echo = Echo::start();
    let outcome = routeguide(["describe", "--all"]).at(echo.addr()).run();
    outcome.exits(0).says("");
    for part in [
        "// echo.proto\n",
        "// kinds.proto\n",
        "// google/protobuf/any.proto\n",
        "package test.echo.v1;\n",
        "import \"kinds.proto\";\n",
        "service Mirror {\n",
        "enum Color {\n",
    ] {
        assert!(outcome.stdout.contains(part), "no {part:?}");
    }
}

#[test]
fn json_is_the_symbols_descriptor() {
    let echo = Echo::start();
    let json = |symbol: &[&str]| -> serde_json::Value {
        let outcome = routeguide(["describe", "-o", "json"])
            .args(symbol)
            .at(echo.addr())
            .run();
        outcome.exits(0).says("");
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let service = json(&["test.echo.v1.Echo"]);
    assert_eq!(service["name"], "Echo");
    assert_eq!(service["method"][3]["clientStreaming"], true);
    let message = json(&["test.echo.v1.Request"]);
    assert_eq!(message["field"][0]["type"], "TYPE_STRING");
    let field = json(&["test.echo.v1.Request.age"]);
    assert_eq!(field["number"], 2);
    let all = json(&[]);
    let files = all["file"].as_array().unwrap();
    assert!(files.iter().any(|file| file["name"] == "echo.proto"));
}

#[test]
fn a_template_is_a_request_that_call_accepts() {
    let echo = Echo::start();
    for symbol in ["Echo/Unary", "test.echo.v1.Request"] {
        let template = routeguide(["describe", symbol, "--template"])
            .at(echo.addr())
            .run();
        template.exits(0).says("left out of oneof contact: mail\n");
        for field in [
            "\"name\"",
            "\"phone\"",
            "\"city\"",
            "\"hobbies\"",
            "\"color\"",
            "\"labels\"",
        ] {
            assert!(
                template.stdout.contains(field),
                "no {field} in {template:#?}"
            );
        }
        // The template asks the server to fail, but the server has read the whole request.
        let outcome = routeguide(["call", "Echo/Unary", "-d", "@-"])
            .at(echo.addr())
            .run_with(&template.stdout);
        assert_ne!(outcome.status.code(), Some(1), "{outcome:#?}");
    }
    assert_eq!(echo.arrivals("Echo/Unary").len(), 2);
}

#[test]
fn an_exported_protoset_is_an_equal_schema() {
    let (echo, folder) = (Echo::start(), Folder::new());
    let set = folder.join("echo.binpb");
    let asked = routeguide(["describe", "Echo", "--protoset-out"])
        .arg(&set)
        .at(echo.addr())
        .run();
    asked.exits(0);
    routeguide(["describe", "Echo", "--protoset"])
        .arg(&set)
        .run()
        .exits(0)
        .prints(&asked.stdout);
    let silent = Echo::silent();
    routeguide(["call", "Repeat", "color=COLOR_RED", "--protoset"])
        .arg(&set)
        .at(silent.addr())
        .run()
        .exits(0)
        .prints("{\"request\":{\"color\":\"COLOR_RED\"},\"received\":1}\n");
}

#[test]
fn a_protoset_on_stdout_is_all_that_goes_there() {
    let (echo, folder) = (Echo::start(), Folder::new());
    for command in [&["describe", "Echo"][..], &["list"], &["list", "Echo"]] {
        let (piped, written) = (folder.join("piped"), folder.join("written"));
        let stdout = std::fs::File::create(&piped).unwrap();
        routeguide(command)
            .args(["--protoset-out", "-"])
            .at(echo.addr())
            .stdout(Stdout::Given(stdout.into()))
            .run()
            .exits(0)
            .says("");
        routeguide(command)
            .arg("--protoset-out")
            .arg(&written)
            .at(echo.addr())
            .run()
            .exits(0);
        let [piped, written] = [piped, written].map(|file| std::fs::read(file).unwrap());
        assert!(!written.is_empty());
        assert!(piped == written, "{command:?}");
    }
}

#[test]
fn call_exports_the_schema_of_its_method() {
    let (echo, folder) = (Echo::start(), Folder::new());
    let set = folder.join("echo.binpb");
    let reply = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";
    routeguide(["call", "Echo/Unary", "name=a", "--protoset-out"])
        .arg(&set)
        .arg("--proto-out")
        .arg(folder.join("protos"))
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(reply);
    routeguide(["call", "Echo/Unary", "name=a", "--protoset"])
        .arg(&set)
        .at(Echo::silent().addr())
        .run()
        .exits(0)
        .prints(reply);
    assert!(folder.join("protos/echo.proto").is_file());
    routeguide(["call", "Echo/Unary", "--protoset-out", "-"])
        .at(echo.addr())
        .run()
        .exits(2)
        .prints("")
        .says(concat!(
            "error: --protoset-out - and the replies cannot both go to stdout\n",
            "hint: use describe Echo/Unary --protoset-out -\n",
        ));
}

#[test]
fn exported_proto_files_are_an_equal_schema() {
    let (echo, folder) = (Echo::start(), Folder::new());
    let dir = folder.join("protos");
    let asked = routeguide(["describe", "Echo", "--proto-out"])
        .arg(&dir)
        .at(echo.addr())
        .run();
    asked.exits(0);
    assert!(dir.join("kinds.proto").is_file());
    routeguide(["describe", "Echo", "--proto", "echo.proto", "-I"])
        .arg(&dir)
        .run()
        .exits(0)
        .prints(&asked.stdout);
    let silent = Echo::silent();
    routeguide(["call", "Repeat", "name=a", "--proto", "echo.proto", "-I"])
        .arg(&dir)
        .at(silent.addr())
        .run()
        .exits(0)
        .prints("{\"request\":{\"name\":\"a\"},\"received\":1}\n");
}

#[test]
fn needs_no_server_with_files() {
    let folder = Folder::new();
    let set = folder.write("echo.binpb", protoset());
    routeguide(["describe", "Mirror", "--protoset"])
        .arg(set)
        .run()
        .exits(0)
        .says("");
    routeguide(["describe", "Person.Address", "--reflection", "off"])
        .run()
        .exits(0)
        .prints(concat!(
            "// A postal address.\n",
            "message Address {\n",
            "  // House number and street.\n",
            "  string street = 1;\n",
            "  string city = 2;\n",
            "}\n"
        ));
}
