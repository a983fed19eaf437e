//! The people of the tutorial, which a server without a people file knows.

use super::table::People;
use crate::proto::Person;
use crate::proto::person::{Address, Gender};

impl People {
    /// The tutorial's Alice and Bob.
    pub fn built_in() -> Self {
        let alice = Person {
            name: "Alice".to_owned(),
            age: 30,
            gender: Gender::Female.into(),
            hobbies: vec!["reading".to_owned(), "swimming".to_owned()],
            address: Some(Address {
                street: "123 Main St".to_owned(),
                city: "New York".to_owned(),
            }),
        };
        let bob = Person {
            name: "Bob".to_owned(),
            age: 25,
            gender: Gender::Male.into(),
            hobbies: vec!["gaming".to_owned(), "cycling".to_owned()],
            address: Some(Address {
                street: "456 Elm St".to_owned(),
                city: "Los Angeles".to_owned(),
            }),
        };
        let mut people = Self::default();
        for person in [alice, bob] {
            // Their names differ.
            let _ = people.insert(&person);
        }
        people
    }
}
