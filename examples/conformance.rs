//! A testee for the protobuf conformance suite: reads and writes messages with the code that `routeguide call` does
//! it with. `tests/interop/conformance/run` runs the suite.
//!
//! The suite starts it without arguments; the environment variable CONFORMANCE_PROTOS is the directory with its .proto
//! files. Requests come in on stdin and responses go out on stdout, each after its length, four bytes with the least
//! significant first.

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use routeguide::protobuf::{LayoutId, Layouts, ParseError, WriteError, json, text};

/// The files with the suite's messages, editions among them.
const FILES: [&str; 5] = [
    "google/protobuf/test_messages_edition2023.proto",
    "google/protobuf/test_messages_proto2.proto",
    "google/protobuf/test_messages_proto2_editions.proto",
    "google/protobuf/test_messages_proto3.proto",
    "google/protobuf/test_messages_proto3_editions.proto",
];

/// The parts of the suite's `conformance.proto` that matter here.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(oneof = "Payload", tags = "1, 2, 7, 8")]
    payload: Option<Payload>,
    #[prost(enumeration = "WireFormat", tag = "3")]
    requested_output_format: i32,
    #[prost(string, tag = "4")]
    message_type: String,
    #[prost(int32, tag = "5")]
    test_category: i32,
    #[prost(bool, tag = "9")]
    print_unknown_fields: bool,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Payload {
    #[prost(bytes, tag = "1")]
    Protobuf(Vec<u8>),
    #[prost(string, tag = "2")]
    Json(String),
    #[prost(string, tag = "7")]
    Jspb(String),
    #[prost(string, tag = "8")]
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
enum WireFormat {
    Unspecified = 0,
    Protobuf = 1,
    Json = 2,
    Jspb = 3,
    TextFormat = 4,
}

/// The test category in which unknown fields in JSON are ignored.
const IGNORE_UNKNOWN: i32 = 3;

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(oneof = "Outcome", tags = "1, 3, 4, 5, 6, 8")]
    outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Outcome {
    #[prost(string, tag = "1")]
    ParseError(String),
    #[prost(bytes, tag = "3")]
    Protobuf(Vec<u8>),
    #[prost(string, tag = "4")]
    Json(String),
    #[prost(string, tag = "5")]
    Skipped(String),
    #[prost(string, tag = "6")]
    SerializeError(String),
    #[prost(string, tag = "8")]
    Text(String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let protos = std::env::var_os("CONFORMANCE_PROTOS").ok_or("CONFORMANCE_PROTOS is not set")?;
    let protos = PathBuf::from(protos);
    let files = FILES.map(|file| protos.join(file));
    let pool = routeguide::schema::load(&[], &files, &[protos])?.pool;
    let mut layouts = Layouts::new(pool.clone());
    let (mut stdin, mut stdout) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut len = [0; 4];
    loop {
        match stdin.read_exact(&mut len) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let mut request = vec![0; usize::try_from(u32::from_le_bytes(len))?];
        stdin.read_exact(&mut request)?;
        let request = Request::decode(request.as_slice())?;
        let outcome = Some(answer(&pool, &mut layouts, &request).unwrap_or_else(|outcome| outcome));
        let response = Response { outcome }.encode_to_vec();
        stdout.write_all(&u32::try_from(response.len())?.to_le_bytes())?;
        stdout.write_all(&response)?;
        stdout.flush()?;
    }
}

/// What the suite is told. An error is told in the same way, and only ends the work earlier.
fn answer(
    pool: &DescriptorPool,
    layouts: &mut Layouts,
    request: &Request,
) -> Result<Outcome, Outcome> {
    // The suite asks which failures are expected. They are in a file.
    if request.message_type == "conformance.FailureSet" {
        return Ok(Outcome::Protobuf(Vec::new()));
    }
    let skip = |why: &str| Outcome::Skipped(why.to_owned());
    let id = layouts
        .find(&request.message_type)
        .ok_or_else(|| skip("no such message"))?;
    let parse_error = |error: ParseError| Outcome::ParseError(error.to_string());
    let bytes = match &request.payload {
        Some(Payload::Protobuf(bytes)) => bytes.clone(),
        Some(Payload::Json(json)) => {
            let options = json::ReadOptions {
                allow_unknown_fields: request.test_category == IGNORE_UNKNOWN,
                ..json::ReadOptions::default()
            };
            json::read(layouts, id, json.as_bytes(), options).map_err(parse_error)?
        }
        Some(Payload::Text(text)) => text::read(layouts, id, text).map_err(parse_error)?,
        Some(Payload::Jspb(_)) | None => return Err(skip("JSPB")),
    };
    match request.requested_output_format() {
        WireFormat::Protobuf => protobuf(pool, request, bytes),
        WireFormat::Json => write(pool, request, &bytes, |bytes, out| {
            json::write(layouts, id, bytes, json::WriteOptions::default(), out)
        })
        .map(Outcome::Json),
        WireFormat::TextFormat => write(pool, request, &bytes, |bytes, out| {
            print_text(layouts, id, request, bytes, out)
        })
        .map(Outcome::Text),
        WireFormat::Unspecified | WireFormat::Jspb => Err(skip("JSPB")),
    }
}

/// What has been read from text is already encoded. `call` never decodes a message only to encode it again, so
/// prost-reflect does that here.
fn protobuf(pool: &DescriptorPool, request: &Request, bytes: Vec<u8>) -> Result<Outcome, Outcome> {
    if !matches!(request.payload, Some(Payload::Protobuf(_))) {
        return Ok(Outcome::Protobuf(bytes));
    }
    let message = decode(pool, request, &bytes)?;
    Ok(Outcome::Protobuf(message.encode_to_vec()))
}

fn decode(
    pool: &DescriptorPool,
    request: &Request,
    bytes: &[u8],
) -> Result<DynamicMessage, Outcome> {
    let descriptor = pool
        .get_message_by_name(&request.message_type)
        .ok_or_else(|| Outcome::Skipped("no such message".to_owned()))?;
    DynamicMessage::decode(descriptor, bytes)
        .map_err(|error| Outcome::ParseError(error.to_string()))
}

fn print_text(
    layouts: &mut Layouts,
    id: LayoutId,
    request: &Request,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    let options = text::WriteOptions {
        skip_unknown: !request.print_unknown_fields,
        ..text::WriteOptions::default()
    };
    text::write(layouts, id, bytes, options, out)
}

/// Reading bytes and writing them is one step in the writers, and the suite distinguishes which of the two fails. What
/// prost-reflect cannot decode has failed in the first one.
fn write(
    pool: &DescriptorPool,
    request: &Request,
    bytes: &[u8],
    write: impl FnOnce(&[u8], &mut Vec<u8>) -> Result<(), WriteError>,
) -> Result<String, Outcome> {
    let mut out = Vec::new();
    if let Err(error) = write(bytes, &mut out) {
        decode(pool, request, bytes)?;
        return Err(Outcome::SerializeError(error.to_string()));
    }
    String::from_utf8(out).map_err(|error| Outcome::SerializeError(error.to_string()))
}
