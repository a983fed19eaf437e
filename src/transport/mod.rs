//! Endpoint → connection: how a server is reached, and the connections that are kept.
//!
//! - `address`: addresses as users write them, and `endpoint`: the plain value they become;
//! - `dial`: the byte stream below HTTP/2, and `greeting`: what a server says first on it;
//! - `connection`: HTTP/2 on a byte stream, and `connections`: those that are kept;
//! - `metadata`: `-H` → metadata.

mod address;
mod connection;
mod connections;
mod dial;
mod endpoint;
mod greeting;
pub mod metadata;

pub use address::Address;
pub use connection::Connection;
pub use connections::{ConnectError, Connections, Patience};
pub use dial::{Dialer, InProcess};
pub use endpoint::Endpoint;

#[cfg(test)]
pub mod testing {
    //! Connections for the tests of what runs on them.

    use std::time::Duration;

    use super::{Connection, Connections, Dialer, Endpoint, InProcess, Patience};
    use crate::net::ByteStream;

    /// A connection over byte streams that `open` opens. It lives as long as its runtime.
    pub async fn connect(
        open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static,
    ) -> Connection {
        let endpoint = Endpoint::new(Dialer::InProcess(InProcess::new(open)));
        let connections: &'static Connections = Box::leak(Box::default());
        let patience = Patience {
            connect_timeout: Duration::from_secs(60),
            wait: None,
            deadline: None,
        };
        connections.get(&endpoint, &patience).await.unwrap()
    }
}
