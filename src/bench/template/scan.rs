//! Texts with placeholders → texts with sentinels.

use std::sync::Arc;

use super::holes::{DIGITS, Holes};
use super::placeholder::{Piece, pieces};
use crate::bench::rows::Rows;
use crate::error::{Error, Result};

/// Texts whose placeholders were replaced.
#[derive(Debug)]
pub struct Scanned {
    /// In their order.
    pub texts: Vec<String>,
    pub holes: Holes,
}

/// How often other sentinels are tried. That one is in the texts by chance is unlikely once.
const ATTEMPTS: u64 = 16;

/// Replaces the placeholders of texts that requests are made from: `-d`, or all FIELD arguments together.
///
/// # Errors
/// When a placeholder does not exist.
pub fn scan(texts: &[&str], rows: Option<&Arc<Rows>>) -> Result<Scanned> {
    let all: Vec<Vec<Piece<'_>>> = texts
        .iter()
        .map(|text| pieces(text, rows.map(AsRef::as_ref)))
        .collect::<Result<_>>()?;
    for attempt in 0..ATTEMPTS {
        let first = fastrand::Rng::with_seed(attempt).u32(..);
        let mut holes = Holes::new(rows.cloned());
        let mut replaced = Vec::new();
        for pieces in &all {
            replaced.push(replace(pieces, first, &mut holes)?);
        }
        if is_clear(&all, &replaced, &holes) {
            let texts = replaced.into_iter().map(|(text, _)| text).collect();
            return Ok(Scanned { texts, holes });
        }
    }
    Err(Error::failed(
        "the request has too many long numbers for placeholders",
    ))
}

/// The text with sentinels, and where they are.
fn replace(pieces: &[Piece<'_>], first: u32, holes: &mut Holes) -> Result<(String, Vec<usize>)> {
    let (mut text, mut places) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Placeholder(written, placeholder) => {
                let sentinel = holes.add(written, *placeholder, first);
                let sentinel =
                    sentinel.ok_or_else(|| Error::failed("there are too many placeholders"))?;
                places.push(text.len());
                text.push_str(&sentinel.to_string());
            }
        }
    }
    Ok((text, places))
}

/// Whether the sentinels are where they were put and nowhere else, and no other number is near one.
fn is_clear(all: &[Vec<Piece<'_>>], replaced: &[(String, Vec<usize>)], holes: &Holes) -> bool {
    let are_found = replaced.iter().all(|(text, places)| {
        let found = holes.in_text(text);
        found.len() == places.len() && found.iter().zip(places).all(|((at, _), place)| at == place)
    });
    are_found
        && all.iter().flatten().all(|piece| match piece {
            Piece::Text(text) => !has_near(text, holes),
            Piece::Placeholder(..) => true,
        })
}

/// Whether a number of as many digits is near a sentinel, which it could not be told from as a float.
fn has_near(text: &str, holes: &Holes) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.filter(|digits| digits.len() == DIGITS);
    numbers.any(|digits| digits.parse().is_ok_and(|number| holes.is_near(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_gets_a_number_of_its_own() {
        let scanned = scan(
            &[r#"{"a": "{{call}}{{call}}-{{ uuid }}"}"#, "b={{worker}}"],
            None,
        )
        .unwrap();
        let [first, second] = scanned.texts.as_slice() else {
            panic!("two texts");
        };
        assert_eq!(first.len(), r#"{"a": ""}"#.len() + 3 * DIGITS + 1);
        assert!(second.starts_with("b=") && second.len() == 2 + DIGITS);
        assert_eq!(
            scanned.holes.restore(first),
            r#"{"a": "{{call}}{{call}}-{{ uuid }}"}"#
        );
        assert_eq!(scanned.holes.restore(second), "b={{worker}}");
    }

    #[test]
    fn numbers_that_are_in_the_text_are_avoided() {
        let taken = scan(&["{{call}}"], None).unwrap().texts.remove(0);
        for text in [
            format!("{taken} {{{{call}}}}"),
            format!("5{taken}5{{{{call}}}}"),
            format!("{}000 {{{{call}}}}", &taken[..6]),
        ] {
            let scanned = scan(&[&text], None).unwrap();
            assert!(!scanned.texts[0].ends_with(&taken), "{text}");
        }
    }

    #[test]
    fn a_text_without_placeholders_stays_as_it_is() {
        let text = r#"{"a": {"b": {}}, "c": "}} {"}"#;
        assert_eq!(scan(&[text], None).unwrap().texts, [text]);
    }

    #[test]
    fn sentinels_are_floats_of_their_own() {
        let text = "{{call}}".repeat(2000);
        let scanned = scan(&[&text], None).unwrap();
        let mut floats: Vec<f32> = scanned.texts[0]
            .as_bytes()
            .chunks(DIGITS)
            .map(|digits| std::str::from_utf8(digits).unwrap().parse().unwrap())
            .collect();
        assert!(
            floats
                .iter()
                .all(|float| scanned.holes.float(*float).is_some())
        );
        floats.sort_by(f32::total_cmp);
        floats.dedup();
        assert_eq!(floats.len(), 2000);
    }

    fn error(text: &str) -> (String, Option<String>) {
        let rows = Rows::from_text("name,first name\nA,B\n");
        let error = scan(&[text], Some(&Arc::new(rows))).unwrap_err();
        (error.to_string(), error.hint().map(str::to_owned))
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, message, hint) in [
            (
                "{{cal}}",
                "unknown placeholder {{cal}}",
                Some(
                    "did you mean call? there are {{call}}, {{worker}}, {{uuid}}, {{random LOW HIGH}}, {{csv COLUMN}}",
                ),
            ),
            (
                "{{call",
                "the placeholder {{call has no end",
                Some("it ends with }}"),
            ),
            ("{{uuid 4}}", "{{uuid 4}}: uuid takes no argument", None),
            (
                "{{random 5}}",
                "{{random 5}}: expected two integers, as in {{random 1 6}}",
                None,
            ),
            (
                "{{random 1 6 2}}",
                "{{random 1 6 2}}: expected two integers, as in {{random 1 6}}",
                None,
            ),
            ("{{random 6 1}}", "{{random 6 1}}: 6 is more than 1", None),
            (
                "{{random 0 18446744073709551616}}",
                "{{random 0 18446744073709551616}}: the integers do not have 64 bits",
                None,
            ),
            (
                "{{csv}}",
                "{{csv}}: expected a column, as in {{csv name}}",
                None,
            ),
            (
                "{{csv age}}",
                "{{csv age}}: there is no column \"age\"",
                Some("the columns are name, first name"),
            ),
        ] {
            assert_eq!(
                error(text),
                (message.to_owned(), hint.map(str::to_owned)),
                "{text}"
            );
        }
        let error = scan(&["{{csv name}}"], None).unwrap_err();
        assert_eq!(error.to_string(), "{{csv name}}: there is no file of rows");
        assert!(
            scan(
                &["{{csv first name}}"],
                Some(&Arc::new(Rows::from_text("first name\nA\n")))
            )
            .is_ok()
        );
    }
}
