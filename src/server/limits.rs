//! What the server bears. Each limit is a flag of `serve`.

use std::time::Duration;

/// The largest message, by default: a name of 64 KiB, the longest that our own client sends, with its field's key and
/// length in front of it.
const MESSAGE: usize = (64 << 10) + 4;

/// The limits of a server. `None` is none.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Connections of one peer address at the same time.
    pub connections_per_peer: Option<usize>,
    /// Calls at the same time on a connection.
    pub streams: u32,
    /// Bytes of a request message, decompressed.
    pub message: usize,
    /// Bytes of a request's header list, as RFC 9113, section 6.5.2, counts them.
    pub header_list: u32,
    /// How long a connection may take to its first frame, TLS included, and a header block to its end.
    pub handshake: Duration,
    /// How long a connection may say nothing until it is sent a PING.
    pub keepalive_interval: Duration,
    /// How long a peer may take to answer one.
    pub keepalive_timeout: Duration,
    /// How long a client has to wait between two PINGs.
    pub ping_interval: Duration,
    /// How long a call may go without a message in either direction.
    pub stream_idle: Option<Duration>,
    /// How long a call may take.
    pub call: Option<Duration>,
    /// How long a connection may take calls, give or take a tenth.
    pub connection_age: Option<Duration>,
    /// How long its calls may go on after that.
    pub connection_grace: Option<Duration>,
    /// How many calls of a connection its client may reset, beyond as many as were completed.
    pub resets: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_peer: None,
            streams: 100,
            message: MESSAGE,
            header_list: 16 << 10,
            handshake: Duration::from_secs(10),
            keepalive_interval: Duration::from_mins(1),
            keepalive_timeout: Duration::from_secs(20),
            ping_interval: Duration::from_secs(10),
            stream_idle: Some(Duration::from_hours(1)),
            call: Some(Duration::from_hours(24)),
            connection_age: None,
            connection_grace: None,
            resets: 500,
        }
    }
}
