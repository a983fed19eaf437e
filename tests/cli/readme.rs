//! README.md agrees with the program.

use std::path::Path;

use routeguide::exit;

/// A text without markup and line breaks.
fn flat(text: &str) -> String {
    let plain = text.replace(['|', '`', '*'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the exit code table, each a code and its meaning. A line that is indented further continues its row.
fn rows() -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for line in exit::TABLE.lines() {
        let indent = line.len() - line.trim_start().len();
        match rows.last_mut() {
            Some(row) if indent > 4 => {
                row.push(' ');
                row.push_str(line);
            }
            _ => rows.push(line.to_owned()),
        }
    }
    rows.iter().map(|row| flat(row)).collect()
}

#[test]
fn the_readme_has_every_exit_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = flat(&std::fs::read_to_string(path).expect("README.md"));
    let rows = rows();
    assert_eq!(rows.len(), 5, "{rows:#?}");
    for row in rows {
        assert!(readme.contains(&row), "not in README.md: {row}");
    }
}
