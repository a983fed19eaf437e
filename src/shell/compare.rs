//! What changed between two outputs: the marks of `watch`, and `diff`.

use std::fmt::Write as _;
use std::time::Duration;

use similar::{ChangeTag, DiffTag, TextDiff};

use super::state::Shell;
use crate::error::{Error, Result};
use crate::output::{MessageWriter, Style};
use crate::session::record::Reply;

/// The new text, its lines behind `  `, or `+ ` where they are new, and what is gone behind `- `.
pub fn marked(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let mark = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Insert => '+',
            ChangeTag::Delete => '-',
        };
        let _ = write!(text, "{mark} {}", change.value());
        if !change.value().ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// `diff [METHOD]`: the last two replies of a method side by side.
///
/// # Errors
/// When there are not two.
pub async fn diff(shell: &mut Shell<'_>, method: Option<&str>) -> Result<()> {
    let last = shell.last()?.method;
    let method = match method {
        None => last,
        Some(name) => shell
            .context
            .recorder
            .method(name)
            .ok_or_else(|| Error::failed(format!("there was no call of {name} yet")))?,
    };
    let [Some(before), Some(now)] = shell.context.recorder.replies(method.full_name()) else {
        return Err(Error::failed(format!(
            "there are no two replies of {} yet",
            method.full_name()
        )));
    };
    let mut writer = MessageWriter::new(&method.output(), Style::json(true, false, false));
    let mut text = |bytes: &[u8]| {
        let mut out = Vec::new();
        writer.write(bytes, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    };
    let (left, right) = (text(&before.message)?, text(&now.message)?);
    let width = shell.context.terminal.width();
    let service = method.parent_service();
    let mut shown = format!("{}/{}\n", service.full_name(), method.name());
    shown += &side_by_side((&heading(&before), &left), (&heading(&now), &right), width);
    shell.context.print(&shown).await
}

/// Which reply of the method it is.
fn heading(reply: &Reply) -> String {
    let number = reply.number;
    match reply.at.elapsed().as_secs() {
        0 => format!("reply {number}, just now"),
        seconds => {
            let age = humantime::format_duration(Duration::from_secs(seconds));
            format!("reply {number}, {age} ago")
        }
    }
}

/// Two texts in columns below their headings, with `|` between lines that differ, `<` and `>` where only one has a line, as sdiff has them.
fn side_by_side(left: (&str, &str), right: (&str, &str), width: usize) -> String {
    let (headings, left, right) = ((left.0, right.0), left.1, right.1);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (lines(left), lines(right));
    let all = left.iter().map(String::as_str).chain([headings.0]);
    let longest = all.map(|line| line.chars().count()).max();
    let column = longest.unwrap_or(0).min(width.saturating_sub(3) / 2).max(8);
    let diff = TextDiff::from_slices(
        &left.iter().map(String::as_str).collect::<Vec<_>>(),
        &right.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .ops()
    .to_vec();
    let mut text = format!("{:column$}   {}\n", headings.0, headings.1);
    for op in diff {
        let old = left.get(op.old_range()).unwrap_or_default();
        let new = right.get(op.new_range()).unwrap_or_default();
        for at in 0..old.len().max(new.len()) {
            let mark = match (op.tag(), old.get(at), new.get(at)) {
                (DiffTag::Equal, ..) => ' ',
                (_, Some(_), Some(_)) => '|',
                (_, Some(_), None) => '<',
                _ => '>',
            };
            let cut = |line: Option<&String>| {
                let line = line.map_or("", String::as_str);
                line.chars().take(column).collect::<String>()
            };
            let line = format!("{:column$} {mark} {}", cut(old.get(at)), cut(new.get(at)));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_marked() {
        let shown = marked("{\n  a: 1\n  b: 2\n}\n", "{\n  a: 1\n  b: 3\n}\n");
        assert_eq!(shown, "  {\n    a: 1\n-   b: 2\n+   b: 3\n  }\n");
    }

    #[test]
    fn two_texts_are_side_by_side() {
        let shown = side_by_side(
            ("old", "{\n  a: 1\n  b: 2\n}\n"),
            ("new", "{\n  a: 2\n  b: 2\n  c: 3\n}\n"),
            40,
        );
        assert_eq!(
            shown,
            "old        new\n{          {\n  a: 1   |   a: 2\n  b: 2       b: 2\n         >   c: 3\n}          }\n"
        );
    }
}
