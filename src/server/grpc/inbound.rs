//! From the body of a request to frames of messages, which differ by protocol: gRPC-Web may be base64, and a unary request of
//! Connect is its message, without a frame around it.

use bytes::{Bytes, BytesMut};
use tonic::Status;

use crate::framing::{COMPRESSED, Cutter, PREFIX, prefix_of};
use crate::protocol::Wire;
use crate::protocol::web::{BadText, TextDecoder};

/// What a body has to go through.
pub enum Inbound {
    /// It is frames already.
    Frames,
    Text(TextDecoder),
    Message(Message),
}

/// A body that is a message.
pub struct Message {
    is_compressed: bool,
    /// The bytes so far, unless the frame has begun because its length is known.
    held: Option<BytesMut>,
    /// How many of those [`Inbound::take_held`] has reported.
    reported: usize,
    max: usize,
}

impl Inbound {
    /// `len` is that of the body, if it is known. It begins the frame of a unary request in the cutter.
    pub fn new(
        wire: Wire,
        is_compressed: bool,
        len: Option<u64>,
        max: usize,
        cutter: &mut Cutter,
    ) -> Self {
        match wire {
            Wire::Grpc | Wire::Web | Wire::ConnectStream => Self::Frames,
            Wire::WebText => Self::Text(TextDecoder::default()),
            Wire::ConnectUnary => {
                if let Some(len) = len {
                    cutter.push(head(is_compressed, len));
                }
                Self::Message(Message {
                    is_compressed,
                    held: len.is_none().then(BytesMut::new),
                    reported: 0,
                    max,
                })
            }
        }
    }

    /// Takes a part of the body. Returns how many bytes of messages, and what is in front of them, it is.
    ///
    /// # Errors
    /// When it is malformed or too large.
    pub fn push(&mut self, mut data: Bytes, cutter: &mut Cutter) -> Result<usize, Status> {
        if let Self::Text(decoder) = self {
            data = decoder.push(&data).map_err(not_base64)?;
        }
        let len = data.len();
        match self {
            Self::Frames | Self::Text(_) | Self::Message(Message { held: None, .. }) => {
                cutter.push(data);
            }
            Self::Message(Message {
                held: Some(held),
                max,
                ..
            }) => {
                held.extend_from_slice(&data);
                if held.len() > *max {
                    return Err(Status::resource_exhausted(format!(
                        "the request message has more than {max} bytes, the limit"
                    )));
                }
            }
        }
        Ok(len)
    }

    /// Takes the end of the body.
    ///
    /// # Errors
    /// When it ends too early.
    pub fn end(&mut self, cutter: &mut Cutter) -> Result<(), Status> {
        match self {
            Self::Frames | Self::Message(Message { held: None, .. }) => Ok(()),
            Self::Text(decoder) => decoder.finish().map_err(not_base64),
            Self::Message(message) => {
                let held = message.held.take().unwrap_or_default();
                cutter.push(head(message.is_compressed, held.len() as u64));
                cutter.push(held.freeze());
                Ok(())
            }
        }
    }

    /// Bytes of a message whose length is not known, which is as long as it may be with its frame; none if there are none.
    pub fn held(&self) -> Option<(usize, usize)> {
        match self {
            Self::Message(Message {
                held: Some(held),
                max,
                ..
            }) if !held.is_empty() => Some((held.len(), max.saturating_add(PREFIX))),
            _ => None,
        }
    }

    /// How many of those bytes arrived since the last call.
    pub fn take_held(&mut self) -> usize {
        match self {
            Self::Message(Message {
                held: Some(held),
                reported,
                ..
            }) => held.len() - std::mem::replace(reported, held.len()),
            _ => 0,
        }
    }

    /// How many bytes of the body are not decoded yet, because they are the start of a group.
    pub fn undecoded(&self) -> usize {
        match self {
            Self::Text(decoder) => decoder.held(),
            _ => 0,
        }
    }
}

/// The head of the frame. An empty message is not compressed, whatever the request says.
fn head(is_compressed: bool, len: u64) -> Bytes {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let flag = if is_compressed && len > 0 {
        COMPRESSED
    } else {
        0
    };
    Bytes::copy_from_slice(&prefix_of(flag, len))
}

fn not_base64(bad: BadText) -> Status {
    Status::invalid_argument(bad.to_string())
}
