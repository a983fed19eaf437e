//! What to try when a name is not one of those there are.

use crate::schema::{did_you_mean, nearest};

/// A hint lists no more fields than this.
const FIELDS: usize = 20;

/// A hint lists no more values of an enum than this.
const VALUES: usize = 10;

/// The field that was probably meant, else the fields there are.
pub fn suggest_field<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let question = ask(name, names.clone());
    question.or_else(|| Some(format!("its fields are {}", listed(names, FIELDS)?)))
}

/// The values there are, and which of them was probably meant.
pub fn suggest_value<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let values = listed(names.clone(), VALUES)?;
    Some(match ask(name, names) {
        Some(question) => format!("{question} its values are {values}"),
        None => format!("its values are {values}"),
    })
}

fn ask<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = nearest(name, names);
    did_you_mean(near.iter().map(|name| format!("{name:?}")))
}

fn listed<'a>(names: impl Iterator<Item = &'a str> + Clone, most: usize) -> Option<String> {
    let mut listed: Vec<&str> = names.clone().take(most).collect();
    if listed.is_empty() {
        return None;
    }
    if names.count() > most {
        listed.push("…");
    }
    Some(listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_field_is_suggested_and_else_all_are_listed() {
        let fields = || ["name", "age"].into_iter();
        assert_eq!(
            suggest_field("nmae", fields()).as_deref(),
            Some("did you mean \"name\"?")
        );
        assert_eq!(
            suggest_field("street", fields()).as_deref(),
            Some("its fields are name, age")
        );
        assert_eq!(suggest_field("street", std::iter::empty()), None);
        assert_eq!(
            suggest_field("line3", ["line1", "line2"].into_iter()).as_deref(),
            Some("did you mean \"line1\" or \"line2\"?")
        );
    }

    #[test]
    fn the_values_are_listed_and_a_near_one_is_suggested() {
        let values = || ["RED", "GREEN"].into_iter();
        assert_eq!(
            suggest_value("GREN", values()).as_deref(),
            Some("did you mean \"GREEN\"? its values are RED, GREEN")
        );
        assert_eq!(
            suggest_value("BLUE", values()).as_deref(),
            Some("its values are RED, GREEN")
        );
        let many = suggest_value("BLUE", std::iter::repeat_n("X", 11)).unwrap();
        assert_eq!(many, format!("its values are {}…", "X, ".repeat(10)));
    }
}
