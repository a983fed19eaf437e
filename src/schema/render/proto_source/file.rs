//! Whole files.

use super::arrange::{Item, Member, arrange};
use super::literal::quoted;
use super::scope::Scope;
use super::{Writer, below};
use crate::error::Result;
use crate::schema::descriptor::descriptor_proto::{FileDescriptorProto, tag};
use crate::schema::descriptor::well_known;

impl<'a> Writer<'a> {
    pub fn file(&mut self) -> Result<()> {
        let file = self.file;
        let package = file.package();
        // A file has no full name, but the options of a file are looked up like those of an element of its package.
        let element = format!("{package}.");
        let settings = self.read_options("FileOptions", file.options.as_ref(), &element)?;

        let location = self.locations.of(&[tag::file::SYNTAX]);
        let location = location.or(self.locations.of(&[tag::file::EDITION]));
        self.text.before(&location);
        let syntax = syntax(file);
        self.text
            .statement(&format!("{syntax}{};", settings.remark()), &location);
        self.text.gap();

        if file.package.is_some() {
            let location = self.locations.of(&[tag::file::PACKAGE]);
            self.text.before(&location);
            self.text
                .statement(&format!("package {package};"), &location);
            self.text.gap();
        }
        self.imports();
        self.option_statements(&settings, &[tag::file::OPTIONS]);
        for item in arrange(self.items()) {
            self.declaration(&item.member)?;
        }
        Ok(())
    }

    fn imports(&mut self) {
        let file = self.file;
        for (at, name) in file.dependency.iter().enumerate() {
            let is_in = |list: &[i32]| list.iter().any(|index| usize::try_from(*index) == Ok(at));
            let modifier = if is_in(&file.public_dependency) {
                "public "
            } else if is_in(&file.weak_dependency) {
                "weak "
            } else {
                ""
            };
            self.import(modifier, name, &below(&[], tag::file::DEPENDENCY, at));
        }
        for (at, name) in file.option_dependency.iter().enumerate() {
            self.import(
                "option ",
                name,
                &below(&[], tag::file::OPTION_DEPENDENCY, at),
            );
        }
        self.text.gap();
    }

    fn import(&mut self, modifier: &str, name: &str, path: &[i32]) {
        let location = self.locations.of(path);
        self.text.before(&location);
        let name = quoted(name.as_bytes(), true);
        self.text
            .statement(&format!("import {modifier}{name};"), &location);
    }

    /// The file's declarations: services, then messages, enums and extensions.
    fn items(&self) -> Vec<Item<'a>> {
        let file = self.file;
        let start = |tag: i32, at: usize| self.locations.of(&below(&[], tag, at)).start;
        let services = (0..file.service.len()).map(|at| Item {
            member: Member::Service(at),
            start: start(tag::file::SERVICE, at),
            message: None,
        });
        let scope = self.file_scope();
        let extends = self.extends(&file.extension, scope, &[tag::file::EXTENSION]);
        let declared = self.declared(&file.extension, scope);
        let messages = (0..file.message_type.len())
            .filter(|at| !declared.contains(at))
            .map(|at| Item {
                member: Member::Message(at),
                start: start(tag::file::MESSAGE, at),
                message: Some(at),
            });
        let enums = (0..file.enum_type.len()).map(|at| Item {
            member: Member::Enum(at),
            start: start(tag::file::ENUM, at),
            message: None,
        });
        services
            .chain(messages)
            .chain(enums)
            .chain(extends)
            .collect()
    }

    pub fn file_scope(&self) -> Scope<'a> {
        Scope {
            name: self.file.package(),
            path: &[],
            messages: &self.file.message_type,
            message_tag: tag::file::MESSAGE,
        }
    }

    fn declaration(&mut self, member: &Member<'_>) -> Result<()> {
        let file = self.file;
        let package = file.package();
        match member {
            Member::Message(at) => match file.message_type.get(*at) {
                Some(message) => {
                    self.message(message, &below(&[], tag::file::MESSAGE, *at), package)
                }
                None => Ok(()),
            },
            Member::Enum(at) => match file.enum_type.get(*at) {
                Some(enumeration) => {
                    self.enumeration(enumeration, &below(&[], tag::file::ENUM, *at), package)
                }
                None => Ok(()),
            },
            Member::Service(at) => match file.service.get(*at) {
                Some(service) => self.service(service, &below(&[], tag::file::SERVICE, *at)),
                None => Ok(()),
            },
            Member::Extend(statement) => {
                let list = [tag::file::EXTENSION];
                self.extend(statement, &file.extension, self.file_scope(), &list)
            }
            // Files have no other members.
            _ => Ok(()),
        }
    }
}

fn syntax(file: &FileDescriptorProto) -> String {
    if !file.is_editions() {
        let syntax = if file.is_proto2() {
            "proto2"
        } else {
            file.syntax()
        };
        return format!("syntax = {}", quoted(syntax.as_bytes(), true));
    }
    let number = file.edition.unwrap_or_default();
    let name = well_known::pool()
        .get_enum_by_name("google.protobuf.Edition")
        .and_then(|editions| editions.get_value(number))
        .and_then(|value| value.name().strip_prefix("EDITION_").map(str::to_owned))
        .unwrap_or_else(|| number.to_string());
    format!("edition = {}", quoted(name.as_bytes(), true))
}
