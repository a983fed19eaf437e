//! What the text format's literals stand for, after its specification
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/#string>).

use super::SyntaxError;

/// Appends what a string literal stands for. `start` is where the text between its quotes begins, for errors.
pub fn unescape(literal: &str, start: usize, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let mut rest = literal;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let len = escaped(escape, out)
            .map_err(|why| SyntaxError::new(start + literal.len() - escape.len(), why))?;
        rest = escape.get(len..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}

/// Appends what the escape at the start stands for, and returns its length.
fn escaped(escape: &str, out: &mut Vec<u8>) -> Result<usize, String> {
    let bytes = escape.as_bytes();
    let byte = match bytes.get(1) {
        Some(b'a') => 0x07,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'v') => 0x0b,
        Some(byte @ (b'?' | b'\\' | b'\'' | b'"')) => *byte,
        Some(b'0'..=b'7') => {
            let (value, len) = number(escape, 1, 8, 3);
            let byte =
                u8::try_from(value).map_err(|_| "an octal escape is at most \\377".to_owned())?;
            out.push(byte);
            return Ok(1 + len);
        }
        Some(b'x') => {
            let (value, len) = number(escape, 2, 16, 2);
            let byte = u8::try_from(value).unwrap_or_default();
            if len == 0 {
                return Err("\\x must be followed by one or two hexadecimal digits".to_owned());
            }
            out.push(byte);
            return Ok(2 + len);
        }
        Some(kind @ (b'u' | b'U')) => {
            let digits = if *kind == b'u' { 4 } else { 8 };
            let (value, len) = number(escape, 2, 16, digits);
            if len < digits {
                return Err(format!(
                    "\\{} must be followed by {digits} hexadecimal digits",
                    char::from(*kind)
                ));
            }
            // Surrogates are not characters: this is not UTF-16.
            let c = char::from_u32(value)
                .ok_or_else(|| format!("U+{value:04X} is not a Unicode character"))?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(2 + digits);
        }
        _ => {
            let c = escape.chars().nth(1).unwrap_or('\\');
            return Err(format!("\\{} is not an escape", c.escape_debug()));
        }
    };
    out.push(byte);
    Ok(2)
}

/// The number that up to `most` digits from `at` on make, and how many digits there are.
fn number(text: &str, at: usize, radix: u32, most: usize) -> (u32, usize) {
    let digits = text.chars().skip(at).take(most);
    digits
        .map_while(|c| c.to_digit(radix))
        .fold((0, 0), |(value, len), digit| {
            (value * radix + digit, len + 1)
        })
}

/// An integer; `None` if it is too large for any type.
pub fn integer(negative: bool, radix: u32, digits: &str) -> Option<i128> {
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    Some(if negative { -value } else { value })
}

/// A number that is neither octal nor hexadecimal. Rust reads all forms of the specification, and what is too large is
/// infinity in both.
pub fn float<T: std::str::FromStr + std::ops::Neg<Output = T>>(
    negative: bool,
    literal: &str,
) -> Option<T> {
    let value: T = literal.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Whether it is `inf`, `infinity` or `nan` in any case; Rust knows the same names.
pub fn is_float_name(name: &str) -> bool {
    ["inf", "infinity", "nan"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The names that a bool has.
pub fn bool_name(name: &str) -> Option<bool> {
    match name {
        "true" | "True" | "t" => Some(true),
        "false" | "False" | "f" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(literal: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        unescape(literal, 0, &mut out).map_err(|error| error.message)?;
        Ok(out)
    }

    #[test]
    fn every_escape_of_the_specification_is_read() {
        for (literal, bytes) in [
            (
                r#"\a\b\f\n\r\t\v\?\\\'\""#,
                &b"\x07\x08\x0c\n\r\t\x0b?\\'\""[..],
            ),
            (r"\1234\5Hello\0", b"S4\x05Hello\0"),
            (r"\x213\xFHello", b"!3\x0fHello"),
            (r"\u00e9\U0001F600", "é😀".as_bytes()),
            ("Zoë \\n", "Zoë \n".as_bytes()),
        ] {
            assert_eq!(unescaped(literal).as_deref(), Ok(bytes), "{literal}");
        }
    }

    #[test]
    fn anything_else_after_a_backslash_is_an_error() {
        for (literal, why) in [
            (r"\q", "\\q is not an escape"),
            (r"\é", "\\é is not an escape"),
            (r"\400", "an octal escape is at most \\377"),
            (
                r"\xg",
                "\\x must be followed by one or two hexadecimal digits",
            ),
            (r"\u123", "\\u must be followed by 4 hexadecimal digits"),
            (r"\U0001F60", "\\U must be followed by 8 hexadecimal digits"),
            (r"\ud83d\ude00", "U+D83D is not a Unicode character"),
            (r"\U00110000", "U+110000 is not a Unicode character"),
        ] {
            assert_eq!(unescaped(literal), Err(why.to_owned()), "{literal}");
        }
    }
}
