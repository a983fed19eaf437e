//! What a failed call really was. tonic reports a cut connection as UNKNOWN, an unprocessed GOAWAY as INTERNAL and
//! its own time-out as CANCELLED; the causes below the status tell the truth.

use std::error::Error as StdError;
use std::io;

use tonic::{Code, Status};

use super::Event;
use crate::error::Error;

/// The end of a call whose deadline passed.
pub fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed before the call was over")
}

/// How the message of a status begins that stands for a reply we do not accept.
pub const TOO_LARGE: &str = "the reply is too large";

/// A reply beyond our own limit, which tonic reports as the server's OUT_OF_RANGE; other clients say RESOURCE_EXHAUSTED.
pub fn too_large(status: Status, limit: usize) -> Status {
    let ours = format!("the limit is: {limit} bytes");
    let found = status
        .message()
        .strip_prefix("Error, decoded message length too large: found ")
        .and_then(|rest| rest.strip_suffix(&ours));
    match found.and_then(|found| found.strip_suffix(" bytes, ")) {
        Some(found) if status.code() == Code::OutOfRange => Status::resource_exhausted(format!(
            "{TOO_LARGE}: {found} bytes, and at most {limit} are accepted"
        )),
        _ => status,
    }
}

/// Turns tonic's status into the event that ends the call. `replied`: response headers had come. `expired`: the
/// call's deadline had passed.
pub fn classify(status: Status, replied: bool, expired: bool) -> Event {
    // The peer's reset at the deadline, or tonic's own timer, may win the race against ours.
    if expired && matches!(status.code(), Code::Cancelled | Code::Unknown) {
        return Event::Status(deadline_exceeded());
    }
    let Some(source) = status.source() else {
        return Event::Status(status);
    };
    if let Some(h2) = find::<h2::Error>(source) {
        return from_h2(h2, replied, status.code());
    }
    if let Some(error) = find::<io::Error>(source) {
        return Event::Status(lost(&error.to_string()));
    }
    match find::<hyper::Error>(source) {
        Some(error) if error.is_timeout() => Event::Status(lost("the server stopped answering")),
        Some(error)
            if error.is_closed() || error.is_canceled() || error.is_incomplete_message() =>
        {
            Event::Status(lost("the server closed it"))
        }
        _ if find::<tonic::transport::Error>(source).is_some() => {
            Event::Status(lost("the channel is closed"))
        }
        _ => Event::Status(status),
    }
}

fn lost(why: &str) -> Status {
    Status::unavailable(format!("the connection was lost: {why}"))
}

fn from_h2(error: &h2::Error, replied: bool, code: Code) -> Event {
    if let Some(io) = error.get_io() {
        let why = match io.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
                "the server closed it".into()
            }
            _ => io.to_string(),
        };
        return Event::Status(lost(&why));
    }
    let reason = error.reason().unwrap_or(h2::Reason::NO_ERROR);
    if error.is_reset() {
        // The mapping of reasons is tonic's, and the specification's (PROTOCOL-HTTP2, "Errors").
        return Event::Status(Status::new(
            code,
            format!("the server reset the call ({reason:?})"),
        ));
    }
    // What is no HTTP/2 fails at its first frame: an HTTP/1 or TLS server's answer has no sensible frame length.
    if !replied && error.is_library() {
        return Event::Failed(
            Error::failed("the server does not speak HTTP/2 in plaintext")
                .caused_by(io::Error::other(error.to_string()))
                .hinted("is this a gRPC port? it may want TLS, or serve HTTP/1 only"),
        );
    }
    Event::Status(lost(&format!("the server closed it ({reason:?})")))
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
