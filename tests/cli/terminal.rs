//! Input from a terminal, and output to one.

use prost::Message as _;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ListServiceResponse, ServerReflectionResponse, ServiceResponse};

use super::harness::{
    ALICE, CTRL_D, Folder, Peer, Server, Terminal, frame, people_file, routeguide,
};

const ALICE_INDENTED: &str = concat!(
    "name: \"Alice\"\r\nage: 30\r\ngender: FEMALE\r\nhobbies: \"reading\"\r\nhobbies: \"swimming\"\r\n",
    "address {\r\n  street: \"123 Main St\"\r\n  city: \"New York\"\r\n}\r\n",
);

#[test]
fn names_are_answered_as_they_are_typed() {
    let server = Server::start();
    let mut terminal = Terminal::open();
    let run = routeguide(["get-people", "--color", "never"])
        .at(server.addr())
        .stdin(terminal.stdio())
        .stdout(terminal.stdout())
        .start();
    run.stderr().wait_for("names from the terminal");
    terminal.types("Alice\n");
    terminal
        .screen()
        .wait_for(&format!("Alice\r\n{ALICE_INDENTED}"));
    terminal.types("Bob\n");
    terminal.screen().wait_for("456 Elm St");
    terminal.types(CTRL_D);
    run.wait().exits(0);
}

#[test]
fn quiet_hides_the_notice_about_input_from_the_terminal() {
    let server = Server::start();
    let mut terminal = Terminal::open();
    let run = routeguide(["get-people", "-q"])
        .at(server.addr())
        .stdin(terminal.stdio())
        .start();
    terminal.types("Alice\n");
    run.stdout().wait_for(ALICE);
    terminal.types(CTRL_D);
    run.wait().exits(0).prints(ALICE).says("");
}

#[test]
fn names_in_arguments_are_not_read_from_the_terminal() {
    let server = Server::start();
    let terminal = Terminal::open();
    routeguide(["get-people", "Alice"])
        .at(server.addr())
        .stdin(terminal.stdio())
        .start()
        .wait()
        .exits(0)
        .prints(ALICE)
        .says("");
}

#[test]
fn output_to_a_terminal_is_indented() {
    let terminal = Terminal::open();
    routeguide(["get-person", "--in-process", "--color", "never", "Alice"])
        .stdout(terminal.stdout())
        .run()
        .exits(0)
        .says("");
    assert_eq!(terminal.last_screen(), ALICE_INDENTED);
}

#[test]
fn compact_output_to_a_terminal_is_one_line_per_message() {
    let terminal = Terminal::open();
    routeguide(["get-people", "--in-process", "--color", "never"])
        .args(["--compact", "Alice", "Alice"])
        .stdout(terminal.stdout())
        .run()
        .exits(0);
    let lines = [ALICE, ALICE].concat().replace('\n', "\r\n");
    assert_eq!(terminal.last_screen(), lines);
}

#[test]
fn output_to_a_terminal_has_color_unless_turned_off() {
    for (flags, no_color, colored) in [
        (&[][..], None, true),
        (&[], Some("1"), false),
        (&["--color", "never"], None, false),
        (&["--color", "always"], Some("1"), true),
    ] {
        let terminal = Terminal::open();
        let mut program = routeguide(["get-person", "--in-process", "Alice"])
            .args(flags)
            .env("TERM", "xterm")
            .stdout(terminal.stdout());
        if let Some(value) = no_color {
            program = program.env("NO_COLOR", value);
        }
        program.run().exits(0);
        let screen = terminal.last_screen();
        assert_eq!(
            screen.contains('\u{1b}'),
            colored,
            "{flags:?} {no_color:?} {screen:?}"
        );
    }
}

#[test]
fn no_character_of_a_reply_acts_on_the_terminal() {
    // ESC, a C1 control, a bidirectional override and an isolate, a bell, a delete.
    let nasty = "a\u{1b}[2Jb\u{9b}2Jc\u{202e}d\u{2066}e\u{7}f\u{7f}";
    let json = serde_json::to_string(&serde_json::json!({ "name": nasty, "hobbies": [nasty] }));
    let (_folder, people) = people_file(json.unwrap());
    for format in ["text", "json"] {
        for layout in ["--pretty", "--compact"] {
            let terminal = Terminal::open();
            routeguide(["get-person", "--in-process", nasty, "--color", "never"])
                .args([layout, "-o", format, "--people"])
                .arg(&people)
                .stdout(terminal.stdout())
                .run()
                .exits(0);
            let screen = terminal.last_screen();
            let acts =
                |c: char| (c.is_control() && !"\r\n".contains(c)) || "\u{202e}\u{2066}".contains(c);
            assert!(!screen.contains(acts), "{format} {layout}: {screen:?}");
            assert!(screen.starts_with(['n', '{']), "{screen:?}");
        }
    }
}

#[test]
fn no_character_of_an_error_acts_on_the_terminal() {
    let terminal = Terminal::open();
    routeguide(["get-person", "--in-process", "--color", "never"])
        .arg("Zoe\u{1b}[2J\u{202e}")
        .stderr(terminal.stdio())
        .run()
        .exits(69);
    let screen = terminal.last_screen();
    assert!(screen.starts_with("error: NOT_FOUND"), "{screen:?}");
    assert!(!screen.contains(['\u{1b}', '\u{202e}']), "{screen:?}");
}

/// Characters that act on a terminal.
const NASTY: &str = "\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{7}";

#[track_caller]
fn is_harmless(screen: &str) {
    let acts =
        |c: char| (c.is_control() && !"\r\n\t".contains(c)) || "\u{202e}\u{2066}".contains(c);
    assert!(!screen.contains(acts), "{screen:?}");
}

#[test]
fn no_character_of_a_comment_acts_on_the_terminal() {
    let folder = Folder::new();
    let source = format!("syntax = \"proto3\";\n// a {NASTY} b\nmessage M {{}}\n");
    let file = folder.write("nasty.proto", source);
    let terminal = Terminal::open();
    routeguide(["describe", "M", "--color", "never", "--proto"])
        .arg(&file)
        .stdout(terminal.stdout())
        .run()
        .exits(0);
    let screen = terminal.last_screen();
    assert!(screen.contains("// a \\u{1b}[2J"), "{screen:?}");
    is_harmless(&screen);

    let piped = routeguide(["describe", "M", "--proto"]).arg(&file).run();
    assert!(piped.stdout.contains(NASTY), "a pipe gets what there is");
}

#[test]
fn no_character_of_a_service_name_acts_on_the_terminal() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        let services = ListServiceResponse {
            service: vec![ServiceResponse {
                name: format!("nasty{NASTY}"),
            }],
        };
        let response = ServerReflectionResponse {
            message_response: Some(MessageResponse::ListServicesResponse(services)),
            ..ServerReflectionResponse::default()
        };
        call.send(frame(&response.encode_to_vec()));
        call.wait_for_reset().await;
    });
    let terminal = Terminal::open();
    routeguide(["list"])
        .at(peer.addr())
        .stdout(terminal.stdout())
        .run()
        .exits(0);
    let screen = terminal.last_screen();
    assert!(screen.starts_with("nasty\\u{1b}"), "{screen:?}");
    is_harmless(&screen);
}
