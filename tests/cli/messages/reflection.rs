//! A server whose reflection is missing, refuses, or sends something that it should not.

use insta::assert_snapshot;
use prost::Message as _;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{
    ErrorResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionResponse,
    ServiceResponse,
};

use super::super::harness::{Echo, Peer, Reflection, frame, routeguide};
use super::transcript;

#[test]
fn there_is_none() {
    let echo = Echo::silent();
    assert_snapshot!(transcript([
        routeguide(["list"]).at(echo.addr()),
        routeguide(["list", "Echo"]).at(echo.addr()),
        routeguide(["call", "Repeat"]).at(echo.addr()),
        routeguide(["call", "test.echo.v1.Echo/Repeat"]).at(echo.addr()),
        routeguide(["describe", "test.echo.v1.Echo"]).at(echo.addr()),
    ]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: the server does not support reflection
    hint: give its schema with --proto or --protoset
    [exit code 1]

    $ routeguide list Echo --addr 127.0.0.1:[PORT]
    error: the server does not support reflection
    hint: give its schema with --proto or --protoset
    [exit code 1]

    $ routeguide call Repeat --addr 127.0.0.1:[PORT]
    error: the server does not support reflection
    hint: give its schema with --proto or --protoset
    [exit code 1]

    $ routeguide call test.echo.v1.Echo/Repeat --addr 127.0.0.1:[PORT]
    error: the server does not support reflection
    hint: give its schema with --proto or --protoset
    [exit code 1]

    $ routeguide describe test.echo.v1.Echo --addr 127.0.0.1:[PORT]
    error: the server does not support reflection
    hint: give its schema with --proto or --protoset
    [exit code 1]
    ");
}

#[test]
fn there_is_another_version() {
    let echo = Echo::reflecting(Reflection::V1Alpha);
    assert_snapshot!(transcript([
        routeguide(["list", "--reflection", "v1"]).at(echo.addr()),
    ]), @"
    $ routeguide list --reflection v1 --addr 127.0.0.1:[PORT]
    error: the server does not support reflection v1
    hint: try --reflection v1alpha or auto, or give its schema with --proto or --protoset
    [exit code 1]
    ");
}

#[test]
fn it_is_refused() {
    let peer = Peer::failing(16, "who are you?");
    assert_snapshot!(transcript([
        routeguide(["list"]).at(peer.addr()),
        routeguide(["call", "test.echo.v1.Echo/Unary"]).at(peer.addr()),
    ]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: UNAUTHENTICATED: the server's reflection failed: who are you?
    [exit code 80]

    $ routeguide call test.echo.v1.Echo/Unary --addr 127.0.0.1:[PORT]
    error: UNAUTHENTICATED: the server's reflection failed: who are you?
    [exit code 80]
    ");
}

#[test]
fn it_does_not_answer_in_time() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    assert_snapshot!(transcript([
        routeguide(["list", "--timeout", "1s"]).at(peer.addr()),
    ]), @"
    $ routeguide list --timeout 1s --addr 127.0.0.1:[PORT]
    error: DEADLINE_EXCEEDED: the server's reflection failed: the deadline expired before the call completed
    [exit code 68]
    ");
}

/// A server whose reflection answers questions with these messages in turn, and ends the stream after the last.
fn answering(answers: Vec<Vec<u8>>) -> Peer {
    Peer::playing(move |mut call| {
        let answers = answers.clone();
        async move {
            call.open();
            for answer in answers {
                if call.name().await.is_none() {
                    break;
                }
                call.send(frame(&answer));
            }
            call.end(0, "");
        }
    })
}

fn answer(response: MessageResponse) -> Vec<u8> {
    let answer = ServerReflectionResponse {
        message_response: Some(response),
        ..ServerReflectionResponse::default()
    };
    answer.encode_to_vec()
}

fn services(names: &[&str]) -> Vec<u8> {
    let service = names.iter().map(|name| ServiceResponse {
        name: (*name).to_owned(),
    });
    answer(MessageResponse::ListServicesResponse(ListServiceResponse {
        service: service.collect(),
    }))
}

fn files(files: Vec<Vec<u8>>) -> Vec<u8> {
    answer(MessageResponse::FileDescriptorResponse(
        FileDescriptorResponse {
            file_descriptor_proto: files,
        },
    ))
}

fn not_found() -> Vec<u8> {
    answer(MessageResponse::ErrorResponse(ErrorResponse {
        error_code: 5,
        error_message: "no such symbol".to_owned(),
    }))
}

#[test]
fn there_are_no_services() {
    let peer = answering(vec![services(&[])]);
    assert_snapshot!(transcript([routeguide(["list"]).at(peer.addr())]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    no services on the server
    ");
}

#[test]
fn services_are_not_listed() {
    let peer = answering(vec![not_found()]);
    assert_snapshot!(transcript([routeguide(["list"]).at(peer.addr())]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: the server does not list its services: no such symbol
    [exit code 69]
    ");
}

#[test]
fn a_service_is_listed_without_a_descriptor() {
    let peer = answering(vec![not_found(), services(&["shop.Shop"]), not_found()]);
    assert_snapshot!(transcript([
        routeguide(["call", "Shop/Pay"]).at(peer.addr()),
    ]), @"
    $ routeguide call Shop/Pay --addr 127.0.0.1:[PORT]
    error: the service shop.Shop is listed on the server, but its descriptor is missing
    [exit code 1]
    ");
}

#[test]
fn an_answer_is_to_another_question() {
    let peer = answering(vec![files(Vec::new())]);
    assert_snapshot!(transcript([routeguide(["list"]).at(peer.addr())]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: the server's reflection sent an answer that does not match the question
    [exit code 1]
    ");
}

#[test]
fn an_answer_is_damaged() {
    let damaged = answering(vec![b"\xff\xff".to_vec()]);
    let empty = answering(vec![ServerReflectionResponse::default().encode_to_vec()]);
    let bad_file = answering(vec![files(vec![b"\xff\xff".to_vec()])]);
    assert_snapshot!(transcript([
        routeguide(["list"]).at(damaged.addr()),
        routeguide(["list"]).at(empty.addr()),
        routeguide(["describe", "shop.Shop"]).at(bad_file.addr()),
    ]), @"
    $ routeguide list --addr 127.0.0.1:[PORT]
    error: the server's reflection sent a damaged answer
    [exit code 1]

    $ routeguide list --addr 127.0.0.1:[PORT]
    error: UNKNOWN: the server does not list its services: the answer is empty
    [exit code 66]

    $ routeguide describe shop.Shop --addr 127.0.0.1:[PORT]
    error: the server's reflection sent a damaged file descriptor
      caused by: failed to decode Protobuf message: invalid varint
    [exit code 1]
    ");
}

/// The file of a service whose request is declared in another file, which the server does not have.
#[test]
fn an_import_is_missing() {
    let money = prost_types::FileDescriptorProto {
        name: Some("shop.proto".to_owned()),
        package: Some("shop".to_owned()),
        dependency: vec!["money.proto".to_owned()],
        service: vec![prost_types::ServiceDescriptorProto {
            name: Some("Shop".to_owned()),
            method: vec![prost_types::MethodDescriptorProto {
                name: Some("Pay".to_owned()),
                input_type: Some(".money.Sum".to_owned()),
                output_type: Some(".money.Sum".to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    let peer = answering(vec![files(vec![money.encode_to_vec()]), not_found()]);
    assert_snapshot!(transcript([
        routeguide(["call", "shop.Shop/Pay"]).at(peer.addr()),
    ]), @"
    $ routeguide call shop.Shop/Pay --addr 127.0.0.1:[PORT]
    error: the schema is incomplete: shop.proto imports money.proto, which the server does not have
      caused by: name '.money.Sum' is not defined
    hint: give the whole schema with --proto or --protoset
    [exit code 1]
    ");
}

/// The Any is in a request: the program asks for everything, to know what it may hold.
#[test]
fn only_part_of_the_schema_is_there() {
    let peer = answering(vec![files(vec![any_file()]), not_found()]);
    assert_snapshot!(transcript([
        routeguide(["call", "shop.Shop/Pay", "-d", ""]).at(peer.addr()),
    ]), @"
    $ routeguide call shop.Shop/Pay -d '' --addr 127.0.0.1:[PORT]
    warning: the server's schema is incomplete, which limits the types of an Any in requests: the server's reflection sent an answer that does not match the question
    did not call shop.Shop.Pay: -d is empty; is a variable unset? The empty message is {}
    ");
}

/// A service whose request has an Any.
fn any_file() -> Vec<u8> {
    let folder = super::super::harness::Folder::new();
    folder.write(
        "shop.proto",
        "syntax = \"proto3\"; package shop; import \"google/protobuf/any.proto\";\
         message Order { google.protobuf.Any item = 1; }\
         service Shop { rpc Pay(Order) returns (Order); }",
    );
    let set = protox::compile(["shop.proto"], [folder.path()]).unwrap();
    set.file.last().unwrap().encode_to_vec()
}
