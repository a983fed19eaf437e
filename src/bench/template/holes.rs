//! Which sentinels stand for which placeholders.

use std::collections::HashMap;
use std::sync::Arc;

use super::values::Placeholder;
use crate::bench::rows::Rows;
use crate::error::{Error, Result};

/// Digits of a sentinel.
pub const DIGITS: usize = 9;

/// Sentinels are this far apart. A float, which has 24 bits, is less than 64 off, so that it tells them apart.
const APART: u32 = 1000;

/// What a sentinel is above a multiple of [`APART`]: round numbers, which people like to write, are not near one, even as
/// floats.
const REST: u32 = 537;

/// The least and the greatest sentinel, in steps of [`APART`]. All are less than 2^31.
const FIRST: u32 = 100_000;
const LAST: u32 = 999_999;

/// All placeholders of the texts that were scanned together.
#[derive(Debug)]
pub struct Holes {
    list: Vec<Hole>,
    /// The index of each sentinel, by its steps.
    by_steps: HashMap<u32, usize>,
    rows: Option<Arc<Rows>>,
}

#[derive(Debug)]
struct Hole {
    sentinel: u32,
    /// The placeholder as it is written.
    written: String,
    placeholder: Placeholder,
    is_found: bool,
}

impl Holes {
    pub(super) fn new(rows: Option<Arc<Rows>>) -> Self {
        Self {
            list: Vec::new(),
            by_steps: HashMap::new(),
            rows,
        }
    }

    /// Adds a placeholder, and returns its sentinel; `None` if there are no more. The first sentinel is the one after so many
    /// steps.
    pub(super) fn add(
        &mut self,
        written: &str,
        placeholder: Placeholder,
        first: u32,
    ) -> Option<u32> {
        let at = self.list.len();
        let count = LAST - FIRST + 1;
        let used = u32::try_from(at).ok().filter(|used| *used < count)?;
        let steps = FIRST + (first % count + used) % count;
        let sentinel = steps * APART + REST;
        self.list.push(Hole {
            sentinel,
            written: written.to_owned(),
            placeholder,
            is_found: false,
        });
        self.by_steps.insert(steps, at);
        Some(sentinel)
    }

    pub(super) fn rows(&self) -> Option<&Arc<Rows>> {
        self.rows.as_ref()
    }

    /// Whether some take values from the rows of a file.
    pub fn has_rows(&self) -> bool {
        let mut all = self.list.iter();
        all.any(|hole| matches!(hole.placeholder, Placeholder::Csv(_)))
    }

    /// The placeholder of that index, and how it is written. From now on it counts as found.
    pub(super) fn take(&mut self, at: usize) -> Option<(Placeholder, &str)> {
        let hole = self.list.get_mut(at)?;
        hole.is_found = true;
        Some((hole.placeholder, &hole.written))
    }

    /// Whether a number may be taken for a sentinel.
    pub(super) fn is_near(&self, number: u32) -> bool {
        self.by_steps.contains_key(&(number / APART))
    }

    /// The index of the placeholder that an integer stands for.
    pub(super) fn integer(&self, number: i64) -> Option<usize> {
        let number = u32::try_from(number).ok()?;
        let at = *self.by_steps.get(&(number / APART))?;
        (self.list.get(at)?.sentinel == number).then_some(at)
    }

    pub(super) fn double(&self, number: f64) -> Option<usize> {
        let at = self.near_float(number)?;
        (f64::from(self.list.get(at)?.sentinel).to_bits() == number.to_bits()).then_some(at)
    }

    pub(super) fn float(&self, number: f32) -> Option<usize> {
        let at = self.near_float(number.into())?;
        #[expect(clippy::cast_precision_loss, reason = "as where the number is from")]
        let rounded = self.list.get(at)?.sentinel as f32;
        (rounded.to_bits() == number.to_bits()).then_some(at)
    }

    fn near_float(&self, number: f64) -> Option<usize> {
        if !(0.0..f64::from(u32::MAX)).contains(&number) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is in range"
        )]
        let whole = number as u32;
        self.by_steps.get(&(whole / APART)).copied()
    }

    /// Where the sentinels in a text are, and the indexes of their placeholders.
    pub(super) fn in_text(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(digits) = text.as_bytes().get(at..at + DIGITS) {
            // The last of them that is no digit is behind all places where a sentinel could start before it.
            if let Some(other) = digits.iter().rposition(|byte| !byte.is_ascii_digit()) {
                at += other + 1;
                continue;
            }
            let number = digits
                .iter()
                .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
            match self.integer(number.into()) {
                Some(hole) => {
                    found.push((at, hole));
                    at += DIGITS;
                }
                None => at += 1,
            }
        }
        found
    }

    /// A text that may have sentinels in it, such as an error about a request, with the placeholders as they are written.
    pub fn restore(&self, text: &str) -> String {
        let mut restored = String::new();
        let mut end = 0;
        for (at, hole) in self.in_text(text) {
            restored.push_str(text.get(end..at).unwrap_or_default());
            restored.push_str(self.list.get(hole).map_or("", |hole| &hole.written));
            end = at + DIGITS;
        }
        restored.push_str(text.get(end..).unwrap_or_default());
        restored
    }

    /// Checks, after all requests are compiled, that every placeholder is in one of them.
    ///
    /// # Errors
    /// When one is in a place that has no text and no number.
    pub fn check(&self) -> Result<()> {
        match self.list.iter().find(|hole| !hole.is_found) {
            None => Ok(()),
            Some(hole) => Err(Error::usage(format!(
                "{} is neither in a string nor the whole of a number",
                hole.written
            ))
            .hinted("placeholders are for fields that are strings or numbers")),
        }
    }
}
