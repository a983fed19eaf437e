//! `serve --metrics`: the figures as Prometheus reads them, and the probes beside them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use routeguide::proto::{Name, Person};

use super::harness::{Server, block_on, routeguide, wait_for};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

/// A server that shows its figures.
struct Observed {
    server: Server,
    metrics: String,
}

impl Observed {
    #[track_caller]
    fn start() -> Self {
        let server = Server::started(["--metrics", "127.0.0.1:0"]);
        Self {
            metrics: server.metrics(),
            server,
        }
    }

    /// The status, the head and the body of an answer.
    #[track_caller]
    fn request(&self, method: &str, path: &str, accept: &str) -> (u16, String, String) {
        ask(&self.metrics, method, path, accept).unwrap()
    }

    #[track_caller]
    fn page(&self, accept: &str) -> String {
        let (status, _, body) = self.request("GET", "/metrics", accept);
        assert_eq!(status, 200);
        body
    }

    /// Waits for a line of the page: a call is counted after its last frame.
    #[track_caller]
    fn wait_for(&self, line: &str) {
        wait_for(line, || self.page("*/*").lines().any(|it| it == line));
    }
}

fn ask(
    address: &str,
    method: &str,
    path: &str,
    accept: &str,
) -> std::io::Result<(u16, String, String)> {
    let mut connection = TcpStream::connect(address)?;
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\n\r\n"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).expect("a status");
    Ok((
        status.parse().expect("a number"),
        head.to_owned(),
        body.to_owned(),
    ))
}

/// What Prometheus' own program says about a page on its stdin.
#[track_caller]
fn promtool(args: &[&str], page: &str) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of Debian's package prometheus");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(page.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Calls that end in several ways.
fn call(server: &Server) {
    routeguide(["get-people", "Alice", "Bob", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0);
    routeguide(["health", "nothing"]).at(server.addr()).run();
    routeguide(["list"]).at(server.addr()).run().exits(0);
}

const PEOPLE: &str = r#"grpc_type="bidi_stream",grpc_service="RouteGuide",grpc_method="GetPeople""#;

#[test]
fn calls_and_their_messages_are_counted() {
    let observed = Observed::start();
    call(&observed.server);
    for line in [
        format!("grpc_server_started_total{{{PEOPLE}}} 1"),
        format!("grpc_server_handled_total{{{PEOPLE},grpc_code=\"OK\"}} 1"),
        format!("grpc_server_msg_received_total{{{PEOPLE}}} 3"),
        format!("grpc_server_msg_sent_total{{{PEOPLE}}} 2"),
        format!("grpc_server_handling_seconds_count{{{PEOPLE}}} 1"),
        "grpc_server_call_started_total{grpc_method=\"RouteGuide/GetPeople\"} 1".to_owned(),
        // Alice, Bob and Zoe, each in a message with a tag and a length.
        "grpc_server_call_rcvd_total_compressed_message_size_bytes_sum\
         {grpc_method=\"RouteGuide/GetPeople\",grpc_status=\"OK\"} 17"
            .to_owned(),
        "grpc_server_call_duration_seconds_count\
         {grpc_method=\"grpc.health.v1.Health/Check\",grpc_status=\"NOT_FOUND\"} 1"
            .to_owned(),
        "routeguide_connections_accepted_total 3".to_owned(),
        "routeguide_connections 0".to_owned(),
        "routeguide_streams 0".to_owned(),
        "routeguide_people 2".to_owned(),
    ] {
        observed.wait_for(&line);
    }
}

/// Calls a method that the server does not have.
#[track_caller]
fn unimplemented(server: &Server, path: &'static str) {
    let result: Result<tonic::Response<Person>, _> = block_on(async {
        let mut client = tonic::client::Grpc::new(server.channel().await);
        client.ready().await.unwrap();
        let request = tonic::Request::new(Name::default());
        let path = http::uri::PathAndQuery::from_static(path);
        client
            .unary(request, path, tonic_prost::ProstCodec::default())
            .await
    });
    assert_eq!(result.unwrap_err().code(), tonic::Code::Unimplemented);
}

#[test]
fn unknown_methods_are_one_series() {
    let observed = Observed::start();
    let series = |page: &str| page.matches("\ngrpc_server_started_total{").count();
    let before = series(&observed.page("*/*"));
    for path in ["/Nothing/A", "/Nothing/B", "/RouteGuide/GetPerso"] {
        unimplemented(&observed.server, path);
    }
    observed.wait_for(
        "grpc_server_handled_total{grpc_type=\"unknown\",grpc_service=\"unknown\",\
         grpc_method=\"unknown\",grpc_code=\"Unimplemented\"} 3",
    );
    let page = observed.page("*/*");
    assert_eq!(series(&page), before + 1);
    assert!(!page.contains("Nothing") && !page.contains("GetPerso\""));
}

#[test]
fn prometheus_reads_the_text() {
    let observed = Observed::start();
    call(&observed.server);
    observed.wait_for(&format!("grpc_server_started_total{{{PEOPLE}}} 1"));
    let (_, head, page) = observed.request("GET", "/metrics", "text/plain");
    assert!(head.contains("content-type: text/plain; version=0.0.4"));
    let (is_good, said) = promtool(&["check", "metrics"], &page);
    assert!(is_good && said.is_empty(), "{said}\n{page}");
    for name in ["process_open_fds ", "routeguide_build_info{version="] {
        assert!(page.contains(&format!("\n{name}")), "{page}");
    }
}

#[test]
fn prometheus_reads_openmetrics() {
    let observed = Observed::start();
    call(&observed.server);
    observed.wait_for(&format!("grpc_server_started_total{{{PEOPLE}}} 1"));
    let (_, head, page) = observed.request("GET", "/metrics", OPEN_METRICS);
    assert!(
        head.contains(&format!("content-type: {OPEN_METRICS}")),
        "{head}"
    );
    assert!(page.ends_with("\n# EOF\n"));
    // The only command that has the parser of this format wants samples with their time.
    let timed: Vec<String> = page
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(comment) => format!("#{comment}"),
            None => format!("{line} 1700000000"),
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page");
    std::fs::write(&file, timed.join("\n") + "\n").unwrap();
    let blocks = folder.path().join("blocks");
    let (is_good, said) = promtool(
        &[
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            file.to_str().unwrap(),
            blocks.to_str().unwrap(),
        ],
        "",
    );
    assert!(is_good && blocks.exists(), "{said}\n{page}");
}

#[test]
fn a_probe_is_answered_by_path_and_method() {
    let observed = Observed::start();
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics?x=1", 200),
        ("GET", "/", 404),
        ("GET", "/metrics/", 404),
        ("POST", "/nothing", 404),
        ("POST", "/metrics", 405),
        ("DELETE", "/healthz", 405),
    ] {
        let (answer, head, _) = observed.request(method, path, "*/*");
        assert_eq!(answer, status, "{method} {path}");
        assert_eq!(head.contains("allow: GET, HEAD"), status == 405, "{head}");
    }
}

#[test]
fn a_server_that_drains_is_alive_and_not_ready() {
    let observed = Observed::start();
    // A call that is in flight for as long as its stdin is open.
    let mut call = routeguide(["get-people"])
        .at(observed.server.addr())
        .start();
    call.write("Alice\n");
    call.stdout().wait_for("Alice");
    let status = |path: &str| observed.request("GET", path, "*/*").0;
    assert_eq!(status("/readyz"), 200);
    observed.server.signal(Signal::TERM);
    wait_for("/readyz to say no", || status("/readyz") == 503);
    assert_eq!(status("/healthz"), 200);
    observed.wait_for("routeguide_streams 1");
    call.kill();
}

#[test]
fn silent_clients_do_not_keep_others_out() {
    let observed = Observed::start();
    // More than there are places; they are thrown out in time.
    let silent: Vec<_> = (0..40)
        .map(|_| TcpStream::connect(&observed.metrics).unwrap())
        .collect();
    assert_eq!(observed.request("GET", "/healthz", "*/*").0, 200);
    drop(silent);
}

#[test]
fn an_address_that_metrics_cannot_have_is_an_error() {
    for (address, error) in [
        (
            "unix:/tmp/x",
            "error: metrics cannot be served on a Unix socket\n\
             hint: write --metrics host:port or --metrics :port\n",
        ),
        (
            "9090",
            "error: cannot listen on \"9090\": the port is missing\nhint: write :9090\n",
        ),
    ] {
        let outcome = routeguide(["serve", "--listen", "127.0.0.1:0", "--metrics", address]).run();
        outcome.exits(2).prints("").says(error);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outcome = routeguide(["serve", "--listen", "127.0.0.1:0", "--metrics", &address]).run();
    outcome.exits(1).says(&format!(
        "error: cannot listen on {address}: address already in use\n\
         hint: choose another address with --metrics\n"
    ));
}

#[test]
fn the_dashboard_asks_for_figures_that_exist() {
    let observed = Observed::start();
    call(&observed.server);
    observed.wait_for("routeguide_connections_accepted_total 3");
    let page = observed.page("*/*");
    let dashboard = include_str!("../../packaging/grafana/routeguide.json");
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    let name = regex::Regex::new(r"(?-u:\b)(grpc_server|routeguide|process)_[a-z0-9_]+").unwrap();
    let mut names = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            for name in name.find_iter(target["expr"].as_str().unwrap()) {
                names += 1;
                // Only with TLS.
                let is_shown = name.as_str().contains("certificate")
                    || [" ", "{"]
                        .iter()
                        .any(|end| page.contains(&format!("\n{}{end}", name.as_str())));
                assert!(is_shown, "{}", name.as_str());
            }
        }
    }
    assert!(names > 20, "{names}");
}
