//! Names that may be meant by one that does not exist.

/// A question names no more than this.
const NAMED: usize = 3;

/// Below this, similar names are a coincidence.
const THRESHOLD: f64 = 0.85;

/// The names that are most similar to `word`, if any is similar enough, in full or in its last part. Several if they are
/// equally similar: which of them is meant cannot be known.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    nearest_symbols(word, names.into_iter().map(|name| (name, false)))
}

/// As [`nearest`], for names with whether they are members of a type. Of equally similar names, those that are not come
/// first, unless the word has a dot: behind that, a member is as likely.
pub fn nearest_symbols<'a>(
    word: &str,
    names: impl IntoIterator<Item = (&'a str, bool)>,
) -> Vec<&'a str> {
    let has_parent = word.contains('.');
    let mut best = Vec::new();
    let mut least = (THRESHOLD, false, 0.0);
    for (name, is_member) in names {
        let score = (
            similarity(&word.to_lowercase(), &name.to_lowercase()),
            has_parent || !is_member,
            // Decides between names that differ only in case.
            strsim::jaro_winkler(last_part(word), last_part(name)),
        );
        let order = (score.0.total_cmp(&least.0))
            .then(score.1.cmp(&least.1))
            .then(score.2.total_cmp(&least.2));
        if order.is_gt() {
            best.clear();
            least = score;
        }
        if order.is_ge() && !best.contains(&name) {
            best.push(name);
        }
    }
    best.truncate(NAMED);
    best
}

/// "did you mean a, b or c?"; `None` if there are no names.
pub fn did_you_mean<T: ToString>(names: impl IntoIterator<Item = T>) -> Option<String> {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

fn similarity(word: &str, name: &str) -> f64 {
    let last = last_part(name);
    strsim::jaro_winkler(word, name)
        .max(strsim::jaro_winkler(word, last))
        // The package may be wrong, or the service of a method.
        .max(strsim::jaro_winkler(last_part(word), last) - 0.01)
}

fn last_part(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_similar_to_the_word() {
        let names = ["hobbies", "name", "age", "address"];
        for (word, name) in [
            ("hobby", &["hobbies"][..]),
            ("NAME", &["name"]),
            ("adress", &["address"]),
            ("zip", &[]),
        ] {
            assert_eq!(nearest(word, names), name);
        }
    }

    #[test]
    fn case_decides_between_names_of_the_same_letters() {
        assert_eq!(nearest("adress", ["Address", "address"]), ["address"]);
        assert_eq!(nearest("Adress", ["Address", "address"]), ["Address"]);
    }

    #[test]
    fn names_that_are_equally_similar_are_all_named_up_to_three() {
        let names = ["a.A/Unary", "a.B/Unary", "a.C/Unary", "a.D/Unary"];
        assert_eq!(nearest("Unray", names.into_iter().take(2)), names[..2]);
        assert_eq!(nearest("Unray", names), names[..3]);
    }

    #[test]
    fn a_type_comes_before_a_field_unless_the_word_has_a_parent() {
        let names = [("p.Request.color", true), ("p.Request.Color", false)];
        assert_eq!(nearest_symbols("colr", names), ["p.Request.Color"]);
        assert_eq!(nearest_symbols("Request.colr", names), ["p.Request.color"]);
    }

    #[test]
    fn the_question_has_all_names() {
        for (names, question) in [
            (&[][..], None),
            (&["a"], Some("did you mean a?")),
            (&["a", "b"], Some("did you mean a or b?")),
            (&["a", "b", "c"], Some("did you mean a, b or c?")),
        ] {
            assert_eq!(did_you_mean(names).as_deref(), question);
        }
    }
}
