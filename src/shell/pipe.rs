//! What is behind `|` and `>`: a command of the user's shell, and a file.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};

use tokio::task::spawn_blocking;

use super::redact::redacted;
use crate::config::shell;
use crate::error::{Error, Result};

/// Starts a command that reads what the statement prints.
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &str) -> Result<(Child, ChildStdin)> {
    if command.is_empty() {
        return Err(Error::usage("there is no command after |"));
    }
    let failed =
        |why: std::io::Error| Error::failed(format!("cannot run {command:?}")).caused_by(why);
    let mut child = shell(command)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let stdin = stdin.ok_or_else(|| failed(std::io::ErrorKind::BrokenPipe.into()))?;
    Ok((child, stdin))
}

/// Waits for its end. Ctrl-C reaches it, too.
///
/// # Errors
/// When it fails.
pub async fn wait(mut child: Child, command: &str) -> Result<()> {
    let command = redacted(command);
    let status = spawn_blocking(move || child.wait()).await;
    match status {
        Ok(Ok(status)) => outcome(status, &command),
        Ok(Err(error)) => {
            Err(Error::failed(format!("cannot wait for {command:?}")).caused_by(error))
        }
        Err(_) => Err(Error::interrupted()),
    }
}

/// What a command prints for this input, and how it ended.
///
/// # Errors
/// When it cannot be started.
pub async fn filter(command: &str, input: String) -> Result<(String, Result<()>)> {
    let shown = redacted(command);
    let failed =
        |why: std::io::Error| Error::failed(format!("cannot run {shown:?}")).caused_by(why);
    let mut child = shell(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let ran = spawn_blocking(move || {
        let writer = std::thread::spawn(move || {
            // It may not want all of it.
            stdin.map(|mut stdin| stdin.write_all(input.as_bytes()))
        });
        let output = child.wait_with_output();
        let _ = writer.join();
        output
    });
    let output = ran
        .await
        .map_err(|_| Error::interrupted())?
        .map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, outcome(output.status, &shown)))
}

fn outcome(status: ExitStatus, command: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Error::failed(match status.code() {
        Some(code) => format!("{command:?} exited with {code}"),
        None => format!("{command:?} was killed"),
    }))
}

/// Opens the file that a statement prints to.
///
/// # Errors
/// When it cannot be written.
pub fn open(path: &str, append: bool) -> Result<File> {
    if path.is_empty() {
        return Err(Error::usage("there is no file after >"));
    }
    let in_home = path.strip_prefix("~/").zip(dirs::home_dir());
    let path = in_home.map_or_else(|| PathBuf::from(path), |(rest, home)| home.join(rest));
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    if append {
        options.append(true);
    } else {
        options.truncate(true);
    }
    options
        .open(&path)
        .map_err(|error| Error::failed(format!("cannot write {}", path.display())).caused_by(error))
}
