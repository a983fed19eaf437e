//! The limits that a peer can reach, as they are counted.

/// A limit. h2 answers headers that are too large itself, so they are not among these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Connections,
    ConnectionsPerPeer,
    Streams,
    MessageSize,
    Handshake,
    Keepalive,
    Pings,
    Resets,
    Frames,
    Idle,
    CallTime,
    Age,
}

impl Limit {
    /// All of them, in the order of their indexes.
    pub const ALL: [Self; 12] = [
        Self::Connections,
        Self::ConnectionsPerPeer,
        Self::Streams,
        Self::MessageSize,
        Self::Handshake,
        Self::Keepalive,
        Self::Pings,
        Self::Resets,
        Self::Frames,
        Self::Idle,
        Self::CallTime,
        Self::Age,
    ];

    /// The value of the label `limit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsPerPeer => "connections_per_peer",
            Self::Streams => "streams",
            Self::MessageSize => "message_size",
            Self::Handshake => "handshake",
            Self::Keepalive => "keepalive",
            Self::Pings => "pings",
            Self::Resets => "resets",
            Self::Frames => "frames",
            Self::Idle => "idle",
            Self::CallTime => "call_time",
            Self::Age => "age",
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_indexes() {
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit.index(), index);
        }
    }
}
