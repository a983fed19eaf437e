//! Health and reflection in each protocol.

use rustix::process::Signal;
use serde_json::json;

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, VERSIONS, enveloped, messages};
use super::{CONNECT_END, STREAM_JSON, STREAM_PROTO, WEB, WEB_END, stream};

const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// A watch of the whole server, over HTTP/1.1.
fn watch(server: &Server, content_type: &str) -> Http1 {
    let mut connection = Http1::connect(server.addr());
    let request = Request::post(WATCH, content_type, enveloped(0, ""));
    connection.send(request.bytes());
    connection.head().is(200);
    connection
}

#[test]
fn a_watch_of_health_sees_changes_at_once() {
    let server = Server::started(["--grace", "1s"]);
    let mut watches = [(WEB, WEB_END), (STREAM_PROTO, CONNECT_END)]
        .map(|(content_type, end)| (watch(&server, content_type), end));
    for (watch, _) in &mut watches {
        assert_eq!(watch.chunk(), Some(enveloped(0, [8, 1])), "SERVING");
    }
    server.signal(Signal::TERM);
    for (watch, _) in &mut watches {
        assert_eq!(watch.chunk(), Some(enveloped(0, [8, 2])), "NOT_SERVING");
    }
    for (watch, end) in &mut watches {
        assert_eq!(messages(&watch.chunk().unwrap())[0].0, *end);
        assert_eq!(watch.chunk(), None);
    }
    server.into_running().wait().exits(0);
}

#[test]
fn reflection_lists_the_services() {
    let server = Server::start();
    for path in [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ] {
        for version in VERSIONS {
            let request = enveloped(0, r#"{"listServices": ""}"#);
            let response = Request::post(path, STREAM_JSON, request);
            let (replies, end) = stream(&response.over(version, server.addr()));
            assert_eq!((replies.len(), end), (1, json!({})));
            let reply: serde_json::Value = serde_json::from_str(&replies[0]).unwrap();
            let services = &reply["listServicesResponse"]["service"];
            let services = services.as_array().unwrap();
            assert!(services.contains(&json!({"name": "RouteGuide"})), "{reply}");
        }
    }
}

#[test]
fn reflection_answers_several_questions_of_a_stream() {
    let server = Server::start();
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let questions = [
        r#"{"fileContainingSymbol": "RouteGuide"}"#,
        r#"{"listServices": ""}"#,
        r#"{"fileContainingSymbol": "nothing.Here"}"#,
    ];
    for version in VERSIONS {
        let body = questions.map(|question| enveloped(0, question)).concat();
        let response = Request::post(path, STREAM_JSON, body).over(version, server.addr());
        let (replies, end) = stream(&response);
        assert!(replies[0].contains("fileDescriptorProto"), "{}", replies[0]);
        assert!(
            replies[1].contains("listServicesResponse"),
            "{}",
            replies[1]
        );
        assert_eq!(replies.len(), 2);
        assert_eq!(end["error"]["code"], "not_found");
    }
}
