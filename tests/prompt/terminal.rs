//! A terminal emulator with a program on it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use vt100::{Parser, Screen};

/// How long anything may take.
const LONG: Duration = Duration::from_secs(20);

/// How the program is started.
pub struct Setup {
    /// The program, which is this test without one.
    pub program: PathBuf,
    pub args: Vec<String>,
    pub size: (u16, u16),
    pub environment: Vec<(&'static str, String)>,
    /// Questions for the cursor's position are not answered until [`Terminal::answer`].
    pub is_slow: bool,
}

impl Setup {
    pub fn history(&mut self, path: &std::path::Path) {
        self.set("PROMPT_HISTORY", path.to_str().unwrap());
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.push((name, value.to_owned()));
    }
}

pub struct Terminal {
    keyboard: File,
    device: OwnedFd,
    shared: Arc<Shared>,
    program: Child,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser<Asked>,
    written: Vec<u8>,
    is_slow: bool,
    has_ended: bool,
}

/// Counts questions for the position of the cursor.
#[derive(Default)]
struct Asked(Vec<(u16, u16)>);

impl vt100::Callbacks for Asked {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        _: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        letter: char,
    ) {
        if (parameters, letter) == (&[&[6]], 'n') {
            self.0.push(screen.cursor_position());
        }
    }
}

impl Terminal {
    pub fn start(setup: impl FnOnce(&mut Setup)) -> Self {
        let mut start = Setup {
            program: std::env::current_exe().unwrap(),
            args: ["child::child", "--exact", "--nocapture"]
                .map(str::to_owned)
                .to_vec(),
            size: (24, 80),
            environment: vec![("TERM", "xterm-256color".to_owned())],
            is_slow: false,
        };
        setup(&mut start);
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let name = ptsname(&ours, Vec::new()).unwrap();
        let device = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        tcsetwinsize(&device, winsize(start.size)).unwrap();
        let keyboard = File::from(ours);
        let (rows, columns) = start.size;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: Parser::new_with_callbacks(
                    size(rows),
                    size(columns),
                    10_000,
                    Asked::default(),
                ),
                written: Vec::new(),
                is_slow: start.is_slow,
                has_ended: false,
            }),
            changed: Condvar::new(),
        });
        let reader = (keyboard.try_clone().unwrap(), Arc::clone(&shared));
        std::thread::spawn(move || show(reader.0, &reader.1));
        let stdio = || device.try_clone().unwrap();
        let program = Command::new(start.program)
            .args(start.args)
            .env_clear()
            .env("PROMPT_CHILD", "1")
            .env("RUST_BACKTRACE", "0")
            .envs(start.environment)
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        Self {
            keyboard,
            device,
            shared,
            program,
        }
    }

    pub fn types(&mut self, text: impl AsRef<[u8]>) {
        self.keyboard.write_all(text.as_ref()).unwrap();
    }

    /// As terminals mark what is pasted.
    pub fn pastes(&mut self, text: &str) {
        self.types(format!("\x1b[200~{text}\x1b[201~"));
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        let mut state = self.shared.state.lock().unwrap();
        state.parser.set_size(size(rows), size(columns));
        tcsetwinsize(&self.device, winsize((rows, columns))).unwrap();
        let program = Pid::from_child(&self.program);
        kill_process(program, Signal::WINCH).unwrap();
    }

    /// Answers questions that were not answered, and all that follow.
    pub fn answer(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.is_slow = false;
        state.answer(&self.keyboard);
    }

    /// The rows of the screen without the empty ones at its end.
    pub fn rows(&self) -> Vec<String> {
        rows(self.shared.state.lock().unwrap().parser.screen())
    }

    /// Waits until the last row is this one.
    #[track_caller]
    pub fn wait_for_row(&self, row: &str) {
        self.wait_for(&format!("the last row {row:?}"), |screen| {
            rows(screen).last().is_some_and(|last| last == row)
        });
    }

    /// Waits until the screen ends in these rows.
    #[track_caller]
    pub fn wait_for_rows(&self, expected: &[&str]) {
        self.wait_for(&format!("{expected:#?}"), |screen| {
            rows(screen).ends_with(
                &expected
                    .iter()
                    .map(|&row| row.to_owned())
                    .collect::<Vec<_>>(),
            )
        });
    }

    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| {
            screen.contents().contains(text)
        });
    }

    #[track_caller]
    pub fn wait_for(&self, what: &str, condition: impl Fn(&Screen) -> bool) {
        self.wait(what, |state| condition(state.parser.screen()));
    }

    #[track_caller]
    fn wait(&self, what: &str, condition: impl Fn(&State) -> bool) {
        let state = self.shared.state.lock().unwrap();
        let (state, wait) = self
            .shared
            .changed
            .wait_timeout_while(state, LONG, |state| !state.has_ended && !condition(state))
            .unwrap();
        let holds = !wait.timed_out() && condition(&state);
        let screen = state.parser.screen();
        assert!(holds, "no {what}:\n{}", rows(screen).join("\n"));
    }

    /// As Ctrl-C does in a terminal that is edited by the system. This one controls no session, so that tests need none.
    pub fn interrupt(&self) {
        kill_process(Pid::from_child(&self.program), Signal::INT).unwrap();
    }

    /// Waits until the program has ended.
    pub fn wait_for_end(&mut self) -> std::process::ExitStatus {
        let started = std::time::Instant::now();
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < LONG, "the program goes on");
            std::thread::yield_now();
        }
    }

    /// Waits until a program reads lines as terminals are when they are new: edited, echoed, with signals.
    #[track_caller]
    pub fn wait_for_cooked_mode(&self) {
        let started = std::time::Instant::now();
        let modes = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        while !tcgetattr(&self.device).unwrap().local_modes.contains(modes) {
            assert!(started.elapsed() < LONG, "the terminal is in raw mode");
            std::thread::yield_now();
        }
    }

    /// Everything that the program has written.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.shared.state.lock().unwrap().written).into_owned()
    }

    /// Looks at the screen.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.shared.state.lock().unwrap().parser.screen())
    }

    /// Every row that was on the screen.
    pub fn scrollback(&self) -> Vec<String> {
        let mut state = self.shared.state.lock().unwrap();
        let screen = state.parser.screen_mut();
        screen.set_scrollback(usize::MAX);
        let height = usize::from(screen.size().0.get());
        let mut all = Vec::new();
        let mut offset = screen.scrollback();
        loop {
            screen.set_scrollback(offset);
            let page = rows(screen);
            let fresh = if offset == 0 {
                page.len()
            } else {
                height.min(offset)
            };
            all.extend(page.into_iter().take(fresh));
            if offset == 0 {
                return all;
            }
            offset = offset.saturating_sub(height);
            if offset < height && offset > 0 {
                screen.set_scrollback(offset);
                all.extend(rows(screen).into_iter().take(offset));
                offset = 0;
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl State {
    fn answer(&mut self, mut keyboard: &File) {
        for (row, column) in self.parser.callbacks_mut().0.drain(..) {
            // In one piece, as terminals do: an escape alone is a key.
            let answer = format!("\x1b[{};{}R", row + 1, column + 1);
            let _ = keyboard.write_all(answer.as_bytes());
        }
    }
}

fn show(mut program: File, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = program.read(&mut buffer).unwrap_or(0);
        let mut state = shared.state.lock().unwrap();
        state.parser.process(&buffer[..len]);
        state.written.extend(&buffer[..len]);
        state.has_ended = len == 0;
        if !state.is_slow {
            state.answer(&program);
        }
        shared.changed.notify_all();
        if len == 0 {
            return;
        }
    }
}

fn rows(screen: &Screen) -> Vec<String> {
    let columns = screen.size().1.get();
    let mut rows: Vec<String> = screen
        .rows(0, columns)
        .map(|row| row.trim_end().to_owned())
        .collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

fn size(length: u16) -> NonZero<u16> {
    NonZero::new(length).unwrap()
}

fn winsize((rows, columns): (u16, u16)) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// A file for a history in a folder that is removed at the end.
pub fn history() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    (folder, path)
}
