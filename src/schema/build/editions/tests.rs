use bytes::Bytes;

use super::*;
use crate::schema::build::encoded_file;
use crate::schema::build::file_set::FileSet;
use crate::schema::testing;

#[test]
fn files_are_kept_as_they_came() {
    let file = testing::file(
        "test.proto",
        "message A { optional int32 a = 1 [default = 5]; }",
    );
    let file: Bytes = encoded_file::with_edition(&file, EDITION_2024)
        .unwrap()
        .into();
    let schema = testing::set(std::slice::from_ref(&file))
        .build_all()
        .unwrap();
    assert_eq!(schema.files.get("test.proto"), Some(&file));

    let written = schema.write_protoset();
    let mut again = FileSet::default();
    again.add_descriptor_set(&written).unwrap();
    assert_eq!(again.build_all().unwrap().files, schema.files);
}

#[test]
fn an_edition_of_the_future_is_an_error() {
    let file: Bytes = encoded_file::with_edition(&[], 1002).unwrap().into();
    let error = lower(&file, 1002).unwrap_err();
    assert!(error.to_string().contains("number 1002"), "{error}");
}

#[test]
fn unknown_options_are_kept() {
    let mut file = encoded_file::with_edition(&[], EDITION_2023).unwrap();
    let mut options = Vec::new();
    prost::encoding::string::encode(50000, &"custom".to_owned(), &mut options);
    prost::encoding::bytes::encode(8, &options, &mut file);
    let lowered = lower(&file, EDITION_2023).unwrap();
    assert!(lowered.windows(6).any(|window| window == b"custom"));
}
