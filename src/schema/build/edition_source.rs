//! .proto files with an edition, which protox 0.10 cannot parse, rewritten as proto2, which it can: `syntax` for
//! `edition`, `optional` before fields, quotes around reserved names. To protox, features are options like any other, so
//! that its descriptor is right once it has its edition back (see [`super::encoded_file::with_edition`]). Lines keep their
//! numbers, and columns can be mapped back (see [`Rewritten::column`]).

use super::editions;

/// A rewritten file.
#[derive(Clone, Debug)]
pub struct Rewritten {
    pub text: String,
    /// The number of the edition.
    pub edition: i32,
    edits: Vec<Edit>,
}

/// A replacement within one line.
#[derive(Clone, Copy, Debug)]
struct Edit {
    line: usize,
    /// In the rewritten line, from zero.
    column: usize,
    /// Lengths in bytes.
    old: usize,
    new: usize,
}

impl Rewritten {
    /// The original column of a column in the rewritten line. Lines and columns count from one.
    pub fn column(&self, line: usize, column: usize) -> usize {
        let mut original = column;
        for edit in self.edits.iter().filter(|edit| edit.line == line) {
            if column > edit.column + edit.new {
                original = (original + edit.old).saturating_sub(edit.new);
            }
        }
        original
    }
}

/// Rewrites a file that starts with a known edition. `None` for any other file: protox reads it, or reports its errors.
pub fn rewrite(source: &str) -> Option<Rewritten> {
    let tokens = tokens(source);
    let [edition, equals, number, ..] = tokens.as_slice() else {
        return None;
    };
    if edition.text != "edition" || equals.text != "=" {
        return None;
    }
    let quoted = number.text.trim_matches(['"', '\'']);
    let mut writer = Writer {
        source,
        done: 0,
        text: String::with_capacity(source.len() + source.len() / 4),
        edits: Vec::new(),
    };
    writer.replace(edition, "syntax");
    writer.replace(number, "\"proto2\"");
    let edition = editions::edition_number(quoted.as_bytes())?;
    body(tokens.get(3..).unwrap_or_default(), &mut writer);
    writer
        .text
        .push_str(source.get(writer.done..).unwrap_or_default());
    Some(Rewritten {
        text: writer.text,
        edition,
        edits: writer.edits,
    })
}

struct Writer<'a> {
    source: &'a str,
    /// How much of the source has been written.
    done: usize,
    text: String,
    edits: Vec<Edit>,
}

impl Writer<'_> {
    fn replace(&mut self, token: &Token<'_>, with: &str) {
        let before = self.source.get(self.done..token.at).unwrap_or_default();
        self.text.push_str(before);
        let line_start = self.text.rfind('\n').map_or(0, |at| at + 1);
        self.edits.push(Edit {
            line: 1 + memchr::memchr_iter(b'\n', self.text.as_bytes()).count(),
            column: self.text.len() - line_start,
            old: token.text.len(),
            new: with.len(),
        });
        self.text.push_str(with);
        self.done = token.at + token.text.len();
    }
}

/// What the statements in a pair of braces belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    File,
    Message,
    /// Its fields have no labels.
    Oneof,
    Extend,
    Enum,
    Service,
    /// The options of a method.
    Method,
}

/// Goes through the statements. It does not check them: protox reports what is wrong.
fn body(tokens: &[Token<'_>], writer: &mut Writer<'_>) {
    let mut blocks = vec![Block::File];
    let mut rest = tokens;
    while let [token, tail @ ..] = rest {
        let block = blocks.last().copied().unwrap_or(Block::File);
        let next = tail.first().map_or("", |next| next.text);
        rest = match token.text {
            ";" => tail,
            "}" => {
                blocks.pop();
                tail
            }
            // Symbol visibility (edition 2024) only matters to compilers.
            "export" | "local" if matches!(next, "message" | "enum") => {
                writer.replace(token, &" ".repeat(token.text.len()));
                tail
            }
            keyword => match opened(block, keyword) {
                Some(inner) if is_name(next) => open(tail, inner, &mut blocks),
                _ => {
                    statement(block, token, tail, writer);
                    end_of_statement(rest)
                }
            },
        };
    }
}

/// The block that a keyword opens.
fn opened(block: Block, keyword: &str) -> Option<Block> {
    match (block, keyword) {
        (Block::File | Block::Message, "message") => Some(Block::Message),
        (Block::File | Block::Message, "enum") => Some(Block::Enum),
        (Block::File | Block::Message, "extend") => Some(Block::Extend),
        (Block::Message, "oneof") => Some(Block::Oneof),
        (Block::File, "service") => Some(Block::Service),
        (Block::Service, "rpc") => Some(Block::Method),
        _ => None,
    }
}

fn open<'a, 'b>(
    mut rest: &'a [Token<'b>],
    inner: Block,
    blocks: &mut Vec<Block>,
) -> &'a [Token<'b>] {
    while let [token, tail @ ..] = rest {
        rest = tail;
        match token.text {
            "{" => {
                blocks.push(inner);
                break;
            }
            ";" => break,
            _ => {}
        }
    }
    rest
}

/// Rewrites one statement that does not open a block.
fn statement(block: Block, first: &Token<'_>, tail: &[Token<'_>], writer: &mut Writer<'_>) {
    match (block, first.text) {
        (Block::File, "import") => {
            // `import option` (edition 2024) is treated as a plain import.
            if let Some(option) = tail.first().filter(|token| token.text == "option") {
                writer.replace(option, "      ");
            }
        }
        (Block::Message | Block::Enum, "reserved") => {
            let list = tail.iter().take_while(|token| token.text != ";");
            // In a list of numbers, `to` and `max` are not names.
            let of_names = tail.first().is_some_and(|token| is_name(token.text));
            for name in list.filter(|token| of_names && is_name(token.text)) {
                writer.replace(name, &format!("\"{}\"", name.text));
            }
        }
        (Block::Message, "option" | "extensions" | "map")
        | (Block::Message | Block::Extend, "optional" | "repeated" | "required") => {}
        (Block::Message | Block::Extend, name) if name == "." || is_name(name) => {
            writer.replace(
                &Token {
                    text: "",
                    at: first.at,
                },
                "optional ",
            );
        }
        _ => {}
    }
}

/// What follows the statement: after its semicolon, or from the brace that ends its block.
fn end_of_statement<'a, 'b>(mut rest: &'a [Token<'b>]) -> &'a [Token<'b>] {
    let mut depth = 0_usize;
    while let [token, tail @ ..] = rest {
        match token.text {
            "{" | "[" => depth += 1,
            "}" | "]" if depth > 0 => depth -= 1,
            "}" => break,
            ";" if depth == 0 => return tail,
            _ => {}
        }
        rest = tail;
    }
    rest
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A word, a string literal or a single character; never white space or a comment.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    at: usize,
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' || first == '\'' {
            string_len(rest)
        } else if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (text, tail) = rest.split_at_checked(len).unwrap_or((rest, ""));
        let is_comment = text.starts_with("//") || text.starts_with("/*");
        if !(is_comment || first.is_whitespace() || first == '\u{feff}') {
            let at = source.len() - rest.len();
            tokens.push(Token { text, at });
        }
        rest = tail;
    }
    tokens
}

/// The length of the string literal at the start, quotes included. An unterminated one ends with its line.
fn string_len(text: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            None => quote = Some(c),
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => return at + 1,
            Some(_) if c == '\n' => return at,
            Some(_) => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(source: &str) -> String {
        rewrite(source).expect("an edition").text
    }

    #[test]
    fn only_files_with_a_known_edition_are_rewritten() {
        assert!(rewrite("syntax = \"proto3\";").is_none());
        assert!(rewrite("// edition = \"2023\";\nmessage A {}").is_none());
        assert!(rewrite("edition = \"1999\";").is_none());
        assert_eq!(
            rewritten("/* a */ edition = '2024'; // b"),
            "/* a */ syntax = \"proto2\"; // b"
        );
    }

    #[test]
    fn fields_get_the_label_that_proto2_requires() {
        let source = r#"edition = "2023";
message A {
  int32 x = 1 [default = 5, (o) = { a: 1; b { c: "}" } }];
  repeated .p.B y = 2;
  .p.B z = 3;
  map<string, p.B> m = 4;
  oneof choice { string s = 5; p.B b = 6; }
  message Inner { messages.Type t = 1; }
  enum E { V = 0; option allow_alias = true; }
  option deprecated = true;
  extensions 100 to max;
}
extend A { string e = 100; }
service S { rpc M(A) returns (A) { option idempotency_level = IDEMPOTENT; } rpc N(A) returns (A); }
"#;
        let expected = r#"syntax = "proto2";
message A {
  optional int32 x = 1 [default = 5, (o) = { a: 1; b { c: "}" } }];
  repeated .p.B y = 2;
  optional .p.B z = 3;
  map<string, p.B> m = 4;
  oneof choice { string s = 5; p.B b = 6; }
  message Inner { optional messages.Type t = 1; }
  enum E { V = 0; option allow_alias = true; }
  option deprecated = true;
  extensions 100 to max;
}
extend A { optional string e = 100; }
service S { rpc M(A) returns (A) { option idempotency_level = IDEMPOTENT; } rpc N(A) returns (A); }
"#;
        assert_eq!(rewritten(source), expected);
    }

    #[test]
    fn what_proto2_does_not_have_is_replaced() {
        let source = "edition = \"2024\"; import option \"o.proto\"; export message A { reserved a, b; reserved 1 to 3; }";
        assert_eq!(
            rewritten(source),
            "syntax = \"proto2\"; import        \"o.proto\";        message A { reserved \"a\", \"b\"; reserved 1 to 3; }"
        );
    }

    #[test]
    fn columns_are_those_of_the_original_file() {
        let rewritten = rewrite("edition = \"2023\";\nmessage A { int32 x 1; }").unwrap();
        let line = rewritten.text.lines().nth(1).unwrap();
        let column = 1 + line.find("1;").unwrap();
        assert_eq!(rewritten.column(2, column), 21);
        assert_eq!(rewritten.column(2, 3), 3);
    }

    #[test]
    fn incomplete_files_are_rewritten_as_far_as_they_go() {
        for source in [
            "edition=\"2023\";}}{[",
            "edition=\"2023\";message",
            "edition=\"2023\";\"\\",
            "edition=\"2023\";/*é",
        ] {
            assert!(rewritten(source).starts_with("syntax=\"proto2\";"));
        }
    }
}
