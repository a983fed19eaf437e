//! Reads statements and their words, a character at a time.

use super::{Form, Open, Piece, Statement, Then, Word, path_len};

/// As [`super::read`].
pub fn read(text: &str) -> Result<Vec<Statement>, Open> {
    let mut reader = Reader {
        text,
        at: 0,
        found: Vec::new(),
        pending: Vec::new(),
    };
    while reader.at < text.len() {
        reader.statement()?;
    }
    match reader.pending.into_iter().next() {
        Some(here) => Err(here.open()),
        None => Ok(reader.found),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Statement>,
    /// The here-documents that start behind this line.
    pending: Vec<Here>,
}

struct Here {
    marker: String,
    at: usize,
    /// The statement that it belongs to.
    statement: usize,
}

impl Here {
    fn open(self) -> Open {
        Open {
            missing: format!("the line {}", self.marker),
            at: self.at,
        }
    }
}

/// What follows a word.
const ENDS_WORD: [char; 4] = [' ', '\t', ';', '|'];

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_blanks(&mut self) {
        while self
            .peek()
            .is_some_and(|c| c == ' ' || c == '\t' || c == '\r')
        {
            self.next();
        }
    }

    fn line(&self) -> usize {
        self.text
            .get(..self.at)
            .unwrap_or_default()
            .matches('\n')
            .count()
    }

    fn statement(&mut self) -> Result<(), Open> {
        self.skip_blanks();
        let (start, line) = (self.at, self.line());
        let mut statement = Statement {
            line,
            ..Statement::default()
        };
        let mut end;
        loop {
            self.skip_blanks();
            // They are operators of `assert`.
            let redirects = statement.words.first().and_then(Word::literal) != Some("assert");
            end = self.at;
            match self.peek() {
                None | Some('\n' | ';') => break,
                Some('#') => {
                    self.skip_comment();
                    break;
                }
                Some('|') => {
                    self.next();
                    statement.then = Then::Pipe(self.command()?);
                    end = self.at;
                    self.skip_comment();
                    break;
                }
                Some('>') if redirects => {
                    self.next();
                    let append = self.rest().starts_with('>');
                    self.at += usize::from(append);
                    self.skip_blanks();
                    let path = self.word()?;
                    statement.then = Then::File { path, append };
                }
                Some('<') if redirects && self.rest().starts_with("<<") => {
                    let at = self.at;
                    self.at += 2;
                    let marker = self.word()?;
                    self.pending.push(Here {
                        marker: marker.literal().unwrap_or_default().to_owned(),
                        at,
                        statement: self.found.len(),
                    });
                }
                Some(_) => {
                    let word = self.word()?;
                    // Only a line that goes on has no pieces.
                    if !word.pieces.is_empty() {
                        statement.words.push(word);
                    }
                }
            }
        }
        let text = self.text.get(start..end).unwrap_or_default();
        text.trim().clone_into(&mut statement.text);
        let ends_line = self.next() == Some('\n');
        if !statement.words.is_empty() || statement.then != Then::Print {
            self.found.push(statement);
        }
        if ends_line {
            for here in std::mem::take(&mut self.pending) {
                let body = self.here(&here.marker, here.at)?;
                if let Some(statement) = self.found.get_mut(here.statement) {
                    statement.here = Some(body);
                }
            }
        }
        Ok(())
    }

    fn skip_comment(&mut self) {
        self.skip_blanks();
        if self.peek() == Some('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// The lines up to the one that is the marker.
    fn here(&mut self, marker: &str, at: usize) -> Result<String, Open> {
        let mut body = String::new();
        while self.at < self.text.len() {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            if line.trim_end_matches(['\r', '\n']) == marker {
                return Ok(body);
            }
            body.push_str(line);
        }
        Err(Open {
            missing: format!("the line {marker}"),
            at,
        })
    }

    /// A command of the user's shell, up to the end of the statement.
    fn command(&mut self) -> Result<String, Open> {
        let start = self.at;
        let mut quote: Option<(char, usize)> = None;
        let (mut depth, mut before) = (0_usize, ' ');
        while let Some(c) = self.peek() {
            match (quote, c) {
                (None, '\n') => break,
                (None, ';') if depth == 0 => break,
                (None, '#') if before.is_whitespace() => break,
                (None, '(' | '{') => depth += 1,
                (None, ')' | '}') => depth = depth.saturating_sub(1),
                (None, '\'' | '"') => quote = Some((c, self.at)),
                (Some((open, _)), c) if open == c => quote = None,
                (None | Some(('"', _)), '\\') => {
                    self.next();
                }
                _ => {}
            }
            before = c;
            self.next();
        }
        match quote {
            Some((missing, at)) => Err(Open {
                missing: missing.to_string(),
                at,
            }),
            None => Ok(self
                .text
                .get(start..self.at)
                .unwrap_or_default()
                .trim()
                .to_owned()),
        }
    }

    fn word(&mut self) -> Result<Word, Open> {
        let start = self.at;
        let mut word = Pieces::default();
        while let Some(c) = self.peek() {
            match c {
                '\n' => break,
                c if ENDS_WORD.contains(&c) => break,
                '\'' => self.single(&mut word)?,
                '"' => self.double(&mut word)?,
                '{' => self.group(&mut word)?,
                '[' if self.at == start || word.ends_with('=') => self.group(&mut word)?,
                '\\' => {
                    self.next();
                    match self.peek() {
                        // The next line is not there yet.
                        None => return Err(self.goes_on()),
                        Some(c) if " \t\\'\"$|>;#{[".contains(c) => {
                            self.next();
                            word.push(c);
                        }
                        // A line that goes on.
                        Some('\n') => {
                            self.next();
                            if self.peek().is_none() {
                                return Err(self.goes_on());
                            }
                        }
                        // The escape of a FIELD: name=\@x.
                        _ => word.push('\\'),
                    }
                }
                '$' => {
                    let form = if word.ends_with_json_sign() {
                        Form::Json
                    } else {
                        Form::Text
                    };
                    self.variable(&mut word, form);
                }
                c => {
                    self.next();
                    word.push(c);
                }
            }
        }
        if self.at == start {
            // What ends a word is not one.
            self.next();
        }
        Ok(Word {
            is_quoted: word.is_quoted,
            pieces: word.finish(),
            span: start..self.at,
        })
    }

    fn goes_on(&self) -> Open {
        Open {
            missing: "the next line".to_owned(),
            at: self.at.saturating_sub(1),
        }
    }

    fn single(&mut self, word: &mut Pieces) -> Result<(), Open> {
        let at = self.at;
        self.next();
        word.touch();
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(c) => word.push(c),
                None => return Err(open('\'', at)),
            }
        }
    }

    fn double(&mut self, word: &mut Pieces) -> Result<(), Open> {
        let at = self.at;
        self.next();
        word.touch();
        loop {
            match self.peek() {
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('$') => self.variable(word, Form::Text),
                Some('\\') => {
                    self.next();
                    match self.next() {
                        Some(c @ ('"' | '\\' | '$')) => word.push(c),
                        Some(c) => {
                            word.push('\\');
                            word.push(c);
                        }
                        None => return Err(open('"', at)),
                    }
                }
                Some(c) => {
                    self.next();
                    word.push(c);
                }
                None => return Err(open('"', at)),
            }
        }
    }

    /// JSON: up to the bracket that closes the first one. Its strings keep their quotation marks.
    fn group(&mut self, word: &mut Pieces) -> Result<(), Open> {
        let mut open_at: Vec<(char, usize)> = Vec::new();
        let mut string: Option<usize> = None;
        loop {
            let at = self.at;
            let Some(c) = self.peek() else {
                let (closing, at) = match (string, open_at.last()) {
                    (Some(at), _) => ('"', at),
                    (None, Some((closing, at))) => (*closing, *at),
                    (None, None) => ('}', at),
                };
                return Err(open(closing, at));
            };
            if c == '$' {
                let form = match string {
                    Some(_) => Form::JsonString,
                    None => Form::Json,
                };
                self.variable(word, form);
                continue;
            }
            self.next();
            word.push(c);
            match (string, c) {
                (Some(_), '"') => string = None,
                (Some(_), '\\') => {
                    if let Some(c) = self.next() {
                        word.push(c);
                    }
                }
                (None, '"') => string = Some(at),
                (None, '{') => open_at.push(('}', at)),
                (None, '[') => open_at.push((']', at)),
                (None, '}' | ']') => {
                    open_at.pop();
                    if open_at.is_empty() {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }

    /// A variable with its path, `$$`, or a dollar sign that is only that.
    fn variable(&mut self, word: &mut Pieces, form: Form) {
        self.next();
        if self.peek() == Some('$') {
            self.next();
            return word.push('$');
        }
        let len = path_len(self.rest());
        if len == 0 {
            return word.push('$');
        }
        let path = self.rest().get(..len).unwrap_or_default().to_owned();
        self.at += len;
        word.variable(path, form);
    }
}

fn open(missing: char, at: usize) -> Open {
    Open {
        missing: missing.to_string(),
        at,
    }
}

/// The pieces of a word that is being read.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    text: String,
    /// There is a word, even if it is empty.
    is_quoted: bool,
}

impl Pieces {
    fn push(&mut self, c: char) {
        self.text.push(c);
    }

    fn touch(&mut self) {
        self.is_quoted = true;
    }

    fn ends_with(&self, c: char) -> bool {
        self.text.ends_with(c)
    }

    /// `name:=` takes JSON.
    fn ends_with_json_sign(&self) -> bool {
        self.text.ends_with(":=")
    }

    fn variable(&mut self, path: String, form: Form) {
        self.flush();
        self.done.push(Piece::Variable { path, form });
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done.push(Piece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        if self.done.is_empty() && self.text.is_empty() && self.is_quoted {
            return vec![Piece::Text(String::new())];
        }
        self.flush();
        self.done
    }
}
