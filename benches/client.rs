//! Runs a program to its end: how long it took, how much memory, and what it said if it failed.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::process::{ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

use crate::Result;
use crate::guard::Guard;
use crate::peer::{self, Runtime};

/// The binary under test. Its environment is empty: neither a `ROUTEGUIDE_*` setting nor cargo's library path, which
/// makes a program's start slower, is part of what is measured.
pub fn routeguide(arguments: &[&str]) -> Command {
    hermetic(env!("CARGO_BIN_EXE_routeguide").as_ref(), arguments)
}

/// This program as one of its bare peers.
pub fn peer(role: &str, runtime: Runtime) -> Command {
    let this = env::current_exe().expect("this program has a path");
    hermetic(this.as_ref(), &[peer::COMMAND, role, runtime.name()])
}

fn hermetic(program: &OsStr, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command
}

/// A process that is to end by itself.
pub struct Client {
    guard: Guard,
    started: Instant,
    stderr: File,
}

/// A process that ended well.
pub struct Done {
    pub elapsed: Duration,
    /// In KiB.
    pub peak: Option<u32>,
}

impl Client {
    pub fn spawn(mut command: Command, limit: Duration) -> Result<Self> {
        // A file, not a pipe, which would need a thread to empty it; not ours, which may be a terminal and bring out
        // a progress line.
        let stderr = tempfile::tempfile()?;
        command.stderr(stderr.try_clone()?);
        let started = Instant::now();
        let guard = Guard::spawn(&mut command, limit)
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Ok(Self {
            guard,
            started,
            stderr,
        })
    }

    /// Its stdin, if that is a pipe.
    pub fn stdin(&mut self) -> Result<ChildStdin> {
        self.guard
            .child
            .stdin
            .take()
            .ok_or_else(|| "stdin is no pipe".into())
    }

    /// Its stdout, if that is a pipe.
    pub fn stdout(&mut self) -> Result<ChildStdout> {
        self.guard
            .child
            .stdout
            .take()
            .ok_or_else(|| "stdout is no pipe".into())
    }

    /// Waits for a good end.
    pub fn finish(mut self) -> Result<Done> {
        let status = self.guard.wait()?;
        let elapsed = self.started.elapsed();
        if !status.success() {
            self.stderr.rewind()?;
            let mut said = String::new();
            self.stderr.read_to_string(&mut said)?;
            return Err(format!("{status}: {}", said.trim_end()).into());
        }
        Ok(Done {
            elapsed,
            peak: self.guard.peak(),
        })
    }

    /// Waits for a good end, and returns what was printed until then.
    pub fn output(mut self) -> Result<(String, Done)> {
        let mut printed = String::new();
        self.stdout()?.read_to_string(&mut printed)?;
        Ok((printed, self.finish()?))
    }
}
