//! Runs a program to its end, and measures its time and memory. If it fails, the error has its stderr.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Result;
use crate::guard::Guard;
use crate::peer::{self, Runtime};

/// The binary under test. Its environment is empty, so that the measurement includes neither `ROUTEGUIDE_*` settings nor
/// cargo's library path, which slows down the start of a program.
pub fn routeguide(arguments: &[&str]) -> Command {
    hermetic(ROUTEGUIDE.as_ref(), arguments)
}

const ROUTEGUIDE: &str = env!("CARGO_BIN_EXE_routeguide");

/// This program as one of the bare peers.
pub fn peer(role: &str, runtime: Runtime) -> Command {
    let this = env::current_exe().expect("this program has a path");
    hermetic(this.as_ref(), &[peer::COMMAND, role, runtime.name()])
}

/// Copies of the binary under test and of this program, as an installer writes files. The page cache has the files that a
/// linker writes in small pieces, and a program starts up to a sixth slower from those.
pub struct Installed {
    routeguide: PathBuf,
    peer: PathBuf,
    _folder: TempDir,
}

impl Installed {
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let copy = |program: &Path, name: &str| -> Result<PathBuf> {
            let copy = folder.path().join(name);
            // Not `fs::copy`, which may share the blocks of the file instead of writing them.
            fs::write(&copy, fs::read(program)?)?;
            fs::set_permissions(&copy, fs::metadata(program)?.permissions())?;
            Ok(copy)
        };
        Ok(Self {
            routeguide: copy(ROUTEGUIDE.as_ref(), "routeguide")?,
            peer: copy(&env::current_exe()?, "peer")?,
            _folder: folder,
        })
    }

    /// As [`routeguide`].
    pub fn routeguide(&self, arguments: &[&str]) -> Command {
        hermetic(self.routeguide.as_ref(), arguments)
    }

    /// As [`peer`].
    pub fn peer(&self, role: &str, runtime: Runtime) -> Command {
        let arguments = [peer::COMMAND, role, runtime.name()];
        hermetic(self.peer.as_ref(), &arguments)
    }
}

fn hermetic(program: &OsStr, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command
}

/// A process that ends by itself.
pub struct Client {
    guard: Guard,
    started: Instant,
    stderr: File,
}

/// A process that succeeded.
pub struct Done {
    pub elapsed: Duration,
    /// In KiB.
    pub peak: Option<u32>,
}

impl Client {
    pub fn spawn(mut command: Command, limit: Duration) -> Result<Self> {
        // A file: a pipe would need a thread to empty it, and our own stderr may be a terminal, which would show a
        // progress line.
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

    /// Its stdin, which must be a pipe.
    pub fn stdin(&mut self) -> Result<ChildStdin> {
        self.guard
            .child
            .stdin
            .take()
            .ok_or_else(|| "stdin is not a pipe".into())
    }

    /// Its stdout, which must be a pipe.
    pub fn stdout(&mut self) -> Result<ChildStdout> {
        self.guard
            .child
            .stdout
            .take()
            .ok_or_else(|| "stdout is not a pipe".into())
    }

    /// Waits for the process to succeed.
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

    /// Waits for the process to succeed, and returns what it printed.
    pub fn output(mut self) -> Result<(String, Done)> {
        let mut printed = String::new();
        self.stdout()?.read_to_string(&mut printed)?;
        Ok((printed, self.finish()?))
    }
}
