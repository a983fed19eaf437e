//! Text that is elsewhere: in a file, or printed by a command.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// More than any configuration has, so that a wrong path (/dev/zero) does not fill the memory.
const LARGEST: u64 = 1 << 20;

/// The text of a file. `~/` is the home folder, since no shell replaces it behind a `@`.
///
/// # Errors
/// When the file cannot be read, is too large or is not UTF-8.
pub fn read(path: &Path) -> Result<String> {
    let cannot = || Error::failed(format!("cannot read {}", path.display()));
    let mut text = String::new();
    let home = path.strip_prefix("~").ok().zip(dirs::home_dir());
    let file = match home {
        Some((rest, home)) => File::open(home.join(rest)),
        None => File::open(path),
    };
    let file = file.map_err(|error| cannot().caused_by(error))?;
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    match read {
        Ok(size) if size as u64 > LARGEST => {
            Err(cannot().caused_by("it is larger than 1 MiB".to_owned()))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(cannot().caused_by(error)),
    }
}

/// Runs a command in the shell, and returns what it prints. What it prints on stderr is the reason if it fails.
///
/// # Errors
/// When it cannot be run, fails, or does not print UTF-8.
pub fn run(command: &str) -> std::result::Result<String, String> {
    let output = shell(command)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cannot run {command:?}: {}", crate::error::plain(&error)))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let why = stderr.lines().map(str::trim).find(|line| !line.is_empty());
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let how = match output.status.code() {
            Some(code) => format!("exited with {code}"),
            None => "was killed".to_owned(),
        };
        return Err(format!("the command {command:?} {how}{why}"));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| format!("the command {command:?} did not print UTF-8"))
}

/// A command of the user's shell.
#[cfg(not(windows))]
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// cmd does not read its arguments as other programs do, and with /S takes what is between the outer quotes as it is.
#[cfg(windows)]
pub fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt as _;
    let mut shell = Command::new("cmd");
    shell.raw_arg(format!("/D /S /C \"{command}\""));
    shell
}
