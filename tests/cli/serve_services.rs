//! The services of `serve` besides RouteGuide, and clients other than ours.

use super::harness::{Server, block_on};
use routeguide::proto::Name;
use routeguide::proto::route_guide_client::RouteGuideClient;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};

#[test]
fn missing_chooses_between_the_tutorials_reply_and_a_status() {
    for (how, answer) in [("reply", Ok("Not Found")), ("status", Err(Code::NotFound))] {
        let server = Server::started(["--missing", how]);
        let reply = block_on(async {
            let mut client = RouteGuideClient::new(server.channel().await);
            client
                .get_person(Name {
                    name: "Zoe".to_owned(),
                })
                .await
        });
        let reply = reply.map(|reply| reply.into_inner().name);
        assert_eq!(
            reply.as_deref().map_err(tonic::Status::code),
            answer,
            "{how}"
        );
    }
}

#[test]
fn an_oversized_name_is_rejected_and_the_connection_stays_open() {
    let server = Server::start();
    block_on(async {
        let mut client = RouteGuideClient::new(server.channel().await);
        let mut ask = async |len| {
            let name = "x".repeat(len);
            client.get_person(Name { name }).await
        };
        assert!(ask(64 * 1024).await.is_ok());
        let refusal = ask(1 << 20).await.unwrap_err();
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert!(ask(1).await.is_ok());
    });
}

#[test]
fn health_reports_serving() {
    let server = Server::start();
    block_on(async {
        let mut client = HealthClient::new(server.channel().await);
        for service in ["", "RouteGuide"] {
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            let reply = client.check(request).await.unwrap().into_inner();
            assert_eq!(reply.status().as_str_name(), "SERVING", "{service:?}");
        }
        let request = HealthCheckRequest {
            service: "Nonsense".to_owned(),
        };
        let refusal = client.check(request).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
    });
}

const SERVICES: [&str; 2] = ["RouteGuide", "grpc.health.v1.Health"];

#[test]
fn reflection_v1_lists_the_services_and_has_their_files() {
    use v1::server_reflection_client::ServerReflectionClient;
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;

    let server = Server::start();
    let ask = |request| v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    let requests = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol(
            "RouteGuide".to_owned(),
        )),
        ask(MessageRequest::FileContainingSymbol("Nonsense".to_owned())),
    ];
    block_on(async {
        let mut client = ServerReflectionClient::new(server.channel().await);
        let mut answer = async |request| {
            let requests = tokio_stream::once(request);
            let mut replies = client
                .server_reflection_info(requests)
                .await
                .unwrap()
                .into_inner();
            let reply = replies.message().await;
            reply.map(|reply| reply.unwrap().message_response.unwrap())
        };
        let [services, file, nonsense] = requests;
        let Ok(MessageResponse::ListServicesResponse(list)) = answer(services).await else {
            panic!("no list of services");
        };
        let names: Vec<_> = list.service.iter().map(|service| &service.name).collect();
        for service in SERVICES {
            assert!(names.iter().any(|name| *name == service), "{names:?}");
        }
        let file = answer(file).await;
        assert!(
            matches!(&file, Ok(MessageResponse::FileDescriptorResponse(found))
                if found.file_descriptor_proto.len() == 1),
            "{file:?}"
        );
        let nonsense = answer(nonsense).await;
        assert!(
            matches!(nonsense, Err(_) | Ok(MessageResponse::ErrorResponse(_))),
            "{nonsense:?}"
        );
    });
}

#[test]
fn reflection_v1alpha_lists_the_services() {
    use v1alpha::server_reflection_client::ServerReflectionClient;
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;

    let server = Server::start();
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    block_on(async {
        let mut client = ServerReflectionClient::new(server.channel().await);
        let mut replies = client
            .server_reflection_info(tokio_stream::once(request))
            .await
            .unwrap()
            .into_inner();
        let reply = replies.message().await.unwrap().unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = reply.message_response else {
            panic!("no list of services: {reply:?}");
        };
        let names: Vec<_> = list.service.iter().map(|service| &service.name).collect();
        for service in SERVICES {
            assert!(names.iter().any(|name| *name == service), "{names:?}");
        }
    });
}

#[test]
fn an_unknown_method_is_unimplemented() {
    let server = Server::start();
    block_on(async {
        let mut client = tonic::client::Grpc::new(server.channel().await);
        for path in ["/RouteGuide/Nonsense", "/Nonsense/GetPerson"] {
            client.ready().await.unwrap();
            let codec = tonic_prost::ProstCodec::<Name, Name>::default();
            let refusal = client
                .unary(
                    tonic::Request::new(Name::default()),
                    path.parse().unwrap(),
                    codec,
                )
                .await
                .unwrap_err();
            assert_eq!(refusal.code(), Code::Unimplemented, "{path}");
        }
    });
}
