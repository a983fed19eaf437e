//! A command line as it is typed → the words that the program would get. A shell passes its words with their quotation
//! marks, and an answer has to fit behind what is typed already.

/// How a shell quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// bash and zsh.
    Posix,
    Fish,
}

/// One word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What the program would get.
    pub text: String,
    /// Where it starts in the line.
    pub start: usize,
    /// The quotation mark that is still open, and where the text after it starts, from the start of the word.
    pub open_quote: Option<(char, usize)>,
    /// It is the file of a redirection.
    pub is_target: bool,
    /// After each character: how much of the text, and how much of what is typed, from the start of the word.
    steps: Vec<(usize, usize)>,
}

impl Word {
    /// A word that is not quoted.
    pub fn plain(text: String) -> Self {
        let steps = text
            .char_indices()
            .map(|(at, c)| (at + c.len_utf8(), at + c.len_utf8()))
            .collect();
        Self {
            text,
            start: 0,
            open_quote: None,
            is_target: false,
            steps,
        }
    }

    /// How much is typed for the first `len` bytes of the text.
    pub fn typed_for(&self, len: usize) -> usize {
        let step = self.steps.iter().find(|(text, _)| *text >= len);
        match step {
            _ if len == 0 => 0,
            Some((_, typed)) => *typed,
            None => self.steps.last().map_or(0, |(_, typed)| *typed),
        }
    }

    /// How much of the text the first `len` bytes of what is typed are.
    pub fn text_for(&self, len: usize) -> usize {
        let step = self.steps.iter().rev().find(|(_, typed)| *typed <= len);
        step.map_or(0, |(text, _)| *text)
    }
}

/// Splits a line. The last word is the one at its end, which is empty behind a space. Redirections before it are left out.
/// `variable` has the values of variables; what it does not know stays as it is.
pub fn split(line: &str, dialect: Dialect, variable: impl Fn(&str) -> Option<String>) -> Vec<Word> {
    let mut splitter = Splitter {
        line,
        dialect,
        words: Vec::new(),
        word: None,
        is_target: false,
    };
    let mut at = 0;
    while let Some(c) = splitter.char_at(at) {
        at = splitter.read(at, c, &variable);
    }
    let mut last = splitter.word.take().unwrap_or_else(|| Word {
        start: line.len(),
        ..Word::default()
    });
    last.is_target = splitter.is_target;
    splitter.words.push(last);
    splitter.words
}

struct Splitter<'a> {
    line: &'a str,
    dialect: Dialect,
    words: Vec<Word>,
    word: Option<Word>,
    /// The next word is the target of a redirection.
    is_target: bool,
}

impl Splitter<'_> {
    fn char_at(&self, at: usize) -> Option<char> {
        self.line.get(at..)?.chars().next()
    }

    /// Reads what starts with this character, and returns where it ends.
    fn read(&mut self, at: usize, c: char, variable: &impl Fn(&str) -> Option<String>) -> usize {
        let quote = self.word.as_ref().and_then(|word| word.open_quote);
        let after = at + c.len_utf8();
        let next = self.char_at(after);
        match (quote.map(|(mark, _)| mark), c) {
            (None, c) if c.is_ascii_whitespace() => self.end(),
            (None, '<' | '>') if self.dialect == Dialect::Posix => {
                // The number of a file descriptor belongs to the redirection.
                let digits = |word: &Word| word.text.bytes().all(|byte| byte.is_ascii_digit());
                self.word.take_if(|word| digits(word));
                self.end();
                self.is_target = true;
            }
            (None, '\'' | '"') => {
                let word = self.word_at(at);
                word.open_quote = Some((c, after - word.start));
            }
            (Some(mark), c) if mark == c => self.word_at(at).open_quote = None,
            (mark, '\\') if self.is_escaped(mark, next) => {
                let next = next.unwrap_or_default();
                let end = after + next.len_utf8();
                if next == '\n' {
                    return end;
                }
                self.push(at, end, next.encode_utf8(&mut [0; 4]));
                return end;
            }
            // Nothing yet: what it escapes is not typed.
            (None, '\\') => {}
            (None | Some('"'), '$') => {
                let (name, end) = self.variable_at(after);
                if let Some(value) = variable(name) {
                    self.push(at, end, &value);
                    return end;
                }
                self.push(at, after, "$");
            }
            (_, c) => self.push(at, after, c.encode_utf8(&mut [0; 4])),
        }
        after
    }

    /// Whether a backslash between these quotation marks makes the next character plain.
    fn is_escaped(&self, quote: Option<char>, next: Option<char>) -> bool {
        match (quote, next) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some('"'), Some(next)) => {
                matches!(next, '"' | '\\' | '$' | '\n')
                    || next == '`' && self.dialect == Dialect::Posix
            }
            (Some(_), Some(next)) => self.dialect == Dialect::Fish && matches!(next, '\'' | '\\'),
        }
    }

    /// The name of a variable after its `$`, and where that ends.
    fn variable_at(&self, at: usize) -> (&str, usize) {
        let rest = self.line.get(at..).unwrap_or_default();
        if let Some(inner) = rest.strip_prefix('{') {
            let name = inner.split_once('}').map_or("", |(name, _)| name);
            return (name, at + name.len() + 2);
        }
        let len = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        (rest.get(..len).unwrap_or_default(), at + len)
    }

    fn word_at(&mut self, at: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word {
            start: at,
            ..Word::default()
        })
    }

    fn push(&mut self, at: usize, end: usize, text: &str) {
        let word = self.word_at(at);
        word.text.push_str(text);
        word.steps.push((word.text.len(), end - word.start));
    }

    fn end(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.is_target)
        {
            self.words.push(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str, dialect: Dialect) -> Vec<String> {
        let variable = |name: &str| (name == "ADDR").then(|| "localhost:1".to_owned());
        let words = split(line, dialect, variable).into_iter();
        words.map(|word| word.text).collect()
    }

    #[test]
    fn words_are_what_the_program_would_get() {
        for (line, expected) in [
            ("routeguide call ", &["routeguide", "call", ""][..]),
            (
                r#"x -H 'a: b' "c \" d" e\ f"#,
                &["x", "-H", "a: b", "c \" d", "e f"],
            ),
            ("x -a :50051 name=", &["x", "-a", ":50051", "name="]),
            (
                "x $ADDR \"${ADDR}\" '$ADDR' $OTHER",
                &["x", "localhost:1", "localhost:1", "$ADDR", "$OTHER"],
            ),
            ("x <names 2>&1 > out -q", &["x", "-q"]),
            (r#"x "open 'quote"#, &["x", "open 'quote"]),
            ("x ends\\", &["x", "ends"]),
            ("x '' \"\"", &["x", "", ""]),
            ("", &[""]),
        ] {
            assert_eq!(texts(line, Dialect::Posix), expected, "{line}");
        }
    }

    #[test]
    fn a_word_at_the_end_may_be_the_file_of_a_redirection() {
        for (line, is_target) in [
            ("x < na", true),
            ("x <na", true),
            ("x >>", true),
            ("x 2> ", true),
            ("x < names ", false),
            ("x < names -", false),
            ("x '<na", false),
        ] {
            let last = split(line, Dialect::Posix, |_| None).pop().unwrap();
            assert_eq!(last.is_target, is_target, "{line}");
        }
    }

    #[test]
    fn fish_escapes_a_quotation_mark_within_others() {
        assert_eq!(texts(r"it\'s", Dialect::Fish), ["it's"]);
        assert_eq!(texts(r"'it\'s", Dialect::Fish), ["it's"]);
        assert_eq!(texts(r"'it\", Dialect::Posix), [r"it\"]);
    }

    #[test]
    fn a_place_in_the_text_is_a_place_in_what_is_typed() {
        let word = split(r"x my\ f", Dialect::Posix, |_| None).pop().unwrap();
        assert_eq!((word.start, word.text.as_str()), (2, "my f"));
        assert_eq!(word.typed_for(3), 4);
        assert_eq!(word.text_for(4), 3);
        assert_eq!(word.typed_for(0), 0);
        let word = split("x '@fi", Dialect::Posix, |_| None).pop().unwrap();
        assert_eq!(word.open_quote, Some(('\'', 1)));
        assert_eq!(word.typed_for(1), 2);
    }
}
