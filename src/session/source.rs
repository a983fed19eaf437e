//! The user's input as the request messages of a call: neither side knows the other.

use std::task::{Context, Poll};

use crate::call::Source;
use crate::framing::Packer;
use crate::input::Requests;

impl Source for Requests {
    fn poll_pack(&mut self, packer: &mut Packer, cx: &mut Context<'_>) -> Poll<bool> {
        let next = self.poll_next_slice(cx);
        next.map(|message| message.map(|message| packer.push(message)).is_some())
    }
}
