//! Timestamp, Duration and FieldMask → the strings that stand for them in JSON. What is out of the ranges that the
//! specification has for them (<https://protobuf.dev/programming-guides/json/>) has no JSON.

use std::fmt::Write as _;

use crate::protobuf::fields::{UNKNOWN, scan};
use crate::protobuf::layout::{Layout, Type};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::{DecodeError, WireValue};
use crate::protobuf::writer::{Unrepresentable, WriteError};

const NANOS: i32 = 1_000_000_000;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const TIMESTAMPS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// About ten thousand years.
const DURATIONS: std::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;

const BAD_PATH: WriteError = WriteError::Unrepresentable(Unrepresentable::FieldMask);

/// `seconds` (field 1) and `nanos` (field 2), which Timestamp and Duration both have.
fn seconds_and_nanos(layout: &Layout, bytes: &[u8]) -> Result<(i64, i32), DecodeError> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in scan(layout, bytes)? {
        let kind = match (field.at, field.number) {
            (UNKNOWN, _) => continue,
            (_, 1) => Type::Int64,
            _ => Type::Int32,
        };
        let mut value = field.value;
        match scalar::decode(&kind, &mut value)? {
            Scalar::Int64(value) => seconds = value,
            Scalar::Int32(value) => nanos = value,
            _ => {}
        }
    }
    Ok((seconds, nanos))
}

/// RFC 3339, in UTC, with 0, 3, 6 or 9 digits of fraction.
pub fn timestamp(layout: &Layout, bytes: &[u8]) -> Result<String, WriteError> {
    let (seconds, nanos) = seconds_and_nanos(layout, bytes)?;
    if !TIMESTAMPS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return Err(WriteError::Unrepresentable(Unrepresentable::Timestamp));
    }
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let mut text = format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    fraction(&mut text, nanos);
    text.push('Z');
    Ok(text)
}

/// Seconds with 0, 3, 6 or 9 digits of fraction, and an `s`.
pub fn duration(layout: &Layout, bytes: &[u8]) -> Result<String, WriteError> {
    let (seconds, nanos) = seconds_and_nanos(layout, bytes)?;
    let same_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    if !DURATIONS.contains(&seconds) || !(1 - NANOS..NANOS).contains(&nanos) || !same_sign {
        return Err(WriteError::Unrepresentable(Unrepresentable::Duration));
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let mut text = format!("{sign}{}", seconds.unsigned_abs());
    fraction(&mut text, nanos.abs());
    text.push('s');
    Ok(text)
}

fn fraction(text: &mut String, nanos: i32) {
    let _ = match nanos {
        0 => Ok(()),
        nanos if nanos % 1_000_000 == 0 => write!(text, ".{:03}", nanos / 1_000_000),
        nanos if nanos % 1000 == 0 => write!(text, ".{:06}", nanos / 1000),
        nanos => write!(text, ".{nanos:09}"),
    };
}

/// The paths (field 1) in lowerCamelCase, with commas.
pub fn field_mask(layout: &Layout, bytes: &[u8]) -> Result<String, WriteError> {
    let mut text = String::new();
    for field in scan(layout, bytes)? {
        if field.at == UNKNOWN {
            continue;
        }
        if !text.is_empty() {
            text.push(',');
        }
        let WireValue::Bytes(path) = field.value else {
            continue;
        };
        let path = scalar::text(path)?;
        let mut upper = false;
        for c in path.chars() {
            match c {
                // Only `_a` becomes `A` and `_a` again: anything else would not come back as it was.
                c if upper && !c.is_ascii_lowercase() => return Err(BAD_PATH),
                '_' => upper = true,
                c if c.is_ascii_uppercase() => return Err(BAD_PATH),
                c => {
                    text.push(if upper { c.to_ascii_uppercase() } else { c });
                    upper = false;
                }
            }
        }
        if upper {
            return Err(BAD_PATH);
        }
    }
    Ok(text)
}

/// Days since 1970-01-01 → year, month, day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (-719_162, (1, 1, 1)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(civil(days), date);
        }
    }
}
