//! The program under test: the real binary in an empty environment.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use serde_json::Value;
use tempfile::TempDir;

use super::{Capture, Folder, LIMIT, exit_code, wait_for};

/// A command line of the program, not started yet.
pub struct Program {
    command: Command,
    home: TempDir,
    stdin: Option<Stdio>,
    stdout: Stdout,
    stderr: Option<Stdio>,
}

/// Where stdout goes.
pub enum Stdout {
    /// To a pipe that is always read.
    Read,
    /// To a pipe that is not read until the test reads it.
    Unread,
    Given(Stdio),
}

/// The program with these arguments.
pub fn routeguide<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Program {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_routeguide"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path());
    Program {
        command,
        home,
        stdin: None,
        stdout: Stdout::Read,
        stderr: None,
    }
}

impl Program {
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds `--addr`.
    pub fn at(self, addr: impl AsRef<OsStr>) -> Self {
        self.arg("--addr").arg(addr)
    }

    /// Runs it in this folder instead of its home.
    pub fn within(mut self, folder: &Folder) -> Self {
        self.command.current_dir(folder.path());
        self
    }

    /// The command line as it is typed in a shell.
    pub fn command_line(&self) -> String {
        let words = std::iter::once("routeguide".into()).chain(
            self.command
                .get_args()
                .map(|arg| quoted(&arg.to_string_lossy())),
        );
        words.collect::<Vec<_>>().join(" ")
    }

    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Lets it have at most this many file descriptors.
    #[allow(dead_code, reason = "only tests/attacks uses it")]
    pub fn descriptors(self, most: u32) -> Self {
        self.behind(&format!("ulimit -n {most}"))
    }

    /// The same, but it may raise the limit.
    #[allow(dead_code, reason = "only tests/attacks uses it")]
    pub fn soft_descriptors(self, most: u32) -> Self {
        self.behind(&format!("ulimit -Sn {most}"))
    }

    /// Starts it as systemd does for a socket unit: with this socket, as descriptor 3. Sets stdin, too, because that is how
    /// a descriptor gets there without `unsafe`.
    #[cfg(unix)]
    #[allow(dead_code, reason = "only tests/cli uses it")]
    pub fn activated(self, socket: impl Into<std::os::fd::OwnedFd>) -> Self {
        self.behind("exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$")
            .stdin(socket.into())
    }

    /// Runs it by this command, in the folder and the environment that it has.
    #[cfg(target_os = "linux")]
    #[allow(dead_code, reason = "only tests/cli uses it")]
    pub fn by<S: AsRef<OsStr>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        let mut words = command.into_iter();
        let mut by = Command::new(words.next().unwrap());
        by.args(words)
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        self.command = by;
        self
    }

    /// Runs a command of the shell in its process first.
    fn behind(mut self, first: &str) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell
            .arg("-c")
            .arg(format!("{first}; exec \"$0\" \"$@\""))
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        self.command = shell;
        self
    }

    /// Sets stdin, which is an open pipe by default.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdin = Some(stdin.into());
        self
    }

    /// Sets stdout, which is a pipe that is read by default.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Sets stderr, which is a pipe that is read by default.
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(mut self) -> Running {
        let unread = matches!(self.stdout, Stdout::Unread);
        let stdout = match self.stdout {
            Stdout::Read | Stdout::Unread => Stdio::piped(),
            Stdout::Given(stdio) => stdio,
        };
        let mut child = self
            .command
            .stdin(self.stdin.unwrap_or_else(Stdio::piped))
            .stdout(stdout)
            .stderr(self.stderr.unwrap_or_else(Stdio::piped))
            .spawn()
            .unwrap();
        let mut pipe = child.stdout.take();
        Running {
            stdin: child.stdin.take(),
            stdout: pipe.take_if(|_| !unread).map(Capture::of),
            unread: pipe,
            stderr: child.stderr.take().map(Capture::of),
            child,
            _home: self.home,
        }
    }

    /// Runs it to its end with nothing on stdin.
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.stdin(Stdio::null()).start().wait()
    }

    /// Runs it to its end with `input` on stdin.
    #[track_caller]
    pub fn run_with(self, input: impl AsRef<[u8]>) -> Outcome {
        let mut running = self.start();
        running.feed(input.as_ref().to_vec());
        running.wait()
    }
}

/// A word as it is typed in bash: in quotes if it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if word.contains(char::is_control) {
        let escaped = word.chars().map(|c| match c {
            '\n' => r"\n".to_owned(),
            c if c.is_control() => format!(r"\x{:02x}", u32::from(c)),
            '\'' | '\\' => format!(r"\{c}"),
            c => c.to_string(),
        });
        return format!("$'{}'", escaped.collect::<String>());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The running program; killed when dropped.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Capture>,
    unread: Option<ChildStdout>,
    stderr: Option<Capture>,
    _home: TempDir,
}

impl Running {
    /// Writes to its stdin, which stays open.
    #[track_caller]
    pub fn write(&mut self, input: impl AsRef<[u8]>) -> &mut Self {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(input.as_ref()).unwrap();
        stdin.flush().unwrap();
        self
    }

    /// Writes to its stdin in the background, and then closes it. A program that stops reading is not an error.
    pub fn feed(&mut self, input: Vec<u8>) -> Feed {
        self.feed_with(move |mut stdin, feed| feed.write(&mut stdin, &input))
    }

    /// Repeats `input` on its stdin until it stops reading.
    pub fn feed_for_ever(&mut self, input: &str) -> Feed {
        let input = input.repeat((1 << 16) / input.len() + 1).into_bytes();
        self.feed_with(move |mut stdin, feed| while feed.write(&mut stdin, &input) {})
    }

    fn feed_with<T>(
        &mut self,
        write: impl FnOnce(ChildStdin, &Feed) -> T + Send + 'static,
    ) -> Feed {
        let stdin = self.stdin.take().expect("stdin is open");
        let feed = Feed::default();
        let theirs = feed.clone();
        std::thread::spawn(move || drop(write(stdin, &theirs)));
        feed
    }

    pub fn close_stdin(&mut self) -> &mut Self {
        self.stdin = None;
        self
    }

    pub fn stdout(&self) -> &Capture {
        self.stdout.as_ref().expect("stdout is read")
    }

    pub fn stderr(&self) -> &Capture {
        self.stderr.as_ref().expect("stderr is read")
    }

    /// The pipe behind [`Stdout::Unread`].
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.unread.take().expect("stdout is not read")
    }

    /// Reads one line of [`Stdout::Unread`] and closes it, like `head -1`.
    #[track_caller]
    pub fn head(&mut self) -> String {
        let stdout = self.take_stdout();
        let (sender, line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            sender.send(line)
        });
        line.recv_timeout(LIMIT).expect("a line in time")
    }

    /// Starts reading [`Stdout::Unread`].
    pub fn read_stdout(&mut self) {
        self.stdout = Some(Capture::of(self.take_stdout()));
    }

    #[cfg(target_os = "linux")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in bytes.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal)
            .unwrap();
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. An open stdin stays open meanwhile.
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        let status = self.exit();
        let all = |capture: &Option<Capture>| capture.as_ref().map(Capture::all);
        Outcome {
            status,
            stdout: all(&self.stdout).unwrap_or_default(),
            stderr: all(&self.stderr).unwrap_or_default(),
        }
    }

    #[track_caller]
    fn exit(&mut self) -> ExitStatus {
        let mut status = None;
        wait_for("the end of the program", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

/// How much of the background input of a program has been accepted: read, or buffered by the pipe.
#[derive(Clone, Default)]
pub struct Feed(Arc<AtomicUsize>);

impl Feed {
    /// In bytes.
    pub fn accepted(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Writes all of `input`; `false` when the program stops reading.
    fn write(&self, stdin: &mut ChildStdin, input: &[u8]) -> bool {
        // A write to a pipe returns when all of it is accepted: one large write would count only at its end.
        input.chunks(4096).all(|part| {
            let accepted = stdin.write_all(part).is_ok();
            self.0
                .fetch_add(usize::from(accepted) * part.len(), Ordering::Relaxed);
            accepted
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The exit status of a run, and what it printed.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }

    /// Checks the whole of stdout.
    #[track_caller]
    pub fn prints(&self, stdout: &str) -> &Self {
        assert_eq!(self.stdout, stdout, "{self:#?}");
        self
    }

    /// Checks the whole of stderr.
    #[track_caller]
    pub fn says(&self, stderr: &str) -> &Self {
        assert_eq!(self.stderr, stderr, "{self:#?}");
        self
    }

    /// Checks that stderr has exactly one error, and starts with it.
    #[track_caller]
    pub fn says_one_error(&self) -> &Self {
        assert_eq!(self.lines("error: "), 1, "{self:#?}");
        assert!(self.stderr.starts_with("error: "), "{self:#?}");
        self
    }

    /// Checks that the RPC failed with this status, which is the only error.
    #[track_caller]
    pub fn fails(&self, status: &str) -> &Self {
        self.exits(exit_code(status)).says_one_error();
        let error = format!("error: {status}");
        assert!(self.stderr.starts_with(&error), "no {error:?} in {self:#?}");
        self
    }

    /// The lines of stdout as JSON, for `-o envelope`.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    fn lines(&self, label: &str) -> usize {
        let lines = self.stderr.lines();
        lines.filter(|line| line.starts_with(label)).count()
    }
}
