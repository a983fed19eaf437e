//! Enums and their values.

use super::arrange::{Item, Member, arrange};
use super::locations::Statement;
use super::message::number_range;
use super::{Writer, below, visibility};
use crate::error::Result;
use crate::schema::descriptor::descriptor_proto::{
    EnumDescriptorProto, EnumValueDescriptorProto, Range, tag,
};
use crate::schema::descriptor::full_name::join;

impl<'a> Writer<'a> {
    pub fn enumeration(
        &mut self,
        enumeration: &EnumDescriptorProto,
        path: &[i32],
        scope: &str,
    ) -> Result<()> {
        let name = join(scope, enumeration.name());
        let settings = self.read_options("EnumOptions", enumeration.options.as_ref(), &name)?;
        let visibility = visibility(enumeration.visibility);
        let head = format!(
            "{visibility}enum {}{}",
            enumeration.name(),
            settings.remark()
        );
        let location = self.locations.of(path);
        self.block(&head, &location, |writer| {
            writer.option_statements(&settings, &[path, &[tag::enumeration::OPTIONS]].concat());
            for item in arrange(writer.enum_items(enumeration, path)) {
                writer.enum_member(&item.member, enumeration, path, scope)?;
            }
            Ok(())
        })
    }

    fn enum_items(&self, enumeration: &EnumDescriptorProto, path: &[i32]) -> Vec<Item<'a>> {
        let statements = |tag: i32, count: usize, member: fn(Statement<'a>) -> Member<'a>| {
            let list = [path, &[tag]].concat();
            let statements = self.locations.statements(&list, count, |_, _| true);
            statements.into_iter().map(move |statement| Item {
                start: statement.location.start,
                member: member(statement),
                message: None,
            })
        };
        let numbers = statements(
            tag::enumeration::RESERVED_RANGE,
            enumeration.reserved_range.len(),
            Member::ReservedNumbers,
        );
        let names = statements(
            tag::enumeration::RESERVED_NAME,
            enumeration.reserved_name.len(),
            Member::ReservedNames,
        );
        // Enums have no fields, so that a value can be an item of that kind.
        let values = (0..enumeration.value.len()).map(|at| Item {
            member: Member::Field(at),
            start: self
                .locations
                .of(&below(path, tag::enumeration::VALUE, at))
                .start,
            message: None,
        });
        numbers.chain(names).chain(values).collect()
    }

    fn enum_member(
        &mut self,
        member: &Member<'_>,
        enumeration: &EnumDescriptorProto,
        path: &[i32],
        scope: &str,
    ) -> Result<()> {
        match member {
            Member::Field(at) => match enumeration.value.get(*at) {
                Some(value) => self.value(value, &below(path, tag::enumeration::VALUE, *at), scope),
                None => Ok(()),
            },
            Member::ReservedNumbers(statement) => {
                let ranges = enumeration.reserved_range.get(statement.elements.clone());
                // Unlike those of a message, these ranges include their ends.
                let range = |range: &Range| number_range(range.start(), range.end(), i32::MAX);
                let ranges: Vec<_> = ranges.unwrap_or_default().iter().map(range).collect();
                self.reserved(&ranges.join(", "), &statement.location);
                Ok(())
            }
            Member::ReservedNames(statement) => {
                let names = enumeration.reserved_name.get(statement.elements.clone());
                self.reserved_names(names.unwrap_or_default(), &statement.location);
                Ok(())
            }
            // Enums have no other members.
            _ => Ok(()),
        }
    }

    pub fn value(
        &mut self,
        value: &EnumValueDescriptorProto,
        path: &[i32],
        scope: &str,
    ) -> Result<()> {
        let name = join(scope, value.name());
        let settings = self.read_options("EnumValueOptions", value.options.as_ref(), &name)?;
        let head = format!("{} = {}", value.name(), value.number());
        let text = format!("{head}{};", self.bracketed(&head, &settings));
        let location = self.locations.of(path);
        self.text.before(&location);
        self.text.statement(&text, &location);
        Ok(())
    }
}
