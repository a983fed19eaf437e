//! A schema with a newer descriptor.proto than the program's, as in protobuf 36: its custom options may be extensions with
//! numbers that older versions do not allow.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::descriptor_proto::ExtensionRange;
use prost_reflect::prost_types::field_descriptor_proto::Type;
use prost_reflect::prost_types::{FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, IncludeFileResolver};
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{FileDescriptorResponse, ServerReflectionResponse};

use super::harness::{Folder, Peer, frame, routeguide};

const OPTION: &str = r#"
    syntax = "proto2";
    package google.protobuf;
    import "google/protobuf/descriptor.proto";
    extend EnumValueOptions { optional string json_value = 998; }
"#;

const SHOP: &str = r#"
    syntax = "proto3";
    package shop;
    import "json_option.proto";
    enum State {
        UNKNOWN = 0;
        PAID = 1 [(google.protobuf.json_value) = "paid", since = "v2"];
    }
    service Shop { rpc Pay(Order) returns (Order); }
    message Order { State state = 1; }
"#;

const STATE: &str = r#"enum State {
  UNKNOWN = 0;
  PAID = 1 [since = "v2", (google.protobuf.json_value) = "paid"];
}
"#;

/// Our descriptor.proto, plus a field and a range of extensions.
fn descriptor_proto() -> FileDescriptorProto {
    let ours = DescriptorPool::global().get_file_by_name("google/protobuf/descriptor.proto");
    let mut file = ours.unwrap().file_descriptor_proto().clone();
    let mut messages = file.message_type.iter_mut();
    let options = messages.find(|message| message.name() == "EnumValueOptions");
    let options = options.unwrap();
    options.extension_range.push(ExtensionRange {
        start: Some(990),
        end: Some(999),
        options: None,
    });
    let mut since = FieldDescriptorProto {
        name: Some("since".to_owned()),
        number: Some(5),
        ..FieldDescriptorProto::default()
    };
    since.set_type(Type::String);
    options.field.push(since);
    file
}

/// The encoded FileDescriptorSet of the shop.
fn shop() -> Vec<u8> {
    let folder = Folder::new();
    folder.write("json_option.proto", OPTION);
    folder.write("shop.proto", SHOP);
    let mut resolver = ChainFileResolver::new();
    resolver.add(DescriptorSetFileResolver::new(FileDescriptorSet {
        file: vec![descriptor_proto()],
    }));
    resolver.add(IncludeFileResolver::new(folder.path().to_owned()));
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    compiler.open_file("shop.proto").unwrap();
    compiler.encode_file_descriptor_set()
}

#[test]
fn a_protoset_may_include_it() {
    let folder = Folder::new();
    let set = folder.write("shop.binpb", shop());
    routeguide(["describe", "shop.State", "--protoset"])
        .arg(&set)
        .run()
        .exits(0)
        .prints(STATE)
        .says("");
    routeguide(["list", "--protoset"])
        .arg(set)
        .run()
        .exits(0)
        .prints("shop.Shop\n");
}

#[test]
fn a_server_may_send_it() {
    #[derive(Clone, PartialEq, prost::Message)]
    struct EncodedFileSet {
        #[prost(bytes = "vec", repeated, tag = "1")]
        files: Vec<Vec<u8>>,
    }
    let set = EncodedFileSet::decode(Bytes::from(shop())).unwrap();
    let answer = ServerReflectionResponse {
        message_response: Some(MessageResponse::FileDescriptorResponse(
            FileDescriptorResponse {
                file_descriptor_proto: set.files,
            },
        )),
        ..ServerReflectionResponse::default()
    };
    let answer = frame(&answer.encode_to_vec());
    // `describe SYMBOL` asks only for the symbol's file.
    let peer = Peer::playing(move |mut call| {
        let answer = answer.clone();
        async move {
            call.open();
            while call.name().await.is_some() {
                call.send(answer.clone());
            }
            call.end(0, "");
        }
    });
    routeguide(["describe", "shop.State"])
        .at(peer.addr())
        .run()
        .exits(0)
        .prints(STATE)
        .says("");
}

#[test]
fn the_newer_of_two_versions_is_used() {
    let folder = Folder::new();
    let older = DescriptorPool::global().encode_to_vec();
    let (older, newer) = (folder.write("older", older), folder.write("newer", shop()));
    for sets in [[&older, &newer], [&newer, &older]] {
        let mut describe = routeguide(["describe", "shop.State"]);
        for set in sets {
            describe = describe.arg("--protoset").arg(set);
        }
        describe.run().exits(0).prints(STATE).says("");
    }
}
