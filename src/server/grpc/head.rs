//! What a request says before its messages: the protocol it is in, and how long its client waits.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode, Version, request};
use tonic::{Code, Status};

use crate::framing::Encoding;
use crate::protocol::connect::{self, BadQuery, BadVersion, Get};
use crate::protocol::{BadTimeout, Codec, Protocol, UnknownEncoding, Wire};
use crate::server::method::Method;
use crate::server::protocols::Protocols;

use super::form::Form;

/// The head of a request.
pub struct Head {
    /// What the request looks like.
    pub wire: Wire,
    /// What the response looks like.
    pub reply_wire: Wire,
    pub codec: Codec,
    /// How long the client waits for the call.
    pub timeout: Option<Duration>,
    /// The encoding of compressed requests.
    pub encoding: Option<Encoding>,
    /// The encoding of replies.
    pub reply_encoding: Option<Encoding>,
    /// The request, if it is in the URL.
    pub in_url: Option<Vec<u8>>,
}

/// Why a request is not served.
pub enum Refusal {
    /// It is in none of the protocols.
    Http(StatusCode, http::Method),
    /// It has another method of HTTP than these.
    Method(http::Method, HeaderValue),
    /// The server does not have its method.
    Unknown(Form, Box<Status>),
    /// Answered in its own protocol.
    Status(Form, Box<Status>),
    /// It is in an encoding that the server does not know.
    Encoding(Form),
}

impl Refusal {
    fn status(form: Form, code: Code, message: impl Into<String>) -> Self {
        Self::Status(form, Box::new(Status::new(code, message)))
    }
}

impl Head {
    /// Reads the head of a request for a method.
    ///
    /// # Errors
    /// When it is in none of the protocols that are served, or malformed.
    pub fn read(
        parts: &request::Parts,
        method: Option<Method>,
        protocols: Protocols,
    ) -> Result<Self, Refusal> {
        let refused = |status| Refusal::Http(status, parts.method.clone());
        let has_get =
            method.is_some_and(Method::has_no_side_effects) && protocols.has(Protocol::Connect);
        if has_get && parts.method == http::Method::GET {
            return Self::read_url(parts);
        }
        if parts.method != http::Method::POST {
            if method.is_none() {
                return Err(refused(StatusCode::NOT_FOUND));
            }
            let allowed = HeaderValue::from_static(if has_get { "GET, POST" } else { "POST" });
            return Err(Refusal::Method(parts.method.clone(), allowed));
        }
        let content_type = parts.headers.get(CONTENT_TYPE);
        let (wire, codec) = content_type
            .and_then(Wire::of_content_type)
            .filter(|(wire, _)| protocols.has(wire.protocol()))
            .filter(|(wire, _)| method.is_none_or(|method| fits(*wire, method)))
            .ok_or_else(|| refused(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        // Its status comes in trailers, which few clients of HTTP/1.1 read.
        if wire == Wire::Grpc && parts.version < Version::HTTP_2 {
            return Err(refused(StatusCode::HTTP_VERSION_NOT_SUPPORTED));
        }
        let encoding = wire.encoding(&parts.headers);
        let encoding = encoding.map_err(|UnknownEncoding| {
            Refusal::Encoding(Form::plain(reply_wire(wire, &parts.headers), codec))
        })?;
        Self::of(parts, wire, codec, encoding)
    }

    /// What the response looks like.
    pub fn form(&self) -> Form {
        Form {
            wire: self.reply_wire,
            codec: self.codec,
            encoding: self.reply_encoding,
        }
    }

    /// Of a request whose message is in its URL.
    fn read_url(parts: &request::Parts) -> Result<Self, Refusal> {
        let wire = Wire::ConnectUnary;
        let form = Form::plain(wire, Codec::Json);
        let query = parts.uri.query().unwrap_or_default();
        let get = Get::read(query).map_err(|bad| match bad {
            BadQuery::Codec => {
                Refusal::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, parts.method.clone())
            }
            BadQuery::Encoding => Refusal::Encoding(form),
            bad => Refusal::status(form, Code::InvalidArgument, bad.to_string()),
        })?;
        let head = Self::of(parts, wire, get.codec, get.encoding)?;
        Ok(Self {
            in_url: Some(get.message.into_owned()),
            ..head
        })
    }

    fn of(
        parts: &request::Parts,
        wire: Wire,
        codec: Codec,
        encoding: Option<Encoding>,
    ) -> Result<Self, Refusal> {
        let (is_grpc, headers) = (wire == Wire::Grpc, &parts.headers);
        let reply_wire = reply_wire(wire, headers);
        let form = Form::plain(reply_wire, codec);
        let bad = |code, message: String| Refusal::status(form, code, message);
        if wire.protocol() == Protocol::Connect {
            connect::has_version(headers)
                .map_err(|version: BadVersion| bad(Code::InvalidArgument, version.to_string()))?;
        }
        let timeout = wire.timeout(headers).map_err(|BadTimeout| {
            let header = wire.timeout_header();
            let code = if is_grpc {
                Code::Internal
            } else {
                Code::InvalidArgument
            };
            bad(
                code,
                format!("the value of {header} is not a valid timeout"),
            )
        })?;
        Ok(Self {
            wire,
            reply_wire,
            codec,
            timeout,
            encoding,
            reply_encoding: encoding.filter(|encoding| wire.accepts(headers, *encoding)),
            in_url: None,
        })
    }
}

/// Clients of gRPC-Web may ask for text, or for binary, with a request that is the other (PROTOCOL-WEB, "Text-encoded
/// (response) streams").
fn reply_wire(wire: Wire, headers: &HeaderMap) -> Wire {
    if wire.protocol() != Protocol::GrpcWeb {
        return wire;
    }
    let values = headers.get_all(ACCEPT).iter();
    let types = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut wires = types.filter_map(Wire::of_media_type).map(|(wire, _)| wire);
    wires
        .find(|wire| wire.protocol() == Protocol::GrpcWeb)
        .unwrap_or(wire)
}

/// Connect has content types of its own for unary methods.
fn fits(wire: Wire, method: Method) -> bool {
    match wire {
        Wire::Grpc | Wire::Web | Wire::WebText => true,
        Wire::ConnectUnary => method.is_unary(),
        Wire::ConnectStream => !method.is_unary(),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn read(request: request::Builder, protocols: Protocols) -> Result<Head, StatusCode> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let method = Method::of(parts.uri.path());
        Head::read(&parts, method, protocols).map_err(|refusal| match refusal {
            Refusal::Http(status, _) => status,
            Refusal::Method(..) => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::Status(_, status) => connect::http_status(status.code()),
            Refusal::Encoding(_) => StatusCode::NOT_IMPLEMENTED,
            Refusal::Unknown(..) => StatusCode::NOT_FOUND,
        })
    }

    fn post(path: &str, content_type: &str) -> request::Builder {
        Request::post(path)
            .version(Version::HTTP_2)
            .header(CONTENT_TYPE, content_type)
    }

    #[test]
    fn connect_has_content_types_for_each_kind_of_method() {
        const UNSUPPORTED: Option<StatusCode> = Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        for (path, content_type, refused) in [
            ("/RouteGuide/GetPerson", "application/json", None),
            (
                "/RouteGuide/GetPerson",
                "application/connect+json",
                UNSUPPORTED,
            ),
            ("/RouteGuide/GetPeople", "application/connect+proto", None),
            ("/RouteGuide/GetPeople", "application/proto", UNSUPPORTED),
            ("/RouteGuide/GetPerson", "application/grpc-web", None),
            ("/RouteGuide/GetPeople", "application/grpc+json", None),
            ("/RouteGuide/GetPerson", "text/plain", UNSUPPORTED),
        ] {
            let read = read(post(path, content_type), Protocols::default());
            assert_eq!(read.err(), refused, "{path} {content_type}");
        }
    }

    #[test]
    fn a_protocol_that_is_not_served_is_no_known_content_type() {
        let only_grpc = Protocols::only([Protocol::Grpc]);
        let path = "/RouteGuide/GetPerson";
        assert!(read(post(path, "application/grpc"), only_grpc).is_ok());
        for content_type in ["application/grpc-web", "application/json"] {
            let read = read(post(path, content_type), only_grpc);
            assert_eq!(read.err(), Some(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
    }

    #[test]
    fn grpc_needs_http2() {
        let request = post("/RouteGuide/GetPerson", "application/grpc").version(Version::HTTP_11);
        let read = read(request, Protocols::default());
        assert_eq!(read.err(), Some(StatusCode::HTTP_VERSION_NOT_SUPPORTED));
    }

    #[test]
    fn only_a_method_without_side_effects_is_called_by_get() {
        let get = |path: &str| {
            let query = "encoding=json&message=%7B%7D";
            read(
                Request::get(format!("{path}?{query}")),
                Protocols::default(),
            )
        };
        let head = get("/RouteGuide/GetPerson").ok().unwrap();
        assert_eq!(head.in_url.as_deref(), Some(&b"{}"[..]));
        let refused = get("/grpc.health.v1.Health/Check").err();
        assert_eq!(refused, Some(StatusCode::METHOD_NOT_ALLOWED));
    }

    #[test]
    fn a_client_of_grpc_web_may_ask_for_text_or_binary() {
        for (content_type, accept, replies) in [
            ("application/grpc-web", None, Wire::Web),
            ("application/grpc-web-text", None, Wire::WebText),
            (
                "application/grpc-web",
                Some("application/grpc-web-text"),
                Wire::WebText,
            ),
            (
                "application/grpc-web-text",
                Some("application/grpc-web+proto"),
                Wire::Web,
            ),
            ("application/grpc-web-text", Some("*/*"), Wire::WebText),
            (
                "application/grpc-web",
                Some("text/html, application/grpc-web-text;q=0.5, */*"),
                Wire::WebText,
            ),
            (
                "application/grpc",
                Some("application/grpc-web-text"),
                Wire::Grpc,
            ),
        ] {
            let mut request = post("/RouteGuide/GetPerson", content_type);
            if let Some(accept) = accept {
                request = request.header(ACCEPT, accept);
            }
            let head = read(request, Protocols::default()).ok().unwrap();
            assert_eq!(head.form().wire, replies, "{content_type} {accept:?}");
        }
    }

    #[test]
    fn replies_are_compressed_as_requests_are_if_the_client_can_read_that() {
        let reply = |accepted: Option<&str>| {
            let mut request = post("/RouteGuide/GetPerson", "application/proto")
                .header("content-encoding", "gzip");
            if let Some(accepted) = accepted {
                request = request.header("accept-encoding", accepted);
            }
            read(request, Protocols::default())
                .ok()
                .unwrap()
                .reply_encoding
        };
        assert_eq!(reply(None), Some(Encoding::Gzip));
        assert_eq!(reply(Some("br, gzip")), Some(Encoding::Gzip));
        assert_eq!(reply(Some("br")), None);
    }
}
