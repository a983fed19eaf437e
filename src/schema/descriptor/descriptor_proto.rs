//! The messages of google/protobuf/descriptor.proto, with its names, numbers and types. prost-types 0.14 knows neither
//! editions nor symbol visibility, and it drops custom options; here an options message stays encoded until its
//! extensions are known.

use bytes::Bytes;
use prost::Message;
pub use prost_reflect::prost_types::SourceCodeInfo;

use crate::error::{Error, Result};

#[derive(Clone, PartialEq, Message)]
pub struct FileDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub package: Option<String>,
    #[prost(string, repeated, tag = "3")]
    pub dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub message_type: Vec<DescriptorProto>,
    #[prost(message, repeated, tag = "5")]
    pub enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, repeated, tag = "6")]
    pub service: Vec<ServiceDescriptorProto>,
    #[prost(message, repeated, tag = "7")]
    pub extension: Vec<FieldDescriptorProto>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub options: Option<Bytes>,
    #[prost(message, optional, tag = "9")]
    pub source_code_info: Option<SourceCodeInfo>,
    #[prost(int32, repeated, packed = "false", tag = "10")]
    pub public_dependency: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    pub weak_dependency: Vec<i32>,
    #[prost(string, optional, tag = "12")]
    pub syntax: Option<String>,
    #[prost(int32, optional, tag = "14")]
    pub edition: Option<i32>,
    #[prost(string, repeated, tag = "15")]
    pub option_dependency: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub field: Vec<FieldDescriptorProto>,
    #[prost(message, repeated, tag = "3")]
    pub nested_type: Vec<DescriptorProto>,
    #[prost(message, repeated, tag = "4")]
    pub enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, repeated, tag = "5")]
    pub extension_range: Vec<Range>,
    #[prost(message, repeated, tag = "6")]
    pub extension: Vec<FieldDescriptorProto>,
    #[prost(bytes = "bytes", optional, tag = "7")]
    pub options: Option<Bytes>,
    #[prost(message, repeated, tag = "8")]
    pub oneof_decl: Vec<OneofDescriptorProto>,
    #[prost(message, repeated, tag = "9")]
    pub reserved_range: Vec<Range>,
    #[prost(string, repeated, tag = "10")]
    pub reserved_name: Vec<String>,
    #[prost(int32, optional, tag = "11")]
    pub visibility: Option<i32>,
}

/// An `ExtensionRange`, a `ReservedRange` or an `EnumReservedRange`. Only the first has options; only the last includes
/// its end.
#[derive(Clone, PartialEq, Message)]
pub struct Range {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FieldDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub extendee: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub number: Option<i32>,
    #[prost(enumeration = "Label", optional, tag = "4")]
    pub label: Option<i32>,
    #[prost(enumeration = "Type", optional, tag = "5")]
    pub r#type: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub type_name: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub default_value: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub options: Option<Bytes>,
    #[prost(int32, optional, tag = "9")]
    pub oneof_index: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub json_name: Option<String>,
    #[prost(bool, optional, tag = "17")]
    pub proto3_optional: Option<bool>,
}

pub use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};

#[derive(Clone, PartialEq, Message)]
pub struct OneofDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct EnumDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub value: Vec<EnumValueDescriptorProto>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
    #[prost(message, repeated, tag = "4")]
    pub reserved_range: Vec<Range>,
    #[prost(string, repeated, tag = "5")]
    pub reserved_name: Vec<String>,
    #[prost(int32, optional, tag = "6")]
    pub visibility: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct EnumValueDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub number: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ServiceDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub method: Vec<MethodDescriptorProto>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct MethodDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub input_type: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub output_type: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub options: Option<Bytes>,
    #[prost(bool, optional, tag = "5")]
    pub client_streaming: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub server_streaming: Option<bool>,
}

impl FileDescriptorProto {
    /// Decodes a file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::decode(bytes)
            .map_err(|error| Error::failed("a file descriptor is damaged").caused_by(error))
    }

    pub fn is_proto2(&self) -> bool {
        matches!(self.syntax(), "" | "proto2") && self.edition.is_none()
    }

    pub fn is_editions(&self) -> bool {
        self.syntax() == "editions" || self.edition.is_some()
    }
}

impl DescriptorProto {
    /// Whether it is the entry of a map field.
    pub fn is_map_entry(&self) -> bool {
        self.message_options().map_entry()
    }

    /// Whether it is a MessageSet (proto1), whose field numbers may be larger than those of other messages.
    pub fn is_message_set(&self) -> bool {
        self.message_options().message_set_wire_format()
    }

    fn message_options(&self) -> MessageOptions {
        let options = self.options.as_ref();
        options
            .and_then(|options| MessageOptions::decode(options.as_ref()).ok())
            .unwrap_or_default()
    }
}

/// The options that change how a message is written.
#[derive(Clone, PartialEq, Message)]
struct MessageOptions {
    #[prost(bool, optional, tag = "1")]
    message_set_wire_format: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    map_entry: Option<bool>,
}

/// Field numbers of descriptor.proto, which paths in source code info consist of.
pub mod tag {
    pub mod file {
        pub const PACKAGE: i32 = 2;
        pub const DEPENDENCY: i32 = 3;
        pub const MESSAGE: i32 = 4;
        pub const ENUM: i32 = 5;
        pub const SERVICE: i32 = 6;
        pub const EXTENSION: i32 = 7;
        pub const OPTIONS: i32 = 8;
        pub const SOURCE_CODE_INFO: i32 = 9;
        pub const SYNTAX: i32 = 12;
        pub const EDITION: i32 = 14;
        pub const OPTION_DEPENDENCY: i32 = 15;
    }
    pub mod message {
        pub const FIELD: i32 = 2;
        pub const NESTED: i32 = 3;
        pub const ENUM: i32 = 4;
        pub const EXTENSION_RANGE: i32 = 5;
        pub const EXTENSION: i32 = 6;
        pub const OPTIONS: i32 = 7;
        pub const ONEOF: i32 = 8;
        pub const RESERVED_RANGE: i32 = 9;
        pub const RESERVED_NAME: i32 = 10;
    }
    pub mod oneof {
        pub const OPTIONS: i32 = 2;
    }
    pub mod enumeration {
        pub const VALUE: i32 = 2;
        pub const OPTIONS: i32 = 3;
        pub const RESERVED_RANGE: i32 = 4;
        pub const RESERVED_NAME: i32 = 5;
    }
    pub mod service {
        pub const METHOD: i32 = 2;
        pub const OPTIONS: i32 = 3;
    }
    pub mod method {
        pub const OPTIONS: i32 = 4;
    }
}
