//! Placeholders in the values of metadata.

use std::sync::Arc;

use super::placeholder::{Piece, pieces};
use super::values::{Placeholder, Values};
use crate::bench::rows::Rows;
use crate::error::{Error, Result};

/// The value of a header, some of which differs from call to call.
#[derive(Clone, Debug)]
pub struct HeaderTemplate {
    parts: Vec<Part>,
    rows: Option<Arc<Rows>>,
}

#[derive(Clone, Debug)]
enum Part {
    Fixed(String),
    Placeholder(Placeholder),
}

impl HeaderTemplate {
    /// # Errors
    /// When a placeholder does not exist, or has values that metadata cannot have.
    pub fn new(text: &str, rows: Option<&Arc<Rows>>) -> Result<Self> {
        let table = rows.map(AsRef::as_ref);
        let mut parts = Vec::new();
        for piece in pieces(text, table)? {
            parts.push(match piece {
                Piece::Text(text) => Part::Fixed(text.to_owned()),
                Piece::Placeholder(written, placeholder) => {
                    check(written, placeholder, table)?;
                    Part::Placeholder(placeholder)
                }
            });
        }
        Ok(Self {
            parts,
            rows: rows.cloned(),
        })
    }

    pub fn is_fixed(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Fixed(_)))
    }

    /// Whether it takes values from the rows of a file.
    pub fn has_rows(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| matches!(part, Part::Placeholder(Placeholder::Csv(_))))
    }

    /// Replaces what is fixed, such as variables of the environment, which have no placeholders.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn filled(mut self, fill: impl Fn(&str) -> Result<String>) -> Result<Self> {
        for part in &mut self.parts {
            if let Part::Fixed(text) = part {
                *text = fill(text)?;
            }
        }
        Ok(self)
    }

    /// The value of one call.
    pub fn render(&self, values: &mut Values) -> String {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Fixed(text) => out.extend_from_slice(text.as_bytes()),
                Part::Placeholder(placeholder) => {
                    placeholder.put(values, self.rows.as_deref(), &mut out);
                }
            }
        }
        // It is made of texts.
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Metadata has printable ASCII (gRPC over HTTP/2, Custom-Metadata).
fn check(written: &str, placeholder: Placeholder, rows: Option<&Rows>) -> Result<()> {
    let (Placeholder::Csv(column), Some(rows)) = (placeholder, rows) else {
        return Ok(());
    };
    let is_printable = |cell: &str| cell.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match rows.column(column).position(|cell| !is_printable(cell)) {
        None => Ok(()),
        Some(row) => Err(Error::usage(format!(
            "{written} does not fit metadata: {} is not printable ASCII",
            rows.place(row, column)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(call: u64) -> Values {
        Values {
            call,
            worker: 3,
            random: fastrand::Rng::with_seed(1),
        }
    }

    #[test]
    fn placeholders_are_filled_in() {
        let rows = Arc::new(Rows::from_text("name\nAlice\nBob\n"));
        let template =
            HeaderTemplate::new("{{csv name}} {{call}}/{{worker}}", Some(&rows)).unwrap();
        assert!(!template.is_fixed());
        assert_eq!(template.render(&mut values(0)), "Alice 0/3");
        assert_eq!(template.render(&mut values(1)), "Bob 1/3");
    }

    #[test]
    fn each_occurrence_is_its_own_value() {
        let template = HeaderTemplate::new("{{uuid}}{{uuid}}", None).unwrap();
        let value = template.render(&mut values(0));
        assert_eq!(value.len(), 72);
        assert_ne!(value[..36], value[36..]);
    }

    #[test]
    fn a_value_without_placeholders_is_fixed() {
        let template = HeaderTemplate::new("${HOME} {x}", None).unwrap();
        assert!(template.is_fixed());
        assert_eq!(template.render(&mut values(0)), "${HOME} {x}");
    }

    #[test]
    fn cells_that_metadata_cannot_have_are_refused() {
        let rows = Arc::new(Rows::from_text("name\nAlice\nBjörn\n"));
        let error = HeaderTemplate::new("{{csv name}}", Some(&rows)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "{{csv name}} does not fit metadata: rows.csv, line 3, column \"name\" is not printable ASCII"
        );
    }
}
