//! The two halves of a call, each in one of its states.

use http::StatusCode;
use http::response::Parts;

use crate::call::Start;
use crate::call::end::End;
use crate::call::last::Last;
use crate::call::page::Page;
use crate::call::unary::Unary;
use crate::transport::{Body, ResponseHalf, SendHalf, StreamError};

/// The request half of the stream.
pub enum Sending {
    /// The call starts when its request is here, whose length or text is part of the start.
    Gathering(Box<Start>),
    /// Messages may follow.
    Open(SendHalf),
    /// The last bytes wait for the peer's window.
    Ending(SendHalf),
    /// Half-closed. The handle is kept to reset the stream.
    Ended(SendHalf),
    /// Closed or reset.
    Gone,
}

impl Sending {
    /// Whether there is nothing more to send.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Gone)
    }
}

/// The response half.
pub enum Receiving {
    /// The request has not been sent.
    Waiting,
    Headers(ResponseHalf),
    Messages(Body, StatusCode),
    Trailers(Body, StatusCode),
    /// The frame that ends the response was here.
    Last(Last),
    /// The headers have a status, which counts if no message follows.
    Status(Body, Box<Parts>),
    /// The reply of a unary call of Connect.
    Unary(Box<Unary>),
    Page(Box<Page>),
    /// The server has ended the stream.
    Closing(Box<End>),
    /// The call ends here, whatever the server does.
    Stopped(Box<End>),
    /// The call is over. Holds its end until that is returned.
    Ended(Option<Box<End>>),
}

/// How a stream has failed.
pub struct Lost {
    pub error: StreamError,
    /// The deadline had passed.
    pub is_late: bool,
}
