//! Durations and sizes as users write them, on the command line and in settings.

use std::num::IntErrorKind;
use std::time::Duration;

/// A positive duration: `500ms`, `10s`, `1m30s`, or a plain number of seconds as in curl.
///
/// # Errors
/// What was expected.
pub fn duration(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| "must be from 1ms to 99999999s".to_owned())?,
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "expected a duration such as 500ms, 10s or 1m30s".to_owned())?,
    };
    if parsed < Duration::from_millis(1) {
        return Err("must be from 1ms to 99999999s".to_owned());
    }
    // A grpc-timeout has at most eight digits, and a timer's instant must not overflow.
    if parsed > Duration::from_secs(99_999_999) {
        return Err("must be from 1ms to 99999999s".to_owned());
    }
    Ok(parsed)
}

/// An interval of PINGs: servers end connections that send them more often (gRFC A8).
///
/// # Errors
/// What was expected.
pub fn keepalive(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_secs(10) {
        return Err("expected at least 10s".to_owned());
    }
    Ok(interval)
}

/// A number of bytes, optionally in KiB, MiB or GiB.
///
/// # Errors
/// What was expected.
pub fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unit = unit.trim();
    let unit: usize = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(format!("unknown unit {unit:?}: use KiB, MiB or GiB")),
    };
    let number: usize = number
        .parse()
        .map_err(|_| "expected a number of bytes, such as 65536 or 64KiB".to_owned())?;
    match number.checked_mul(unit) {
        // The length of a gRPC message has 32 bits.
        Some(size @ 1..=0xffff_ffff) => Ok(size),
        _ => Err("must be at least 1 byte and less than 4GiB".to_owned()),
    }
}

/// A number of retries.
///
/// # Errors
/// What was expected.
pub fn count(text: &str) -> Result<u32, String> {
    text.parse::<u32>().map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow => "it is too large".to_owned(),
        _ => "expected a whole number that is at least 0".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_positive_and_may_be_a_number_of_seconds() {
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert!(duration("1us").is_err());
        for bad in ["0", "-1", "NaN", "1e30", "soon", ""] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
