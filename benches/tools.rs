//! Other programs to compare with: where to find each, and how to start it. Nothing is installed from here; a missing
//! program is skipped, and the report says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::report::Report;

/// A program from outside this package.
pub struct Tool {
    pub name: &'static str,
    program: PathBuf,
}

impl Tool {
    /// `$GRPCURL`, or where a user or `tests/interop/run` installs it. If it is not found, notes that the group, which has
    /// no other peer, is skipped.
    pub fn grpcurl_or_skip(group: &str, report: &mut Report) -> Option<Self> {
        let found = named_by("GRPCURL")
            .or_else(grpcurl_on_path)
            .or_else(|| of_interop("grpcurl", "grpcurl"))
            .or_else(|| existing(home()?.join("go/bin/grpcurl")));
        if found.is_none() {
            report.note(format!(
                "{group}: skipped, grpcurl not found: install it with `tests/interop/run`, or set GRPCURL"
            ));
        }
        found.map(|program| Self {
            name: "grpcurl",
            program,
        })
    }

    /// `$GRPCURL_RS`, or where `cargo install grpcurl-rs` puts it, under the name of the original.
    pub fn grpcurl_rs() -> Option<Self> {
        let program = named_by("GRPCURL_RS")
            .or_else(|| on_path("grpcurl-rs"))
            .or_else(|| existing(cargo_bin()?.join("grpcurl")))?;
        Some(Self {
            name: "grpcurl-rs",
            program,
        })
    }

    /// `$BUF`, or `buf` on the path.
    pub fn buf() -> Option<Self> {
        let program = named_by("BUF").or_else(|| on_path("buf"))?;
        Some(Self {
            name: "buf",
            program,
        })
    }

    /// nghttp2's server of files, from the package `nghttp2-server`. `/usr/sbin` is not on every user's path.
    pub fn nghttpd() -> Option<Self> {
        Self::of_system("nghttpd")
    }

    /// nginx, from the package of that name.
    pub fn nginx() -> Option<Self> {
        Self::of_system("nginx")
    }

    /// A program that may be in a folder for administrators.
    fn of_system(name: &'static str) -> Option<Self> {
        let program = on_path(name).or_else(|| existing(PathBuf::from("/usr/sbin").join(name)))?;
        Some(Self { name, program })
    }

    /// ghz, as `tests/interop/run` builds it.
    pub fn ghz() -> Option<Self> {
        let program = named_by("GHZ")
            .or_else(|| on_path("ghz"))
            .or_else(|| of_interop("ghz", "ghz"))?;
        Some(Self {
            name: "ghz",
            program,
        })
    }

    /// grpc-go's server for interoperability tests, as `tests/interop/run` builds it.
    pub fn go_interop_server() -> Option<Self> {
        let program =
            named_by("GO_INTEROP_SERVER").or_else(|| of_interop("interop+server", "server"))?;
        Some(Self {
            name: "grpc-go",
            program,
        })
    }

    /// The command, with an empty environment like ours, except for what npm's `buf` needs: it is a node script with a
    /// cache folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        Self::hermetic(command)
    }

    /// A shell with a script, whose `$0` is the program.
    pub fn script(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .arg(&self.program)
            .args(arguments);
        Self::hermetic(command)
    }

    fn hermetic(mut command: Command) -> Command {
        command.env_clear();
        for kept in ["PATH", "HOME"] {
            if let Some(value) = env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }
}

/// The program in an environment variable. Not checked here, so that a wrong path is reported when it is started.
fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Whether the servers of `tests/cli/harness/postgres.rs` can be started: Debian keeps their program off the path.
#[cfg(target_os = "linux")]
pub fn has_postgresql() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found = versions
        .flatten()
        .filter_map(|version| existing(version.path().join("bin/initdb")));
    found.next().or_else(|| on_path("initdb")).is_some()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find_map(|folder| existing(folder.join(program)))
}

/// Skips cargo's folder, where `grpcurl` is grpcurl-rs.
fn grpcurl_on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let cargo = cargo_bin();
    env::split_paths(&path)
        .filter(|folder| Some(folder) != cargo.as_ref())
        .find_map(|folder| existing(folder.join("grpcurl")))
}

/// The latest program built by `tests/interop/run`, which keeps a folder for each version of each package.
fn of_interop(package: &str, program: &str) -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(home()?.join(".cache")))?;
    let folders = fs::read_dir(cache.join("routeguide-interop")).ok()?;
    folders
        .flatten()
        .filter(|folder| folder.file_name().to_string_lossy().contains(package))
        .filter_map(|folder| existing(folder.path().join(program)))
        .max_by_key(|program| built(program).ok())
}

fn built(program: &Path) -> io::Result<std::time::SystemTime> {
    program.metadata()?.modified()
}

fn cargo_bin() -> Option<PathBuf> {
    let cargo = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(home()?.join(".cargo")))?;
    Some(cargo.join("bin"))
}

fn home() -> Option<PathBuf> {
    env::home_dir().filter(|folder| !folder.as_os_str().is_empty())
}

fn existing(program: PathBuf) -> Option<PathBuf> {
    program.is_file().then_some(program)
}
