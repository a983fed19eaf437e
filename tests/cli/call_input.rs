//! `call -d`: requests as JSON or text, sent as they are read.

use super::harness::{Echo, Folder, Peer, Seen, protoset, routeguide};
use h2::Reason;

const A: &str = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";
const B: &str = "{\"request\":{\"name\":\"b\"},\"received\":2}\n";

#[test]
fn data_is_json() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "-d", r#"{"name": "a"}"#])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(A)
        .says("");
}

#[test]
fn data_is_read_from_a_file() {
    let (echo, folder) = (Echo::start(), Folder::new());
    let file = folder.write("requests", "{\"name\":\"a\"}\n{\"name\":\"b\"}\n");
    routeguide(["call", "Chat", "-d", &format!("@{}", file.display())])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&[A, B].concat());
}

#[test]
fn a_chat_answers_while_stdin_is_open() {
    let echo = Echo::start();
    let mut run = routeguide(["call", "Chat", "-d", "@-"])
        .at(echo.addr())
        .start();
    run.write(r#"{"name":"a"}"#).stdout().wait_for(A);
    run.write(r#"{"name":"#);
    run.write(r#""b"}"#).stdout().wait_for(B);
    run.close_stdin();
    run.wait().exits(0).prints(&[A, B].concat()).says("");
}

#[test]
fn messages_are_concatenated_or_one_per_line() {
    let echo = Echo::start();
    for input in [
        r#"{"name":"a"}{"name":"b"}"#,
        "{\"name\":\"a\"}\n\n{\"name\":\"b\"}\n",
        "{\n  \"name\": \"a\"\n}\r\n{\n  \"name\": \"b\"\n}",
    ] {
        routeguide(["call", "Chat", "-d", "@-"])
            .at(echo.addr())
            .run_with(input)
            .exits(0)
            .prints(&[A, B].concat());
    }
}

#[test]
fn a_client_stream_is_one_call_for_all_messages() {
    let echo = Echo::start();
    routeguide(["call", "Collect", "-d", r#"{"name":"a"}{"name":"b"}"#])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(B);
    assert_eq!(echo.arrivals("Echo/Collect").len(), 1);
}

#[test]
fn without_input_a_method_gets_one_empty_message_or_an_empty_stream() {
    let echo = Echo::start();
    for (method, replies) in [
        ("Echo/Unary", "{\"request\":{},\"received\":1}\n"),
        ("Repeat", "{\"request\":{},\"received\":1}\n"),
        ("Collect", "{}\n"),
        ("Chat", ""),
    ] {
        routeguide(["call", method])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints(replies)
            .says("");
    }
}

#[test]
fn unknown_fields_are_refused_unless_allowed() {
    let echo = Echo::start();
    let call = || routeguide(["call", "Repeat", "-d", r#"{"name":"a","nick":1}"#]).at(echo.addr());
    call().run().exits(1).prints("").says_one_error();
    call()
        .arg("--allow-unknown-fields")
        .run()
        .exits(0)
        .prints(A);
}

#[test]
fn bad_data_cancels_the_call_after_the_replies_to_earlier_messages() {
    let peer = Peer::echoing();
    let mut run = routeguide(["call", "RouteGuide/GetPeople", "--reflection", "off"])
        .args(["-d", "@-"])
        .at(peer.addr())
        .start();
    run.write("{\"name\":\"Alice\"}\n{\"name\":\"Bob\"}\n{\"nmae\":\"Eve\"}\n");
    run.wait()
        .exits(1)
        .prints("{\"name\":\"Alice\"}\n{\"name\":\"Bob\"}\n")
        .says_one_error();
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
    assert_eq!(peer.seen().len(), 3, "{:?}", peer.seen());
}

#[test]
fn bad_data_in_a_client_stream_cancels_the_call() {
    let echo = Echo::start();
    routeguide(["call", "Collect", "-d", r#"{"name":"a"} nonsense"#])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
}

#[test]
fn truncated_data_is_an_error() {
    let echo = Echo::start();
    routeguide(["call", "Chat", "-d", "@-"])
        .at(echo.addr())
        .run_with(r#"{"name":"a"}{"name":"#)
        .exits(1)
        .prints(A)
        .says_one_error();
}

#[test]
fn text_messages_are_separated_by_the_record_separator() {
    let echo = Echo::start();
    routeguide(["call", "Chat", "--input", "text", "-d", "@-"])
        .at(echo.addr())
        .run_with("name: \"a\"\n\x1e\nname: \"b\"\n")
        .exits(0)
        .prints(&[A, B].concat())
        .says("");
}

#[test]
fn a_reply_printed_as_text_can_be_sent_as_a_request() {
    let echo = Echo::start();
    let first = routeguide([
        "call",
        "Repeat",
        "name=a",
        "hobbies[]=x",
        "photo=//4=",
        "-o",
        "text",
    ])
    .at(echo.addr())
    .run();
    first.exits(0);
    let request = first
        .stdout
        .trim()
        .strip_prefix("request { ")
        .and_then(|rest| rest.strip_suffix(" } received: 1"))
        .unwrap()
        .to_owned();
    let second = routeguide([
        "call", "Repeat", "--input", "text", "-o", "text", "-d", &request,
    ])
    .at(echo.addr())
    .run();
    second.exits(0).prints(&first.stdout);
}

#[test]
fn a_stream_ends_after_n_replies() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "replies=1000000", "name=a", "-n2"])
        .at(echo.addr())
        .run()
        .exits(0)
        .says("")
        .prints(&"{\"request\":{\"name\":\"a\",\"replies\":1000000},\"received\":1}\n".repeat(2));
    let mut run = routeguide(["call", "Chat", "-n1", "-d", "@-"])
        .at(echo.addr())
        .start();
    run.write(r#"{"name":"a"}"#);
    run.wait().exits(0).prints(A).says("");
}

#[test]
fn many_requests_get_as_many_replies() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    let schema = folder.write("echo.binpb", protoset());
    let count = 20_000;
    let outcome = routeguide(["call", "Chat", "-d", "@-", "--protoset"])
        .arg(schema)
        .at(echo.addr())
        .run_with("{\"name\":\"a\"}\n".repeat(count));
    outcome.exits(0).says("");
    assert_eq!(outcome.stdout.lines().count(), count);
}

#[test]
fn bytes_are_base64_in_any_variant() {
    let echo = Echo::start();
    for field in ["photo=+/8=", "photo=-_8=", "photo=+/8", "photo:=\"-_8\""] {
        routeguide(["call", "Repeat", field])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints("{\"request\":{\"photo\":\"+/8=\"},\"received\":1}\n");
    }
}

#[test]
fn a_field_may_be_stdin() {
    let echo = Echo::start();
    let call = |field: &str, input: &[u8]| {
        let call = routeguide(["call", "Repeat", field]).at(echo.addr());
        call.run_with(input).exits(0).says("").stdout.clone()
    };
    let reply = |request: &str| format!("{{\"request\":{request},\"received\":1}}\n");
    assert_eq!(call("name=@-", b"a"), reply(r#"{"name":"a"}"#));
    assert_eq!(call("photo=@-", b"\xff\xfe"), reply(r#"{"photo":"//4="}"#));
    assert_eq!(
        call("hobbies:=@-", b"[\"a\"]\n"),
        reply(r#"{"hobbies":["a"]}"#)
    );
}

#[test]
fn a_field_from_a_file_without_an_end_is_refused() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "photo=@/dev/zero"])
        .at(echo.addr())
        .run();
    outcome.exits(1).prints("").says(concat!(
        "error: argument \"photo=@/dev/zero\": the file is larger than 4194304 bytes, the limit of a message\n",
        "hint: allow larger messages with --max-message-size\n"
    ));
    assert!(echo.arrivals("Echo/Unary").is_empty());
}

#[test]
fn a_request_beyond_the_limit_is_refused_after_the_requests_before_it() {
    let echo = Echo::start();
    let large = format!("{{\"name\":\"a\"}}\n{{\"name\":\"{}\"}}", "b".repeat(200));
    let outcome = routeguide(["call", "Echo/Unary", "--max-message-size", "200"])
        .args(["-d", &large])
        .at(echo.addr())
        .run();
    outcome.exits(1).says(concat!(
        "error: -d, line 2: the message has 203 bytes, and the limit is 200\n",
        "hint: allow larger messages with --max-message-size\n"
    ));
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert_eq!(echo.arrivals("Echo/Unary").len(), 1);
}
