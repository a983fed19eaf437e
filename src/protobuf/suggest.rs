//! What to try when a name is not one of those there are.

use crate::schema::nearest;

/// A hint lists no more names than this.
const LISTED: usize = 20;

/// The name that was probably meant, else the names there are. `what` says what they are, in the plural.
pub fn suggest<'a>(
    name: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(name, names.clone()) {
        return Some(format!("did you mean {near:?}?"));
    }
    let mut listed: Vec<&str> = names.clone().take(LISTED).collect();
    if listed.is_empty() {
        return None;
    }
    if names.count() > LISTED {
        listed.push("…");
    }
    Some(format!("its {what} are {}", listed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_else_all_are_listed() {
        let fields = || ["name", "age"].into_iter();
        assert_eq!(
            suggest("nmae", "fields", fields()).as_deref(),
            Some("did you mean \"name\"?")
        );
        assert_eq!(
            suggest("street", "fields", fields()).as_deref(),
            Some("its fields are name, age")
        );
        assert_eq!(suggest("street", "fields", std::iter::empty()), None);
        let many = suggest("street", "values", std::iter::repeat_n("X", 21)).unwrap();
        assert!(many.ends_with("X, …"), "{many}");
    }
}
