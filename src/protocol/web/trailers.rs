//! The trailers of a response, as the block of headers that HTTP/1 has, without the empty line after it.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Why bytes are not trailers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTrailers {
    /// A line without a colon.
    Line,
    /// A name that no header has.
    Name,
    /// A value that no header has.
    Value,
    /// More than a map of headers can hold.
    TooMany,
}

impl fmt::Display for BadTrailers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Line => "a line of the trailers has no colon",
            Self::Name => "a name in the trailers is malformed",
            Self::Value => "a value in the trailers is malformed",
            Self::TooMany => "there are too many trailers",
        })
    }
}

/// What the frame holds. Names are lower-case, and values as in HTTP/2: binary ones are base64 also where all of the
/// response is, though the specification says otherwise, because nobody else leaves that out.
pub fn write_trailers(trailers: &HeaderMap) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in trailers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The trailers of a frame, also from peers that write names in upper case, end lines with LF only, leave out the last
/// end of a line or have no space, or several, around a value, and from those that send an empty line after it all.
///
/// # Errors
/// When they are malformed.
pub fn read_trailers(frame: &[u8]) -> Result<HeaderMap, BadTrailers> {
    let mut trailers = HeaderMap::new();
    for line in frame.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let colon = memchr::memchr(b':', line).ok_or(BadTrailers::Line)?;
        let (name, value) = line.split_at_checked(colon).ok_or(BadTrailers::Line)?;
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let name = HeaderName::from_bytes(name).map_err(|_| BadTrailers::Name)?;
        let value = HeaderValue::from_bytes(value).map_err(|_| BadTrailers::Value)?;
        let added = trailers.try_append(name, value);
        added.map_err(|_| BadTrailers::TooMany)?;
    }
    Ok(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(trailers: &HeaderMap) -> Vec<(&str, &str)> {
        let fields = trailers.iter();
        fields
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn trailers_are_lines_with_lower_case_names() {
        let trailers = HeaderMap::from_iter([
            ("Grpc-Status".parse().unwrap(), "5".parse().unwrap()),
            ("x-trace".parse().unwrap(), "1".parse().unwrap()),
        ]);
        let written = write_trailers(&trailers);
        assert_eq!(written, b"grpc-status: 5\r\nx-trace: 1\r\n");
        assert_eq!(write_trailers(&HeaderMap::new()), b"");
    }

    #[test]
    fn trailers_are_read_however_peers_write_them() {
        for frame in [
            "grpc-status: 9\r\ngrpc-message: a: b\r\n",
            "grpc-status:9\r\ngrpc-message:a: b\r\n",
            "grpc-status: 9\ngrpc-message: a: b\n",
            "grpc-status: 9\r\ngrpc-message: a: b",
            "grpc-status: 9\r\ngrpc-message: a: b\r\n\r\n",
            "Grpc-Status:\t9 \r\ngRPC-Message:  a: b  \r\n",
        ] {
            let trailers = read_trailers(frame.as_bytes()).unwrap();
            assert_eq!(
                fields(&trailers),
                [("grpc-status", "9"), ("grpc-message", "a: b")],
                "{frame:?}"
            );
        }
    }

    #[test]
    fn a_name_may_be_repeated_and_a_value_empty() {
        let trailers = read_trailers(b"a: 1\r\na: 2\r\nb:\r\n").unwrap();
        assert_eq!(fields(&trailers), [("a", "1"), ("a", "2"), ("b", "")]);
        assert_eq!(read_trailers(b""), Ok(HeaderMap::new()));
    }

    #[test]
    fn malformed_trailers_are_an_error() {
        for (frame, bad) in [
            (&b"grpc-status"[..], BadTrailers::Line),
            (b"grpc-status: 0\r\nx", BadTrailers::Line),
            (b": 0\r\n", BadTrailers::Name),
            (b"a b: 0\r\n", BadTrailers::Name),
            (b"a: 0\r\n b: 1\r\n", BadTrailers::Name),
            (b"a: 0\rb: 1\r\n", BadTrailers::Value),
            (b"a: \0\r\n", BadTrailers::Value),
        ] {
            assert_eq!(read_trailers(frame), Err(bad), "{frame:?}");
        }
    }

    #[test]
    fn more_trailers_than_a_map_holds_are_an_error() {
        use std::fmt::Write as _;
        let mut frame = String::new();
        for number in 0..40_000 {
            let _ = writeln!(frame, "a{number}:");
        }
        assert_eq!(read_trailers(frame.as_bytes()), Err(BadTrailers::TooMany));
    }
}
