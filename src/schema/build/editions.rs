//! Files with an edition → files for prost-reflect 0.16, which only supports proto2 and proto3. Features are resolved
//! (<https://protobuf.dev/editions/features/>) and expressed in proto2 where it can: as `required`, `packed` and groups.
//! proto2 has neither fields without presence nor open enums; for those the resolved feature is set in the options of the
//! field or enum itself, where [`is_implicit`] and [`is_open`] find it.

use prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Syntax, Value,
};

use crate::error::BoxError;

/// The known values of `google.protobuf.Edition`.
const EDITION_2023: i32 = 1000;
const EDITION_2024: i32 = 1001;

/// Values of the enums in `google.protobuf.FeatureSet` that make a difference here.
const IMPLICIT: i32 = 2;
const LEGACY_REQUIRED: i32 = 3;
const OPEN: i32 = 1;
const EXPANDED: i32 = 2;
const DELIMITED: i32 = 2;

/// Whether a field of a lowered file has no presence.
pub fn is_implicit(field: &FieldDescriptor) -> bool {
    field.parent_file().syntax() == Syntax::Proto2
        // Decoding options is expensive, and few fields have any.
        && field.field_descriptor_proto().options.is_some()
        && feature(&field.options(), "field_presence") == Some(IMPLICIT)
}

/// Whether an enum of a lowered file is open.
pub fn is_open(descriptor: &EnumDescriptor) -> bool {
    descriptor.parent_file().syntax() == Syntax::Proto2
        && descriptor.enum_descriptor_proto().options.is_some()
        && feature(&descriptor.options(), "enum_type") == Some(OPEN)
}

/// The number of an edition by its name in a .proto file.
pub fn edition_number(edition: &[u8]) -> Option<i32> {
    match edition {
        b"2023" => Some(EDITION_2023),
        b"2024" => Some(EDITION_2024),
        _ => None,
    }
}

/// Rewrites an encoded file with an edition as proto2.
pub fn lower(file: &[u8], edition: i32) -> Result<Vec<u8>, BoxError> {
    if !(EDITION_2023..=EDITION_2024).contains(&edition) {
        return Err(
            format!("its edition (number {edition}) is not supported, only 2023 and 2024").into(),
        );
    }
    let mut file = DynamicMessage::decode(
        DescriptorPool::global()
            .get_message_by_name("google.protobuf.FileDescriptorProto")
            .ok_or("descriptor.proto is missing")?,
        file,
    )?;
    let features = Features::DEFAULT.within(&file);
    each(&mut file, "message_type", |message| {
        features.message(message);
    });
    each(&mut file, "enum_type", |descriptor| {
        features.enumeration(descriptor);
    });
    each(&mut file, "extension", |field| {
        features.field(field, Owner::Extension);
    });
    file.set_field_by_name("syntax", Value::String("proto2".to_owned()));
    file.clear_field_by_name("edition");
    Ok(file.encode_to_vec())
}

/// The features that apply to an element of a file.
#[derive(Clone, Copy)]
struct Features {
    presence: i32,
    enum_type: i32,
    repeated: i32,
    encoding: i32,
}

/// What a field is declared in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Message,
    MapEntry,
    Oneof,
    Extension,
}

impl Features {
    /// The defaults of both editions.
    const DEFAULT: Self = Self {
        presence: 1,
        enum_type: OPEN,
        repeated: 1,
        encoding: 1,
    };

    /// The features of an element whose parent has these.
    fn within(self, part: &DynamicMessage) -> Self {
        let Some(options) = message_in(part, "options") else {
            return self;
        };
        let or = |name, inherited| feature(&options, name).unwrap_or(inherited);
        Self {
            presence: or("field_presence", self.presence),
            enum_type: or("enum_type", self.enum_type),
            repeated: or("repeated_field_encoding", self.repeated),
            encoding: or("message_encoding", self.encoding),
        }
    }

    fn message(self, message: &mut DynamicMessage) {
        let features = self.within(message);
        let is_entry = is_map_entry(message);
        let oneofs: Vec<Self> = list(message, "oneof_decl")
            .iter()
            .map(|oneof| features.within(oneof))
            .collect();
        let entries: Vec<String> = list(message, "nested_type")
            .iter()
            .filter(|nested| is_map_entry(nested))
            .map(|nested| format!(".{}", string(nested, "name")))
            .collect();
        each(message, "field", |field| {
            let oneof = number_in(field, "oneof_index")
                .and_then(|at| oneofs.get(usize::try_from(at).ok()?));
            let type_name = string(field, "type_name");
            let is_map = entries.iter().any(|entry| type_name.ends_with(entry));
            match oneof {
                Some(oneof) => oneof.field(field, Owner::Oneof),
                // Neither the entries of a map nor their values are ever delimited.
                None if is_entry || is_map => features.field(field, Owner::MapEntry),
                None => features.field(field, Owner::Message),
            }
        });
        each(message, "nested_type", |nested| features.message(nested));
        each(message, "enum_type", |descriptor| {
            features.enumeration(descriptor);
        });
        each(message, "extension", |field| {
            features.field(field, Owner::Extension);
        });
    }

    fn field(self, field: &mut DynamicMessage, owner: Owner) {
        let features = self.within(field);
        let kind = number_in(field, "type").and_then(|kind| Type::try_from(kind).ok());
        let is_message = matches!(kind, Some(Type::Message | Type::Group));
        if number_in(field, "label") == Some(Label::Repeated as i32) {
            if !is_message && !matches!(kind, Some(Type::String | Type::Bytes)) {
                let packed = Value::Bool(features.repeated != EXPANDED);
                with_options(field, |options| options.set_field_by_name("packed", packed));
            }
        } else if matches!(owner, Owner::Message | Owner::MapEntry) {
            match features.presence {
                LEGACY_REQUIRED => {
                    let required = Value::EnumNumber(Label::Required as i32);
                    field.set_field_by_name("label", required);
                }
                IMPLICIT if !is_message => set_feature(field, "field_presence", IMPLICIT),
                _ => {}
            }
        }
        if kind == Some(Type::Message) && features.encoding == DELIMITED && owner != Owner::MapEntry
        {
            field.set_field_by_name("type", Value::EnumNumber(Type::Group as i32));
        }
    }

    fn enumeration(self, descriptor: &mut DynamicMessage) {
        if self.within(descriptor).enum_type == OPEN {
            set_feature(descriptor, "enum_type", OPEN);
        }
    }
}

fn is_map_entry(message: &DynamicMessage) -> bool {
    message_in(message, "options")
        .and_then(|options| options.get_field_by_name("map_entry")?.as_bool())
        .unwrap_or(false)
}

fn feature(options: &DynamicMessage, name: &str) -> Option<i32> {
    number_in(&message_in(options, "features")?, name)
}

fn set_feature(part: &mut DynamicMessage, name: &str, value: i32) {
    with_options(part, |options| {
        if let Some(Value::Message(features)) = options.get_field_by_name_mut("features") {
            features.set_field_by_name(name, Value::EnumNumber(value));
        }
    });
}

fn with_options(part: &mut DynamicMessage, change: impl FnOnce(&mut DynamicMessage)) {
    if let Some(Value::Message(options)) = part.get_field_by_name_mut("options") {
        change(options);
    }
}

/// A message field, if it is set.
fn message_in(message: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    if !message.has_field_by_name(name) {
        return None;
    }
    message.get_field_by_name(name)?.as_message().cloned()
}

/// An integer or enum field, if it is set.
fn number_in(message: &DynamicMessage, name: &str) -> Option<i32> {
    if !message.has_field_by_name(name) {
        return None;
    }
    let value = message.get_field_by_name(name)?;
    value.as_enum_number().or_else(|| value.as_i32())
}

fn string(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

fn list(message: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let value = message.get_field_by_name(name);
    let list = value
        .as_deref()
        .and_then(Value::as_list)
        .unwrap_or_default();
    list.iter()
        .filter_map(|value| value.as_message().cloned())
        .collect()
}

fn each(message: &mut DynamicMessage, name: &str, mut change: impl FnMut(&mut DynamicMessage)) {
    if !message.has_field_by_name(name) {
        return;
    }
    let Some(Value::List(values)) = message.get_field_by_name_mut(name) else {
        return;
    };
    for value in values {
        if let Value::Message(part) = value {
            change(part);
        }
    }
}

#[cfg(test)]
mod tests;
