//! The names of symbols, and how to refer to one of them: as briefly as possible, while a compiler's search, which goes
//! from the innermost scope outwards, still ends at the same symbol.

use std::collections::HashSet;

use prost_reflect::DescriptorPool;

use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use crate::schema::descriptor::full_name::{below, join, parent};

/// Words that mean something else to a parser where a type may stand.
const KEYWORDS: [&str; 32] = [
    "bool",
    "bytes",
    "double",
    "enum",
    "export",
    "extend",
    "extensions",
    "fixed32",
    "fixed64",
    "float",
    "group",
    "int32",
    "int64",
    "local",
    "map",
    "message",
    "oneof",
    "option",
    "optional",
    "repeated",
    "required",
    "reserved",
    "returns",
    "rpc",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "stream",
    "string",
    "uint32",
    "uint64",
];

/// The full names of all symbols, including packages and members: any of them may hide another.
#[derive(Debug, Default)]
pub struct SymbolTable {
    symbols: HashSet<Box<str>>,
    /// The only symbol that is rendered, if it is only one. References to anything outside it are written in full.
    pub snippet: Option<String>,
}

impl SymbolTable {
    /// The symbols of a pool, for all of its files.
    pub fn of_pool(pool: &DescriptorPool) -> Self {
        let mut names = Self::default();
        for file in pool.files() {
            names.add_package(file.package_name());
        }
        for message in pool.all_messages() {
            names.add(message.full_name());
            for field in message.fields() {
                names.add(field.full_name());
            }
            for oneof in message.oneofs() {
                names.add(oneof.full_name());
            }
        }
        for enumeration in pool.all_enums() {
            names.add(enumeration.full_name());
            for value in enumeration.values() {
                names.add(value.full_name());
            }
        }
        for extension in pool.all_extensions() {
            names.add(extension.full_name());
        }
        for service in pool.services() {
            names.add(service.full_name());
            for method in service.methods() {
                names.add(method.full_name());
            }
        }
        names
    }

    /// Adds the symbols of a file that is not in the pool.
    pub fn add_file(&mut self, file: &FileDescriptorProto) {
        let package = file.package();
        self.add_package(package);
        for message in &file.message_type {
            self.add_message(message, package);
        }
        self.add_members(&file.enum_type, &file.extension, package);
        for service in &file.service {
            let scope = join(package, service.name());
            for method in &service.method {
                self.add(&join(&scope, method.name()));
            }
            self.add(&scope);
        }
    }

    fn add_message(&mut self, message: &DescriptorProto, scope: &str) {
        let scope = join(scope, message.name());
        for field in &message.field {
            self.add(&join(&scope, field.name()));
        }
        for oneof in &message.oneof_decl {
            self.add(&join(&scope, oneof.name()));
        }
        self.add_members(&message.enum_type, &message.extension, &scope);
        for nested in &message.nested_type {
            self.add_message(nested, &scope);
        }
        self.add(&scope);
    }

    fn add_members(
        &mut self,
        enums: &[EnumDescriptorProto],
        extensions: &[FieldDescriptorProto],
        scope: &str,
    ) {
        for enumeration in enums {
            self.add(&join(scope, enumeration.name()));
            for value in &enumeration.value {
                self.add(&join(scope, value.name()));
            }
        }
        for extension in extensions {
            self.add(&join(scope, extension.name()));
        }
    }

    fn add_package(&mut self, package: &str) {
        let mut scope = package;
        while !scope.is_empty() {
            self.add(scope);
            scope = parent(scope);
        }
    }

    fn add(&mut self, symbol: &str) {
        if !self.symbols.contains(symbol) {
            self.symbols.insert(symbol.into());
        }
    }

    /// A reference to the type `target` in `scope`, which is a message, a service or a package. A name without a leading
    /// dot has not been resolved, and is not changed.
    pub fn reference(&self, target: &str, scope: &str, package: &str) -> String {
        match target.strip_prefix('.') {
            Some(full) => self
                .shortened(full, scope, package)
                .filter(|short| !KEYWORDS.contains(&first(short)))
                .map_or_else(|| target.to_owned(), str::to_owned),
            None => target.to_owned(),
        }
    }

    /// A reference to an extension that is set as an option of `element`, without its parentheses. protoc searches from
    /// the scope of the element, protox from the element itself.
    pub fn extension(&self, full: &str, element: &str, package: &str) -> String {
        self.shortened(full, parent(element), package)
            .filter(|short| !self.symbols.contains(join(element, first(short)).as_str()))
            .map_or_else(|| format!(".{full}"), str::to_owned)
    }

    fn shortened<'a>(&self, full: &'a str, scope: &str, package: &str) -> Option<&'a str> {
        if let Some(root) = &self.snippet {
            let within = full == root || below(full, root).is_some();
            return Some(if within {
                self.relative(full, scope, parent(root)).unwrap_or(full)
            } else {
                full
            });
        }
        self.relative(full, scope, package)
            .or_else(|| self.finds(full, scope, "").then_some(full))
    }

    /// The name relative to the innermost scope that encloses both, if that is `outermost` or within it.
    fn relative<'a>(&self, full: &'a str, scope: &str, outermost: &str) -> Option<&'a str> {
        let mut common = scope;
        loop {
            if common != outermost && below(common, outermost).is_none() {
                return None;
            }
            match below(full, common) {
                Some(rest) => return self.finds(rest, scope, common).then_some(rest),
                None if common.is_empty() => return None,
                None => common = parent(common),
            }
        }
    }

    /// Whether the search for `name` that starts in `scope` reaches `at`.
    fn finds(&self, name: &str, scope: &str, at: &str) -> bool {
        let mut scope = scope;
        while scope != at {
            if scope.is_empty() || self.symbols.contains(join(scope, first(name)).as_str()) {
                return false;
            }
            scope = parent(scope);
        }
        true
    }
}

fn first(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(symbols: &[&str]) -> SymbolTable {
        let mut names = SymbolTable::default();
        for symbol in symbols {
            names.add_package(symbol);
        }
        names
    }

    #[test]
    fn a_type_of_the_same_package_needs_no_package() {
        let names = names(&["a.b.M", "a.b.N.O"]);
        assert_eq!(names.reference(".a.b.N.O", "a.b.M", "a.b"), "N.O");
        assert_eq!(names.reference(".a.b.N.O", "a.b.N", "a.b"), "O");
    }

    #[test]
    fn a_type_of_another_package_is_named_in_full() {
        let names = names(&["a.b.M", "a.c.N", "d.E"]);
        assert_eq!(names.reference(".a.c.N", "a.b.M", "a.b"), "a.c.N");
        assert_eq!(names.reference(".d.E", "a.b.M", "a.b"), "d.E");
    }

    #[test]
    fn a_name_that_is_hidden_on_the_way_gets_a_leading_dot() {
        let names = names(&["a.b.M.N", "a.b.N", "a.d.E", "d.E"]);
        assert_eq!(names.reference(".a.b.N", "a.b.M", "a.b"), "a.b.N");
        assert_eq!(names.reference(".d.E", "a.b.M", "a.b"), ".d.E");
    }

    #[test]
    fn a_type_whose_name_is_a_keyword_gets_a_leading_dot() {
        let names = names(&["message", "M"]);
        assert_eq!(names.reference(".message", "M", ""), ".message");
    }

    #[test]
    fn an_extension_within_the_element_it_is_an_option_of_is_out_of_scope() {
        let names = names(&["a.M.option", "a.other"]);
        assert_eq!(names.extension("a.M.option", "a.M", "a"), "M.option");
        assert_eq!(names.extension("a.other", "a.M", "a"), "other");
        assert_eq!(names.extension("a.M.option", "a.M.field", "a"), "option");
        assert_eq!(names.extension("a.other", "a.", "a"), "other");
    }

    #[test]
    fn a_snippet_names_in_full_what_it_does_not_show() {
        let mut names = names(&["a.M.N", "a.O"]);
        names.snippet = Some("a.M".to_owned());
        assert_eq!(names.reference(".a.O", "a.M", "a"), "a.O");
        assert_eq!(names.reference(".a.M.N", "a.M", "a"), "N");
        assert_eq!(names.reference(".a.M", "a.M", "a"), "M");
    }
}
