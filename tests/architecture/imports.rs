//! Reads which modules of `src/` import which.
//!
//! Files are read as tokens and not as text, so that comments and strings are not taken for imports; but they are not
//! compiled. A path counts where it is written: `crate::x`, `super::x`, a path relative to a child module, and names that
//! were re-exported by name. What comes in through a glob counts as an import of the module that the glob is of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A module's path below the crate: `["schema", "source"]`, or `["main"]` for the binary.
pub type Module = Vec<String>;

/// One module names another.
#[derive(Clone, Debug)]
pub struct Import {
    pub from: Module,
    pub to: Module,
    pub place: Place,
    /// In code that is compiled for tests only.
    pub is_test: bool,
}

/// One module names something outside this crate: `["std", "io", "stdout"]`.
#[derive(Clone, Debug)]
pub struct Outside {
    pub from: Module,
    pub path: Vec<String>,
    pub place: Place,
    pub is_test: bool,
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: PathBuf,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// What a source tree imports.
#[derive(Debug, Default)]
pub struct Imports {
    pub inside: Vec<Import>,
    pub outside: Vec<Outside>,
}

impl Imports {
    /// Of the files below `src`, a folder of `root`.
    pub fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        list(&root.join("src"), &mut files);
        let mut tree = Tree::default();
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let file = file.strip_prefix(root).expect("below the root");
            tree.add_file(file, &text);
        }
        tree.resolve()
    }

    /// Of these paths and texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Tree::default();
        for (file, text) in files {
            tree.add_file(Path::new(file), text);
        }
        tree.resolve()
    }
}

/// Every .rs file below a folder.
fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

/// The module of `src/a/b.rs` or `src/a/b/mod.rs`.
fn module_of(file: &Path) -> Module {
    let path = file.with_extension("");
    let mut module: Module = path
        .iter()
        .skip(1)
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// A path as it is written.
struct Written {
    module: Module,
    path: Vec<String>,
    place: Place,
    is_test: bool,
}

/// All files, before paths are resolved.
#[derive(Default)]
struct Tree {
    modules: BTreeSet<Module>,
    /// Modules that are compiled for tests only.
    test_modules: BTreeSet<Module>,
    written: Vec<Written>,
    /// The names that a module takes in with `use`, and the paths behind them.
    names: BTreeMap<(Module, String), Vec<String>>,
}

/// Where the walk through a file is.
#[derive(Clone)]
struct Position<'a> {
    file: &'a Path,
    module: Module,
    is_test: bool,
}

impl Tree {
    fn add_file(&mut self, file: &Path, text: &str) {
        let tokens = text.parse().expect("Rust");
        let position = Position {
            file,
            module: module_of(file),
            is_test: false,
        };
        self.modules.insert(position.module.clone());
        self.walk(tokens, &position);
    }

    fn walk(&mut self, tokens: TokenStream, position: &Position<'_>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // What follows `#[cfg(test)]`, up to the end of that item.
        let mut test_item = false;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            let here = Position {
                is_test: position.is_test || test_item,
                ..position.clone()
            };
            at += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    if let Some(TokenTree::Group(attribute)) = rest.first() {
                        test_item |= is_cfg_test(attribute.stream());
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => test_item = false,
                TokenTree::Group(group) => {
                    self.walk(group.stream(), &here);
                    test_item &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let Some(TokenTree::Ident(name)) = rest.first() {
                        at += 1 + self.add_module(name, rest.get(1), &here);
                        test_item = false;
                    }
                }
                TokenTree::Ident(word) if word == "use" && !is_punct(rest.first(), '<') => {
                    let end = rest.iter().position(|token| is_punct(Some(token), ';'));
                    let tree = &rest[..end.unwrap_or(rest.len())];
                    self.add_use(tree, &[], &here);
                    at += tree.len();
                }
                TokenTree::Ident(word) if is_separator(rest) => {
                    let mut path = vec![word.to_string()];
                    while is_separator(&tokens[at..]) {
                        at += 2;
                        let Some(TokenTree::Ident(word)) = tokens.get(at) else {
                            break;
                        };
                        path.push(word.to_string());
                        at += 1;
                    }
                    self.add_path(path, word, &here);
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Adds a module declaration. Returns how many tokens after its name belong to it.
    fn add_module(
        &mut self,
        name: &Ident,
        body: Option<&TokenTree>,
        position: &Position<'_>,
    ) -> usize {
        let mut inner = position.clone();
        inner.module.push(name.to_string());
        if position.is_test {
            self.test_modules.insert(inner.module.clone());
        }
        self.modules.insert(inner.module.clone());
        if let Some(TokenTree::Group(body)) = body {
            self.walk(body.stream(), &inner);
        }
        1
    }

    /// Adds the paths of a `use` tree, each of which starts with `prefix`.
    fn add_use(&mut self, tree: &[TokenTree], prefix: &[String], position: &Position<'_>) {
        for branch in tree.split(|token| is_punct(Some(token), ',')) {
            let mut path = prefix.to_vec();
            let mut words = branch.iter();
            let mut alias = None;
            let mut first = None;
            while let Some(token) = words.next() {
                match token {
                    TokenTree::Ident(word) if word == "as" => {
                        alias = words.next().map(ToString::to_string);
                    }
                    // `a::{self}` is `a`.
                    TokenTree::Ident(word) if word == "self" && !path.is_empty() => {
                        first = first.or(Some(word));
                    }
                    TokenTree::Ident(word) => {
                        first = first.or(Some(word));
                        path.push(word.to_string());
                    }
                    TokenTree::Group(group) => {
                        let branches: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.add_use(&branches, &path, position);
                        first = None;
                        path.clear();
                    }
                    TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                }
            }
            let (Some(first), Some(last)) = (first, path.last()) else {
                continue;
            };
            let name = alias.unwrap_or_else(|| last.clone());
            self.names
                .insert((position.module.clone(), name), path.clone());
            self.add_path(path, first, position);
        }
    }

    fn add_path(&mut self, path: Vec<String>, first: &Ident, position: &Position<'_>) {
        self.written.push(Written {
            module: position.module.clone(),
            path,
            place: Place {
                file: position.file.to_owned(),
                line: first.span().start().line,
            },
            is_test: position.is_test,
        });
    }

    fn resolve(self) -> Imports {
        let mut imports = Imports::default();
        for written in &self.written {
            let is_test = written.is_test || self.is_test(&written.module);
            let (from, place) = (written.module.clone(), written.place.clone());
            match self.target(&written.module, &written.path, 0) {
                Target::Module(to) => imports.inside.push(Import {
                    from,
                    to,
                    place,
                    is_test,
                }),
                Target::Outside(path) => imports.outside.push(Outside {
                    from,
                    path,
                    place,
                    is_test,
                }),
            }
        }
        imports
    }

    fn is_test(&self, module: &[String]) -> bool {
        (1..=module.len()).any(|len| self.test_modules.contains(&module[..len]))
    }

    /// What a path that is written in `module` leads to.
    fn target(&self, module: &[String], path: &[String], depth: usize) -> Target {
        let (mut base, mut rest) = (module.to_vec(), path);
        match path.first().map(String::as_str) {
            Some("crate") => {
                base = Module::new();
                rest = &path[1..];
            }
            // The binary is a crate of its own, and the library one of those that it uses.
            Some("routeguide") if module == ["main"] => {
                base = Module::new();
                rest = &path[1..];
            }
            Some("self") => rest = &path[1..],
            Some("super") => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) => {
                let child = [module, &[first.to_owned()]].concat();
                let name = (module.to_vec(), first.to_owned());
                if !self.modules.contains(&child) {
                    return match self.names.get(&name) {
                        Some(behind) if behind != path && depth < 8 => {
                            let path = [behind, &path[1..]].concat();
                            self.target(module, &path, depth + 1)
                        }
                        _ => Target::Outside(path.to_vec()),
                    };
                }
            }
            None => {}
        }
        // As far as there are modules; then, perhaps, a name that the last one re-exports.
        while let Some(next) = rest.first() {
            base.push(next.clone());
            if !self.modules.contains(&base) {
                base.pop();
                let name = (base.clone(), next.clone());
                if let Some(behind) = self.names.get(&name)
                    && base != module
                    && depth < 8
                {
                    return self.target(&base, behind, depth + 1);
                }
                break;
            }
            rest = &rest[1..];
        }
        Target::Module(base)
    }
}

/// What a path leads to.
enum Target {
    Module(Module),
    Outside(Vec<String>),
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

/// Whether `::` comes next.
fn is_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

/// Whether an attribute is `cfg(test)`, or `cfg` of something with `test` in it.
fn is_cfg_test(attribute: TokenStream) -> bool {
    let mut tokens = attribute.into_iter();
    matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == "cfg")
        && matches!(tokens.next(), Some(TokenTree::Group(of)) if has_word(of.stream(), "test"))
}

fn has_word(tokens: TokenStream, wanted: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == wanted,
        TokenTree::Group(group) => has_word(group.stream(), wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The imports of some files, as text.
    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let imports = Imports::of(files);
        let show = |import: &Import| {
            let test = if import.is_test { " (test)" } else { "" };
            let (from, to) = (import.from.join("::"), import.to.join("::"));
            format!("{}: {from} -> {to}{test}", import.place)
        };
        imports.inside.iter().map(show).collect()
    }

    const B: (&str, &str) = ("src/b/mod.rs", "pub mod c;");
    const C: (&str, &str) = ("src/b/c.rs", "");

    #[test]
    fn imports_are_found_however_they_are_written() {
        for text in [
            "use crate::b::c::Name;",
            "pub(crate) use crate::b::{c::{Name, Other as _}};",
            "use super::b::c;",
            "mod inner { use super::super::b::c::*; }",
            "fn f() -> usize { crate::b::c::f::<u8>() }",
            "fn f() { assert_eq!(1, crate::b::c::X); }",
            "use crate::b; fn f() { b::c::f() }",
        ] {
            let found = imports(&[("src/a.rs", text), B, C]);
            let expected = |import: &String| import.ends_with("-> b::c");
            assert!(found.iter().any(expected), "{text}: {found:?}");
        }
    }

    #[test]
    fn comments_and_strings_are_not_imports() {
        let text = "//! [`crate::b::c`]\n/// [`crate::b`]\nfn f() -> &'static str { /* crate::b::c */ \"crate::b::c\" }";
        assert_eq!(imports(&[("src/a.rs", text), B, C]), [""; 0]);
    }

    #[test]
    fn a_name_that_is_exported_again_is_an_import_of_where_it_is_from() {
        let b = ("src/b/mod.rs", "mod c;\npub use c::Name;");
        let found = imports(&[("src/a.rs", "use crate::b::Name;"), b, C]);
        assert_eq!(
            found,
            ["src/a.rs:1: a -> b::c", "src/b/mod.rs:2: b -> b::c"]
        );
    }

    #[test]
    fn code_for_tests_is_told_from_other_code() {
        let text = "#[cfg(test)]\nmod tests { use crate::b::X; }\n#[cfg(test)]\nmod more;\nuse crate::b::Y;";
        let found = imports(&[("src/a.rs", text), ("src/a/more.rs", "use crate::b::Z;"), B]);
        let expected = [
            "src/a.rs:2: a::tests -> b (test)",
            "src/a.rs:5: a -> b",
            "src/a/more.rs:1: a::more -> b (test)",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_binary_imports_the_library_by_its_name() {
        let found = imports(&[("src/main.rs", "use routeguide::b::c::X;"), B, C]);
        assert_eq!(found, ["src/main.rs:1: main -> b::c"]);
    }

    #[test]
    fn what_is_not_ours_is_outside() {
        let text = "use std::io::{self, Write as _};\nfn f() { io::stdout(); }";
        let imports = Imports::of(&[("src/a.rs", text)]);
        let paths: Vec<String> = imports
            .outside
            .iter()
            .map(|outside| outside.path.join("::"))
            .collect();
        assert_eq!(paths, ["std::io", "std::io::Write", "std::io::stdout"]);
    }
}
