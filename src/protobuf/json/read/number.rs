//! JSON numbers → protobuf's integers and floats, exactly or not at all. `1.0` and `1e5` are integers too.

/// An integer, however it is written; `None` if it is not one, or too large for any type.
pub fn integer(token: &str) -> Option<i128> {
    let (negative, digits) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let magnitude = match digits.parse::<u64>() {
        Ok(value) if !digits.starts_with('+') => i128::from(value),
        _ => scientific(digits)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// `12.50e1` and the like. More digits than a 64-bit integer has are not read: no type has them.
fn scientific(token: &str) -> Option<i128> {
    let (mantissa, exponent) = match token.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent),
        None => (token, "0"),
    };
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if power.is_empty() || !power.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_end_matches('0');
    let dropped = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let shift = exponent
        .parse::<i64>()
        .ok()?
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(dropped).ok()?)?;
    let shift = u32::try_from(shift).ok().filter(|shift| *shift <= 20)?;
    significant
        .parse::<u64>()
        .ok()
        .and_then(|value| i128::from(value).checked_mul(10_i128.checked_pow(shift)?))
}

/// A double, or `None` when it is beyond the largest.
pub fn double(token: &str) -> Option<f64> {
    token.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A float, or `None` when it is beyond the largest.
pub fn float(token: &str) -> Option<f32> {
    token.parse::<f32>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_however_they_are_written() {
        for (token, value) in [
            ("0", 0),
            ("-0", 0),
            ("-7", -7),
            ("1.0", 1),
            ("1e5", 100_000),
            ("12.50e1", 125),
            ("1.8446744073709551615e19", i128::from(u64::MAX)),
            ("100e-2", 1),
            ("0e999999999", 0),
            ("0e99999999999999999999", 0),
        ] {
            assert_eq!(integer(token), Some(value), "{token}");
        }
        for token in [
            "1.5",
            "1e-1",
            "1e99",
            "0.1",
            "+1",
            "abc",
            "",
            "99999999999999999999999",
        ] {
            assert_eq!(integer(token), None, "{token}");
        }
    }

    #[test]
    fn floats_beyond_their_range_are_none() {
        assert_eq!(double("1e309"), None);
        assert_eq!(float("3.5e38"), None);
        assert_eq!(float("3.4028234e38"), Some(f32::MAX));
        assert!(double("-0").is_some_and(f64::is_sign_negative));
    }
}
