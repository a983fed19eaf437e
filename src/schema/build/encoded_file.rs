//! Encoded `FileDescriptorProto`s. Files are kept as they came, because custom options and fields that a newer protobuf
//! adds would not survive decoding; here the fields that matter are read and changed in the encoded form.

use bytes::Bytes;
use prost::DecodeError;
use prost::Message;
use prost::encoding::{DecodeContext, decode_key, skip_field};

/// Field numbers of `FileDescriptorProto`.
const DEPENDENCY: u32 = 3;
const SOURCE_CODE_INFO: u32 = 9;
const PUBLIC_DEPENDENCY: u32 = 10;
const WEAK_DEPENDENCY: u32 = 11;
const SYNTAX: u32 = 12;
const EDITION: u32 = 14;

/// The fields of a file that are about the file itself.
#[derive(Clone, PartialEq, Message)]
pub struct FileHead {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "3")]
    pub imports: Vec<String>,
    /// Indexes of `imports`.
    #[prost(int32, repeated, packed = "false", tag = "10")]
    pub public: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    pub weak: Vec<i32>,
    #[prost(string, tag = "12")]
    pub syntax: String,
    #[prost(int32, tag = "14")]
    pub edition: i32,
    /// `import option` (edition 2024): needed for custom options only.
    #[prost(string, repeated, tag = "15")]
    pub option_imports: Vec<String>,
}

impl FileHead {
    /// One of all imports; those for options come last.
    pub fn import(&self, at: usize) -> Option<&String> {
        self.imports.iter().chain(&self.option_imports).nth(at)
    }

    /// The imports that are visible to the importers of this file too.
    pub fn public_imports(&self) -> impl Iterator<Item = &String> {
        self.public
            .iter()
            .filter_map(|at| self.imports.get(usize::try_from(*at).ok()?))
    }
}

/// A `FileDescriptorSet` whose files stay encoded.
#[derive(Clone, PartialEq, Message)]
pub struct EncodedFileSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub files: Vec<Bytes>,
}

/// The three fields of imports.
#[derive(Clone, PartialEq, Message)]
struct Imports {
    #[prost(string, repeated, tag = "3")]
    all: Vec<String>,
    #[prost(int32, repeated, packed = "false", tag = "10")]
    public: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    weak: Vec<i32>,
}

/// The file with these imports instead of its own, none of them public.
pub fn with_imports(file: &[u8], imports: Vec<String>) -> Result<Vec<u8>, DecodeError> {
    let mut out = without(file, &[DEPENDENCY, PUBLIC_DEPENDENCY, WEAK_DEPENDENCY])?;
    let imports = Imports {
        all: imports,
        ..Imports::default()
    };
    out.extend(imports.encode_to_vec());
    Ok(out)
}

/// The file without the imports for which `keep` returns false.
pub fn without_imports(
    file: &[u8],
    head: &FileHead,
    keep: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, DecodeError> {
    let mut kept = Imports::default();
    for (import, at) in head.imports.iter().zip(0..) {
        if !keep(import) {
            continue;
        }
        let now = i32::try_from(kept.all.len()).unwrap_or(i32::MAX);
        if head.public.contains(&at) {
            kept.public.push(now);
        }
        if head.weak.contains(&at) {
            kept.weak.push(now);
        }
        kept.all.push(import.clone());
    }
    let mut out = without(file, &[DEPENDENCY, PUBLIC_DEPENDENCY, WEAK_DEPENDENCY])?;
    out.extend(kept.encode_to_vec());
    Ok(out)
}

/// The file with an edition instead of its syntax.
pub fn with_edition(file: &[u8], edition: i32) -> Result<Vec<u8>, DecodeError> {
    let mut out = without(file, &[SYNTAX, EDITION])?;
    prost::encoding::string::encode(SYNTAX, &"editions".to_owned(), &mut out);
    prost::encoding::int32::encode(EDITION, &edition, &mut out);
    Ok(out)
}

/// The file without source code info, which depends on how the file was compiled, not on what it declares.
pub fn without_source_info(file: &[u8]) -> Result<Vec<u8>, DecodeError> {
    without(file, &[SOURCE_CODE_INFO])
}

fn without(file: &[u8], fields: &[u32]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(file.len());
    let mut rest = file;
    while !rest.is_empty() {
        let field = rest;
        let (number, wire_type) = decode_key(&mut rest)?;
        skip_field(wire_type, number, &mut rest, DecodeContext::default())?;
        if !fields.contains(&number) {
            let len = field.len() - rest.len();
            out.extend_from_slice(field.get(..len).unwrap_or_default());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(imports: &[&str], public: &[i32]) -> Vec<u8> {
        FileHead {
            name: "a.proto".to_owned(),
            imports: imports.iter().map(ToString::to_string).collect(),
            public: public.to_vec(),
            syntax: "proto3".to_owned(),
            ..FileHead::default()
        }
        .encode_to_vec()
    }

    #[test]
    fn indexes_of_public_imports_follow_the_imports_that_are_left() {
        let bytes = file(&["x.proto", "y.proto", "z.proto"], &[0, 2]);
        let head = FileHead::decode(bytes.as_slice()).unwrap();
        let left = without_imports(&bytes, &head, |import| import != "x.proto").unwrap();
        let left = FileHead::decode(left.as_slice()).unwrap();
        assert_eq!(left.imports, ["y.proto", "z.proto"]);
        assert_eq!(left.public, [1]);
        assert_eq!(
            (left.name.as_str(), left.syntax.as_str()),
            ("a.proto", "proto3")
        );
    }

    #[test]
    fn unknown_fields_are_kept() {
        let mut bytes = file(&[], &[]);
        prost::encoding::string::encode(5000, &"kept".to_owned(), &mut bytes);
        let changed = with_edition(&bytes, 1000).unwrap();
        assert_eq!(FileHead::decode(changed.as_slice()).unwrap().edition, 1000);
        assert!(changed.windows(4).any(|window| window == b"kept"));
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let bytes = file(&["x.proto"], &[]);
        assert!(without(&bytes[..bytes.len() - 1], &[]).is_err());
    }
}
