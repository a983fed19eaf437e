//! The program on the terminal: a shell without commands, which says what was typed.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use routeguide::shell::prompt::{Assist, Editor, Label, Options, Part, Start, Suggested, Typed};

const WORDS: [(&str, &str); 4] = [
    ("describe", "shows a symbol"),
    ("get-people", "calls GetPeople"),
    ("get-person", "calls GetPerson"),
    ("list", "shows services"),
];

/// Runs when this test is started by another one, on a terminal.
#[test]
fn child() {
    if std::env::var_os("PROMPT_CHILD").is_none() {
        return;
    }
    // What libtest has written.
    print!("\x1b[2J\x1b[H");
    let options = Options {
        vi: std::env::var_os("PROMPT_VI").is_some(),
        color: std::env::var_os("NO_COLOR").is_none(),
    };
    let mut editor = Editor::new(Arc::new(Words), options);
    editor.use_history(std::env::var_os("PROMPT_HISTORY").map(PathBuf::from));
    for warning in editor.take_warnings() {
        println!("warning: {warning}");
    }
    let mut label = Label {
        address: "localhost:50051".to_owned(),
        ..Label::default()
    };
    let mut start = Start::default();
    loop {
        let typed = editor.read_with(&label, &start);
        print!("{}", String::from_utf8(editor.unprinted()).unwrap());
        label.stream = None;
        start = Start::default();
        println!("{typed:?}");
        match typed {
            Ok(Typed::Line(line)) => match line.split_once(' ').unwrap_or((&line, "")) {
                ("edit", rest) => start = edited(&rest.replace("\\n", "\n")),
                ("history", _) => println!("{:?}", editor.history(3)),
                // A command that takes its time, until this file exists.
                ("busy", sign) => while !Path::new(sign).exists() {},
                ("forget", sign) => {
                    while !Path::new(sign).exists() {}
                    editor.forget_typed();
                }
                ("stream", arguments) => {
                    label.stream = Some("GetPeople".to_owned());
                    let (lines, sign) = arguments.split_once(' ').unwrap_or((arguments, ""));
                    stream(&editor, lines.parse().unwrap(), PathBuf::from(sign));
                }
                _ => {}
            },
            Ok(Typed::End) => return,
            _ => {}
        }
    }
}

/// The text with what is between brackets selected.
fn edited(text: &str) -> Start {
    let (Some(start), Some(end)) = (text.find('<'), text.find('>')) else {
        return Start::with(text);
    };
    Start {
        text: text.replace(['<', '>'], ""),
        selected: start..end - 1,
    }
}

/// Prints so many lines as soon as the next line contains `#`, or this file exists. At `!`, panics or stops the read.
fn stream(editor: &Editor, lines: usize, sign: PathBuf) {
    let (printer, stopper) = (editor.printer(), editor.stopper());
    let typed = Arc::clone(&TYPED);
    std::thread::spawn(move || {
        if sign.as_os_str().is_empty() {
            typed.wait_for("#");
        }
        while !sign.as_os_str().is_empty() && !sign.exists() {
            std::thread::yield_now();
        }
        for number in 1..=lines {
            printer.print(format!("reply {number}\n").as_bytes());
        }
        typed.wait_for("!");
        assert!(!typed.line().contains("panic"), "as it was told");
        printer.print(b"last reply\nno end");
        stopper.stop();
    });
}

static TYPED: std::sync::LazyLock<Arc<TypedLine>> = std::sync::LazyLock::new(Arc::default);

/// The line as it was drawn last.
#[derive(Default)]
struct TypedLine {
    line: std::sync::Mutex<String>,
    changed: std::sync::Condvar,
}

impl TypedLine {
    fn set(&self, line: &str) {
        line.clone_into(&mut self.line.lock().unwrap());
        self.changed.notify_all();
    }

    fn line(&self) -> String {
        self.line.lock().unwrap().clone()
    }

    fn wait_for(&self, text: &str) {
        let line = self.line.lock().unwrap();
        drop(
            self.changed
                .wait_while(line, |line| !line.contains(text))
                .unwrap(),
        );
    }
}

struct Words;

impl Assist for Words {
    fn complete(&self, line: &str, cursor: usize) -> Vec<Suggested> {
        let typed = &line[..cursor];
        let start = typed.rfind(' ').map_or(0, |space| space + 1);
        let word = &typed[start..];
        assert_ne!(word, "panic", "as it was told");
        let words = WORDS.iter().filter(|(text, _)| text.starts_with(word));
        words
            .map(|(text, help)| Suggested {
                text: (*text).to_owned(),
                help: Some((*help).to_owned()),
                span: start..cursor,
                is_open: false,
            })
            .collect()
    }

    fn hint(&self, line: &str) -> String {
        let rest = "describe Person".strip_prefix(line);
        rest.unwrap_or_default().to_owned()
    }

    fn check(&self, line: &str) -> Option<(Range<usize>, String)> {
        TYPED.set(line);
        let start = line.find("wrong")?;
        Some((start..start + 5, "it is not right".to_owned()))
    }

    fn is_complete(&self, line: &str) -> bool {
        line.matches('{').count() <= line.matches('}').count()
    }

    fn paint(&self, line: &str) -> Vec<(Range<usize>, Part)> {
        let end = line.find(' ').unwrap_or(line.len());
        vec![(0..end, Part::Command)]
    }

    fn for_history(&self, line: &str) -> Option<String> {
        (!line.starts_with(' ')).then(|| line.replace("secret", "***"))
    }
}
