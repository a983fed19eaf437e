//! Full names of symbols: scopes and a name, separated by dots, without a leading dot.

/// The full name of what is called `name` in a scope.
pub fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        [scope, ".", name].concat()
    }
}

/// The scope of a symbol.
pub fn parent(full: &str) -> &str {
    full.rsplit_once('.').map_or("", |(scope, _)| scope)
}

/// The rest of a full name after a scope, if the symbol is in that scope.
pub fn below<'a>(full: &'a str, scope: &str) -> Option<&'a str> {
    if scope.is_empty() {
        return Some(full);
    }
    full.strip_prefix(scope)?.strip_prefix('.')
}
