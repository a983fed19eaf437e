//! What is on the wire, and the content types that say so.

use std::fmt;

use http::HeaderValue;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    #[default]
    Grpc,
    GrpcWeb,
    Connect,
}

impl Protocol {
    pub const ALL: [Self; 3] = [Self::Grpc, Self::GrpcWeb, Self::Connect];

    /// As `--protocol`, envelopes and the figures of `bench` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc-web",
            Self::Connect => "connect",
        }
    }
}

/// As the protocols are called in texts.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "gRPC",
            Self::GrpcWeb => "gRPC-Web",
            Self::Connect => "Connect",
        })
    }
}

/// How a message becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    #[default]
    Proto,
    Json,
}

/// What a request or a response looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wire {
    #[default]
    Grpc,
    /// gRPC-Web.
    Web,
    /// gRPC-Web as base64.
    WebText,
    /// Connect without envelopes: the body is the message.
    ConnectUnary,
    ConnectStream,
}

impl Codec {
    pub const ALL: [Self; 2] = [Self::Proto, Self::Json];

    /// As Connect's queries and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }

    /// The codec with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

impl Wire {
    pub const ALL: [Self; 5] = [
        Self::Grpc,
        Self::Web,
        Self::WebText,
        Self::ConnectUnary,
        Self::ConnectStream,
    ];

    pub fn protocol(self) -> Protocol {
        match self {
            Self::Grpc => Protocol::Grpc,
            Self::Web | Self::WebText => Protocol::GrpcWeb,
            Self::ConnectUnary | Self::ConnectStream => Protocol::Connect,
        }
    }

    /// Whether each message has a flag and a length in front.
    pub fn is_framed(self) -> bool {
        self != Self::ConnectUnary
    }

    /// The flag of the frame that ends a response: the trailers of gRPC-Web, or the end of a stream of Connect.
    pub fn end_flag(self) -> Option<u8> {
        match self {
            Self::Grpc | Self::ConnectUnary => None,
            Self::Web | Self::WebText => Some(0x80),
            Self::ConnectStream => Some(2),
        }
    }

    /// What a content type says.
    pub fn of_content_type(content_type: &HeaderValue) -> Option<(Self, Codec)> {
        Self::of_media_type(content_type.as_bytes())
    }

    /// What a media type says. They have no case (RFC 9110, section 8.3.1), and no parameter matters: what there is of JSON
    /// has one charset.
    pub fn of_media_type(media_type: &[u8]) -> Option<(Self, Codec)> {
        let essence = media_type.split(|byte| *byte == b';').next();
        let essence = essence.unwrap_or_default().trim_ascii();
        let is = |name: &str| name.as_bytes().eq_ignore_ascii_case(essence);
        for wire in Self::ALL {
            for codec in Codec::ALL {
                if is(wire.media_type(codec)) {
                    return Some((wire, codec));
                }
            }
        }
        let found = OTHER_NAMES.iter().find(|(name, ..)| is(name));
        found.map(|(_, wire, codec)| (*wire, *codec))
    }

    pub fn content_type(self, codec: Codec) -> HeaderValue {
        HeaderValue::from_static(self.media_type(codec))
    }

    fn media_type(self, codec: Codec) -> &'static str {
        match (self, codec) {
            (Self::Grpc, Codec::Proto) => "application/grpc",
            (Self::Grpc, Codec::Json) => "application/grpc+json",
            (Self::Web, Codec::Proto) => "application/grpc-web+proto",
            (Self::Web, Codec::Json) => "application/grpc-web+json",
            (Self::WebText, Codec::Proto) => "application/grpc-web-text+proto",
            (Self::WebText, Codec::Json) => "application/grpc-web-text+json",
            (Self::ConnectUnary, Codec::Proto) => "application/proto",
            (Self::ConnectUnary, Codec::Json) => "application/json",
            (Self::ConnectStream, Codec::Proto) => "application/connect+proto",
            (Self::ConnectStream, Codec::Json) => "application/connect+json",
        }
    }
}

/// Media types that are read but not written.
const OTHER_NAMES: [(&str, Wire, Codec); 3] = [
    ("application/grpc+proto", Wire::Grpc, Codec::Proto),
    ("application/grpc-web", Wire::Web, Codec::Proto),
    ("application/grpc-web-text", Wire::WebText, Codec::Proto),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &'static str) -> Option<(Wire, Codec)> {
        Wire::of_content_type(&HeaderValue::from_static(content_type))
    }

    #[test]
    fn a_content_type_says_what_is_on_the_wire() {
        for (content_type, wire, codec) in [
            ("application/grpc", Wire::Grpc, Codec::Proto),
            ("application/grpc+proto", Wire::Grpc, Codec::Proto),
            ("application/grpc+json", Wire::Grpc, Codec::Json),
            ("application/grpc-web", Wire::Web, Codec::Proto),
            ("application/grpc-web+proto", Wire::Web, Codec::Proto),
            ("application/grpc-web+json", Wire::Web, Codec::Json),
            ("application/grpc-web-text", Wire::WebText, Codec::Proto),
            (
                "application/grpc-web-text+proto",
                Wire::WebText,
                Codec::Proto,
            ),
            ("application/grpc-web-text+json", Wire::WebText, Codec::Json),
            ("application/proto", Wire::ConnectUnary, Codec::Proto),
            ("application/json", Wire::ConnectUnary, Codec::Json),
            (
                "application/connect+proto",
                Wire::ConnectStream,
                Codec::Proto,
            ),
            ("application/connect+json", Wire::ConnectStream, Codec::Json),
        ] {
            assert_eq!(read(content_type), Some((wire, codec)), "{content_type}");
        }
    }

    #[test]
    fn case_and_parameters_of_a_content_type_do_not_matter() {
        for content_type in [
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "Application/JSON ; x=y",
        ] {
            let unary = (Wire::ConnectUnary, Codec::Json);
            assert_eq!(read(content_type), Some(unary), "{content_type}");
        }
        let grpc = (Wire::Grpc, Codec::Proto);
        assert_eq!(read("Application/gRPC; charset=utf-8"), Some(grpc));
    }

    #[test]
    fn other_content_types_are_none_of_the_protocols() {
        for content_type in [
            "",
            "text/html",
            "application/",
            "application/grpcx",
            "application/grpc+thrift",
            "application/grpc-web+",
            "application/connect",
            "application/proto+json",
            "application/jsonx",
            "application/json, application/proto",
        ] {
            assert_eq!(read(content_type), None, "{content_type}");
        }
    }

    #[test]
    fn a_content_type_that_is_written_is_read_back() {
        for wire in Wire::ALL {
            for codec in Codec::ALL {
                let content_type = wire.content_type(codec);
                assert_eq!(Wire::of_content_type(&content_type), Some((wire, codec)));
            }
        }
    }
}
