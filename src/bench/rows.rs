//! The rows of `--csv FILE`, which placeholders take their values from.

use std::path::Path;

use csv::ErrorKind;

use crate::error::{Error, Result};

/// A table with named columns and at least one row.
#[derive(Debug)]
pub struct Rows {
    /// The file, as it was named.
    name: String,
    columns: Vec<String>,
    /// All cells, one after the other.
    text: String,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    /// The line that each row starts on.
    lines: Vec<u64>,
}

impl Rows {
    /// CSV as in RFC 4180. The first line has the names of the columns.
    ///
    /// # Errors
    /// When the file cannot be read, or is not such a table.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path);
        let bytes =
            bytes.map_err(|why| Error::failed(format!("cannot read {name}")).caused_by(why))?;
        Self::parse(name, &bytes)
    }

    fn parse(name: String, bytes: &[u8]) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(bytes);
        let wrong = |error: csv::Error| wrong(&name, bytes, error);
        let columns = reader.headers().map_err(wrong)?;
        let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
        if let Some(twice) = twice(&columns) {
            return Err(Error::failed(format!(
                "{name}, line 1: column {twice:?} is there twice"
            )));
        }
        let (mut text, mut ends, mut lines) = (String::new(), Vec::new(), Vec::new());
        let mut at = Line::default();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(wrong)? {
            for cell in &record {
                text.push_str(cell);
                ends.push(text.len());
            }
            lines.push(at.of(bytes, record.position()));
        }
        match (columns.is_empty(), lines.is_empty()) {
            (true, _) => Err(Error::failed(format!("{name} is empty"))
                .hinted("its first line has the names of the columns")),
            (_, true) => Err(Error::failed(format!(
                "{name} has no rows, only the names of columns"
            ))),
            _ => Ok(Self {
                name,
                columns,
                text,
                ends,
                lines,
            }),
        }
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are: one at least.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// The row of a call: they have their turn by the number of the call.
    #[inline]
    pub fn of_call(&self, call: u64) -> usize {
        let row = call % (self.lines.len() as u64).max(1);
        usize::try_from(row).unwrap_or(0)
    }

    /// Rows and columns count from 0.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns.len() + column;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(at);
        let range = start.copied().unwrap_or(0)..end.copied().unwrap_or(0);
        self.text.get(range).unwrap_or_default()
    }

    /// The cells of a column, from the first row on.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        (0..self.count()).map(move |row| self.cell(row, column))
    }

    /// Where a cell is, for an error about it.
    pub fn place(&self, row: usize, column: usize) -> String {
        let line = self.lines.get(row).copied().unwrap_or(0);
        let column = self.columns.get(column).map_or("", String::as_str);
        format!("{}, line {line}, column {column:?}", self.name)
    }
}

#[cfg(test)]
impl Rows {
    /// The rows of a file `rows.csv`.
    ///
    /// # Panics
    /// When it is no table.
    pub fn from_text(text: &str) -> Self {
        Self::parse("rows.csv".to_owned(), text.as_bytes()).unwrap()
    }
}

/// Lines that were counted. The reader's own count is one too low for a record behind CRLF, of which it takes the LF for
/// a part of that record.
#[derive(Default)]
struct Line {
    offset: usize,
    before: u64,
}

impl Line {
    /// The line that a record starts on. Records come in order.
    fn of(&mut self, bytes: &[u8], position: Option<&csv::Position>) -> u64 {
        let offset = position.map_or(0, csv::Position::byte);
        let mut offset = usize::try_from(offset).unwrap_or(bytes.len());
        while matches!(bytes.get(offset), Some(b'\r' | b'\n')) {
            offset += 1;
        }
        let passed = bytes.get(self.offset..offset).unwrap_or_default();
        self.before += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.offset = offset;
        self.before + 1
    }
}

fn twice(names: &[String]) -> Option<&String> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
    pairs.find(|(one, next)| one == next).map(|(one, _)| *one)
}

fn wrong(name: &str, bytes: &[u8], error: csv::Error) -> Error {
    let line = Line::default().of(bytes, error.position());
    match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => Error::failed(format!(
            "{name}, line {line}: it has {len} cells, and there are {expected_len} columns"
        )),
        ErrorKind::Utf8 { .. } => {
            Error::failed(format!("{name}, line {line}: it is not valid UTF-8"))
        }
        _ => Error::failed(format!("cannot read {name}")).caused_by(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<Rows> {
        Rows::parse("people.csv".to_owned(), text)
    }

    fn error(text: &[u8]) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn cells_are_found_by_row_and_column() {
        let rows = parse(b"name,age\r\nAlice,30\r\n\"Bob, \"\"B\"\"\",\r\n").unwrap();
        assert_eq!(rows.columns(), ["name", "age"]);
        assert_eq!(rows.count(), 2);
        assert_eq!((rows.cell(0, 0), rows.cell(0, 1)), ("Alice", "30"));
        assert_eq!((rows.cell(1, 0), rows.cell(1, 1)), ("Bob, \"B\"", ""));
        assert_eq!(rows.column(1).collect::<Vec<_>>(), ["30", ""]);
        assert_eq!(rows.place(1, 1), "people.csv, line 3, column \"age\"");
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let rows = parse(b"n\r\n\r\n\"1\n1\"\r\n2\n\n3").unwrap();
        let places: Vec<String> = (0..3).map(|row| rows.place(row, 0)).collect();
        let expected = [3, 5, 7].map(|line| format!("people.csv, line {line}, column \"n\""));
        assert_eq!(places, expected);
        assert_eq!(
            error(b"a,b\r\n1,2\r\n3\r\n"),
            "people.csv, line 3: it has 1 cells, and there are 2 columns"
        );
    }

    #[test]
    fn rows_have_their_turn_by_the_number_of_the_call() {
        let rows = parse(b"n\n1\n2\n3\n").unwrap();
        let turns: Vec<usize> = (0..5).map(|call| rows.of_call(call)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1]);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_name() {
        assert_eq!(parse("\u{feff}n\n1\n".as_bytes()).unwrap().columns(), ["n"]);
    }

    #[test]
    fn what_is_no_table_is_an_error_with_its_line() {
        assert_eq!(error(b""), "people.csv is empty");
        assert_eq!(
            error(b"a,b\n"),
            "people.csv has no rows, only the names of columns"
        );
        assert_eq!(
            error(b"a,b\n1,2\n3\n"),
            "people.csv, line 3: it has 1 cells, and there are 2 columns"
        );
        assert_eq!(
            error(b"a,b\n1,2,3\n"),
            "people.csv, line 2: it has 3 cells, and there are 2 columns"
        );
        assert_eq!(
            error(b"a\nx\n\xff\n"),
            "people.csv, line 3: it is not valid UTF-8"
        );
        assert_eq!(
            error(b"a,b,a\n1,2,3\n"),
            "people.csv, line 1: column \"a\" is there twice"
        );
    }

    #[test]
    fn a_file_that_does_not_exist_is_an_error() {
        let error = Rows::read(Path::new("no-such.csv")).unwrap_err();
        assert_eq!(
            error.message_with_causes(),
            "cannot read no-such.csv: no such file or directory"
        );
    }
}
