//! The reply of the tutorial's server for a person that it does not know: a Person named "Not Found".

use std::sync::LazyLock;

use memchr::memmem::Finder;
use prost::Message as _;

use crate::proto::Person;

/// The name in that reply.
pub const NOT_FOUND: &str = "Not Found";

/// Whether a reply is the one of the tutorial's server for an unknown person. If the requested name is itself
/// "Not Found" (`asked_for`), only a reply with no other field is.
pub fn is_unknown_person(message: &[u8], asked_for: impl FnOnce() -> bool) -> bool {
    // Rules out nearly all messages without decoding them.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NOT_FOUND));
    if FINDER.find(message).is_none() {
        return false;
    }
    Person::decode(message).is_ok_and(|person| {
        let unknown = Person {
            name: NOT_FOUND.to_owned(),
            ..Person::default()
        };
        person == unknown || (person.name == NOT_FOUND && !asked_for())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_person_differs_from_a_person_named_not_found() {
        let person = |name: &str, age| {
            Person {
                name: name.to_owned(),
                age,
                ..Person::default()
            }
            .encode_to_vec()
        };
        assert!(is_unknown_person(&person(NOT_FOUND, 0), || false));
        assert!(is_unknown_person(&person(NOT_FOUND, 0), || true));
        assert!(is_unknown_person(&person(NOT_FOUND, -1), || false));
        assert!(
            !is_unknown_person(&person(NOT_FOUND, 30), || true),
            "a person with that name"
        );
        assert!(!is_unknown_person(&person("Alice", 30), || false));
    }
}
