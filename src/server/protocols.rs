//! Which protocols a server answers.

use http::{HeaderValue, StatusCode};

use crate::protocol::{Codec, Protocol, Wire};

/// A set of protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    grpc: bool,
    grpc_web: bool,
    connect: bool,
}

impl Default for Protocols {
    /// All.
    fn default() -> Self {
        Self::only([Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect])
    }
}

impl Protocols {
    pub fn only(protocols: impl IntoIterator<Item = Protocol>) -> Self {
        let mut set = Self {
            grpc: false,
            grpc_web: false,
            connect: false,
        };
        for protocol in protocols {
            match protocol {
                Protocol::Grpc => set.grpc = true,
                Protocol::GrpcWeb => set.grpc_web = true,
                Protocol::Connect => set.connect = true,
            }
        }
        set
    }

    pub fn has(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Grpc => self.grpc,
            Protocol::GrpcWeb => self.grpc_web,
            Protocol::Connect => self.connect,
        }
    }

    /// Whether one of them can be spoken over HTTP/1.1.
    pub fn has_http1(self) -> bool {
        self.grpc_web || self.connect
    }

    /// All content types of requests, as the value of `accept-post`.
    pub fn content_types(self) -> HeaderValue {
        let served = Wire::ALL
            .into_iter()
            .filter(|wire| self.has(wire.protocol()));
        let all = served.flat_map(|wire| Codec::ALL.map(|codec| wire.content_type(codec)));
        let all: Vec<HeaderValue> = all.collect();
        let all: Vec<&[u8]> = all.iter().map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&all.join(&b", "[..]))
            .unwrap_or_else(|_| HeaderValue::from_static("application/grpc"))
    }

    /// For whoever reads why a request with this status was refused.
    pub fn explain(self, status: StatusCode) -> String {
        match status {
            StatusCode::FORBIDDEN => "Pages of this origin may not call this server.\n".to_owned(),
            StatusCode::BAD_REQUEST => "A request has one Host.\n".to_owned(),
            StatusCode::NOT_IMPLEMENTED => "The only transfer coding is chunked.\n".to_owned(),
            StatusCode::HTTP_VERSION_NOT_SUPPORTED => "gRPC needs HTTP/2.\n".to_owned(),
            _ => format!(
                "This server speaks {}: POST with content-type {}.\n",
                self.names(),
                if self.connect {
                    "application/json, or another one of accept-post"
                } else if self.grpc {
                    "application/grpc"
                } else {
                    "application/grpc-web"
                }
            ),
        }
    }

    fn names(self) -> String {
        let names = [
            (Protocol::Grpc, "gRPC"),
            (Protocol::GrpcWeb, "gRPC-Web"),
            (Protocol::Connect, "Connect"),
        ];
        let served = names
            .into_iter()
            .filter(|(protocol, _)| self.has(*protocol));
        let served: Vec<&str> = served.map(|(_, name)| name).collect();
        match served.as_slice() {
            [all_but_last @ .., last] if !all_but_last.is_empty() => {
                format!("{} and {last}", all_but_last.join(", "))
            }
            _ => served.concat(),
        }
    }
}
