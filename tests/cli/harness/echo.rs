//! A gRPC server with a schema of its own: all four kinds of method, headers and trailers, every status with details, before
//! or after a reply, and reflection in both versions, one or none.

mod answers;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;

use http::HeaderMap;
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic_health::server::HealthReporter;
use tower::util::MapRequestLayer;

use answers::{Mirror, Service};

/// The folder of the test schema.
pub fn protos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/protos")
}

/// The test schema as a FileDescriptorSet, imports included.
pub fn protoset() -> &'static [u8] {
    static SET: LazyLock<Vec<u8>> = LazyLock::new(|| compile("echo.proto"));
    &SET
}

fn compile(file: &str) -> Vec<u8> {
    let mut compiler = protox::Compiler::new([protos()]).unwrap();
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_file(file)
        .unwrap();
    compiler.encode_file_descriptor_set()
}

/// The versions of server reflection that the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflection {
    Both,
    V1Alpha,
    None,
}

/// A call that arrived: its path and headers.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub path: String,
    pub authority: Option<String>,
    /// The other end of its connection.
    pub peer: Option<SocketAddr>,
    headers: HeaderMap,
}

impl Arrival {
    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }
}

/// The server, in this process; it ends when dropped.
pub struct Echo {
    addr: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    health: HealthReporter,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// With reflection.
    pub fn start() -> Self {
        Self::reflecting(Reflection::Both)
    }

    /// Without reflection.
    pub fn silent() -> Self {
        Self::reflecting(Reflection::None)
    }

    pub fn reflecting(reflection: Reflection) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let arrivals = Arc::default();
        let (health, health_service) = tonic_health::server::health_reporter();
        let (stop, stopped) = oneshot::channel::<()>();
        let log = Arc::clone(&arrivals);
        let thread = std::thread::spawn(move || {
            let parcel = compile("parcel.proto");
            let builder = || {
                tonic_reflection::server::Builder::configure()
                    .register_encoded_file_descriptor_set(protoset())
                    .register_encoded_file_descriptor_set(&parcel)
                    .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            };
            let v1 = (reflection == Reflection::Both).then(|| builder().build_v1().unwrap());
            let v1alpha =
                (reflection != Reflection::None).then(|| builder().build_v1alpha().unwrap());
            let routes = tonic::transport::Server::builder()
                .layer(MapRequestLayer::new(move |request: http::Request<Body>| {
                    note(&log, &request);
                    request
                }))
                .add_service(Service)
                .add_service(Mirror)
                .add_service(health_service)
                .add_optional_service(v1)
                .add_optional_service(v1alpha);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                tokio::select! {
                    served = routes.serve_with_incoming(incoming) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            addr,
            arrivals,
            health,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn addr(&self) -> String {
        self.addr.to_string()
    }

    /// The calls that have arrived whose path ends with this.
    pub fn arrivals(&self, path: &str) -> Vec<Arrival> {
        let arrivals = self.arrivals.lock().unwrap();
        let wanted = arrivals.iter().filter(|it| it.path.ends_with(path));
        wanted.cloned().collect()
    }

    /// Sets the health of a service; the empty name is the server's.
    pub fn set_health(&self, service: &str, status: tonic_health::ServingStatus) {
        super::block_on(self.health.set_service_status(service, status));
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.stop.take());
        // It fails if a handler panicked, but then the test has already failed.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn note(log: &Mutex<Vec<Arrival>>, request: &http::Request<Body>) {
    let connection = request.extensions().get::<TcpConnectInfo>();
    log.lock().unwrap().push(Arrival {
        path: request.uri().path().to_owned(),
        authority: request.uri().authority().map(ToString::to_string),
        headers: request.headers().clone(),
        peer: connection.and_then(TcpConnectInfo::remote_addr),
    });
}
