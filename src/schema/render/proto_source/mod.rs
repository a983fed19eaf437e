//! Descriptors → .proto source, with comments and custom options, that compiles to the same descriptors.
//!
//! The input is the encoded descriptor of a file, because a pool loses editions, features and custom options. The pool
//! is only used to decode options and to look up names.

mod arrange;
mod enumeration;
mod field;
mod file;
mod identifiers;
mod literal;
mod locations;
mod message;
mod options;
mod scope;
mod service;
mod source_text;
mod symbol_table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use prost_reflect::DescriptorPool;

use self::literal::{Literal, quoted};
use self::locations::{Location, Locations};
use self::options::{OptionReader, OptionSettings};
use self::source_text::SourceText;
use self::symbol_table::SymbolTable;
use crate::error::{Error, Result};
use crate::schema::descriptor::declaration::{DescriptorRef, find_declaration};
use crate::schema::descriptor::descriptor_proto::FileDescriptorProto;

/// The width of lines where there is a choice, as in the protobuf style guide.
const WIDTH: usize = 80;

/// Renders the files of a pool.
#[derive(Debug)]
pub struct SourceRenderer<'a> {
    pool: &'a DescriptorPool,
    symbols: SymbolTable,
}

impl<'a> SourceRenderer<'a> {
    pub fn new(pool: &'a DescriptorPool) -> Self {
        Self {
            pool,
            symbols: SymbolTable::of_pool(pool),
        }
    }

    /// The source of a file from its encoded descriptor.
    pub fn file(&mut self, bytes: &[u8]) -> Result<String> {
        let file = FileDescriptorProto::parse(bytes)?;
        identifiers::check_identifiers(&file)?;
        if self.pool.get_file_by_name(file.name()).is_none() {
            self.symbols.add_file(&file);
        }
        let mut writer = Writer::new(&file, self.pool, &self.symbols);
        writer.file()?;
        Ok(writer.text.finish())
    }
}

/// The source of files, each under a comment with its name. A name with control characters is quoted: a newline would
/// end the comment.
pub fn render_files(files: &BTreeMap<String, Bytes>, pool: &DescriptorPool) -> Result<String> {
    let mut renderer = SourceRenderer::new(pool);
    let mut text = String::new();
    for (name, bytes) in files {
        if !text.is_empty() {
            text.push('\n');
        }
        if name.contains(char::is_control) {
            text.extend(["// ", &quoted(name.as_bytes(), true), "\n"]);
        } else {
            text.extend(["// ", name, "\n"]);
        }
        text.push_str(&renderer.file(bytes)?);
    }
    Ok(text)
}

/// The source of one symbol from the encoded descriptor of its file. Types that the source does not contain are named in
/// full, so that they can be looked up in turn.
pub fn render_symbol(bytes: &[u8], pool: &DescriptorPool, full_name: &str) -> Result<String> {
    let file = FileDescriptorProto::parse(bytes)?;
    identifiers::check_identifiers(&file)?;
    let found = find_declaration(&file, full_name)
        .ok_or_else(|| Error::failed(format!("{} does not declare {full_name}", file.name())))?;
    let mut symbols = SymbolTable::default();
    symbols.add_file(&file);
    symbols.snippet = Some(full_name.trim_start_matches('.').to_owned());
    let mut writer = Writer::new(&file, pool, &symbols);
    let (path, scope) = (&found.path, &found.scope);
    writer.locations.forget_detached(path);
    match found.descriptor {
        DescriptorRef::Message(message) => writer.message(message, path, scope),
        DescriptorRef::Enum(enumeration) => writer.enumeration(enumeration, path, scope),
        DescriptorRef::Value(value) => writer.value(value, path, scope),
        DescriptorRef::Service(service) => writer.service(service, path),
        DescriptorRef::Method(method) => writer.method(method, path, scope),
        DescriptorRef::Oneof(oneof, message) => writer.lone_oneof(oneof, message, path, scope),
        DescriptorRef::Field(field, message) => writer.lone_field(field, message, path, scope),
    }?;
    Ok(writer.text.finish())
}

/// Writes elements of one file.
struct Writer<'a> {
    file: &'a FileDescriptorProto,
    locations: Locations<'a>,
    options: OptionReader<'a>,
    text: SourceText,
}

impl<'a> Writer<'a> {
    fn new(
        file: &'a FileDescriptorProto,
        pool: &'a DescriptorPool,
        symbols: &'a SymbolTable,
    ) -> Self {
        Self {
            file,
            locations: Locations::new(file.source_code_info.as_ref()),
            options: OptionReader {
                pool,
                symbols,
                package: file.package(),
            },
            text: SourceText::default(),
        }
    }

    fn reference(&self, target: &str, scope: &str) -> String {
        let package = self.options.package;
        self.options.symbols.reference(target, scope, package)
    }

    fn read_options(
        &self,
        kind: &str,
        options: Option<&Bytes>,
        scope: &str,
    ) -> Result<OptionSettings> {
        self.options.read(kind, options, scope)
    }

    /// Writes each option as `option name = value;`. `path` is that of the options message.
    fn option_statements(&mut self, settings: &OptionSettings, path: &[i32]) {
        let mut located = Vec::new();
        for setting in &settings.list {
            let path = [path, &setting.path].concat();
            located.push((self.locations.of_option(&path), setting));
        }
        if located.iter().all(|(location, _)| location.start.is_some()) {
            located.sort_by_key(|(location, _)| location.start);
        }
        for (location, setting) in located {
            self.text.before(&location);
            let head = format!("option {} = ", setting.name);
            let text = match &setting.value {
                value if self.fits(&[&head, &value.inline(), ";"]) => value.inline(),
                value => value.block(0),
            };
            self.text.statement(&format!("{head}{text};"), &location);
        }
        if !settings.list.is_empty() {
            self.text.gap();
        }
    }

    /// The options as `[name = value, …]`, with a space before it, after an element that starts with `head`.
    fn bracketed(&self, head: &str, settings: &OptionSettings) -> String {
        if settings.list.is_empty() {
            return settings.remark();
        }
        let entries = |value: fn(&Literal) -> String| -> Vec<String> {
            let entry = |setting: &options::OptionSetting| {
                format!("{} = {}", setting.name, value(&setting.value))
            };
            settings.list.iter().map(entry).collect()
        };
        let inline = format!(" [{}]", entries(Literal::inline).join(", "));
        let remark = settings.remark();
        if self.fits(&[head, &inline, ";"]) {
            return inline + &remark;
        }
        let lines = entries(|value| value.block(2)).join(",\n  ");
        format!(" [\n  {lines}\n]{remark}")
    }

    fn fits(&self, parts: &[&str]) -> bool {
        let length: usize = parts.iter().map(|part| part.chars().count()).sum();
        self.text.indent() + length <= WIDTH
    }

    /// Writes a block. `head` is its first line without the brace.
    fn block(
        &mut self,
        head: &str,
        location: &Location<'_>,
        inside: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.text.gap();
        self.text.before(location);
        self.text.open(&format!("{head} {{"), location);
        inside(self)?;
        self.text.close();
        Ok(())
    }
}

/// The path of an element of a list.
fn below(path: &[i32], tag: i32, index: usize) -> Vec<i32> {
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    [path, &[tag, index]].concat()
}

/// `export` or `local` (edition 2024).
fn visibility(visibility: Option<i32>) -> &'static str {
    match visibility {
        Some(1) => "local ",
        Some(2) => "export ",
        _ => "",
    }
}
