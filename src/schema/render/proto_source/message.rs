//! Messages and their members.

use std::collections::HashSet;

use super::arrange::{Item, Member, arrange};
use super::literal::quoted;
use super::locations::{Location, Statement};
use super::scope::{Scope, form, oneof};
use super::{Writer, below, visibility};
use crate::error::Result;
use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, FieldDescriptorProto, OneofDescriptorProto, Range, tag,
};
use crate::schema::descriptor::full_name::join;

impl<'a> Writer<'a> {
    pub fn message(&mut self, message: &DescriptorProto, path: &[i32], scope: &str) -> Result<()> {
        let location = self.locations.of(path);
        let head = format!(
            "{}message {}",
            visibility(message.visibility),
            message.name()
        );
        self.message_block(&head, message, path, scope, &location)
    }

    /// The block of a message or a group. `head` is its first line without the brace.
    pub fn message_block(
        &mut self,
        head: &str,
        message: &DescriptorProto,
        path: &[i32],
        scope: &str,
        location: &Location<'_>,
    ) -> Result<()> {
        let name = join(scope, message.name());
        let settings = self.read_options("MessageOptions", message.options.as_ref(), &name)?;
        let head = format!("{head}{}", settings.remark());
        self.block(&head, location, |writer| {
            writer.option_statements(&settings, &[path, &[tag::message::OPTIONS]].concat());
            let scope = Scope::of(message, &name, path);
            for item in arrange(writer.message_items(message, scope)) {
                writer.message_member(&item.member, message, scope)?;
            }
            Ok(())
        })
    }

    /// The indexes of the messages that fields declare: map entries and groups, which have no declaration of their own.
    pub fn declared(&self, fields: &[FieldDescriptorProto], scope: Scope<'_>) -> HashSet<usize> {
        fields
            .iter()
            .filter_map(|field| form(self.file, field, scope).declares())
            .collect()
    }

    /// A message's members: what is reserved, then fields, then nested types.
    fn message_items(&self, message: &DescriptorProto, scope: Scope<'_>) -> Vec<Item<'a>> {
        let path = scope.path;
        let list = |tag: i32| [path, &[tag]].concat();
        let start = |tag: i32, at: usize| self.locations.of(&below(path, tag, at)).start;
        let mut items = Vec::new();
        let statement = |member: fn(Statement<'a>) -> Member<'a>| {
            move |statement: Statement<'a>| Item {
                start: statement.location.start,
                member: member(statement),
                message: None,
            }
        };

        let numbers = list(tag::message::RESERVED_RANGE);
        let numbers = self
            .locations
            .statements(&numbers, message.reserved_range.len(), |_, _| true);
        items.extend(numbers.into_iter().map(statement(Member::ReservedNumbers)));
        let names = list(tag::message::RESERVED_NAME);
        let names = self
            .locations
            .statements(&names, message.reserved_name.len(), |_, _| true);
        items.extend(names.into_iter().map(statement(Member::ReservedNames)));

        let mut oneofs = HashSet::new();
        for (at, field) in message.field.iter().enumerate() {
            let declared = form(self.file, field, scope).declares();
            match oneof(field) {
                Some(oneof) if oneofs.insert(oneof) => items.push(Item {
                    member: Member::Oneof(oneof),
                    start: start(tag::message::ONEOF, oneof),
                    message: declared,
                }),
                // The item of a oneof covers all its fields.
                Some(oneof) => {
                    let item = items
                        .iter_mut()
                        .find(|item| matches!(item.member, Member::Oneof(index) if index == oneof));
                    if let Some(item) = item {
                        item.message = item.message.or(declared);
                    }
                }
                None => items.push(Item {
                    member: Member::Field(at),
                    start: start(tag::message::FIELD, at),
                    message: declared,
                }),
            }
        }

        let ranges = &message.extension_range;
        let alike = |a: usize, b: usize| {
            ranges.get(a).map(|range| &range.options) == ranges.get(b).map(|range| &range.options)
        };
        let extensions = list(tag::message::EXTENSION_RANGE);
        let extensions = self.locations.statements(&extensions, ranges.len(), alike);
        items.extend(extensions.into_iter().map(statement(Member::Extensions)));

        let mut declared = self.declared(&message.field, scope);
        declared.extend(self.declared(&message.extension, scope));
        let nested = (0..message.nested_type.len()).filter(|at| !declared.contains(at));
        items.extend(nested.map(|at| Item {
            member: Member::Message(at),
            start: start(tag::message::NESTED, at),
            message: Some(at),
        }));
        items.extend((0..message.enum_type.len()).map(|at| Item {
            member: Member::Enum(at),
            start: start(tag::message::ENUM, at),
            message: None,
        }));
        let extends = list(tag::message::EXTENSION);
        items.extend(self.extends(&message.extension, scope, &extends));
        items
    }

    fn message_member(
        &mut self,
        member: &Member<'_>,
        message: &DescriptorProto,
        scope: Scope<'_>,
    ) -> Result<()> {
        let path = scope.path;
        match member {
            Member::Field(at) => {
                if let Some(field) = message.field.get(*at) {
                    self.field(field, scope, &below(path, tag::message::FIELD, *at))?;
                }
            }
            Member::Oneof(at) => {
                if let Some(oneof) = message.oneof_decl.get(*at) {
                    self.oneof(oneof, *at, message, scope)?;
                }
            }
            Member::Message(at) => {
                if let Some(nested) = message.nested_type.get(*at) {
                    self.message(nested, &below(path, tag::message::NESTED, *at), scope.name)?;
                }
            }
            Member::Enum(at) => {
                if let Some(nested) = message.enum_type.get(*at) {
                    self.enumeration(nested, &below(path, tag::message::ENUM, *at), scope.name)?;
                }
            }
            Member::Extend(statement) => {
                let list = [path, &[tag::message::EXTENSION]].concat();
                self.extend(statement, &message.extension, scope, &list)?;
            }
            Member::Extensions(statement) => self.extensions(statement, message, scope)?,
            Member::ReservedNumbers(statement) => {
                let ranges = message.reserved_range.get(statement.elements.clone());
                let max = max_number(message);
                let ranges = numbers(ranges.unwrap_or_default(), max);
                self.reserved(&ranges.join(", "), &statement.location);
            }
            Member::ReservedNames(statement) => {
                let names = message.reserved_name.get(statement.elements.clone());
                self.reserved_names(names.unwrap_or_default(), &statement.location);
            }
            // Messages do not declare services.
            Member::Service(_) => {}
        }
        Ok(())
    }

    pub fn oneof(
        &mut self,
        oneof: &OneofDescriptorProto,
        index: usize,
        message: &DescriptorProto,
        scope: Scope<'_>,
    ) -> Result<()> {
        let path = below(scope.path, tag::message::ONEOF, index);
        let name = join(scope.name, oneof.name());
        let settings = self.read_options("OneofOptions", oneof.options.as_ref(), &name)?;
        let head = format!("oneof {}{}", oneof.name(), settings.remark());
        let location = self.locations.of(&path);
        self.block(&head, &location, |writer| {
            writer.option_statements(&settings, &[&path, &[tag::oneof::OPTIONS][..]].concat());
            for (at, field) in message.field.iter().enumerate() {
                if self::oneof(field) == Some(index) {
                    writer.field(field, scope, &below(scope.path, tag::message::FIELD, at))?;
                }
            }
            Ok(())
        })
    }

    fn extensions(
        &mut self,
        statement: &Statement<'_>,
        message: &DescriptorProto,
        scope: Scope<'_>,
    ) -> Result<()> {
        let ranges = message.extension_range.get(statement.elements.clone());
        let ranges = ranges.unwrap_or_default();
        let options = ranges.first().and_then(|range| range.options.as_ref());
        let settings = self.read_options("ExtensionRangeOptions", options, scope.name)?;
        let mut numbers = numbers(ranges, max_number(message));
        // protox 0.10 does not accept a bracket after a single number.
        if let (Some(last), false) = (numbers.last_mut(), settings.list.is_empty())
            && !last.contains(' ')
        {
            *last = format!("{last} to {last}");
        }
        let head = format!("extensions {}", numbers.join(", "));
        let text = format!("{head}{};", self.bracketed(&head, &settings));
        self.text.before(&statement.location);
        self.text.statement(&text, &statement.location);
        Ok(())
    }

    pub fn reserved(&mut self, what: &str, location: &Location<'_>) {
        self.text.before(location);
        self.text.statement(&format!("reserved {what};"), location);
    }

    /// In editions, reserved names have no quotes.
    pub fn reserved_names(&mut self, names: &[String], location: &Location<'_>) {
        let names: Vec<_> = if self.file.is_editions() {
            names.to_vec()
        } else {
            names
                .iter()
                .map(|name| quoted(name.as_bytes(), true))
                .collect()
        };
        self.reserved(&names.join(", "), location);
    }
}

/// The highest field number that a message may have: the value of `max`.
fn max_number(message: &DescriptorProto) -> i32 {
    if message.is_message_set() {
        i32::MAX - 1
    } else {
        (1 << 29) - 1
    }
}

/// The ranges of a message, which do not include their ends.
fn numbers(ranges: &[Range], max: i32) -> Vec<String> {
    ranges
        .iter()
        .map(|range| number_range(range.start(), range.end().saturating_sub(1), max))
        .collect()
}

/// The numbers from `start` to `end`, inclusive.
pub fn number_range(start: i32, end: i32, max: i32) -> String {
    if end == max && start != end {
        format!("{start} to max")
    } else if start == end {
        start.to_string()
    } else {
        format!("{start} to {end}")
    }
}
