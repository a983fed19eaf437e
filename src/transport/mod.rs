//! Endpoint → connection: how to reach a server, and the connections that are kept.
//!
//! - `address`: the syntax of addresses, and `endpoint`: the plain value made from one;
//! - `dial`: the byte stream under HTTP/2, and `greeting`: the first bytes from the server;
//! - `connection`: HTTP/2 on a byte stream, and `connections`: those that are kept;
//! - `metadata`: `-H` → metadata.

mod address;
mod connection;
mod connections;
mod dial;
mod endpoint;
mod greeting;
pub mod metadata;

pub use address::{Address, DEFAULT_ADDR};
pub use connection::Connection;
pub use connections::{Connections, Patience};
pub use dial::{Dialer, InProcess};
pub use endpoint::Endpoint;

#[cfg(test)]
pub mod testing {
    //! Connections for tests.

    use std::time::Duration;

    use super::{Connection, Connections, Dialer, Endpoint, InProcess, Patience};
    use crate::net::ByteStream;

    /// A connection over the byte streams from `open`. It lives as long as its runtime.
    pub async fn connect(
        open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static,
    ) -> Connection {
        let endpoint = Endpoint::new(Dialer::InProcess(InProcess::new(open)));
        let connections: &'static Connections = Box::leak(Box::default());
        let patience = Patience {
            connect_timeout: Duration::from_secs(60),
            failed: &|_, _| {},
            wait: None,
            deadline: None,
        };
        connections.get(&endpoint, &patience).await.unwrap()
    }
}
