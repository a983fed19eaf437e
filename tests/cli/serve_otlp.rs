//! `serve --otlp`: spans and metrics for a collector, in a build that has it.

use super::harness::routeguide;

#[cfg(not(feature = "otlp"))]
#[test]
fn a_build_without_it_says_so() {
    routeguide([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--otlp",
        "http://[::1]:1",
    ])
    .run()
    .exits(2)
    .prints("")
    .says(
        "error: --otlp is not supported: this program was built without it\n\
             hint: build it with `cargo build --release --features otlp`\n",
    );
}

#[cfg(all(feature = "otlp", unix))]
mod with_it {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Response};
    use rustix::process::Signal;
    use tokio::net::TcpListener;

    use super::*;
    use crate::harness::{Server, wait_for};

    /// A collector that takes everything, and keeps what it was sent.
    #[derive(Clone, Default)]
    struct Collector(Arc<Mutex<Vec<Sent>>>);

    /// The path and the bytes of a request.
    type Sent = (String, Vec<u8>);

    impl Collector {
        /// On this address, until the test ends.
        fn start() -> (Self, String) {
            let collector = Self::default();
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let taking = collector.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener).unwrap();
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(taking.clone().take(stream));
                    }
                });
            });
            (collector, url)
        }

        async fn take(self, stream: tokio::net::TcpStream) {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let collector = self.clone();
                tokio::spawn(async move {
                    let path = request.uri().path().to_owned();
                    let mut body = request.into_body();
                    let mut bytes = Vec::new();
                    while let Some(Ok(chunk)) = body.data().await {
                        let _ = body.flow_control().release_capacity(chunk.len());
                        bytes.extend_from_slice(&chunk);
                    }
                    let head = Response::builder().header("content-type", "application/grpc");
                    let mut reply = respond
                        .send_response(head.body(()).unwrap(), false)
                        .unwrap();
                    reply.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", HeaderValue::from_static("0"));
                    reply.send_trailers(trailers).unwrap();
                    collector.0.lock().unwrap().push((path, bytes));
                });
            }
        }

        fn has(&self, service: &str, bytes: &[u8]) -> bool {
            let taken = self.0.lock().unwrap();
            taken.iter().any(|(path, body)| {
                path.contains(service) && body.windows(bytes.len()).any(|it| it == bytes)
            })
        }
    }

    #[test]
    fn a_call_is_a_span_of_its_trace_and_is_measured() {
        let (collector, url) = Collector::start();
        let server = Server::started(["--otlp", &url]);
        let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        routeguide(["get-person", "Alice", "-H", trace])
            .at(server.addr())
            .run()
            .exits(0);
        // What has not been sent yet is sent at the end.
        server.signal(Signal::TERM);
        server.into_running().wait().exits(0);
        let trace_id = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
        for (service, bytes) in [
            ("TraceService", &trace_id[..]),
            ("TraceService", b"RouteGuide/GetPerson"),
            ("MetricsService", b"grpc.server.call.duration"),
            ("MetricsService", b"grpc.server.call.started"),
        ] {
            wait_for(service, || collector.has(service, bytes));
        }
    }

    #[test]
    fn a_url_that_is_none_is_an_error() {
        let outcome = routeguide([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--otlp",
            "localhost:4317",
        ]);
        outcome.run().exits(2).says(
            "error: cannot export to \"localhost:4317\"\n  caused by: the URL has no scheme\n\
             hint: write --otlp http://HOST:4317\n",
        );
    }
}
