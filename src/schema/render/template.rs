//! Request templates: all fields of a message as JSON, with their default values.

use std::fmt::Write as _;

use prost_reflect::{
    Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor,
};

/// After this many fields, messages stay empty: twenty messages, each with two fields of the next type, would make a tree
/// of a million.
const MAX_FIELDS: usize = 5_000;

/// JSON parsers and protobuf decoders stop at about 100 levels.
const MAX_DEPTH: usize = 32;

/// A message to fill in.
#[derive(Clone, Debug)]
pub struct Template {
    /// A JSON value, indented. It has the first member of each oneof, and stops where a message contains itself.
    pub json: String,
    /// The members of oneofs that it does not have.
    pub left_out: Vec<LeftOut>,
}

/// The members of one oneof that a template does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The oneof, as `address.contact`.
    pub oneof: String,
    pub members: Vec<String>,
}

/// A template for the message.
pub fn request_template(message: &MessageDescriptor) -> Template {
    let mut writer = Writer {
        text: String::new(),
        inside: Vec::new(),
        path: Vec::new(),
        left_out: Vec::new(),
        oneofs: Vec::new(),
        fields: 0,
        level: 0,
    };
    writer.message(message);
    Template {
        json: writer.text,
        left_out: writer.left_out,
    }
}

struct Writer {
    text: String,
    /// The messages that enclose the current one.
    inside: Vec<MessageDescriptor>,
    /// The names of the fields that they are in.
    path: Vec<String>,
    left_out: Vec<LeftOut>,
    /// The oneofs that `left_out` has. A message that is in several places is reported once.
    oneofs: Vec<OneofDescriptor>,
    fields: usize,
    level: usize,
}

impl Writer {
    fn message(&mut self, message: &MessageDescriptor) {
        if let Some(text) = well_known(message, self.inside.last()) {
            self.text.push_str(&text);
            return;
        }
        if self.fields >= MAX_FIELDS || self.inside.len() >= MAX_DEPTH {
            self.text.push_str("{}");
            return;
        }
        self.inside.push(message.clone());
        let fields = self.fields_of(message);
        self.block('{', '}', &fields, |writer, field| {
            writer.fields += 1;
            writer.string(field.json_name());
            writer.text.push_str(": ");
            writer.path.push(field.json_name().to_owned());
            writer.field(field);
            writer.path.pop();
        });
        self.inside.pop();
    }

    /// The fields to write, in the order of their declarations: of each oneof only the first.
    fn fields_of(&mut self, message: &MessageDescriptor) -> Vec<FieldDescriptor> {
        let mut fields: Vec<_> = message.fields().collect();
        fields.sort_by_key(|field| field.path().last().copied());
        fields.retain(|field| !self.is_impossible(field));
        let mut oneofs: Vec<(OneofDescriptor, Vec<String>)> = Vec::new();
        fields.retain(|field| {
            let Some(oneof) = field.containing_oneof() else {
                return true;
            };
            let known = oneofs.iter_mut().find(|(known, _)| *known == oneof);
            if let Some((_, others)) = known {
                others.push(field.json_name().to_owned());
                return false;
            }
            oneofs.push((oneof, Vec::new()));
            true
        });
        for (oneof, members) in oneofs {
            if !members.is_empty() && !self.oneofs.contains(&oneof) {
                let mut path = self.path.clone();
                path.push(oneof.name().to_owned());
                self.left_out.push(LeftOut {
                    oneof: path.join("."),
                    members,
                });
                self.oneofs.push(oneof);
            }
        }
        fields
    }

    /// Whether the field's message contains itself, and is not valid when it is empty.
    fn is_impossible(&self, field: &FieldDescriptor) -> bool {
        match field.kind() {
            Kind::Message(message) => {
                self.inside.contains(&message) && message.fields().any(|field| field.is_required())
            }
            _ => false,
        }
    }

    fn field(&mut self, field: &FieldDescriptor) {
        let kind = field.kind();
        if field.is_map() {
            let Kind::Message(entry) = &kind else { return };
            let value = entry.map_entry_value_field().kind();
            let entries = if self.is_recursive(&value) {
                &[][..]
            } else {
                &[()]
            };
            self.block('{', '}', entries, |writer, ()| {
                let key = match entry.map_entry_key_field().kind() {
                    Kind::String => "",
                    Kind::Bool => "false",
                    _ => "0",
                };
                writer.string(key);
                writer.text.push_str(": ");
                writer.value(&value);
            });
        } else if field.cardinality() == Cardinality::Repeated {
            let elements = if self.is_recursive(&kind) {
                &[][..]
            } else {
                &[()]
            };
            self.block('[', ']', elements, |writer, ()| writer.value(&kind));
        } else if self.is_recursive(&kind) {
            self.text.push_str("{}");
        } else {
            self.value(&kind);
        }
    }

    /// Whether this is a message that contains itself.
    fn is_recursive(&self, kind: &Kind) -> bool {
        matches!(kind, Kind::Message(message) if self.inside.contains(message))
    }

    fn value(&mut self, kind: &Kind) {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
                self.text.push_str("null");
            }
            Kind::Enum(descriptor) => {
                let value = descriptor.default_value();
                self.string(value.name());
            }
            Kind::String | Kind::Bytes => self.string(""),
            Kind::Bool => self.text.push_str("false"),
            _ => self.text.push('0'),
        }
    }

    fn string(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{}", serde_json::Value::from(text));
    }

    fn block<T>(
        &mut self,
        open: char,
        close: char,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T),
    ) {
        self.text.push(open);
        self.level += 1;
        for (at, item) in items.iter().enumerate() {
            self.text.push_str(if at == 0 { "\n" } else { ",\n" });
            self.indent();
            write(self, item);
        }
        self.level -= 1;
        if !items.is_empty() {
            self.text.push('\n');
            self.indent();
        }
        self.text.push(close);
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.level));
    }
}

/// The JSON form of well-known types that have their own.
fn well_known(message: &MessageDescriptor, parent: Option<&MessageDescriptor>) -> Option<String> {
    let text = match message.full_name().strip_prefix("google.protobuf.")? {
        "Timestamp" => "\"1970-01-01T00:00:00Z\"",
        "Duration" => "\"0s\"",
        "FieldMask" | "StringValue" | "BytesValue" => "\"\"",
        "Struct" => "{}",
        "Value" => "null",
        "ListValue" => "[]",
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
        | "UInt32Value" => "0",
        "BoolValue" => "false",
        "Any" => return Some(any(message.parent_pool(), parent)),
        _ => return None,
    };
    Some(text.to_owned())
}

/// An Any needs a type that is in the pool.
fn any(pool: &DescriptorPool, parent: Option<&MessageDescriptor>) -> String {
    const DURATION: &str = "google.protobuf.Duration";
    if pool.get_message_by_name(DURATION).is_some() {
        return format!("{{\"@type\": \"type.googleapis.com/{DURATION}\", \"value\": \"0s\"}}");
    }
    let plain = pool.all_messages().find(|message| {
        !message.is_map_entry() && !message.full_name().starts_with("google.protobuf.")
    });
    match parent.or(plain.as_ref()) {
        Some(message) => {
            let name = message.full_name();
            format!("{{\"@type\": \"type.googleapis.com/{name}\"}}")
        }
        None => "{}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::DynamicMessage;

    use super::*;
    use crate::schema::testing::corpus::corpus;

    fn parsed(message: &MessageDescriptor) -> DynamicMessage {
        let text = request_template(message).json;
        let mut json = serde_json::Deserializer::from_str(&text);
        let parsed = DynamicMessage::deserialize(message.clone(), &mut json);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}\n{text}", message.name()));
        json.end().unwrap();
        parsed
    }

    fn of(name: &str) -> String {
        request_template(&corpus().pool.get_message_by_name(name).unwrap()).json
    }

    #[test]
    fn every_template_parses() {
        for message in corpus().pool.all_messages() {
            if !message.is_map_entry() {
                parsed(&message);
            }
        }
    }

    #[test]
    fn the_template_of_any_parses_in_a_pool_of_nothing_else() {
        let mut pool = DescriptorPool::new();
        let global = DescriptorPool::global();
        let any = global
            .get_file_by_name("google/protobuf/any.proto")
            .unwrap();
        pool.add_file_descriptor_proto(any.file_descriptor_proto().clone())
            .unwrap();
        assert_eq!(
            request_template(&pool.get_message_by_name("google.protobuf.Any").unwrap()).json,
            "{}"
        );
    }

    #[test]
    fn a_template_has_every_field() {
        let expected = r#"{
  "name": "",
  "numbers": [
    0
  ],
  "nested": {},
  "byName": {
    "": 0
  },
  "level": "LOW",
  "data": "",
  "real": 0,
  "otherReal": 0,
  "flag": false,
  "big": 0,
  "grouped": {
    "text": ""
  }
}"#;
        assert_eq!(of("corpus.declared.Rule"), expected);
    }

    #[test]
    fn a_template_has_the_first_member_of_a_oneof() {
        let text = of("corpus.three.Everything");
        assert!(text.contains("asText") && !text.contains("asNumber"));
        assert!(
            text.contains("maybe"),
            "the oneof of an optional field does not count"
        );
    }

    #[test]
    fn the_other_members_of_a_oneof_are_named_once_with_their_path() {
        let source = r#"
            syntax = "proto3";
            message Order { Payment first = 1; repeated Payment others = 2; optional int32 maybe = 3; }
            message Payment { oneof method { string card_number = 1; bool cash = 2; int32 voucher = 3; } }
        "#;
        let file = protox::file::File::from_source("order.proto", source).unwrap();
        let mut pool = DescriptorPool::new();
        pool.add_file_descriptor_proto(file.file_descriptor_proto().clone())
            .unwrap();
        let template = request_template(&pool.get_message_by_name("Order").unwrap());
        assert_eq!(
            template.left_out,
            [LeftOut {
                oneof: "first.method".to_owned(),
                members: vec!["cash".to_owned(), "voucher".to_owned()],
            }]
        );
    }

    #[test]
    fn well_known_types_have_their_own_form() {
        let text = of("corpus.three.WellKnown");
        assert!(text.contains(r#""timestamp": "1970-01-01T00:00:00Z""#));
        assert!(text.contains(r#""duration": "0s""#));
        assert!(text.contains(r#""uint64Value": 0"#));
        assert!(text.contains(r#""null": null"#));
    }

    #[test]
    fn a_large_tree_of_messages_is_cut() {
        let mut source = String::from("syntax = \"proto3\"; message M40 {}\n");
        for level in 0..40 {
            let next = level + 1;
            let _ = writeln!(
                source,
                "message M{level} {{ M{next} a = 1; M{next} b = 2; }}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deep.proto"), source).unwrap();
        let compiled =
            crate::schema::testing::corpus::compile(folder.path(), &["deep.proto".into()]);
        let message = compiled.pool.get_message_by_name("M0").unwrap();
        parsed(&message);
        assert!(request_template(&message).json.len() < 10_000_000);
    }
}
