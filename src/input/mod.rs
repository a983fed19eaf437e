//! From what the user gives to request messages.
//!
//! - `stdin`, `chunks`: bytes of stdin, files and arguments, read when they are asked for (`wait`: until there are any);
//! - `requests`: the request stream of a call, which asks for them and has them decoded;
//! - `names`, and `messages` in the format of `json` or `text`: the decoders; `array`: JSON that may be in an array;
//! - `arguments`: one message of `FIELD` arguments.

pub mod arguments;
mod array;
mod chunks;
mod json;
mod messages;
pub mod names;
mod requests;
pub mod stdin;
mod text;
mod wait;

pub use array::JsonArray;
pub use chunks::Chunks;
pub use json::Json;
pub use messages::Messages;
pub use requests::{Decode, Failure, Requests, given, read};
pub use stdin::Stdin;
pub use text::Text;

use crate::error::{Error, Result};

/// What to try when a message is too large.
const LARGER: &str = "allow larger messages with --max-message-size";

/// Refuses a request that is larger than messages may be; `place` is where it comes from.
fn check_size(place: &str, len: usize, max_size: usize) -> Result<()> {
    if len <= max_size {
        return Ok(());
    }
    let why = format!("{place}: the message has {len} bytes, and the limit is {max_size}");
    Err(Error::failed(why).hinted(LARGER))
}

#[cfg(test)]
pub mod testing {
    //! Feeding decoders.

    use super::Decode;
    use super::names::first_field;

    /// The names in the messages of an input that arrives in chunks of that size, and the error it ends with.
    ///
    /// # Panics
    /// When the decoder leaves input that it cannot use yet.
    pub fn decode(
        mut decoder: impl Decode,
        input: &[u8],
        chunk: usize,
    ) -> (Vec<String>, Option<String>) {
        let mut names = Vec::new();
        let mut error = None;
        'input: for mut chunk in input.chunks(chunk) {
            while !chunk.is_empty() {
                let mut out = Vec::new();
                match decoder.next(&mut chunk, &mut out) {
                    Ok(true) => names.push(String::from_utf8_lossy(first_field(&out)).into_owned()),
                    Ok(false) => assert!(chunk.is_empty()),
                    Err(bad) => {
                        error = Some(bad.to_string());
                        break 'input;
                    }
                }
            }
        }
        if error.is_none() {
            let mut out = Vec::new();
            match decoder.last(&mut out) {
                Ok(true) => names.push(String::from_utf8_lossy(first_field(&out)).into_owned()),
                Ok(false) => {}
                Err(bad) => error = Some(bad.to_string()),
            }
        }
        (names, error)
    }
}
