//! Keeps a connection alive with PINGs while calls are open, and gives it up when none is answered (gRFC A8). A NAT or a
//! firewall forgets a connection that is silent, and a server that is gone says nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{sleep, timeout};

/// How long a PING may take. That of grpc-go and grpc-java.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// What a connection's PINGs have to know of its calls, and its calls of the PINGs.
#[derive(Clone, Debug, Default)]
pub struct Keepalive(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    calls: AtomicUsize,
    is_unanswered: AtomicBool,
}

impl Keepalive {
    pub fn begin_call(&self) {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end_call(&self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether the connection was given up because a PING was not answered.
    pub fn is_unanswered(&self) -> bool {
        self.0.is_unanswered.load(Ordering::Relaxed)
    }

    /// Sends a PING each `interval` while calls are open: servers end connections that send them without (grpc-go's
    /// `too_many_pings`). Returns when one is not answered.
    pub async fn watch(&self, mut pings: PingPong, interval: Duration) {
        loop {
            sleep(interval).await;
            if self.0.calls.load(Ordering::Relaxed) == 0 {
                continue;
            }
            match timeout(ANSWER_TIMEOUT, pings.ping(Ping::opaque())).await {
                Ok(Ok(_)) => {}
                // The connection has ended, which its calls report.
                Ok(Err(_)) => return std::future::pending().await,
                Err(_) => {
                    self.0.is_unanswered.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;
    use tokio::time::Instant;

    use super::super::{Connection, Connections, Dialer, Endpoint, InProcess, Patience};
    use super::*;

    /// A connection with PINGs, to a server that answers them or not.
    async fn connect(connections: &Connections, answers: bool) -> Connection {
        let server = InProcess::new(move || {
            let (client, server) = duplex(1 << 16);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(server).await.unwrap();
                if answers {
                    while connection.accept().await.is_some() {}
                }
                std::future::pending::<()>().await;
            });
            Box::new(client)
        });
        let endpoint = Endpoint::new(Dialer::InProcess(server));
        let endpoint = endpoint.kept_alive(Some(Duration::from_secs(10)));
        let patience = Patience {
            connect_timeout: Duration::from_mins(1),
            wait: None,
            retries: 0,
            deadline: None,
            failed: &|_, _| {},
        };
        connections.get(&endpoint, &patience).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_server_does_not_answer_is_given_up() {
        let connections = Connections::default();
        let connection = connect(&connections, false).await;
        let (_call, started) = (connection.open_call(), Instant::now());
        while !connection.is_unanswered() {
            sleep(Duration::from_secs(1)).await;
        }
        assert!((30..=31).contains(&started.elapsed().as_secs()));
        sleep(Duration::from_secs(1)).await;
        assert!(!connection.is_usable());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_while_its_server_answers_or_no_call_is_open() {
        let connections = Connections::default();
        let answered = connect(&connections, true).await;
        let _call = answered.open_call();
        let idle = connect(&connections, false).await;
        sleep(Duration::from_mins(10)).await;
        assert!(answered.is_usable());
        assert!(idle.is_usable());
    }
}
