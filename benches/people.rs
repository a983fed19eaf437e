//! A million people as lines of JSON, random names of theirs, and the check that what comes back is about them: a database that
//! loses people would look fast.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use crate::Result;

pub const PEOPLE: u32 = 1_000_000;

/// The numbers of the people, who have them in their names. All are as long, so that the order of the names is that of the
/// numbers.
const NUMBERS: Range<u32> = 1_000_000..1_000_000 + PEOPLE;

/// Each run has the same names.
const SEED: u64 = 7;

/// The people change in a year.
#[derive(Clone, Copy)]
pub enum Year {
    This,
    Next,
}

/// Everyone, in an order that no index likes.
pub fn write(to: &Path, year: Year) -> io::Result<()> {
    let mut numbers: Vec<u32> = NUMBERS.collect();
    fastrand::Rng::with_seed(SEED).shuffle(&mut numbers);
    let mut to = BufWriter::new(File::create(to)?);
    for number in numbers {
        writeln!(to, "{}", person(number, year))?;
    }
    to.flush()
}

/// A million names, one a line. Each is anyone's, so that some come twice.
pub fn write_names(to: &Path) -> io::Result<()> {
    let mut to = BufWriter::new(File::create(to)?);
    for number in asked() {
        writeln!(to, "person {number}")?;
    }
    to.flush()
}

/// A request that asks for anyone, for `routeguide bench`.
pub fn anyone() -> String {
    let (first, last) = (NUMBERS.start, NUMBERS.end - 1);
    format!(r#"{{"name":"person {{{{random {first} {last}}}}}"}}"#)
}

/// The name of someone.
pub fn someone() -> String {
    format!("person {}", NUMBERS.start)
}

/// Requires the line of the person of [`someone`].
pub fn check_someone(printed: &str) -> Result<()> {
    check(printed.as_bytes(), NUMBERS.take(1), Year::This)
}

/// Requires a line for each name of [`write_names`], in order.
pub fn check_asked(file: &Path) -> Result<()> {
    check(BufReader::new(File::open(file)?), asked(), Year::This)
}

/// Requires everyone, in the order of their names.
pub fn check_everyone(file: &Path, year: Year) -> Result<()> {
    check(BufReader::new(File::open(file)?), NUMBERS, year)
}

fn asked() -> impl Iterator<Item = u32> {
    let mut random = fastrand::Rng::with_seed(SEED + 1);
    (0..PEOPLE).map(move |_| random.u32(NUMBERS))
}

fn check(mut from: impl BufRead, numbers: impl Iterator<Item = u32>, year: Year) -> Result<()> {
    let mut line = String::new();
    let mut count = 0;
    for number in numbers {
        line.clear();
        from.read_line(&mut line)?;
        count += 1;
        let expected = person(number, year);
        if line.strip_suffix('\n') != Some(expected.as_str()) {
            return Err(format!("line {count} is {line:?}, not {expected:?}").into());
        }
    }
    line.clear();
    match from.read_line(&mut line)? {
        0 => Ok(()),
        _ => Err(format!("after {count} lines, there is {line:?}").into()),
    }
}

/// As `routeguide` prints it.
fn person(number: u32, year: Year) -> String {
    let age = number % 90 + if matches!(year, Year::Next) { 2 } else { 1 };
    format!(
        r#"{{"name":"person {number}","age":{age},"gender":"FEMALE","hobbies":["reading","swimming"],"address":{{"street":"{number} Main St","city":"New York"}}}}"#
    )
}
