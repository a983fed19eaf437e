//! How a call ends when its stream or its connection fails.

use std::borrow::Cow;
use std::io;

use h2::Reason;
use tonic::Code;

use super::end::{End, Origin, Processed};
use crate::transport::{Failure, HEADERS, HEADERS_SIZE, StreamError};

impl End {
    /// The stream or the connection failed.
    pub fn from_stream(error: &StreamError, connection: Option<&h2::Error>) -> Self {
        match error {
            StreamError::Http2(error) => Self::from_h2(error, connection),
            StreamError::Http1(failure) => Self::from_http1(failure),
        }
    }

    fn from_http1(failure: &Failure) -> Self {
        match failure {
            Failure::Unconnected(error) => Self::new(
                Code::Unavailable,
                error.message_with_causes(),
                Origin::Connection(Processed::No { is_closing: false }),
            ),
            Failure::NotHttp1 => Self::new(
                Code::Unavailable,
                "the server's answer is not HTTP/1.1",
                Origin::NotHttp1,
            ),
            // As over HTTP/2, where it is a violation of the protocol, too.
            Failure::TooLarge => Self::protocol(format!(
                "the server's response has too many headers, or too large ones: over HTTP/1.1, the limit is {HEADERS} headers \
                 and {} KiB",
                HEADERS_SIZE >> 10
            )),
            Failure::Lost(why) => Self::new(
                Code::Unavailable,
                format!("the connection was lost: {why}"),
                Origin::Connection(Processed::Unknown),
            ),
        }
    }

    fn from_h2(error: &h2::Error, connection: Option<&h2::Error>) -> Self {
        if let Some(io) = error.get_io() {
            let why = match connection {
                // The server gave the reason before it closed the connection.
                Some(reason) if reason.is_go_away() => named(reason),
                _ => match io.kind() {
                    io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected => "the server closed it".to_owned(),
                    io::ErrorKind::ConnectionReset => "the server reset it".to_owned(),
                    _ => crate::error::plain(io),
                },
            };
            return Self::new(
                Code::Unavailable,
                format!("the connection was lost: {why}"),
                Origin::Connection(Processed::Unknown),
            );
        }
        let reason = error.reason().unwrap_or(Reason::NO_ERROR);
        if error.is_remote() && error.is_reset() {
            let processed = match reason {
                Reason::REFUSED_STREAM => Processed::No {
                    is_closing: connection.is_some(),
                },
                _ => Processed::Unknown,
            };
            return Self::new(
                code_of_reset(reason),
                format!("the server reset the call ({})", name(reason)),
                Origin::Connection(processed),
            );
        }
        if error.is_remote() {
            return Self::new(
                Code::Unavailable,
                format!("the server did not accept the call: {}", named(error)),
                Origin::Connection(Processed::No { is_closing: true }),
            );
        }
        Self::protocol(format!(
            "the server violated the HTTP/2 protocol ({})",
            name(reason)
        ))
    }
}

/// A GOAWAY's reason and debug data.
fn named(error: &h2::Error) -> String {
    let reason = error.reason().unwrap_or(Reason::NO_ERROR);
    let announced = match reason {
        Reason::NO_ERROR => "the server is closing the connection".to_owned(),
        reason => format!("the server is closing the connection ({})", name(reason)),
    };
    // h2 has the debug data only in the error's text. It is only shown here, too.
    match error.to_string().rsplit_once(" (b\"") {
        Some((_, debug)) => format!("{announced}: {}", debug.trim_end_matches("\")")),
        None => announced,
    }
}

/// The name of an error code in RFC 9113.
fn name(reason: Reason) -> Cow<'static, str> {
    match reason {
        Reason::NO_ERROR => "NO_ERROR".into(),
        Reason::PROTOCOL_ERROR => "PROTOCOL_ERROR".into(),
        Reason::INTERNAL_ERROR => "INTERNAL_ERROR".into(),
        Reason::FLOW_CONTROL_ERROR => "FLOW_CONTROL_ERROR".into(),
        Reason::SETTINGS_TIMEOUT => "SETTINGS_TIMEOUT".into(),
        Reason::STREAM_CLOSED => "STREAM_CLOSED".into(),
        Reason::FRAME_SIZE_ERROR => "FRAME_SIZE_ERROR".into(),
        Reason::REFUSED_STREAM => "REFUSED_STREAM".into(),
        Reason::CANCEL => "CANCEL".into(),
        Reason::COMPRESSION_ERROR => "COMPRESSION_ERROR".into(),
        Reason::CONNECT_ERROR => "CONNECT_ERROR".into(),
        Reason::ENHANCE_YOUR_CALM => "ENHANCE_YOUR_CALM".into(),
        Reason::INADEQUATE_SECURITY => "INADEQUATE_SECURITY".into(),
        Reason::HTTP_1_1_REQUIRED => "HTTP_1_1_REQUIRED".into(),
        other => format!("error code {}", u32::from(other)).into(),
    }
}

/// PROTOCOL-HTTP2, "Errors".
fn code_of_reset(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        Reason::NO_ERROR
        | Reason::PROTOCOL_ERROR
        | Reason::INTERNAL_ERROR
        | Reason::FLOW_CONTROL_ERROR
        | Reason::SETTINGS_TIMEOUT
        | Reason::FRAME_SIZE_ERROR
        | Reason::COMPRESSION_ERROR
        | Reason::CONNECT_ERROR => Code::Internal,
        _ => Code::Unknown,
    }
}
