//! Numbers as reports show them: three digits and a unit for what was measured, all digits for what was counted.

use std::time::Duration;

/// As a float: counts and microseconds are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub fn real(number: u64) -> f64 {
    number as f64
}

/// The nearest whole number; negative ones are 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and NaN is 0"
)]
pub fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// Microseconds with three digits, in a unit that fits: `98 µs`, `1.23 ms`, `45.6 s`.
pub fn time(micros: f64) -> String {
    let (number, unit) = scaled_time(micros);
    format!("{number} {unit}")
}

/// The same without zeros at its end: `1 ms`.
pub fn short_time(micros: f64) -> String {
    let (number, unit) = scaled_time(micros);
    format!("{} {unit}", without_zeros(&number))
}

/// The same with its point and its unit always at the same place, 10 characters wide.
pub fn aligned_time(micros: f64) -> String {
    let (number, unit) = scaled_time(micros);
    let (before, after) = match number.find('.') {
        Some(point) => number.split_at(point),
        None => (number.as_str(), ""),
    };
    format!("{before:>3}{after:<3} {unit:<3}")
}

fn scaled_time(micros: f64) -> (String, &'static str) {
    // Where a unit ends: what would be rounded to 1000 is 1.00 of the next.
    for (limit, size, unit) in [
        (999.5, 1.0, "µs"),
        (999.5e3, 1e3, "ms"),
        (599.5e6, 1e6, "s"),
        (f64::INFINITY, 60e6, "min"),
    ] {
        if micros < limit {
            // Whole microseconds are exact.
            let is_exact = unit == "µs" && micros.fract() == 0.0;
            let digits = if is_exact { 0 } else { decimals(micros / size) };
            return (format!("{:.digits$}", micros / size), unit);
        }
    }
    (String::from("∞"), "")
}

/// How many decimals make three digits.
fn decimals(number: f64) -> usize {
    match number {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    }
}

/// Seconds, as `--duration` takes them and a little shorter: `1m 30s`, `10s`, `0.25s`.
pub fn seconds(seconds: f64) -> String {
    if seconds > 0.0 && seconds < 0.0995 {
        let text = format!("{:.*}", decimals(seconds * 1e3), seconds * 1e3);
        return format!("{}ms", without_zeros(&text));
    }
    if seconds < 60.0 {
        let text = format!("{seconds:.2}");
        return format!("{}s", without_zeros(&text));
    }
    let whole = Duration::from_secs(whole(seconds));
    humantime::format_duration(whole).to_string()
}

/// A number with its digits in groups: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of any size, short: `950`, `1.5k`, `20M`.
pub fn short(number: f64) -> String {
    for (size, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if number >= size {
            return format!("{}{unit}", trimmed(number / size));
        }
    }
    trimmed(number)
}

/// At most three decimals.
pub fn trimmed(number: f64) -> String {
    without_zeros(&format!("{number:.3}")).to_owned()
}

/// A number without zeros at the end of its decimals.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// How often in a second: `12.3/s`, `123,457/s`.
pub fn rate(a_second: f64) -> String {
    if a_second < 999.95 {
        let text = format!("{a_second:.1}");
        return format!("{}/s", text.trim_end_matches(".0"));
    }
    format!("{}/s", count(whole(a_second)))
}

/// Bytes with three digits: `512 B`, `1.23 MiB`.
pub fn bytes(number: f64) -> String {
    let mut number = number;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if number < 999.5 || unit == "TiB" {
            let digits = if unit == "B" { 0 } else { decimals(number) };
            return format!("{number:.digits$} {unit}");
        }
        number /= 1024.0;
    }
    String::new()
}

/// How much of the whole: it is `100%` only of all, and `0%` only of none.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0%".to_owned();
    }
    if part >= whole {
        return "100%".to_owned();
    }
    percent((100.0 * real(part) / real(whole)).min(BELOW_ALL))
}

/// The largest share that is not all.
const BELOW_ALL: f64 = 100.0 - 1e-9;

/// A share in percent, as [`share`].
pub fn percent(number: f64) -> String {
    match number {
        ..=0.0 => "0%".to_owned(),
        ..0.01 => "<0.01%".to_owned(),
        100.0.. => "100%".to_owned(),
        99.99.. => ">99.99%".to_owned(),
        number => format!("{number:.2}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits() {
        for (micros, text) in [
            (0.0, "0 µs"),
            (98.0, "98 µs"),
            (98.04, "98.0 µs"),
            (999.4, "999 µs"),
            (999.6, "1.00 ms"),
            (1_234.0, "1.23 ms"),
            (9_996.0, "10.0 ms"),
            (99_960.0, "100 ms"),
            (999_600.0, "1.00 s"),
            (599_000_000.0, "599 s"),
            (600_000_000.0, "10.0 min"),
            (86_400_000_000.0, "1440 min"),
        ] {
            assert_eq!(time(micros), text, "{micros}");
        }
    }

    #[test]
    fn aligned_times_have_the_point_and_the_unit_below_each_other() {
        let times = [98.0, 131.4, 1_234.0, 45_600_000.0, 600_000_000.0];
        let lines = times.map(aligned_time);
        assert_eq!(
            lines,
            [
                " 98    µs ",
                "131    µs ",
                "  1.23 ms ",
                " 45.6  s  ",
                " 10.0  min"
            ]
        );
    }

    #[test]
    fn seconds_are_as_in_a_flag() {
        for (number, text) in [
            (10.0, "10s"),
            (0.25, "0.25s"),
            (90.0, "1m 30s"),
            (0.0, "0s"),
        ] {
            assert_eq!(seconds(number), text);
        }
        for (number, text) in [(0.0995, "0.1s"), (0.005, "5ms"), (0.000_123_4, "0.12ms")] {
            assert_eq!(seconds(number), text);
        }
    }

    #[test]
    fn digits_of_counts_are_in_groups() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn a_rate_has_a_decimal_while_it_is_small() {
        for (number, text) in [(0.0, "0/s"), (12.34, "12.3/s"), (999.96, "1,000/s")] {
            assert_eq!(rate(number), text);
        }
    }

    #[test]
    fn a_short_number_has_no_zeros_at_its_end() {
        for (number, text) in [(0.0, "0"), (0.5, "0.5"), (950.0, "950"), (1_500.0, "1.5k")] {
            assert_eq!(short(number), text);
        }
        assert_eq!(short(20e6), "20M");
    }

    #[test]
    fn bytes_have_three_digits() {
        for (number, text) in [(512.0, "512 B"), (1023.0, "1.00 KiB"), (5e14, "455 TiB")] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn a_share_is_0_of_none_and_100_of_all_only() {
        assert_eq!(share(0, 0), "0%");
        assert_eq!(share(0, 9), "0%");
        assert_eq!(share(9, 9), "100%");
        assert_eq!(share(1, 1_000_000), "<0.01%");
        assert_eq!(share(999_999, 1_000_000), ">99.99%");
        assert_eq!(share(1, 3), "33.33%");
    }
}
