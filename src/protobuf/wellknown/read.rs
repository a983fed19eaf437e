//! The strings that stand for Timestamp, Duration and FieldMask in JSON → their fields.

/// Seconds since 1970 and nanoseconds, of an RFC 3339 time.
pub fn timestamp(text: &str) -> Result<(i64, i32), &'static str> {
    const FORM: &str = "expected a time such as 1970-01-01T00:00:00Z";
    let bytes = text.as_bytes();
    let number = |from: usize, len: usize| -> Result<i64, &'static str> {
        let digits = text.get(from..from + len).ok_or(FORM)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORM);
        }
        digits.parse().map_err(|_| FORM)
    };
    for (at, byte) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if bytes.get(at) != Some(&byte) {
            return Err(FORM);
        }
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err("not a valid month"),
    };
    if year == 0 || day == 0 || day > days {
        return Err("not a valid day");
    }
    // No leap seconds: Timestamp does not count them.
    if hour > 23 || minute > 59 || second > 59 {
        return Err("not a valid time of day");
    }
    let rest = text.get(19..).ok_or(FORM)?;
    let (nanos, zone) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(fraction) => {
            let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, zone) = fraction.split_at(len);
            (nanos(digits).ok_or(FORM)?, zone)
        }
    };
    let offset = match zone.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let at = text.len() - 5;
            let (hours, minutes) = (number(at, 2)?, number(at + 3, 2)?);
            if hours > 23 || minutes > 59 {
                return Err(FORM);
            }
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return Err(FORM),
    };
    let seconds =
        days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
        return Err("a Timestamp must be from year 1 to 9999");
    }
    Ok((seconds, nanos))
}

/// Year, month, day → days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Seconds and nanoseconds of `-1.5s`.
pub fn duration(text: &str) -> Result<(i64, i32), &'static str> {
    const FORM: &str = "expected a duration such as 1.5s";
    let number = text.strip_suffix('s').ok_or(FORM)?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, nanos(fraction).ok_or(FORM)?),
        None => (number, 0),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FORM);
    }
    let seconds: i64 = whole.parse().unwrap_or(i64::MAX);
    if seconds > 315_576_000_000 {
        return Err("a Duration must be at most 315576000000s");
    }
    Ok(if negative {
        (-seconds, -fraction)
    } else {
        (seconds, fraction)
    })
}

/// One to nine digits after the point.
fn nanos(digits: &str) -> Option<i32> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<9}").parse().ok()
}

/// The paths of `fooBar,baz.quxQuux`, in snake_case.
pub fn field_mask(text: &str) -> Result<Vec<String>, &'static str> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|path| {
            let mut snake = String::with_capacity(path.len() + 4);
            for c in path.chars() {
                match c {
                    '_' => return Err("the paths of a FieldMask must be in lowerCamelCase"),
                    c if c.is_ascii_uppercase() => {
                        snake.push('_');
                        snake.push(c.to_ascii_lowercase());
                    }
                    c => snake.push(c),
                }
            }
            Ok(snake)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        for (text, time) in [
            ("1970-01-01T00:00:00Z", (0, 0)),
            ("2000-02-29T12:00:00.5+01:00", (951_822_000, 500_000_000)),
            ("0001-01-01T00:00:00Z", (-62_135_596_800, 0)),
            (
                "9999-12-31T23:59:59.999999999Z",
                (253_402_300_799, 999_999_999),
            ),
        ] {
            assert_eq!(timestamp(text), Ok(time), "{text}");
        }
        for text in [
            "",
            "1970-01-01",
            "1970-01-01t00:00:00z",
            "1970-01-01T00:00:00",
            "1970-13-01T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00.Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-01-01T00:00:00+1:00",
        ] {
            assert!(timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_end_with_s() {
        assert_eq!(duration("-1.5s"), Ok((-1, -500_000_000)));
        assert_eq!(duration("0.000000001s"), Ok((0, 1)));
        for text in [
            "",
            "1",
            "s",
            ".5s",
            "1.s",
            "+1s",
            "315576000001s",
            "1.0000000001s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn paths_become_snake_case() {
        assert_eq!(
            field_mask("fooBar,baz.qux"),
            Ok(vec!["foo_bar".into(), "baz.qux".into()])
        );
        assert!(field_mask("foo_bar").is_err());
    }
}
