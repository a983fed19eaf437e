//! `-v`: the connection, the metadata and the status of each call.

use insta::assert_snapshot;

use super::super::harness::{Echo, Server, routeguide};
use super::{Transcript, transcript};

#[test]
fn of_one_call() {
    let server = Server::start();
    assert_snapshot!(transcript([
        routeguide(["get-person", "Alice", "-v"]).at(server.addr()),
    ]), @r#"
    $ routeguide get-person Alice -v --addr 127.0.0.1:[PORT]
    [stdout]
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /RouteGuide/GetPerson
    < content-type: application/grpc
    * headers after [TIME], first message after [TIME], end after [TIME]; 7 bytes sent, 55 received
    * status OK, 1 request, 1 reply
    "#);
}

#[test]
fn of_a_stream() {
    let server = Server::start();
    assert_snapshot!(transcript([
        routeguide(["get-people", "-v", "Alice", "Zoe", "Bob"]).at(server.addr()),
    ]), @r#"
    $ routeguide get-people -v Alice Zoe Bob --addr 127.0.0.1:[PORT]
    [stdout]
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    name: "Bob" age: 25 gender: MALE hobbies: "gaming" hobbies: "cycling" address { street: "456 Elm St" city: "Los Angeles" }
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /RouteGuide/GetPeople
    < content-type: application/grpc
    * headers after [TIME], first message after [TIME], last message after [TIME], end after [TIME]; 17 bytes sent, 108 received
    * status OK, 3 requests, 2 replies
    1 of 3 names had no reply: "Zoe"
    "#);
}

#[test]
fn of_a_call_with_metadata() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Repeat", "name=a", "-v", "-H", "x-a: b", "-H", "x-raw-bin: //4="])
            .at(echo.addr()),
    ]), @r#"
    $ routeguide call Repeat name=a -v -H 'x-a: b' -H 'x-raw-bin: //4=' --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{"name":"a"},"received":1}
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /test.echo.v1.Echo/Repeat
    > x-a: b
    > x-raw-bin: //4
    < initial-x-a: b
    < initial-x-raw-bin: //4
    < initial-server: echo
    < content-type: application/grpc
    < date: [DATE]
    < trailer trailing-x-a: b
    < trailer trailing-x-raw-bin: //4
    < trailer trailing-server: echo
    * headers after [TIME], first message after [TIME], end after [TIME]; 3 bytes sent, 7 received
    * status OK, 1 request, 1 reply
    "#);
}

#[test]
fn of_a_call_that_fails() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Repeat", "-v", "-d", r#"{"fail": {"code": 5, "message": "no such order"}}"#])
            .at(echo.addr()),
    ]), @r#"
    $ routeguide call Repeat -v -d '{"fail": {"code": 5, "message": "no such order"}}' --addr 127.0.0.1:[PORT]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /test.echo.v1.Echo/Repeat
    < trailer date: [DATE]
    < trailer trailing-server: echo
    * end after [TIME]; 20 bytes sent, 0 received
    * status NOT_FOUND, 1 request, 0 replies
    error: NOT_FOUND: no such order
    [exit code 69]
    "#);
}

#[test]
fn of_a_batch() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Echo/Unary", "-v", "-d", "{} {}"]).at(echo.addr()),
    ]), @r#"
    $ routeguide call Echo/Unary -v -d '{} {}' --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{},"received":1}
    {"request":{},"received":1}
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /test.echo.v1.Echo/Unary
    < initial-server: echo
    < content-type: application/grpc
    < date: [DATE]
    < trailer trailing-server: echo
    * headers after [TIME], first message after [TIME], end after [TIME]; 0 bytes sent, 4 received
    * status OK, 1 request, 1 reply
    * request 2
    > /test.echo.v1.Echo/Unary
    < initial-server: echo
    < content-type: application/grpc
    < date: [DATE]
    < trailer trailing-server: echo
    * headers after [TIME], first message after [TIME], end after [TIME]; 0 bytes sent, 4 received
    * status OK, 1 request, 1 reply
    "#);
}

#[test]
fn of_a_batch_that_goes_on_after_failures() {
    let echo = Echo::start();
    let data = r#"{"fail": {"code": 5}} {"nmae": "a"} {}"#;
    let call = |concurrency| {
        routeguide(["call", "Echo/Unary", "-v", "--keep-going", "-d", data])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
    };
    assert_snapshot!(transcript(["1", "3"].map(call)), @r#"
    $ routeguide call Echo/Unary -v --keep-going -d '{"fail": {"code": 5}} {"nmae": "a"} {}' --concurrency 1 --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{},"received":1}
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    * request 1
    > /test.echo.v1.Echo/Unary
    < trailer date: [DATE]
    < trailer trailing-server: echo
    * end after [TIME]; 5 bytes sent, 0 received
    * status NOT_FOUND, 1 request, 0 replies
    error: request 1: NOT_FOUND
    error: request 2: -d, line 1, column 24: test.echo.v1.Request has no field "nmae"
    hint: did you mean "name"?
    * request 3
    > /test.echo.v1.Echo/Unary
    < initial-server: echo
    < content-type: application/grpc
    < date: [DATE]
    < trailer trailing-server: echo
    * headers after [TIME], first message after [TIME], end after [TIME]; 0 bytes sent, 4 received
    * status OK, 1 request, 1 reply
    2 of 3 requests failed
    [exit code 69]

    $ routeguide call Echo/Unary -v --keep-going -d '{"fail": {"code": 5}} {"nmae": "a"} {}' --concurrency 3 --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{},"received":1}
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    * request 1
    > /test.echo.v1.Echo/Unary
    < trailer date: [DATE]
    < trailer trailing-server: echo
    * end after [TIME]; 5 bytes sent, 0 received
    * status NOT_FOUND, 1 request, 0 replies
    error: request 1: NOT_FOUND
    error: request 2: -d, line 1, column 24: test.echo.v1.Request has no field "nmae"
    hint: did you mean "name"?
    * request 3
    > /test.echo.v1.Echo/Unary
    < initial-server: echo
    < content-type: application/grpc
    < date: [DATE]
    < trailer trailing-server: echo
    * headers after [TIME], first message after [TIME], end after [TIME]; 0 bytes sent, 4 received
    * status OK, 1 request, 1 reply
    2 of 3 requests failed
    [exit code 69]
    "#);
}

#[test]
fn of_other_commands() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["list", "-v"]).at(echo.addr()),
        routeguide(["health", "-v"]).at(echo.addr()),
    ]), @"
    $ routeguide list -v --addr 127.0.0.1:[PORT]
    [stdout]
    grpc.health.v1.Health
    grpc.reflection.v1.ServerReflection
    test.echo.v1.Echo
    test.echo.v1.Mirror
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]

    $ routeguide health -v --addr 127.0.0.1:[PORT]
    [stdout]
    SERVING
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /grpc.health.v1.Health/Check
    < content-type: application/grpc
    < date: [DATE]
    * headers after [TIME], first message after [TIME], end after [TIME]; 0 bytes sent, 2 received
    * status OK, 1 request, 1 reply
    ");
}

#[test]
fn of_a_server_in_this_process() {
    let mut transcript = Transcript::default();
    transcript.run_with("Alice\n", routeguide(["get-people", "--in-process", "-v"]));
    assert_snapshot!(transcript, @r#"
    $ printf 'Alice\n' | routeguide get-people --in-process -v
    [stdout]
    name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
    [stderr]
    * connected to the server in this process in [TIME]
    > /RouteGuide/GetPeople
    < content-type: application/grpc
    * headers after [TIME], first message after [TIME], end after [TIME]; 7 bytes sent, 55 received
    * status OK, 1 request, 1 reply
    "#);
}
