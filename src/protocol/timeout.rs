//! The header that says how long the client waits for a call.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::wire::{Protocol, Wire};

const GRPC: HeaderName = HeaderName::from_static("grpc-timeout");
const CONNECT: HeaderName = HeaderName::from_static("connect-timeout-ms");

/// The largest numbers of the two: eight and ten digits.
const GRPC_MAX: u128 = 99_999_999;
const CONNECT_MAX: u128 = 9_999_999_999;

/// The value is not a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTimeout;

impl Wire {
    pub fn timeout_header(self) -> HeaderName {
        match self.protocol() {
            Protocol::Grpc | Protocol::GrpcWeb => GRPC,
            Protocol::Connect => CONNECT,
        }
    }

    /// How long the client waits. Without the header, it does not say.
    ///
    /// # Errors
    /// When the value is malformed.
    pub fn timeout(self, headers: &HeaderMap) -> Result<Option<Duration>, BadTimeout> {
        let Some(value) = headers.get(self.timeout_header()) else {
            return Ok(None);
        };
        let value = value.to_str().map_err(|_| BadTimeout)?;
        let timeout = match self.protocol() {
            Protocol::Grpc | Protocol::GrpcWeb => read_grpc(value),
            Protocol::Connect => number(value, 10).map(Duration::from_millis),
        };
        timeout.map(Some).ok_or(BadTimeout)
    }

    /// The value of the header, which is never zero: as much as the header can say, up to the time that is left.
    pub fn timeout_value(self, left: Duration) -> HeaderValue {
        let value = match self.protocol() {
            Protocol::Grpc | Protocol::GrpcWeb => write_grpc(left),
            Protocol::Connect => left.as_millis().clamp(1, CONNECT_MAX).to_string(),
        };
        HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("1"))
    }
}

/// At most eight digits, in the finest unit for which they suffice.
fn write_grpc(left: Duration) -> String {
    let units = [
        (left.as_nanos(), 'n'),
        (left.as_micros(), 'u'),
        (left.as_millis(), 'm'),
    ];
    let (number, unit) = units
        .into_iter()
        .find(|(number, _)| *number <= GRPC_MAX)
        .unwrap_or((u128::from(left.as_secs()).min(GRPC_MAX), 'S'));
    format!("{}{unit}", number.max(1))
}

/// At most eight digits and a unit.
fn read_grpc(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let number = number(digits, 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// A number with at most so many digits, and nothing else.
fn number(digits: &str, max: usize) -> Option<u64> {
    let is_number = digits.len() <= max && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wire: Wire, value: &str) -> Result<Option<Duration>, BadTimeout> {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        wire.timeout(&HeaderMap::from_iter([(wire.timeout_header(), value)]))
    }

    #[test]
    fn timeouts_of_grpc_have_eight_digits_and_a_unit() {
        for (value, expected) in [
            ("1H", Some(Duration::from_hours(1))),
            ("2M", Some(Duration::from_mins(2))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("100m", Some(Duration::from_millis(100))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("+5S", None),
            ("123456789n", None),
            ("5s", None),
            ("5\u{e9}", None),
        ] {
            let expected = expected.map(Some).ok_or(BadTimeout);
            assert_eq!(read(Wire::Grpc, value), expected, "{value}");
            assert_eq!(read(Wire::WebText, value), expected, "{value}");
        }
    }

    #[test]
    fn timeouts_of_connect_have_ten_digits() {
        for (value, expected) in [
            ("5000", Some(Duration::from_secs(5))),
            ("0005", Some(Duration::from_millis(5))),
            ("0", Some(Duration::ZERO)),
            ("9999999999", Some(Duration::from_millis(9_999_999_999))),
            ("00000000001", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("5m", None),
            (" 5", None),
            ("5\u{e9}", None),
        ] {
            let expected = expected.map(Some).ok_or(BadTimeout);
            assert_eq!(read(Wire::ConnectUnary, value), expected, "{value}");
            assert_eq!(read(Wire::ConnectStream, value), expected, "{value}");
        }
    }

    #[test]
    fn without_the_header_of_the_protocol_there_is_no_timeout() {
        let headers = HeaderMap::from_iter([(CONNECT, HeaderValue::from_static("1"))]);
        assert_eq!(Wire::Grpc.timeout(&headers), Ok(None));
        let headers = HeaderMap::from_iter([(GRPC, HeaderValue::from_static("1S"))]);
        assert_eq!(Wire::ConnectUnary.timeout(&headers), Ok(None));
    }

    #[test]
    fn a_timeout_of_grpc_has_at_most_eight_digits_and_is_never_zero() {
        for (left, value) in [
            (Duration::ZERO, "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_millis(100), "100000u"),
            (Duration::from_secs(5), "5000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(1_000_000), "1000000S"),
            (Duration::from_secs(200_000_000), "99999999S"),
        ] {
            assert_eq!(Wire::Grpc.timeout_value(left), value);
        }
    }

    #[test]
    fn a_timeout_of_connect_has_at_most_ten_digits_and_is_never_zero() {
        for (left, value) in [
            (Duration::ZERO, "1"),
            (Duration::from_micros(1500), "1"),
            (Duration::from_secs(5), "5000"),
            (Duration::from_secs(100_000_000), "9999999999"),
            (Duration::MAX, "9999999999"),
        ] {
            assert_eq!(Wire::ConnectStream.timeout_value(left), value);
        }
    }
}
