//! The key or profile that may be meant by a name that does not exist. Keys are short, so a lower similarity counts than among
//! the names of a schema: "adress" means "addr".

/// The most similar name, if any is similar enough.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let similar = names
        .iter()
        .map(|name| (strsim::jaro_winkler(word, name), *name));
    let best = similar.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(similarity, _)| *similarity > 0.7)
        .map(|(_, name)| name)
}
