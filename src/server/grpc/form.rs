//! What a response looks like.

use crate::framing::Encoding;
use crate::protocol::{Codec, Wire};

#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub wire: Wire,
    pub codec: Codec,
    pub encoding: Option<Encoding>,
}

impl Form {
    /// Of a request that is refused.
    pub fn plain(wire: Wire, codec: Codec) -> Self {
        let encoding = None;
        Self {
            wire,
            codec,
            encoding,
        }
    }
}
