//! Requests that are filled in: the template of a request at the prompt, or in the user's editor.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use prost_reflect::MethodDescriptor;
use tempfile::TempDir;

use super::bare::{EDIT, command};
use super::prompt::Start;
use super::reader::Prompt;
use super::state::Shell;
use super::words::{Piece, Statement, Then, Word};
use crate::cli::Command;
use crate::commands::config::run_editor;
use crate::error::{Error, Result};
use crate::protobuf::Layouts;
use crate::protobuf::json::{self, ReadOptions};
use crate::schema::render::template::request_template;

/// The method of a call without fields and data, if its request has fields.
fn bare_call(prompt: &Prompt, statement: &Statement) -> Option<MethodDescriptor> {
    let Command::Call(args) = command(statement)? else {
        return None;
    };
    if statement.here.is_some() || args.request.data.is_some() || !args.request.fields.is_empty() {
        return None;
    }
    let method = prompt.method(&args.method)?;
    (method.input().fields().len() > 0).then_some(method)
}

/// The line with the template of the request, to be edited at the prompt, with its first value selected. An empty request
/// just goes.
pub fn of(prompt: &Prompt, statement: &Statement) -> Option<Start> {
    if statement.then != Then::Print {
        return None;
    }
    let method = bare_call(prompt, statement)?;
    if method.is_client_streaming() {
        return None;
    }
    let template = request_template(&method.input());
    let template = template.json.trim_end();
    let command = format!("{} -d ", statement.text);
    let first = first_value(template);
    Some(Start {
        selected: command.len() + first.start..command.len() + first.end,
        text: command + template,
    })
}

/// The first text, without its quotation marks, number or keyword in JSON that is not a name; or else its end.
fn first_value(json: &str) -> Range<usize> {
    let mut at = 0;
    while let Some(rest) = json.get(at..)
        && let Some(c) = rest.chars().next()
    {
        if c == '"' {
            let len = rest.get(1..).and_then(|text| text.find('"'));
            let end = at + 1 + len.unwrap_or(rest.len() - 1);
            let is_name = json.get(end + 1..).is_some_and(|it| it.starts_with(':'));
            if !is_name {
                return at + 1..end;
            }
            at = end + 1;
        } else if c.is_alphanumeric() || c == '-' {
            let is_part = |c: char| c.is_alphanumeric() || "+-.".contains(c);
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            return at..at + len;
        } else {
            at += c.len_utf8();
        }
    }
    json.len()..json.len()
}

/// A statement with `--edit`, its request written in the editor.
///
/// # Errors
/// When the editor cannot be run, or the request is not filled in.
pub async fn edited(
    shell: &Shell<'_>,
    prompt: &Prompt,
    statement: &Statement,
) -> Result<Option<Statement>> {
    let wants = statement
        .words
        .iter()
        .any(|word| word.literal() == Some(EDIT));
    if !wants {
        return Ok(None);
    }
    let mut statement = statement.clone();
    statement.words.retain(|word| word.literal() != Some(EDIT));
    let text = statement.text.replace(EDIT, "");
    text.trim().clone_into(&mut statement.text);
    let request = request(prompt, &statement).await;
    let request = request.map_err(|error| shell.reported(error))?;
    for text in ["-d".to_owned(), request] {
        statement.words.push(Word {
            pieces: vec![Piece::Text(text)],
            ..Word::default()
        });
    }
    Ok(Some(statement))
}

async fn request(prompt: &Prompt, statement: &Statement) -> Result<String> {
    if prompt.helper.known().schema.is_none() {
        return Err(Error::failed("the schema is not known yet"));
    }
    let method = bare_call(prompt, statement).ok_or_else(|| {
        Error::usage(format!("{EDIT} is for a call whose request is not given"))
            .hinted("as in GetPerson --edit")
    })?;
    let cannot =
        |why: std::io::Error| Error::failed("cannot write the request to a file").caused_by(why);
    let folder = TempDir::new().map_err(cannot)?;
    let path = folder.path().join("request.json");
    let template = request_template(&method.input()).json;
    let mut text = template.clone();
    let mut mistake: Option<String> = None;
    loop {
        let mut page = String::new();
        for line in mistake.iter().flat_map(|mistake| mistake.lines()) {
            let _ = writeln!(page, "# {line}");
        }
        if mistake.is_some() {
            page.push_str("# Without a request, there is no call.\n");
        }
        page.push_str(&text);
        std::fs::write(&path, page).map_err(cannot)?;
        let edited = open(&path).await?;
        let lines = edited.lines().filter(|line| !line.starts_with('#'));
        text = lines.collect::<Vec<_>>().join("\n") + "\n";
        // As in git, an editor that was left without a change cancels.
        if text.trim().is_empty() || text.trim() == template.trim() {
            return Err(Error::failed(
                "the request was not filled in, and no call was made",
            ));
        }
        let mut layouts = Layouts::new(method.parent_pool().clone());
        let root = layouts.compile(&method.input());
        let next = match json::read(&mut layouts, root, text.as_bytes(), ReadOptions::default()) {
            Ok(_) => return Ok(text),
            Err(found) => format!(
                "line {}, column {}{}: {}",
                found.position.line,
                found.position.column,
                if found.field.is_empty() {
                    String::new()
                } else {
                    format!(", field {}", found.field)
                },
                found.message
            ),
        };
        if mistake.as_ref() == Some(&next) {
            return Err(Error::failed(format!("the request is not valid: {next}")));
        }
        mistake = Some(next);
    }
}

/// Runs the editor, and reads what it wrote.
async fn open(path: &Path) -> Result<String> {
    let edited = path.to_owned();
    let ran = tokio::task::spawn_blocking(move || run_editor(&edited)).await;
    ran.unwrap_or_else(|_| Err(Error::interrupted()))?;
    std::fs::read_to_string(path)
        .map_err(|error| Error::failed("cannot read the request").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_not_a_name() {
        for (json, first) in [
            (r#"{ "a": "", "b": "x" }"#, ""),
            (r#"{ "a": { "b": "NONE" } }"#, "NONE"),
            (r#"{ "a": [ -1.5 ] }"#, "-1.5"),
            (r#"{ "a": false }"#, "false"),
            (r#"{ "a": {} }"#, ""),
        ] {
            assert_eq!(json.get(first_value(json)), Some(first), "{json}");
        }
    }
}
