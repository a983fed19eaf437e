//! The right side of a threshold, and figures in its unit.

use super::super::named::Named;

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A number of this unit.
    Time(f64, Unit),
    /// Of calls.
    Count(f64),
    /// Of calls, from 0 to 100.
    Percent(f64),
    /// Calls a second.
    Rate(f64),
    /// The old figure so many times.
    Ratio(f64),
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    name: &'static str,
    micros: f64,
}

const UNITS: [Unit; 5] = [
    Unit {
        name: "us",
        micros: 1.0,
    },
    Unit {
        name: "ms",
        micros: 1e3,
    },
    Unit {
        name: "s",
        micros: 1e6,
    },
    Unit {
        name: "m",
        micros: 60e6,
    },
    Unit {
        name: "h",
        micros: 3600e6,
    },
];

/// A figure has at least so many significant digits.
const DIGITS: i32 = 3;

/// No figure needs more places.
const PLACES: usize = 9;

impl Limit {
    /// # Errors
    /// When it is not a number with a unit that fits the figure.
    pub fn parse(figure: Named, name: &str, text: &str) -> Result<Self, String> {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let at = text.find(|c| !is_number(c)).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = unit.trim_start();
        let expected = || match figure {
            Named::Time(..) => format!("{name} is a time: expected one such as 20ms, not {text:?}"),
            Named::Count(_) => format!(
                "{name} is a number of calls: expected one such as 10, or a share such as 0.1%, not {text:?}"
            ),
            Named::Rate => {
                format!("rate is in calls a second: expected one such as 5000/s, not {text:?}")
            }
        };
        let number: f64 = number.parse().map_err(|_| expected())?;
        match (figure, unit) {
            (_, "x") => Ok(Self::Ratio(number)),
            (Named::Time(..), "µs" | "μs") => Self::time(number, "us").ok_or_else(expected),
            (Named::Time(..), unit) => Self::time(number, unit).ok_or_else(expected),
            (Named::Count(_), "") if number.fract() == 0.0 => Ok(Self::Count(number)),
            (Named::Count(_), "%") if number <= 100.0 => Ok(Self::Percent(number)),
            (Named::Rate, "/s" | "") => Ok(Self::Rate(number)),
            _ => Err(expected()),
        }
    }

    fn time(number: f64, unit: &str) -> Option<Self> {
        let unit = UNITS.iter().find(|known| known.name == unit)?;
        Some(Self::Time(number, *unit))
    }

    pub fn number(self) -> f64 {
        match self {
            Self::Time(number, _)
            | Self::Count(number)
            | Self::Percent(number)
            | Self::Rate(number)
            | Self::Ratio(number) => number,
        }
    }

    /// What a figure is divided by, to be in the limit's unit.
    pub fn unit(self) -> f64 {
        match self {
            Self::Time(_, unit) => unit.micros,
            _ => 1.0,
        }
    }

    /// A figure in the limit's unit, with as many digits as show on which side of the limit it is.
    pub fn show(self, value: f64) -> String {
        let unit = match self {
            Self::Time(_, unit) => unit.name,
            Self::Count(_) => "",
            Self::Percent(_) => "%",
            Self::Rate(_) => "/s",
            Self::Ratio(_) => "x",
        };
        format!("{}{unit}", digits(value, self.number()))
    }
}

fn digits(value: f64, limit: f64) -> String {
    if value.is_infinite() {
        return "∞".to_owned();
    }
    let order = value.partial_cmp(&limit);
    let is_told = |text: &String| {
        let rounded: Option<f64> = text.parse().ok();
        rounded.and_then(|rounded| rounded.partial_cmp(&limit)) == order
    };
    let texts = (places(value)..=PLACES).map(|places| format!("{value:.places$}"));
    let text = texts.into_iter().find(is_told);
    let text = text.unwrap_or_else(|| value.to_string());
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// How many places make [`DIGITS`] significant digits.
#[expect(clippy::cast_possible_truncation, reason = "an exponent")]
fn places(value: f64) -> usize {
    if value == 0.0 {
        return 0;
    }
    let exponent = value.abs().log10().floor() as i32;
    usize::try_from(DIGITS - 1 - exponent).map_or(0, |places| places.min(PLACES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_three_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_345, "0.0123"),
            (1.234_5, "1.23"),
            (20.0, "20"),
            (1234.5, "1234"),
            (0.1, "0.1"),
        ] {
            assert_eq!(digits(value, 1e9), text);
        }
    }

    #[test]
    fn a_figure_on_one_side_of_the_limit_is_shown_on_it() {
        assert_eq!(digits(19.999_6, 20.0), "19.9996");
        assert_eq!(digits(20.0, 20.0), "20");
        assert_eq!(digits(4999.6, 5000.0), "4999.6");
    }
}
