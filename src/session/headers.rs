//! `-H` arguments and settings → metadata: literal headers, files of them (`@FILE`), and variables of the environment (`${NAME}`), so that
//! no secret has to be on a command line, where every user of the machine can read it.

use std::path::Path;

use tonic::metadata::MetadataMap;

use crate::config::{self, File, Settings, read_text};
use crate::error::{Error, Result};
use crate::transport::metadata::add;

/// Headers of arguments.
#[derive(Debug)]
pub struct Given {
    pub metadata: MetadataMap,
    /// As they are written: a file of them can be read only once.
    pub written: Vec<String>,
}

/// The headers of these arguments. `variable` looks up the environment.
///
/// # Errors
/// When a file cannot be read, a variable is not set, or a header is not valid.
pub fn headers_of(
    arguments: &[String],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Given> {
    let (mut metadata, mut written) = (MetadataMap::new(), Vec::new());
    for_each(arguments, |line| {
        add(&mut metadata, &expand(line, variable)?)?;
        written.push(line.to_owned());
        Ok(())
    })?;
    Ok(Given { metadata, written })
}

/// Fills in the variables of a part of a header.
///
/// # Errors
/// When one is not set.
pub fn fill(text: &str) -> Result<String> {
    expand(text, &|name| std::env::var(name).ok())
}

/// Makes these arguments settings of a shell.
///
/// # Errors
/// As [`headers_of`].
pub fn set(settings: &mut Settings, arguments: &[String]) -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut values: Vec<(String, Vec<String>)> = Vec::new();
    // Unexpanded: `copy` and the history must not have what is in a variable.
    for_each(arguments, |line| {
        add(&mut MetadataMap::new(), &expand(line, &variable)?)?;
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let (name, value) = (name.trim().to_lowercase(), value.trim().to_owned());
        match values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => values.push((name, vec![value])),
        }
        Ok(())
    })?;
    for (name, values) in values {
        settings.set_header(&name, values);
    }
    Ok(())
}

/// Passes on each header of the arguments, as it is written.
fn for_each(arguments: &[String], mut work: impl FnMut(&str) -> Result<()>) -> Result<()> {
    for argument in arguments {
        match argument.strip_prefix('@') {
            Some(path) => {
                let lines = read_text(Path::new(path)).map_err(|error| error.about("-H"))?;
                for (number, line) in (1..).zip(lines.lines()) {
                    let line = line.trim();
                    // As in curl's files of headers.
                    if !(line.is_empty() || line.starts_with('#')) {
                        work(line)
                            .map_err(|error| error.about(format!("{path}, line {number}")))?;
                    }
                }
            }
            None => work(argument)?,
        }
    }
    Ok(())
}

/// Adds the headers of the settings, except those that the arguments have.
///
/// # Errors
/// When a value cannot be had, or a header is not valid.
pub fn add_settings(metadata: &mut MetadataMap, settings: &Settings) -> Result<()> {
    let given = metadata.clone();
    let wanted = settings
        .headers()
        .filter(|(name, _)| !given.contains_key(*name));
    for (name, setting) in wanted {
        for value in settings.header_values(setting)? {
            let line = format!("{name}: {value}");
            // What is typed may name variables, which are looked up for each call.
            let line = if setting.origin == config::Origin::Shell {
                expand(&line, &|name| std::env::var(name).ok())?
            } else {
                line
            };
            let added = add(metadata, &line);
            added.map_err(|error| error.about(&setting.origin))?;
        }
    }
    Ok(())
}

/// The headers of a configuration file that are not valid, as far as they are written out.
pub fn mistakes(file: &File) -> Vec<Error> {
    let mut mistakes = Vec::new();
    for (name, setting) in file.profiles.values().flat_map(|it| &it.headers) {
        if let config::Source::Literal(values) = &setting.source {
            let added = values.iter().filter_map(|value| {
                add(&mut MetadataMap::new(), &format!("{name}: {value}")).err()
            });
            mistakes.extend(added.map(|error| error.about(&setting.origin)));
        }
    }
    mistakes
}

/// Replaces `${NAME}` by the variable's value; `$${` is `${`.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(Error::usage(format!(
                "invalid header: ${{{name}}} does not name a variable"
            ))
            .hinted("for the text ${ itself, write $${"));
        }
        let value = variable(name).ok_or_else(|| {
            Error::usage(format!("invalid header: the variable {name} is not set"))
                .hinted("for the text ${ itself, write $${")
        })?;
        out.push_str(before);
        // A file that became a variable ends with a newline, which no header can have.
        out.push_str(value.trim_end_matches(['\r', '\n']));
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String> {
        expand(text, &|name| (name == "TOKEN").then(|| "abc\n".to_owned()))
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            (
                "authorization: Bearer ${TOKEN}",
                "authorization: Bearer abc",
            ),
            ("a: ${TOKEN}${TOKEN}!", "a: abcabc!"),
            ("price: $5", "price: $5"),
            ("a: $${TOKEN}", "a: ${TOKEN}"),
            ("a: ${", "a: ${"),
        ] {
            assert_eq!(expanded(text).unwrap(), expected);
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_an_error() {
        let error = expanded("a: ${TOKNE}").unwrap_err().to_string();
        assert_eq!(error, "invalid header: the variable TOKNE is not set");
        assert!(expanded("a: ${}").is_err());
    }
}
