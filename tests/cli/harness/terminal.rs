//! A pseudo-terminal.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{Capture, Stdout};

/// A terminal with 24 lines and 120 columns in its default mode: lines are edited, and echoed as they are typed.
pub struct Terminal {
    keyboard: File,
    screen: Capture,
    /// The program's end.
    device: OwnedFd,
}

impl Terminal {
    pub fn open() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let device =
            rustix::fs::open(ptsname(&ours, Vec::new()).unwrap(), flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&device, size).unwrap();
        let keyboard = File::from(ours);
        Self {
            screen: Capture::of(keyboard.try_clone().unwrap()),
            keyboard,
            device,
        }
    }

    /// The terminal as a program's stdin or stderr.
    pub fn stdio(&self) -> Stdio {
        self.device.try_clone().unwrap().into()
    }

    /// The terminal as a program's stdout.
    pub fn stdout(&self) -> Stdout {
        Stdout::Given(self.stdio())
    }

    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Everything the program has written, and what was typed.
    pub fn screen(&self) -> &Capture {
        &self.screen
    }

    /// The same, once every program on the terminal has ended.
    pub fn last_screen(self) -> String {
        drop(self.device);
        self.screen.all()
    }
}

/// The lines on a terminal after this output, starting with the first one written. Panics at escape sequences that the
/// program does not use.
#[track_caller]
pub fn rows(output: &str) -> Vec<String> {
    let mut rows = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut chars = output.chars();
    while let Some(c) = chars.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == rows.len() {
                    rows.push(Vec::new());
                }
            }
            '\u{1b}' => {
                assert_eq!(chars.next(), Some('['), "{output:?}");
                let mut parameters = String::new();
                for c in chars.by_ref() {
                    parameters.push(c);
                    if c.is_ascii_alphabetic() {
                        break;
                    }
                }
                let line: &mut Vec<char> = &mut rows[row];
                match parameters.as_str() {
                    "K" | "0K" => line.truncate(column),
                    "2K" => line.clear(),
                    color if color.ends_with('m') => {}
                    other => panic!("unknown escape sequence ESC [ {other} in {output:?}"),
                }
            }
            c => {
                let line = &mut rows[row];
                if line.len() <= column {
                    line.resize(column + 1, ' ');
                }
                line[column] = c;
                column += 1;
            }
        }
    }
    rows.into_iter().map(String::from_iter).collect()
}

/// Ctrl-D, which ends the input at the start of a line.
pub const CTRL_D: &str = "\x04";
