//! The names sent on streams, as lines or as JSON requests, and the check that each was answered: a program that loses
//! replies would look fast.

use std::io::{self, BufRead, BufWriter, Write};

use crate::Result;

const ALTERNATING: [&str; 2] = ["Alice", "Bob"];

/// Alice and Bob in turn, one per line.
pub fn write(mut to: impl Write, names: u32) -> io::Result<()> {
    for name in ALTERNATING.iter().cycle().take(names as usize) {
        writeln!(to, "{name}")?;
    }
    to.flush()
}

/// The same as `Name` messages in JSON, one per line.
pub fn write_json(to: impl Write, names: u32) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    for name in ALTERNATING.iter().cycle().take(names as usize) {
        writeln!(to, "{{\"name\":\"{name}\"}}")?;
    }
    to.flush()
}

/// Requires exactly one line for each name, in order; calls `reached` with the number of each.
pub fn check_people(
    mut from: impl BufRead,
    names: u32,
    mut reached: impl FnMut(u32),
) -> Result<()> {
    let mut first_of_each = [Vec::new(), Vec::new()];
    let mut line = Vec::new();
    let mut count = 0;
    while from.read_until(b'\n', &mut line)? > 0 {
        let turn = (count % 2) as usize;
        count += 1;
        let first = &mut first_of_each[turn];
        let right = if first.is_empty() {
            first.clone_from(&line);
            String::from_utf8_lossy(&line).contains(ALTERNATING[turn])
        } else {
            *first == line
        };
        if !right {
            let text = String::from_utf8_lossy(&line);
            let name = ALTERNATING[turn];
            return Err(format!("reply {count} is not {name}: {}", text.trim_end()).into());
        }
        reached(count);
        line.clear();
    }
    if count != names {
        return Err(format!("{names} names had {count} replies").into());
    }
    Ok(())
}
