use super::*;

/// The words of the only statement, with variables as `<path>`, and the form of JSON ones.
fn words(text: &str) -> Vec<String> {
    let found = read(text).unwrap();
    let [statement] = found.as_slice() else {
        panic!("{found:?}");
    };
    let shown = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable { path, form } => match form {
            Form::Text => format!("<{path}>"),
            Form::Json => format!("<json {path}>"),
            Form::JsonString => format!("<string {path}>"),
        },
    };
    let words = statement.words.iter();
    words
        .map(|word| word.pieces.iter().map(shown).collect())
        .collect()
}

#[test]
fn json_needs_no_quotation_marks() {
    for (line, expected) in [
        (
            r#"call M -d {"a": [1, "}"]}"#,
            &["call", "M", "-d", r#"{"a": [1, "}"]}"#][..],
        ),
        (
            r"M tags:=[1, 2] a[0].b=c",
            &["M", "tags:=[1, 2]", "a[0].b=c"],
        ),
        (r#"M 'a b' "c d" e\ f '' "#, &["M", "a b", "c d", "e f", ""]),
        (r"M name=\@x", &["M", r"name=\@x"]),
        ("M # comment", &["M"]),
        ("M a#b", &["M", "a#b"]),
        ("assert $_.age >= 18", &["assert", "<_.age>", ">=", "18"]),
        ("a \\\n  b", &["a", "b"]),
    ] {
        assert_eq!(words(line), expected, "{line}");
    }
}

#[test]
fn variables_are_found_outside_of_single_quotes() {
    for (line, expected) in [
        ("M name=$alice.name", &["M", "name=<alice.name>"][..]),
        (
            "M '$a' \"$a.b $$\" $$a $5 a$",
            &["M", "$a", "<a.b> $", "$a", "$5", "a$"],
        ),
        ("M a:=$x.tags[0]", &["M", "a:=<json x.tags[0]>"]),
        (
            r#"M -d {"a": $x, "b": "to $x.name."}"#,
            &["M", "-d", r#"{"a": <json x>, "b": "to <string x.name>."}"#],
        ),
        ("-H ${TOKEN}", &["-H", "${TOKEN}"]),
    ] {
        assert_eq!(words(line), expected, "{line}");
    }
}

#[test]
fn output_goes_to_a_command_or_a_file() {
    let then = |line: &str| read(line).unwrap().remove(0).then;
    assert_eq!(
        then("list | grep 'a;b' | wc"),
        Then::Pipe("grep 'a;b' | wc".to_owned())
    );
    assert!(matches!(
        then("list >> out"),
        Then::File { append: true, .. }
    ));
    assert!(matches!(
        then("list > 'a b'"),
        Then::File { append: false, .. }
    ));
    assert_eq!(then("list | (a; b) # c's"), Then::Pipe("(a; b)".to_owned()));
    assert_eq!(then("assert 1 == 1 | wc"), Then::Pipe("wc".to_owned()));
    assert_eq!(then("M a>b"), Then::Print);
}

#[test]
fn statements_end_with_a_semicolon_or_a_line() {
    let found = read("a; b 'x;y'\n\nc {\n1}\nd").unwrap();
    let lines: Vec<_> = found.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(lines, [(0, "a"), (0, "b 'x;y'"), (2, "c {\n1}"), (4, "d")]);
}

#[test]
fn a_here_document_ends_with_its_marker() {
    let found = read("M <<END\nAlice\nBob\nEND\nlist").unwrap();
    assert_eq!(found[0].here.as_deref(), Some("Alice\nBob\n"));
    assert_eq!(found[1].text, "list");
    let found = read("M <<A; N <<B; list # x\n1\nA\n2\nB\n").unwrap();
    let here: Vec<_> = found.iter().map(|it| it.here.as_deref()).collect();
    assert_eq!(here, [Some("1\n"), Some("2\n"), None]);
    assert_eq!(found[2].text, "list");
}

#[test]
fn what_is_open_is_named() {
    for (line, missing, at) in [
        ("M 'a", "'", 2),
        ("M \"a", "\"", 2),
        ("M {\"a\": [1", "]", 8),
        ("M {\"a", "\"", 3),
        ("M <<END\nAlice\n", "the line END", 2),
        ("M | jq '", "'", 7),
        ("M \\", "the next line", 2),
        ("M \\\n", "the next line", 3),
    ] {
        let missing = missing.to_owned();
        assert_eq!(read(line), Err(Open { missing, at }), "{line}");
    }
}
