//! The test harness: the program, servers to call, and waiting for conditions. Timing decides no test; [`LIMIT`] only ends a
//! run that hangs.

mod capture;
mod cli;
mod deadline;
mod echo;
mod files;
pub mod http;
#[allow(dead_code, reason = "only tests/cli uses it")]
mod http1;
mod network;
mod peer;
#[allow(dead_code, reason = "the unit tests of the library use the rest of it")]
pub mod postgres;
mod proxy;
pub mod raw;
mod server;
#[cfg(target_os = "linux")]
mod shell;
mod snapshot;
#[cfg(unix)]
mod terminal;
mod tls;

use std::time::{Duration, Instant};

pub use capture::Capture;
pub use cli::{Outcome, Program, Running, Stdout, routeguide};
pub use deadline::{grpc_timeout, grpc_timeout_unit};
pub use echo::{Arrival, Echo, Reflection, protos, protoset};
pub use files::{Folder, people_file};
#[allow(unused_imports, reason = "only tests/cli uses it")]
pub use http1::{Http1Connection, Http1Peer, Http1Request};
#[cfg(target_os = "linux")]
pub use network::HalfOpenPort;
pub use network::{RawServer, ReservedPort, has_ipv6};
pub use peer::{Call, Peer, Seen, frame};
pub use proxy::Proxy;
pub use raw::{END_STREAM, Frame, OK_HEADERS, RawCall, RawPeer, Terms};
pub use server::Server;
#[cfg(target_os = "linux")]
pub use shell::Shell;
pub use snapshot::redacted;
#[cfg(unix)]
pub use terminal::{CTRL_D, Terminal, rows};
pub use tls::{Authority, Identity, TLS12, TLS13, TlsFront, TlsSetup, Trusted, Validity, pem};

/// How long a test waits for anything before it fails.
pub const LIMIT: Duration = Duration::from_mins(1);

/// Waits until `condition` holds.
#[track_caller]
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let give_up = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < give_up, "timed out waiting for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a growing value stops growing. Only for bounds that hold at every moment, so that on a busy machine it does
/// no harm to stop waiting too early.
pub fn wait_until_settled<T: PartialEq>(mut value: impl FnMut() -> T) -> T {
    let (mut last, mut same) = (value(), 0);
    while same < 20 {
        std::thread::sleep(Duration::from_millis(20));
        let now = value();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// Runs a future to its end on its own runtime.
#[track_caller]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async { tokio::time::timeout(LIMIT, future).await })
        .expect("done in time")
}

/// The names of gRPC's status codes; the index is the code.
pub const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The line of the hint for a status from a server.
pub fn hint(code: &str) -> &'static str {
    match code {
        "UNIMPLEMENTED" => {
            "hint: the server does not implement the method; routeguide list shows its services\n"
        }
        _ => "",
    }
}

/// The exit code of a call that ended with this status.
#[track_caller]
pub fn exit_code(name: &str) -> i32 {
    let code = CODES.iter().position(|code| *code == name).expect(name);
    64 + i32::try_from(code).unwrap()
}

/// The tutorial's people as the program prints them when stdout is not a terminal.
pub const ALICE: &str = concat!(
    r#"name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" "#,
    r#"address { street: "123 Main St" city: "New York" }"#,
    "\n"
);
pub const BOB: &str = concat!(
    r#"name: "Bob" age: 25 gender: MALE hobbies: "gaming" hobbies: "cycling" "#,
    r#"address { street: "456 Elm St" city: "Los Angeles" }"#,
    "\n"
);
pub const ALICE_JSON: &str = concat!(
    r#"{"name":"Alice","age":30,"gender":"FEMALE","hobbies":["reading","swimming"],"#,
    r#""address":{"street":"123 Main St","city":"New York"}}"#,
    "\n"
);
pub const BOB_JSON: &str = concat!(
    r#"{"name":"Bob","age":25,"gender":"MALE","hobbies":["gaming","cycling"],"#,
    r#""address":{"street":"456 Elm St","city":"Los Angeles"}}"#,
    "\n"
);
