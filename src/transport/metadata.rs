//! `-H 'name: value'` → metadata.

use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataMap, MetadataValue};

use crate::base64;
use crate::error::{Error, Result};

/// Names reserved by the protocol: such a header would not arrive, or break the call (PROTOCOL-HTTP2, "Requests"; RFC
/// 9113, section 8.2.2).
const RESERVED: [&str; 15] = [
    "connection",
    "content-length",
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-message",
    "grpc-message-type",
    "grpc-status",
    "grpc-timeout",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Adds a header in curl's syntax. The value of a `-bin` name is base64 in either alphabet.
///
/// # Errors
/// When it is not a header, or is reserved.
pub fn add(metadata: &mut MetadataMap, header: &str) -> Result<()> {
    let (name, value) = header.split_once(':').ok_or_else(|| {
        Error::usage("invalid header: missing colon").hinted("use -H 'name: value'")
    })?;
    let name = name.trim().to_ascii_lowercase();
    // Without the value, which may be a secret.
    let bad = |why: &str| Error::usage(format!("invalid header {name:?}: {why}"));
    let value = value.trim();
    if RESERVED.contains(&name.as_str()) {
        return Err(bad("the name is reserved by the protocol"));
    }
    if name.ends_with("-bin") {
        let key = BinaryMetadataKey::from_bytes(name.as_bytes())
            .map_err(|_| bad("the name is not valid"))?;
        let bytes = base64::decode(value).ok_or_else(|| {
            let error = bad("the value of a -bin name must be base64");
            if value.contains("{{") {
                error.hinted("placeholders of bench are for the other names")
            } else {
                error
            }
        })?;
        metadata.append_bin(key, MetadataValue::from_bytes(&bytes));
    } else {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes())
            .map_err(|_| bad("the name is not valid"))?;
        let not_ascii = || bad("the value must be printable ASCII; other bytes need a -bin name");
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(not_ascii());
        }
        let value = value.parse().map_err(|_| not_ascii())?;
        metadata.append(key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(header: &str) -> Result<MetadataMap> {
        let mut metadata = MetadataMap::new();
        add(&mut metadata, header)?;
        Ok(metadata)
    }

    #[test]
    fn names_are_lowercased_and_values_trimmed() {
        let metadata = one("X-Token:  a:b ").unwrap();
        assert_eq!(metadata.get("x-token").unwrap(), "a:b");
    }

    #[test]
    fn values_of_bin_names_are_base64_in_any_variant() {
        for text in ["q6ur", "-_8=", "+/8", "-_8"] {
            let metadata = one(&format!("x-bin: {text}")).unwrap();
            assert!(metadata.get_bin("x-bin").unwrap().to_bytes().is_ok());
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_a_usage_error() {
        for header in [
            "x",
            ": y",
            "a b: c",
            "x: \u{1}",
            "x: é",
            "x-bin: ?",
            "te: x",
            "Content-Type: x",
        ] {
            let error = one(header).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Usage, "{header}");
        }
    }
}
