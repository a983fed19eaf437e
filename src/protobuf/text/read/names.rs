//! Names in the text format: which field has one, and what may have been meant when none has.

use super::SyntaxError;
use crate::protobuf::layout::{Field, Layout, Layouts};
use crate::protobuf::suggest::suggest_field;
use crate::schema::{did_you_mean, nearest};

/// Error messages quote no more of a name than this.
const QUOTED: usize = 80;

/// The field of that name. A group goes by its type's name, and by its own.
pub fn find<'a>(layout: &'a Layout, name: &str) -> Option<(u16, &'a Field)> {
    // The layout's table has JSON names too, which are not names in this format.
    layout
        .by_name(name)
        .filter(|(_, field)| *field.name == *name)
        .or_else(|| {
            (0..u16::MAX)
                .zip(&layout.fields)
                .find(|(_, field)| *field.name == *name || *field.text_name == *name)
        })
}

/// Whether a message reserves a name: the value of such a field is ignored.
pub fn is_reserved(layouts: &Layouts, layout: &Layout, name: &str) -> bool {
    layouts
        .message(&layout.full_name)
        .is_some_and(|message| message.reserved_names().any(|reserved| reserved == name))
}

/// The error about a name that no field has.
pub fn unknown(layout: &Layout, name: &str, is_extension: bool, at: usize) -> SyntaxError {
    let mut error = SyntaxError::new(
        at,
        if is_extension {
            format!("{} has no extension [{name}]", layout.full_name)
        } else {
            format!("{} has no field {}", layout.full_name, quoted(name))
        },
    );
    let names = layout.fields.iter().map(|field| &*field.text_name);
    error.hint = if let Some((_, field)) = layout.by_name(name) {
        // It may be the name in JSON.
        Some(format!("did you mean {:?}?", field.text_name))
    } else if is_extension {
        let names = names.filter(|name| name.starts_with('['));
        did_you_mean(nearest(&format!("[{name}]"), names))
    } else {
        suggest_field(name, names)
    };
    error
}

/// Checks what is in brackets: the full name of an extension, or of a type with a domain in front.
pub fn check(name: &str) -> Result<(), String> {
    let (domain, type_name) = match name.rsplit_once('/') {
        Some((domain, type_name)) => (Some(domain), type_name),
        None => (None, name),
    };
    if domain.is_some_and(|domain| domain.is_empty() || domain.starts_with('/')) {
        return Err(format!("the type URL {} has no domain", quoted(name)));
    }
    let mut escapes = domain.unwrap_or_default().split('%').skip(1);
    if !escapes.all(|after| {
        let mut digits = after.bytes().take(2);
        (0..2).all(|_| digits.next().is_some_and(|digit| digit.is_ascii_hexdigit()))
    }) {
        return Err(format!(
            "the type URL {} has a % without two hexadecimal digits",
            quoted(name)
        ));
    }
    let is_name = type_name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    if !is_name {
        return Err(format!("{} is not a full name", quoted(type_name)));
    }
    Ok(())
}

/// A name in an error message. In the text format names are ASCII.
pub fn quoted(name: &str) -> String {
    match name.get(..QUOTED) {
        Some(start) if name.len() > QUOTED => format!("\"{start}…\""),
        _ => format!("\"{name}\""),
    }
}
