//! A shell on a pseudo-terminal, with the program's completions loaded as the README says.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::LazyLock;

use regex::Regex;

use super::{Folder, Terminal, routeguide};

/// What the shell's `routeguide` prints around its words. It is a function: the line that a TAB has completed is run to see
/// the words that the shell makes of it.
const START: &str = "<ran ";
const END: &str = " ran>";

/// Removes the line.
const CTRL_U: &str = "\x15";

/// What fish colors candidates with.
static COLORS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\x1b\[[0-9;]*m|\x1b\(B").unwrap());

/// A running shell; killed when dropped.
pub struct Shell {
    name: &'static str,
    terminal: Terminal,
    child: Child,
    home: Folder,
    runs: usize,
}

impl Shell {
    /// Starts bash, zsh or fish in a home folder of its own, which is also the current folder.
    #[track_caller]
    pub fn start(name: &'static str) -> Self {
        let home = Folder::new();
        let script = routeguide(["completions", name]).run();
        script.exits(0);
        let arguments = set_up(name, &home, &script.stdout);
        let terminal = Terminal::open();
        let program = Path::new(env!("CARGO_BIN_EXE_routeguide"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", program.parent().unwrap().display());
        // setsid makes the terminal the shell's own, which zsh and fish need.
        let child = Command::new("setsid")
            .args(["--ctty", name])
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("ZDOTDIR", home.path())
            .env("PATH", path)
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .current_dir(home.path())
            .stdin(terminal.stdio())
            .stdout(terminal.stdio())
            .stderr(terminal.stdio())
            .spawn()
            .expect("setsid, from util-linux");
        let shell = Self {
            name,
            terminal,
            child,
            home,
            runs: 0,
        };
        let started = |screen: &str| {
            assert!(
                !screen.contains("No such file or directory"),
                "{name} is not installed: {screen}"
            );
            screen.contains("ready>")
        };
        shell.terminal.screen().wait_until(name, started);
        shell
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Sets an environment variable.
    pub fn exports(&mut self, name: &str, value: &str) {
        self.terminal.types(&format!("export {name}={value}\r"));
    }

    /// Its home folder.
    pub fn home(&self) -> &Folder {
        &self.home
    }

    /// Types a line of `routeguide` with its TABs, presses Enter, and returns the words that the program would get, each in
    /// brackets.
    #[track_caller]
    pub fn runs(&mut self, line: &str) -> String {
        self.runs_with("", line)
    }

    /// The same with something in front of the program's name.
    #[track_caller]
    pub fn runs_with(&mut self, before: &str, line: &str) -> String {
        self.terminal.types(&format!("{before}routeguide {line}\r"));
        self.runs += 1;
        let runs = self.runs;
        let screen = self
            .terminal
            .screen()
            .wait_until(&format!("{}: {line:?}", self.name), |screen| {
                screen.matches(END).count() >= runs
            });
        let run = screen.split(START).nth(runs).unwrap_or_default();
        run.split(END).next().unwrap_or_default().to_owned()
    }

    /// Types a line of `routeguide` with a TAB that has several candidates, and waits until they are shown.
    #[track_caller]
    pub fn shows(&mut self, line: &str, candidates: &[&str]) -> String {
        let before = self.terminal.screen().text().len();
        self.terminal.types(&format!("routeguide {line}\t"));
        let what = format!("{}: {candidates:?} for {line:?}", self.name);
        let new = |screen: &str| -> String {
            let new = screen.get(before..).unwrap_or_default();
            COLORS.replace_all(new, "").into_owned()
        };
        let shown = |screen: &str| {
            let new = new(screen);
            candidates.iter().all(|candidate| new.contains(candidate))
        };
        let screen = self.terminal.screen().wait_until(&what, shown);
        self.terminal.types(CTRL_U);
        new(&screen)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Fails if it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes the shell's files, and returns its arguments.
fn set_up(name: &str, home: &Folder, script: &str) -> Vec<String> {
    let function =
        format!("routeguide() {{ printf '{START}'; printf '[%s]' \"$@\"; printf '{END}\\n'; }}");
    match name {
        "bash" => {
            home.write("completion.bash", script);
            let rc = format!(
                "PS1='ready> '; {function}\nbind 'set show-all-if-ambiguous on'\nbind 'set bell-style none'\n\
                 bind 'set enable-bracketed-paste off'\nsource ~/completion.bash\n"
            );
            let rc = home.write(".rc", rc);
            let rc = rc.display().to_string();
            vec!["--noprofile".into(), "--rcfile".into(), rc, "-i".into()]
        }
        "zsh" => {
            std::fs::create_dir(home.join(".functions")).unwrap();
            home.write(".functions/_routeguide", script);
            let rc = format!(
                "PS1='ready> '; {function}\nunsetopt prompt_sp beep list_ambiguous\nfpath=(~/.functions $fpath)\n\
                 autoload -Uz compinit && compinit -u -D\n"
            );
            home.write(".zshrc", rc);
            vec!["-d".into(), "-i".into()]
        }
        _ => {
            let folder = ".config/fish/completions";
            std::fs::create_dir_all(home.join(folder)).unwrap();
            home.write(&format!("{folder}/routeguide.fish"), script);
            let rc = format!(
                "set -g fish_greeting\nfunction fish_prompt; echo 'ready> '; end\nfunction routeguide\n\
                 printf '{START}'; printf '[%s]' $argv; printf '{END}\\n'\nend\n\
                 set -g fish_autosuggestion_enabled 0\n"
            );
            home.write(".config/fish/config.fish", rc);
            vec!["-i".into()]
        }
    }
}
