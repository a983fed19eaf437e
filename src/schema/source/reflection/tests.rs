use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt as _};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{
    ServerReflection, ServerReflectionServer,
};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

use super::*;
use crate::call::Manner;
use crate::error::Kind;
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::schema::source::{SchemaSettings, open};
use crate::schema::{resolve_method, testing};
use crate::transport::testing::connect;

/// What a server's handler returns.
type Served<T> = std::result::Result<T, Status>;

/// Serves these services in this process.
async fn serve(routes: Routes) -> ReflectionTarget {
    let connection = connect(move || {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let incoming =
            tokio_stream::once(Ok::<_, std::io::Error>(theirs)).chain(tokio_stream::pending());
        tokio::spawn(
            Server::builder()
                .add_routes(routes.clone())
                .serve_with_incoming(incoming),
        );
        Box::new(ours)
    })
    .await;
    ReflectionTarget {
        connection,
        metadata: MetadataMap::new(),
        manner: Manner::default(),
        transcoder: None,
        deadline: None,
        patience: Duration::from_mins(1),
    }
}

fn reflection(target: ReflectionTarget, mode: ReflectionMode) -> ReflectionSource {
    ReflectionSource::new(mode, Some(target))
}

/// tonic's server of reflection, for RouteGuide.
async fn tonic_server(v1: bool) -> ReflectionTarget {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
    };
    serve(if v1 {
        Routes::new(builder().build_v1().unwrap())
    } else {
        Routes::new(builder().build_v1alpha().unwrap())
    })
    .await
}

#[tokio::test]
async fn imports_are_fetched_from_a_server_that_answers_with_single_files() {
    let mut source = reflection(tonic_server(true).await, ReflectionMode::Auto);
    assert_eq!(
        source.services().await.unwrap(),
        ["RouteGuide", "grpc.reflection.v1.ServerReflection"]
    );
    let schema = source.find("RouteGuide").await.unwrap().unwrap();
    let names: Vec<&String> = schema.files.keys().collect();
    assert_eq!(names, ["person.proto", "route_guide.proto"]);
    assert!(schema.pool.get_message_by_name("Person.Address").is_some());
}

#[tokio::test]
async fn v1alpha_is_used_if_the_server_does_not_have_v1() {
    let mut source = reflection(tonic_server(false).await, ReflectionMode::Auto);
    assert!(source.find("RouteGuide.GetPerson").await.unwrap().is_some());
    assert!(!source.is_unsupported());

    let mut source = reflection(tonic_server(false).await, ReflectionMode::V1);
    assert!(source.find("RouteGuide").await.is_err());
    assert!(source.is_unsupported());
}

#[tokio::test]
async fn a_symbol_that_is_not_found_does_not_end_the_stream() {
    let mut source = reflection(tonic_server(true).await, ReflectionMode::Auto);
    assert!(source.find("pkg.Nope").await.unwrap().is_none());
    assert!(source.find("Nope").await.unwrap().is_none());
    assert!(source.find("Person.name").await.unwrap().is_some());
    let all = source.all().await.unwrap();
    assert_eq!(all.pool.services().len(), 2);
}

#[tokio::test]
async fn a_server_without_reflection_is_an_error_with_a_hint() {
    let health = tonic_health::server::health_reporter().1;
    let mut source = reflection(serve(Routes::new(health)).await, ReflectionMode::Auto);
    let error = source.services().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Failed);
    assert!(error.hint().unwrap().contains("--protoset"));
}

#[tokio::test]
async fn without_reflection_route_guide_is_found_in_the_bundled_schema() {
    let health = || serve(Routes::new(tonic_health::server::health_reporter().1));
    for name in ["RouteGuide/GetPerson", "GetPerson", "/RouteGuide.GetPerson"] {
        let server = Some(health().await);
        let mut source = open(&SchemaSettings::default(), server).await.unwrap();
        let (method, _) = resolve_method(source.as_mut(), None, name).await.unwrap();
        assert_eq!(method.full_name(), "RouteGuide.GetPerson");
        assert!(
            source.services().await.is_err(),
            "the server may not have it"
        );
        assert!(
            resolve_method(source.as_mut(), None, "Other/Method")
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn the_bundled_schema_needs_no_connection() {
    let options = SchemaSettings {
        reflection: ReflectionMode::Off,
        ..SchemaSettings::default()
    };
    let mut source = open(&options, None).await.unwrap();
    assert_eq!(source.services().await.unwrap(), ["RouteGuide"]);
}

/// A server that answers as a test specifies.
#[derive(Clone, Default)]
struct Script {
    /// Files by their names and by the symbols that they declare.
    files: BTreeMap<&'static str, Vec<Bytes>>,
    extensions: BTreeMap<&'static str, Vec<i32>>,
    services: Vec<&'static str>,
    /// How many questions are answered before the stream ends with OK.
    answers: Option<usize>,
    /// The status that every call ends with.
    refusal: Option<Status>,
    silent: bool,
    asked: Arc<Mutex<Vec<Question>>>,
    metadata: Arc<Mutex<Option<String>>>,
}

impl Script {
    async fn target(&self) -> ReflectionTarget {
        serve(Routes::new(ServerReflectionServer::new(self.clone()))).await
    }

    async fn source(&self) -> ReflectionSource {
        reflection(self.target().await, ReflectionMode::V1)
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn answer(&self, question: &Question) -> MessageResponse {
        let files = |name: &str| match self.files.get(name) {
            Some(files) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
                file_descriptor_proto: files.iter().map(|file| file.to_vec()).collect(),
            }),
            None => MessageResponse::ErrorResponse(ErrorResponse {
                error_code: Code::NotFound as i32,
                error_message: format!("{name} is not found"),
            }),
        };
        match question {
            Question::FileByFilename(name) | Question::FileContainingSymbol(name) => files(name),
            Question::FileContainingExtension(it) => files(&it.extension_number.to_string()),
            Question::AllExtensionNumbersOfType(name) => {
                MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: self.extensions.get(&**name).cloned().unwrap_or_default(),
                })
            }
            Question::ListServices(_) => {
                let service = |name: &&str| ServiceResponse {
                    name: (*name).to_owned(),
                };
                MessageResponse::ListServicesResponse(ListServiceResponse {
                    service: self.services.iter().map(service).collect(),
                })
            }
        }
    }
}

#[tonic::async_trait]
impl ServerReflection for Script {
    type ServerReflectionInfoStream =
        Pin<Box<dyn Stream<Item = Served<ServerReflectionResponse>> + Send>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Served<Response<Self::ServerReflectionInfoStream>> {
        let token = request.metadata().get("token");
        *self.metadata.lock().unwrap() = token.map(|it| it.to_str().unwrap().to_owned());
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let script = self.clone();
        let answers = request
            .into_inner()
            .take(self.answers.unwrap_or(usize::MAX))
            .filter(move |_| !script.silent);
        let script = self.clone();
        Ok(Response::new(Box::pin(answers.map(move |request| {
            let question = request?.message_request.expect("a question");
            script.asked.lock().unwrap().push(question.clone());
            Ok(ServerReflectionResponse {
                message_response: Some(script.answer(&question)),
                ..ServerReflectionResponse::default()
            })
        }))))
    }
}

fn shop() -> Script {
    let order = testing::file(
        "order.proto",
        "import \"item.proto\"; import \"google/protobuf/any.proto\"; import \"unused.proto\";
         message Order { optional Item item = 1; optional google.protobuf.Any any = 2; }
         service Shop { rpc Buy(Order) returns (Order); }",
    );
    let item = testing::file(
        "item.proto",
        "import \"price.proto\"; message Item { optional Price price = 1; }",
    );
    let price = testing::file("price.proto", "message Price { extensions 100 to 200; }");
    let sale = testing::file(
        "sale.proto",
        "import \"price.proto\"; extend Price { optional int32 sale = 100; }",
    );
    Script {
        files: BTreeMap::from([
            ("Shop", vec![order]),
            ("item.proto", vec![price.clone(), item]),
            ("price.proto", vec![price]),
            ("100", vec![sale]),
        ]),
        extensions: BTreeMap::from([("Price", vec![100, 101])]),
        services: vec!["Shop", "Shop", "Another"],
        ..Script::default()
    }
}

#[tokio::test]
async fn imports_are_fetched_until_none_is_missing() {
    let script = shop();
    let mut source = script.source().await;
    let schema = source.find("Shop.Buy").await.unwrap().unwrap();
    // The server has neither unused.proto nor any.proto.
    let names: Vec<&String> = schema.files.keys().collect();
    assert_eq!(
        names,
        [
            "google/protobuf/any.proto",
            "item.proto",
            "order.proto",
            "price.proto",
            "sale.proto"
        ]
    );
    let asked = script.asked();
    assert!(source.find("Item").await.unwrap().is_some());
    assert_eq!(script.asked(), asked, "known files are not asked for again");
}

#[tokio::test]
async fn extensions_of_messages_are_fetched() {
    let schema = shop().source().await.find("Shop").await.unwrap().unwrap();
    let price = schema.pool.get_message_by_name("Price").unwrap();
    assert!(price.get_extension(100).is_some());
}

#[tokio::test]
async fn services_are_listed_once_and_sorted() {
    assert_eq!(
        shop().source().await.services().await.unwrap(),
        ["Another", "Shop"]
    );
    assert_eq!(
        shop()
            .source()
            .await
            .all()
            .await
            .unwrap()
            .pool
            .services()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_missing_file_that_is_needed_is_named() {
    let mut script = shop();
    script.files.remove("item.proto");
    let error = script.source().await.find("Shop").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema is incomplete: order.proto imports item.proto, unused.proto, which the server does not have"
    );
    assert_eq!(error.causes(), ["name 'Item' is not defined"]);
}

#[tokio::test]
async fn a_server_may_limit_the_questions_on_a_stream() {
    let mut script = shop();
    script.answers = Some(1);
    assert!(script.source().await.find("Shop").await.unwrap().is_some());
    script.answers = Some(0);
    assert!(script.source().await.find("Shop").await.unwrap().is_none());
}

#[tokio::test]
async fn metadata_is_sent() {
    let script = shop();
    let mut target = script.target().await;
    target.metadata.insert("token", "secret".parse().unwrap());
    let mut source = reflection(target, ReflectionMode::Auto);
    source.services().await.unwrap();
    assert_eq!(script.metadata.lock().unwrap().as_deref(), Some("secret"));
}

#[tokio::test]
async fn a_refusal_keeps_its_status() {
    let mut script = shop();
    for code in [
        Code::PermissionDenied,
        Code::Unauthenticated,
        Code::Internal,
        Code::Unavailable,
    ] {
        script.refusal = Some(Status::new(code, "go away"));
        let error = script.source().await.services().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Status(code));
        assert!(error.to_string().contains("go away"));
    }
}

#[tokio::test]
async fn the_deadline_ends_the_wait_for_a_silent_server() {
    let mut script = shop();
    script.silent = true;
    let mut target = script.target().await;
    target.deadline = Some(Instant::now() + Duration::from_millis(50));
    let mut source = reflection(target, ReflectionMode::V1);
    let error = source.services().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Status(Code::DeadlineExceeded));
}

#[tokio::test]
async fn a_cycle_of_imports_is_an_error() {
    let mut script = shop();
    script.files = BTreeMap::from([
        (
            "Shop",
            vec![testing::file(
                "a.proto",
                "import \"b.proto\"; service Shop {}",
            )],
        ),
        (
            "b.proto",
            vec![testing::file(
                "b.proto",
                "import \"a.proto\"; import \"b.proto\";",
            )],
        ),
    ]);
    let error = script.source().await.find("Shop").await.unwrap_err();
    assert!(
        error.to_string().starts_with("files import each other"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_was_not_asked_for_is_an_error() {
    let mut script = shop();
    let other = script.files["Shop"].clone();
    script.files.insert("item.proto", other);
    assert!(script.source().await.find("Shop").await.is_err());
}

#[tokio::test]
async fn a_damaged_file_is_an_error() {
    let mut script = shop();
    script
        .files
        .insert("Shop", vec![Bytes::from_static(b"\xff")]);
    let error = script.source().await.find("Shop").await.unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}
