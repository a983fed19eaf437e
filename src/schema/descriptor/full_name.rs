//! Full names of symbols: scopes joined by dots, without a leading one.

/// A symbol's full name.
pub fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        [scope, ".", name].concat()
    }
}

/// The scope that a symbol is in.
pub fn parent(full: &str) -> &str {
    full.rsplit_once('.').map_or("", |(scope, _)| scope)
}

/// What comes after the scope in a symbol's full name, if it is within it.
pub fn below<'a>(full: &'a str, scope: &str) -> Option<&'a str> {
    if scope.is_empty() {
        return Some(full);
    }
    full.strip_prefix(scope)?.strip_prefix('.')
}
