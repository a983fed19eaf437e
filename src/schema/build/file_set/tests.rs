use super::*;
use crate::schema::testing::{file, set};

fn names(set: &EncodedFileSet) -> Vec<String> {
    let heads = set
        .files
        .iter()
        .map(|file| FileHead::decode(file.as_ref()).unwrap().name);
    heads.collect()
}

#[test]
fn files_may_come_in_any_order() {
    let a = file(
        "a.proto",
        "import \"b.proto\"; message A { optional B b = 1; }",
    );
    let b = file(
        "b.proto",
        "import \"c.proto\"; message B { optional C c = 1; }",
    );
    let c = file("c.proto", "message C {}");
    let schema = set(&[a.clone(), c.clone(), b.clone()]).build_all().unwrap();
    assert!(schema.pool.get_message_by_name("A").is_some());
    assert_eq!(schema.files.get("a.proto"), Some(&a), "unchanged");

    let written = EncodedFileSet::decode(schema.write_protoset().as_slice()).unwrap();
    assert_eq!(names(&written), ["c.proto", "b.proto", "a.proto"]);
    assert_eq!(written.files, [c, b, a]);
}

#[test]
fn an_import_that_nothing_needs_may_be_missing() {
    let a = file(
        "a.proto",
        "import \"gone.proto\"; import public \"b.proto\"; message A { optional B b = 1; }",
    );
    let b = file("b.proto", "message B {}");
    let mut set = set(&[a, b]);
    assert_eq!(set.missing(), BTreeSet::from(["gone.proto".to_owned()]));
    let schema = set.build_all().unwrap();

    // The written set does not mention it, so that other readers, which are stricter, accept it.
    let written = EncodedFileSet::decode(schema.write_protoset().as_slice()).unwrap();
    let head = FileHead::decode(written.files[1].as_ref()).unwrap();
    assert_eq!(head.imports, ["b.proto"]);
    assert_eq!(head.public, [0]);
}

#[test]
fn an_import_that_is_needed_is_named_with_its_importer() {
    let a = file(
        "a.proto",
        "import \"gone.proto\"; message A { optional Gone g = 1; }",
    );
    let error = set(&[a]).build_all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema is incomplete: a.proto imports gone.proto, which is missing"
    );
    assert_eq!(error.causes(), ["name 'Gone' is not defined"]);
    assert_eq!(error.hint(), Some("find it"));
}

#[test]
fn a_missing_public_import_is_named_with_the_file_that_has_it() {
    let a = file(
        "a.proto",
        "import \"b.proto\"; message A { optional Gone g = 1; }",
    );
    let b = file("b.proto", "import public \"gone.proto\"; message B {}");
    let error = set(&[a, b]).build_all().unwrap_err();
    assert!(
        error.to_string().contains("b.proto imports gone.proto"),
        "{error}"
    );
}

#[test]
fn an_invalid_file_does_not_affect_others() {
    let good = file("good.proto", "message Good {}");
    let bad = file(
        "bad.proto",
        "import \"gone.proto\"; message Bad { optional Gone g = 1; }",
    );
    let mut set = set(&[good, bad]);
    assert!(set.build(&["bad.proto".to_owned()]).is_err());
    let schema = set.build(&["good.proto".to_owned()]).unwrap();
    assert!(schema.pool.get_message_by_name("Good").is_some());
    assert_eq!(schema.files.len(), 1);
}

#[test]
fn chains_of_public_imports_are_followed() {
    let a = file(
        "a.proto",
        "import \"b.proto\"; message A { optional D d = 1; }",
    );
    let b = file("b.proto", "import public \"c.proto\";");
    let c = file("c.proto", "import public \"d.proto\";");
    let d = file("d.proto", "message D {}");
    assert!(set(&[a, b, c, d]).build_all().is_ok());
}

#[test]
fn branching_public_imports_do_not_take_exponential_time() {
    // Both files of a layer import both of the next: there are 2^70 paths to the last layer.
    let mut files = Vec::new();
    for layer in 0..70 {
        for side in ["l", "r"] {
            let below = layer + 1;
            let source =
                format!("import public \"l{below}.proto\"; import public \"r{below}.proto\";");
            files.push(file(&format!("{side}{layer}.proto"), &source));
        }
    }
    assert!(set(&files).build_all().is_ok());
}

#[test]
fn a_long_chain_of_imports_does_not_overflow_the_stack() {
    let files: Vec<Bytes> = (0..5000)
        .map(|at| {
            file(
                &format!("{at}.proto"),
                &format!("import \"{}.proto\";", at + 1),
            )
        })
        .collect();
    let set = set(&files);
    assert_eq!(set.in_order(&["0.proto".to_owned()]).unwrap().len(), 5000);
}

#[test]
fn a_cycle_of_imports_is_an_error() {
    let files = [
        file("a.proto", "import \"b.proto\";"),
        file("b.proto", "import \"c.proto\";"),
        file("c.proto", "import \"b.proto\";"),
    ];
    let error = set(&files).build_all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "files import each other: b.proto → c.proto → b.proto"
    );
}

#[test]
fn protobufs_own_files_are_provided() {
    let a = file(
        "a.proto",
        "import \"google/protobuf/type.proto\"; message A { optional google.protobuf.Type t = 1; }",
    );
    let mut set = set(&[a]);
    set.add_well_known();
    let schema = set.build_all().unwrap();
    assert!(
        schema.files.contains_key("google/protobuf/any.proto"),
        "with their imports"
    );
}

#[test]
fn files_that_differ_in_comments_only_are_the_same() {
    let plain = file("a.proto", "message A {}");
    let commented = file("a.proto", "// An A.\nmessage A {}");
    let other = file("a.proto", "message B {}");
    let bare: Bytes = encoded_file::without_source_info(&plain).unwrap().into();
    let mut set = set(&[bare]);
    assert_eq!(set.add(commented.clone()).unwrap().1, Added::Known);
    assert_eq!(set.add(other).unwrap().1, Added::Conflict);
    assert_eq!(
        set.build_all().unwrap().files.get("a.proto"),
        Some(&commented)
    );
}

#[test]
fn an_unknown_syntax_is_an_error() {
    let head = FileHead {
        name: "a.proto".to_owned(),
        syntax: "proto4".to_owned(),
        ..FileHead::default()
    };
    let error = set(&[head.encode_to_vec().into()]).build_all().unwrap_err();
    assert_eq!(error.causes(), ["its syntax \"proto4\" is unknown"]);
}

#[test]
fn an_option_that_a_later_extension_makes_invalid_is_an_error() {
    use prost_reflect::prost_types::FileDescriptorProto;
    // prost-reflect would panic when asked for the options of the first file.
    let mut first = FileDescriptorProto {
        name: Some("first.proto".to_owned()),
        ..FileDescriptorProto::default()
    }
    .encode_to_vec();
    let mut options = Vec::new();
    prost::encoding::int32::encode(50000, &7, &mut options);
    prost::encoding::bytes::encode(8, &options, &mut first);
    let second = file(
        "second.proto",
        "import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.FileOptions { optional string text = 50000; }",
    );
    let mut set = set(&[first.into(), second]);
    set.add_well_known();
    assert!(set.build(&["first.proto".to_owned()]).is_ok());
    assert!(set.build_all().is_err());
}

#[test]
fn a_damaged_file_never_panics() {
    let sound = file(
        "a.proto",
        "syntax = \"proto3\"; package p; message A { map<string, A> m = 1; oneof o { int32 i = 2; } optional E e = 3; }
         enum E { Z = 0; } service S { rpc M(stream A) returns (A); }",
    );
    for at in 0..sound.len() {
        for to in [0, 1, 0x0a, 0x7f, 0x80, 0xff] {
            let mut bytes = sound.to_vec();
            bytes[at] = to;
            let mut set = FileSet::default();
            if set.add(bytes.into()).is_ok() {
                let _ = set.build_all();
            }
        }
    }
}
