//! Endpoint → connection: how to reach a server, and the connections that are kept.
//!
//! - `address`: the syntax of addresses, and `endpoint`: the plain value made from one;
//! - `route`: the way to a server, and `proxy`: a tunnel through a proxy;
//! - `open`: the byte stream under HTTP: `dial` opens it, and `tls` is TLS on it; `greeting`: the first bytes from the server;
//! - `connect_error`: a failed attempt to connect, and `explain`: why it failed;
//! - `connection`: HTTP/2 on a byte stream, `established`: how it came about, and `connections`: those that are kept;
//! - `http_version`: HTTP/1.1 or HTTP/2; `http1_pool`: connections of HTTP/1.1, `http1_call`: a call on one of them, and
//!   `http1_body`: its request;
//! - `stream`: the two halves of a call, on either version;
//! - `http_answer`: a response that is not what was asked for, and `http1`: one that is not HTTP/2 either;
//! - `tasks`: what drives connections, and `keepalive`: PINGs on one;
//! - `metadata`: `-H` → metadata.

mod address;
mod connect_error;
mod connection;
mod connections;
mod dial;
mod endpoint;
mod established;
mod explain;
mod greeting;
mod http1;
mod http1_body;
mod http1_call;
mod http1_pool;
mod http_answer;
mod http_version;
mod keepalive;
pub mod metadata;
mod open;
mod proxy;
mod route;
mod stream;
mod tasks;
mod tls;

pub use address::{Address, DEFAULT_ADDR};
pub use connection::{Connection, OpenCall};
pub use connections::{Connections, Patience};
pub use dial::{Dialer, InProcess};
pub use endpoint::Endpoint;
pub use established::Established;
pub use http_answer::{HttpAnswer, PAGE};
pub use http_version::{HttpVersion, HttpVersions};
pub use http1_call::{Failure, HEADERS, HEADERS_SIZE};
pub use keepalive::ANSWER_TIMEOUT;
pub use route::{ConnectTo, Proxy, Resolve, Route, is_direct};
pub use stream::{Body, ResponseHalf, SendHalf, StreamError};
pub use tls::{IdentityFiles, TlsOptions};

#[cfg(test)]
pub(crate) mod testing {
    //! Connections for tests.

    use std::time::Duration;

    use super::{Connection, Connections, Dialer, Endpoint, HttpVersions, InProcess, Patience};
    use crate::net::ByteStream;

    /// A connection over the byte streams from `open`. It lives as long as its runtime.
    pub async fn connect(
        open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static,
    ) -> Connection {
        connect_speaking(HttpVersions::Http2, open).await
    }

    /// The same with these versions of HTTP.
    pub async fn connect_speaking(
        versions: HttpVersions,
        open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static,
    ) -> Connection {
        let endpoint = Endpoint::new(Dialer::InProcess(InProcess::new(open))).speaking(versions);
        let connections: &'static Connections = Box::leak(Box::default());
        let patience = Patience {
            connect_timeout: Duration::from_mins(1),
            failed: &|_, _| {},
            wait: None,
            retries: 0,
            deadline: None,
        };
        connections.get(&endpoint, &patience).await.unwrap()
    }
}
