//! The requests of a load: encoded once, and handed out call by call.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;

use super::template::{Template, Values};
use crate::call::{Source, Start};
use crate::framing::Packer;

/// Which message is next, of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    InTurn,
    Random,
}

/// A message that was given.
#[derive(Clone, Debug)]
pub enum Message {
    /// Packed as calls send it, of [`Messages::packed`].
    Fixed(Bytes),
    /// It does not have the form in which calls send it, as they report.
    Unpacked(Bytes),
    Template(Template),
}

/// The messages that were given.
#[derive(Clone, Debug)]
pub struct Messages {
    messages: Vec<Message>,
    pick: Pick,
}

impl Messages {
    /// At least one message; an empty one if there is none.
    pub fn new(mut messages: Vec<Message>, pick: Pick) -> Self {
        if messages.is_empty() {
            messages.push(Message::Fixed(Bytes::new()));
        }
        Self { messages, pick }
    }

    /// Packs, and compresses, those that are the same in each call.
    #[must_use]
    pub fn packed(mut self, start: &Start) -> Self {
        for message in &mut self.messages {
            let Message::Fixed(bytes) = message else {
                continue;
            };
            let packed = Packer::packed(start.encoding, start.transcoder.clone(), bytes);
            *message = match packed {
                Some(packed) => Message::Fixed(packed),
                None => Message::Unpacked(bytes.clone()),
            };
        }
        self
    }

    /// The message of a number.
    fn get(&self, number: u64) -> Option<&Message> {
        let len = self.messages.len();
        let index = match self.pick {
            Pick::Random => fastrand::usize(..len),
            Pick::InTurn => usize::try_from(number % len as u64).unwrap_or_default(),
        };
        self.messages.get(index)
    }
}

/// What a stream whose messages wait for replies shares with its call.
#[derive(Debug)]
pub struct PingPong {
    /// How many messages may be sent so far.
    allowed: Cell<u64>,
    /// When the last one was, until it is answered.
    sent: Cell<Option<Instant>>,
}

impl PingPong {
    /// A reply has come: when its message was sent. The next one may go. `None` for a further reply to the same message.
    pub fn answered(&self) -> Option<Instant> {
        let sent = self.sent.take()?;
        self.allowed.set(self.allowed.get() + 1);
        Some(sent)
    }
}

/// The request messages of one call.
pub struct Requests {
    messages: Arc<Messages>,
    /// The number of the next message.
    next: u64,
    left: u64,
    taken: u64,
    values: Values,
    /// The message of a template.
    rendered: Vec<u8>,
    ping_pong: Option<Rc<PingPong>>,
}

impl Requests {
    /// The `count` messages of a call.
    pub fn new(messages: Arc<Messages>, values: Values, count: u64) -> Self {
        Self {
            messages,
            next: values.call.wrapping_mul(count),
            left: count,
            taken: 0,
            values,
            rendered: Vec::new(),
            ping_pong: None,
        }
    }

    /// Makes each message wait for the reply to the one before.
    pub fn with_ping_pong(mut self) -> (Self, Rc<PingPong>) {
        let shared = Rc::new(PingPong {
            allowed: Cell::new(1),
            sent: Cell::default(),
        });
        self.ping_pong = Some(Rc::clone(&shared));
        (self, shared)
    }
}

impl Source for Requests {
    fn poll_pack(&mut self, packer: &mut Packer, _: &mut Context<'_>) -> Poll<bool> {
        if self.left == 0 {
            return Poll::Ready(false);
        }
        if let Some(ping_pong) = &self.ping_pong {
            if self.taken >= ping_pong.allowed.get() {
                // The call asks again when a reply has come.
                return Poll::Pending;
            }
            ping_pong.sent.set(Some(Instant::now()));
        }
        match self.messages.get(self.next) {
            Some(Message::Fixed(message)) => packer.push_packed(message),
            Some(Message::Unpacked(message)) => packer.push(message),
            Some(Message::Template(template)) => {
                self.rendered.clear();
                template.render(&mut self.values, &mut self.rendered);
                packer.push(&self.rendered);
            }
            None => {}
        }
        self.next = self.next.wrapping_add(1);
        self.left -= 1;
        self.taken += 1;
        Poll::Ready(true)
    }
}
