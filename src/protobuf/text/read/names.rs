//! Names in the text format: whose they are, and what was meant if they are nobody's.

use super::Fault;
use crate::protobuf::layout::{Field, Layout, Layouts};
use crate::schema::nearest;

/// Error messages quote no more of a name than this.
const QUOTED: usize = 80;

/// A hint lists no more names than this.
const LISTED: usize = 20;

/// The field of that name. A group goes by its type's name, and by its own.
pub fn find<'a>(layout: &'a Layout, name: &str) -> Option<(u16, &'a Field)> {
    // The layout's table has JSON names too, which are none in this format.
    layout
        .by_name(name)
        .filter(|(_, field)| *field.name == *name)
        .or_else(|| {
            (0..u16::MAX)
                .zip(&layout.fields)
                .find(|(_, field)| *field.name == *name || *field.text_name == *name)
        })
}

/// A name that a message has had, or may never have: what is written for it is ignored.
pub fn is_reserved(layouts: &Layouts, layout: &Layout, name: &str) -> bool {
    layouts
        .pool()
        .get_message_by_name(&layout.full_name)
        .is_some_and(|message| message.reserved_names().any(|reserved| reserved == name))
}

/// The error about a name that no field has.
pub fn unknown(layout: &Layout, name: &str, is_extension: bool, at: usize) -> Fault {
    let mut fault = Fault::new(
        at,
        if is_extension {
            format!("{} has no extension [{name}]", layout.full_name)
        } else {
            format!("{} has no field {}", layout.full_name, quoted(name))
        },
    );
    let names = layout.fields.iter().map(|field| &*field.text_name);
    fault.hint = if let Some((_, field)) = layout.by_name(name) {
        // Somebody may know a field by its name in JSON.
        Some(format!("did you mean {:?}?", field.text_name))
    } else if is_extension {
        let names = names.filter(|name| name.starts_with('['));
        nearest(&format!("[{name}]"), names).map(|near| format!("did you mean {near}?"))
    } else {
        meant(name, "fields", names.collect())
    };
    fault
}

/// The hint for a name that is none of those.
pub fn meant(name: &str, what: &str, mut names: Vec<&str>) -> Option<String> {
    if let Some(near) = nearest(name, names.iter().copied()) {
        return Some(format!("did you mean {near:?}?"));
    }
    if names.len() > LISTED {
        names.truncate(LISTED);
        names.push("…");
    }
    (!names.is_empty()).then(|| format!("its {what} are {}", names.join(", ")))
}

/// Checks what was in brackets: the full name of an extension, or of a type with a domain before it.
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
        return Err(format!("{} is no full name", quoted(type_name)));
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
