//! Options, including custom options by name. They are decoded with the schema's own descriptor.proto, which custom
//! options extend, or else with ours. Unknown options are kept as comments.

use bytes::{Bytes, BytesMut};
use prost_reflect::text_format::FormatOptions;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MapKey,
    MessageDescriptor, ReflectMessage, Value,
};

use super::literal::{self, Entry, Literal, double, float, quoted};
use super::symbol_table::SymbolTable;
use crate::error::{Error, Result};
use crate::schema::descriptor::well_known::{self, descriptor_message};

/// The options that an options message sets.
#[derive(Debug, Default)]
pub struct OptionSettings {
    pub list: Vec<OptionSetting>,
    /// Options that cannot be written as such, in the text format.
    pub unknown: Vec<String>,
}

/// An option: `name = value`.
#[derive(Debug)]
pub struct OptionSetting {
    pub name: String,
    pub value: Literal,
    /// Its path within the options message.
    pub path: Vec<i32>,
}

/// Reads the options of one file's elements.
#[derive(Clone, Copy, Debug)]
pub struct OptionReader<'a> {
    pub pool: &'a DescriptorPool,
    pub symbols: &'a SymbolTable,
    pub package: &'a str,
}

impl OptionSettings {
    /// Adds an option that is not in the options message.
    pub fn add(&mut self, name: &str, value: String) {
        self.list.push(OptionSetting {
            name: name.to_owned(),
            value: Literal::Token(value),
            path: Vec::new(),
        });
    }

    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|setting| setting.name == name)
    }

    /// The unknown options as a comment, with a space before it. Its place is before the `;` or `{` of the element, where
    /// compilers do not take it for documentation.
    pub fn remark(&self) -> String {
        match self.unknown.as_slice() {
            [] => String::new(),
            [one] => format!(" {}", literal::comment(&format!("unknown option {one}"))),
            several => {
                let text = format!("unknown options {}", several.join(", "));
                format!(" {}", literal::comment(&text))
            }
        }
    }
}

impl OptionReader<'_> {
    /// Decodes the options of `element`. `kind` is the simple name of the options message.
    pub fn read(
        &self,
        kind: &str,
        options: Option<&Bytes>,
        element: &str,
    ) -> Result<OptionSettings> {
        let mut settings = OptionSettings::default();
        let Some(options) = options else {
            return Ok(settings);
        };
        let descriptor = descriptor_message(self.pool, kind);
        let message = descriptor.and_then(|descriptor| decode(descriptor, options));
        let Some(message) = message else {
            let text = unknown_text(options)
                .ok_or_else(|| Error::failed(format!("the options of {element} are damaged")))?;
            settings.unknown.push(text);
            return Ok(settings);
        };
        let (members, unknown) = members(&message);
        settings.unknown.extend(unknown);
        for (member, value) in members {
            if member.number() == UNINTERPRETED {
                uninterpreted(&value, &mut settings);
            } else {
                let name = self.name(&member, element);
                self.set(
                    &name,
                    &[member.path()],
                    &member,
                    &value,
                    element,
                    &mut settings,
                );
            }
        }
        Ok(settings)
    }

    fn set(
        &self,
        name: &str,
        path: &[i32],
        member: &Member,
        value: &Value,
        element: &str,
        settings: &mut OptionSettings,
    ) {
        let kind = member.kind();
        if let Value::Message(message) = value
            && is_feature(name, message)
        {
            let (members, unknown) = members(message);
            for (member, value) in members {
                let name = format!("{name}.{}", self.name(&member, element));
                let path = [path, &[member.path()]].concat();
                self.set(&name, &path, &member, &value, element, settings);
            }
            let unknown = unknown.iter().map(|text| format!("{name}.{text}"));
            settings.unknown.extend(unknown);
            return;
        }
        let is_repeated = matches!(value, Value::List(_) | Value::Map(_));
        for (at, value) in (0..).zip(values(&kind, value)) {
            let is_nameless = matches!(kind, Kind::Enum(_))
                && matches!(&value, Literal::Token(token) if is_number(token));
            if is_nameless {
                // Options accept enum values by name only.
                settings.unknown.push(format!("{name}: {}", value.inline()));
                continue;
            }
            let mut path = path.to_vec();
            if is_repeated {
                path.push(at);
            }
            let name = name.to_owned();
            settings.list.push(OptionSetting { name, value, path });
        }
    }

    fn name(&self, member: &Member, element: &str) -> String {
        match member {
            Member::Field(field) => field.name().to_owned(),
            Member::Extension(extension) => {
                let full = extension.full_name();
                format!("({})", self.symbols.extension(full, element, self.package))
            }
        }
    }
}

/// `uninterpreted_option`, in every options message: options that were parsed but not resolved.
const UNINTERPRETED: u32 = 999;

fn uninterpreted(value: &Value, settings: &mut OptionSettings) {
    for option in value.as_list().unwrap_or_default() {
        let Some(option) = option.as_message() else {
            continue;
        };
        let get = |name: &str| {
            option
                .has_field_by_name(name)
                .then(|| option.get_field_by_name(name))
                .flatten()
        };
        let mut name = String::new();
        for part in get("name")
            .iter()
            .filter_map(|parts| parts.as_list())
            .flatten()
        {
            let Some(part) = part.as_message() else {
                continue;
            };
            if !name.is_empty() {
                name.push('.');
            }
            let text = part.get_field_by_name("name_part");
            let text = text.as_ref().and_then(|text| text.as_str()).unwrap_or("");
            let is_extension = part
                .get_field_by_name("is_extension")
                .and_then(|value| value.as_bool());
            if is_extension == Some(true) {
                name.extend(["(", text, ")"]);
            } else {
                name.push_str(text);
            }
        }
        let token = get("identifier_value")
            .and_then(|value| value.as_str().map(str::to_owned))
            .or_else(|| Some(get("positive_int_value")?.as_u64()?.to_string()))
            .or_else(|| Some(get("negative_int_value")?.as_i64()?.to_string()))
            .or_else(|| Some(double(get("double_value")?.as_f64()?)))
            .or_else(|| Some(quoted(get("string_value")?.as_bytes()?, true)))
            .or_else(|| Some(format!("{{{}}}", get("aggregate_value")?.as_str()?)));
        if let Some(token) = token {
            settings.add(&name, token);
        }
    }
}

/// Whether the message is the features option or an extension of it. Features are set one by one.
fn is_feature(name: &str, message: &DynamicMessage) -> bool {
    message.descriptor().full_name() == "google.protobuf.FeatureSet"
        || name.starts_with("features.")
}

/// A field or an extension: prost-reflect has no common type for the two.
enum Member {
    Field(FieldDescriptor),
    Extension(ExtensionDescriptor),
}

impl Member {
    fn number(&self) -> u32 {
        match self {
            Self::Field(field) => field.number(),
            Self::Extension(extension) => extension.number(),
        }
    }

    fn path(&self) -> i32 {
        i32::try_from(self.number()).unwrap_or(i32::MAX)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Field(field) => field.kind(),
            Self::Extension(extension) => extension.kind(),
        }
    }

    /// Its name in the text format: for a group, the name of its type.
    fn text_name(&self) -> String {
        match self {
            Self::Field(field) => match field.kind() {
                Kind::Message(message) if field.is_group() => message.name().to_owned(),
                _ => field.name().to_owned(),
            },
            Self::Extension(extension) => format!("[{}]", extension.full_name()),
        }
    }
}

fn decode(descriptor: MessageDescriptor, bytes: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(descriptor, bytes).ok()
}

/// The fields that are set in a message, by number, and its unknown fields in the text format.
fn members(message: &DynamicMessage) -> (Vec<(Member, Value)>, Vec<String>) {
    let fields = message
        .fields()
        .map(|(field, value)| (Member::Field(field), value.clone()));
    let extensions = message
        .extensions()
        .map(|(extension, value)| (Member::Extension(extension), value.clone()));
    let mut known: Vec<_> = fields.chain(extensions).collect();
    known.sort_by_key(|(member, _)| member.number());
    let mut unknown = BytesMut::new();
    for field in message.unknown_fields() {
        field.encode(&mut unknown);
    }
    let unknown = unknown_text(&unknown).filter(|text| !text.is_empty());
    (known, unknown.into_iter().collect())
}

/// Unknown fields in the text format, by number.
fn unknown_text(bytes: &[u8]) -> Option<String> {
    let descriptor = well_known::pool().get_message_by_name("google.protobuf.Empty")?;
    let options = FormatOptions::new().skip_unknown_fields(false);
    Some(decode(descriptor, bytes)?.to_text_format_with_options(&options))
}

/// The values of a field: a single one, those of a list, or those of a map in the order of its keys.
fn values(kind: &Kind, value: &Value) -> Vec<Literal> {
    match value {
        Value::List(list) => list.iter().map(|value| single(kind, value)).collect(),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries
                .into_iter()
                .map(|(key, value)| {
                    let kind = match kind {
                        Kind::Message(entry) => entry.map_entry_value_field().kind(),
                        kind => kind.clone(),
                    };
                    Literal::Message(vec![
                        Entry::Field("key".to_owned(), Literal::Token(map_key(key))),
                        Entry::Field("value".to_owned(), single(&kind, value)),
                    ])
                })
                .collect()
        }
        value => vec![single(kind, value)],
    }
}

fn map_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
        MapKey::String(text) => quoted(text.as_bytes(), true),
    }
}

fn single(kind: &Kind, value: &Value) -> Literal {
    Literal::Token(match value {
        Value::Message(message) => return Literal::Message(entries(message)),
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => float(*value),
        Value::F64(value) => double(*value),
        Value::String(text) => quoted(text.as_bytes(), true),
        Value::Bytes(bytes) => quoted(bytes, false),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(descriptor) => match descriptor.get_value(*number) {
                Some(value) => value.name().to_owned(),
                None => number.to_string(),
            },
            _ => number.to_string(),
        },
        // Neither is a single value.
        Value::List(_) | Value::Map(_) => String::new(),
    })
}

fn entries(message: &DynamicMessage) -> Vec<Entry> {
    let (members, unknown) = members(message);
    let mut entries = Vec::new();
    for (member, value) in members {
        for literal in values(&member.kind(), &value) {
            entries.push(Entry::Field(member.text_name(), literal));
        }
    }
    let comment = |text: String| Entry::Comment(literal::comment(&format!("unknown {text}")));
    entries.extend(unknown.into_iter().map(comment));
    entries
}

fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}
