use std::fs;

use tempfile::TempDir;

use super::*;
use crate::schema::testing;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn protos(folder: &TempDir, names: &[&str], import_paths: &[&str]) -> Result<Schema> {
    let within = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| folder.path().join(name)).collect()
    };
    load(&[], &within(names), &within(import_paths))
}

fn excerpt(error: &Error) -> &Excerpt {
    use std::error::Error as _;
    error.source().unwrap().downcast_ref().unwrap()
}

#[test]
fn imports_are_found_beside_the_file() {
    let folder = folder(&[
        (
            "x/a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; }",
        ),
        (
            "x/b.proto",
            "// A comment.\nsyntax = \"proto3\"; message B {}",
        ),
    ]);
    let schema = protos(&folder, &["x/a.proto", "x/b.proto"], &[]).unwrap();
    let names: Vec<&String> = schema.files.keys().collect();
    assert_eq!(names, ["a.proto", "b.proto"]);
}

#[test]
fn imports_are_relative_to_the_import_paths() {
    let folder = folder(&[
        (
            "x/a.proto",
            "syntax = \"proto3\"; import \"x/b.proto\"; message A { B b = 1; }",
        ),
        (
            "x/b.proto",
            "syntax = \"proto3\"; import \"z.proto\"; message B { Z z = 1; }",
        ),
        ("y/z.proto", "syntax = \"proto3\"; message Z {}"),
    ]);
    let schema = protos(&folder, &["x/a.proto"], &["", "y"]).unwrap();
    let names: Vec<&String> = schema.files.keys().collect();
    assert_eq!(names, ["x/a.proto", "x/b.proto", "z.proto"]);
    // The file itself may be outside of them.
    assert!(protos(&folder, &["y/z.proto"], &["x"]).is_ok());
}

#[test]
fn an_error_has_its_line_and_column() {
    let folder = folder(&[(
        "bad.proto",
        "syntax = \"proto3\";\nmessage A {\n\tstring é = 1 2;\n}\n",
    )]);
    let error = protos(&folder, &["bad.proto"], &[]).unwrap_err();
    assert!(error.to_string().contains("bad.proto:3:9: "), "{error}");
}

#[test]
fn an_excerpt_has_a_caret_below_the_column() {
    let folder = folder(&[(
        "bad.proto",
        "syntax = \"proto3\";\nmessage A {\n\tstring name = 1 2;\n}\n",
    )]);
    let error = protos(&folder, &["bad.proto"], &[]).unwrap_err();
    assert!(
        error.to_string().contains("bad.proto:3:18: expected"),
        "{error}"
    );
    assert_eq!(
        excerpt(&error).lines(),
        ["3 | \tstring name = 1 2;", "  | \t                ^"]
    );
}

#[test]
fn an_unknown_type_is_reported_where_it_is_used() {
    let folder = folder(&[(
        "bad.proto",
        "syntax = \"proto3\";\nmessage A { Nope n = 1; }\n",
    )]);
    let error = protos(&folder, &["bad.proto"], &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("bad.proto:2:13: name 'Nope' is not defined"),
        "{error}"
    );
    assert_eq!(excerpt(&error).line, 2);
}

#[test]
fn errors_in_a_file_with_an_edition_have_its_columns() {
    let folder = folder(&[(
        "bad.proto",
        "edition = \"2023\";\nmessage A { int32 a = 1; Nope n = 2; }\n",
    )]);
    let error = protos(&folder, &["bad.proto"], &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("bad.proto:2:26: name 'Nope' is not defined"),
        "{error}"
    );
}

#[test]
fn a_missing_import_is_reported_where_it_is_imported() {
    let folder = folder(&[("a.proto", "syntax = \"proto3\";\nimport \"gone.proto\";\n")]);
    let error = protos(&folder, &["a.proto"], &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("a.proto:2:1: import 'gone.proto' not found"),
        "{error}"
    );
    assert_eq!(
        error.hint(),
        Some("name the folder that imports are relative to with -I")
    );
}

#[test]
fn an_unknown_edition_has_a_hint() {
    let folder = folder(&[("a.proto", "// Soon.\nedition = \"2042\";\n")]);
    let error = protos(&folder, &["a.proto"], &[]).unwrap_err();
    assert!(error.hint().unwrap().contains("--protoset"), "{error}");
}

#[test]
fn a_missing_file_is_reported_as_unreadable() {
    let error = load(&[], &["nowhere/a.proto".into()], &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read nowhere/a.proto: "),
        "{error}"
    );
}

fn protoset(folder: &TempDir, name: &str, files: Vec<Bytes>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, EncodedFileSet { files }.encode_to_vec()).unwrap();
    path
}

#[test]
fn several_sets_form_one_schema() {
    let folder = folder(&[]);
    let a = testing::file(
        "a.proto",
        "import \"b.proto\"; message A { optional B b = 1; }",
    );
    let b = testing::file("b.proto", "message B {}");
    let one = protoset(&folder, "one", vec![a, b.clone()]);
    let two = protoset(
        &folder,
        "two",
        vec![b, testing::file("c.proto", "message C {}")],
    );
    let schema = load(&[one, two], &[], &[]).unwrap();
    assert_eq!(schema.files.len(), 3);
}

#[test]
fn sets_with_different_files_of_one_name_are_both_named() {
    let folder = folder(&[]);
    let one = protoset(
        &folder,
        "one",
        vec![testing::file("a.proto", "message A {}")],
    );
    let two = protoset(
        &folder,
        "two",
        vec![testing::file("a.proto", "message B {}")],
    );
    let error = load(&[one, two], &[], &[]).unwrap_err().to_string();
    assert!(
        error.contains("/one and ") && error.ends_with("/two have different files named a.proto"),
        "{error}"
    );
}

#[test]
fn a_set_without_its_imports_has_a_hint() {
    let folder = folder(&[]);
    let a = testing::file(
        "a.proto",
        "import \"b.proto\"; message A { optional B b = 1; }",
    );
    let error = load(&[protoset(&folder, "one", vec![a])], &[], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema is incomplete: a.proto imports b.proto, which is not in the given files"
    );
    assert!(error.hint().unwrap().contains("--include_imports"));
}

#[test]
fn a_file_that_is_not_a_set_is_an_error() {
    let folder = folder(&[("a.proto", "syntax = \"proto3\";"), ("empty", "")]);
    for (name, hint) in [("a.proto", "--proto"), ("empty", "protoc")] {
        let error = load(&[folder.path().join(name)], &[], &[]).unwrap_err();
        assert!(
            error.to_string().ends_with("is not a descriptor set"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains(hint));
    }
}
