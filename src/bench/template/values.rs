//! What differs from call to call.

use fastrand::Rng;

use crate::bench::rows::Rows;

/// The values of one call.
#[derive(Debug)]
pub struct Values {
    pub call: u64,
    pub worker: u64,
    pub random: Rng,
}

/// Integers, from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    low: i128,
    /// The greatest less the least.
    span: u64,
}

impl Range {
    /// `None` if these are not both numbers of 64 bits, with or without a sign, in order.
    pub fn new(low: i128, high: i128) -> Option<Self> {
        let fits = low >= i64::MIN.into() && high <= u64::MAX.into();
        let span = u64::try_from(high - low).ok()?;
        fits.then_some(Self { low, span })
    }

    pub fn low(self) -> i128 {
        self.low
    }

    pub fn high(self) -> i128 {
        self.low + i128::from(self.span)
    }

    #[inline]
    pub fn pick(self, random: &mut Rng) -> i128 {
        self.low + i128::from(random.u64(..=self.span))
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The number of the call, from 0.
    Call,
    /// The number of the worker.
    Worker,
    /// A random UUID.
    Uuid,
    /// A random integer.
    Random(Range),
    /// The cell of that column in the call's row.
    Csv(usize),
}

/// Characters of a UUID.
const UUID: usize = 36;

impl Placeholder {
    /// The least and the greatest length as text, in bytes.
    pub fn bounds(self, rows: Option<&Rows>) -> (usize, usize) {
        match self {
            Self::Call | Self::Worker => (1, u64::MAX.to_string().len()),
            Self::Uuid => (UUID, UUID),
            Self::Random(range) => {
                let (low, high) = (
                    range.low().to_string().len(),
                    range.high().to_string().len(),
                );
                let has_zero = range.low() <= 0 && range.high() >= 0;
                (if has_zero { 1 } else { low.min(high) }, low.max(high))
            }
            Self::Csv(column) => {
                let lengths = || {
                    rows.into_iter()
                        .flat_map(|rows| rows.column(column).map(str::len))
                };
                (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0))
            }
        }
    }

    /// Appends the value as text.
    #[inline]
    pub fn put(self, values: &mut Values, rows: Option<&Rows>, out: &mut Vec<u8>) {
        match self {
            Self::Call => put_integer(out, values.call),
            Self::Worker => put_integer(out, values.worker),
            Self::Uuid => {
                out.extend_from_slice(&uuid(values.random.u64(..), values.random.u64(..)));
            }
            Self::Random(range) => {
                let value = range.pick(&mut values.random);
                // Numbers of 128 bits take longer.
                match i64::try_from(value) {
                    Ok(value) => put_integer(out, value),
                    Err(_) => put_integer(out, value),
                }
            }
            Self::Csv(column) => {
                let cell = rows.map(|rows| rows.cell(rows.of_call(values.call), column));
                out.extend_from_slice(cell.unwrap_or_default().as_bytes());
            }
        }
    }
}

fn put_integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Random bits → a UUID of version 4 (RFC 9562, section 5.4).
fn uuid(high: u64, low: u64) -> [u8; UUID] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bits = u128::from(high) << 64 | u128::from(low);
    let bits = bits & !(0xf << 76) | 4 << 76;
    let mut bits = bits & !(3 << 62) | 2 << 62;
    let mut text = [b'-'; UUID];
    for (at, place) in text.iter_mut().enumerate().rev() {
        if !matches!(at, 8 | 13 | 18 | 23) {
            *place = DIGITS
                .get((bits & 0xf) as usize)
                .copied()
                .unwrap_or_default();
            bits >>= 4;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let text = |high, low| String::from_utf8(uuid(high, low).to_vec()).unwrap();
        assert_eq!(text(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(
            text(u64::MAX, u64::MAX),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            text(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }

    #[test]
    fn a_range_has_both_its_ends() {
        let mut random = Rng::with_seed(1);
        let range = Range::new(-1, 1).unwrap();
        let mut picked: Vec<i128> = (0..100).map(|_| range.pick(&mut random)).collect();
        picked.sort_unstable();
        picked.dedup();
        assert_eq!(picked, [-1, 0, 1]);
        assert_eq!(
            Range::new(0, u64::MAX.into()).unwrap().high(),
            u64::MAX.into()
        );
        assert_eq!(Range::new(-1, u64::MAX.into()), None);
        assert_eq!(Range::new(0, i128::from(u64::MAX) + 1), None);
    }

    #[test]
    fn a_random_text_is_as_long_as_its_bounds_say() {
        let bounds = |low, high| Placeholder::Random(Range::new(low, high).unwrap()).bounds(None);
        assert_eq!(bounds(5, 500), (1, 3));
        assert_eq!(bounds(-500, -5), (2, 4));
        assert_eq!(bounds(-500, 500), (1, 4));
        assert_eq!(bounds(10, 99), (2, 2));
    }
}
