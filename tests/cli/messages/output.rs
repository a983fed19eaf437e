//! Output that cannot be written, or cannot be written in the format.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, Peer, frame, routeguide};
use super::{KNOWN, Transcript, transcript};

#[test]
fn raw_output_of_several_replies() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.send(frame(b""));
        call.send(frame(b""));
        call.wait_for_reset().await;
    });
    let call =
        routeguide(["call", "RouteGuide/GetPeople"]).args(["--reflection", "off", "-o", "raw"]);
    assert_snapshot!(transcript([call.at(peer.addr())]), @"
    $ routeguide call RouteGuide/GetPeople --reflection off -o raw --addr 127.0.0.1:[PORT]
    error: -o raw writes only one message, but there are more
    hint: use -n 1 to stop after the first
    [exit code 1]
    ");
}

/// A reply with these bytes, of a method whose reply has well-known types.
#[track_caller]
fn unrepresentable(replies: &[&'static [u8]]) -> String {
    let folder = Folder::new();
    folder.write("known.proto", KNOWN);
    let mut transcript = Transcript::default();
    for reply in replies {
        let reply = *reply;
        let peer = Peer::playing(move |mut call| async move {
            call.open();
            call.send(frame(reply));
            call.end(0, "");
        });
        let call = routeguide(["call", "Ask", "--proto", "known.proto"]).within(&folder);
        transcript.add(
            &format!("# {}", reply.escape_ascii()),
            &call.at(peer.addr()).run(),
        );
    }
    transcript.to_string()
}

#[test]
fn a_reply_that_json_cannot_represent() {
    assert_snapshot!(unrepresentable(&[
        // Timestamp { seconds: 2^62 }
        b"\x0a\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40",
        // Duration { seconds: 2^62 }
        b"\x12\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40",
        // FieldMask { paths: "a_" }
        b"\x1a\x04\x0a\x02a_",
        // Value { number_value: NaN }
        b"\x22\x09\x11\0\0\0\0\0\0\xf8\x7f",
        // Any { value: "x" }
        b"\x2a\x03\x12\x01x",
    ]), @r#"
    # \n\n\x08\x80\x80\x80\x80\x80\x80\x80\x80@
    error: cannot print a known.Known: a Timestamp is out of range
    [exit code 1]

    # \x12\n\x08\x80\x80\x80\x80\x80\x80\x80\x80@
    error: cannot print a known.Known: a Duration is out of range
    [exit code 1]

    # \x1a\x04\n\x02a_
    error: cannot print a known.Known: a FieldMask has a path that JSON does not have
    [exit code 1]

    # \"\t\x11\x00\x00\x00\x00\x00\x00\xf8\x7f
    error: cannot print a known.Known: a Value is a number that JSON does not have
    [exit code 1]

    # *\x03\x12\x01x
    error: cannot print a known.Known: an Any has a value but no type
    [exit code 1]
    "#);
}

#[test]
fn a_request_that_json_cannot_represent() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    folder.write("known.proto", KNOWN);
    let data = "value { number_value: nan }";
    assert_snapshot!(transcript([
        routeguide(["call", "Ask", "--proto", "known.proto", "-q", "-o", "envelope"])
            .args(["--input", "text", "-d", data])
            .within(&folder)
            .at(echo.addr()),
    ]), @r#"
    $ routeguide call Ask --proto known.proto -q -o envelope --input text -d 'value { number_value: nan }' --addr 127.0.0.1:[PORT]
    [stdout]
    {"event":"status","call":1,"time_ms":[TIME],"code":1,"status":"CANCELLED","message":"cancelled","details":[],"origin":"cancelled","exit":1}
    [stderr]
    error: cannot print a request
      caused by: a Value is a number that JSON does not have
    [exit code 1]
    "#);
}

/// The Any is a Quota by its type, and its value is not.
#[test]
fn an_any_whose_value_is_not_of_its_type() {
    let echo = Echo::start();
    let any = "payload { type_url: \"x/test.echo.v1.Quota\" value: \"\\377\" }";
    assert_snapshot!(transcript([
        routeguide(["call", "Repeat", "--input", "text", "-d", any]).at(echo.addr()),
    ]), @r#"
    $ routeguide call Repeat --input text -d 'payload { type_url: "x/test.echo.v1.Quota" value: "\377" }' --addr 127.0.0.1:[PORT]
    error: cannot print a test.echo.v1.Reply: the value of an Any is not a message of its type
    [exit code 1]
    "#);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    use super::super::harness::Stdout;
    let full = || Stdout::Given(std::fs::File::create("/dev/full").unwrap().into());
    assert_snapshot!(transcript([
        routeguide(["get-person", "Alice", "--in-process"]).stdout(full()),
        routeguide(["describe", "--reflection", "off"]).stdout(full()),
    ]), @"
    $ routeguide get-person Alice --in-process
    error: cannot write to standard output
      caused by: no space left on device
    [exit code 1]

    $ routeguide describe --reflection off
    error: cannot write to standard output
      caused by: no space left on device
    [exit code 1]
    ");
}

#[test]
fn a_folder_for_manual_pages() {
    let folder = Folder::new();
    folder.write("file", "");
    assert_snapshot!(transcript([routeguide(["man", "file/man1"]).within(&folder)]), @"
    $ routeguide man file/man1
    error: cannot write manual pages to file/man1
      caused by: not a directory
    [exit code 1]
    ");
}
