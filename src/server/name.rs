//! Name, the message of all requests to RouteGuide.

use std::borrow::Cow;

use prost::Message as _;
use tonic::Status;

use super::grpc::malformed;
use crate::proto::Name;

/// The key of `Name.name` on the wire: field 1, a string.
const NAME: u8 = 0x0a;

/// The name in a request. A request that is nothing but a short name is not copied.
///
/// # Errors
/// When it is not a valid message.
pub fn name(request: &[u8]) -> Result<Cow<'_, str>, Status> {
    if let [NAME, len @ 0..0x80, name @ ..] = request
        && name.len() == usize::from(*len)
        && let Ok(name) = std::str::from_utf8(name)
    {
        return Ok(Cow::Borrowed(name));
    }
    match Name::decode(request) {
        Ok(request) => Ok(Cow::Owned(request.name)),
        Err(_) => Err(malformed("the request is not a valid Name message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_prost_reads_it() {
        let named = |name: &str| {
            Name {
                name: name.to_owned(),
            }
            .encode_to_vec()
        };
        let long = "x".repeat(128);
        for text in ["", "Alice", "\u{e9}", &long[..127], &long] {
            assert_eq!(name(&named(text)).unwrap(), text);
        }
        let twice = [named("Alice"), named("Bob")].concat();
        assert_eq!(name(&twice).unwrap(), "Bob");
        let with_unknown = [&named("Alice")[..], &[0x10, 1]].concat();
        assert_eq!(name(&with_unknown).unwrap(), "Alice");
        for bad in [&[0x0a, 1, 0xff][..], &[0x0a, 5, b'x'], &[0x0a]] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
