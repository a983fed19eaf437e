//! The details of a status: `google.rpc.Status` in `grpc-status-details-bin`, whose messages are looked up in the schema
//! of the call, then among the google.rpc types.

use prost::Message as _;
use prost_reflect::DescriptorPool;

use crate::protobuf::Layouts;
use crate::protobuf::json::{self, WriteOptions};

/// Decoded details.
#[derive(Debug, Default)]
pub struct Details {
    /// Each in JSON with its `@type`. A detail of an unknown type has only its bytes.
    pub texts: Vec<String>,
    /// The full names of the unknown types.
    pub missing: Vec<String>,
}

/// Decodes the details of a status with the first pool that has their types. Bytes that cannot be decoded have none.
pub fn decode(details: &[u8], pools: &[DescriptorPool]) -> Details {
    let Some((first, more)) = pools.split_first().filter(|_| !details.is_empty()) else {
        return Details::default();
    };
    let Ok(rich) = tonic_types::pb::Status::decode(details) else {
        return Details::default();
    };
    let mut pool = first.clone();
    // The schema's own copy of a file wins.
    let _ = pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET);
    let mut layouts = Layouts::new(pool);
    for pool in more {
        layouts.learn(pool.clone());
    }
    let Some(any) = layouts.find("google.protobuf.Any") else {
        return Details::default();
    };
    let texts = rich
        .details
        .iter()
        .map(|detail| {
            let mut out = Vec::new();
            let bytes = detail.encode_to_vec();
            let written = json::write(&mut layouts, any, &bytes, WriteOptions::default(), &mut out);
            match (written, String::from_utf8(out)) {
                (Ok(()), Ok(text)) => text,
                // The value is not a message of the type.
                _ => serde_json::json!({ "@type": detail.type_url }).to_string(),
            }
        })
        .collect();
    Details {
        texts,
        missing: layouts.take_unresolved(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::{ErrorDetails, StatusExt as _};

    #[test]
    fn google_rpc_details_are_decoded() {
        let details = ErrorDetails::with_error_info(
            "QUOTA",
            "example.org",
            [("limit".to_owned(), "5".to_owned())],
        );
        let status = Status::with_error_details(tonic::Code::ResourceExhausted, "", details);
        let decoded = decode(status.details(), &[crate::schema::bundled_pool().unwrap()]).texts;
        assert_eq!(
            decoded,
            [
                "{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"QUOTA\",\"domain\":\"example.org\",\"metadata\":{\"limit\":\"5\"}}"
            ]
        );
    }

    #[test]
    fn what_cannot_be_decoded_does_not_panic() {
        let pool = crate::schema::bundled_pool().unwrap();
        let details = |bytes: Vec<u8>| decode(&bytes, std::slice::from_ref(&pool)).texts;
        assert!(details(vec![0xff, 0xff]).is_empty());
        let any = |type_url: &str, value: &[u8]| prost_types::Any {
            type_url: type_url.to_owned(),
            value: value.to_vec(),
        };
        let rich = tonic_types::pb::Status {
            code: 13,
            message: String::new(),
            details: vec![
                any("x/unknown.Type", b"abc"),
                any("x/google.rpc.ErrorInfo", b"\xff"),
            ],
        };
        assert_eq!(
            details(rich.encode_to_vec()),
            [
                "{\"@type\":\"x/unknown.Type\",\"value\":\"YWJj\"}",
                "{\"@type\":\"x/google.rpc.ErrorInfo\"}"
            ]
        );
    }
}
