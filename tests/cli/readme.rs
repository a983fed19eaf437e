//! README.md agrees with the program.

use std::path::Path;

use routeguide::exit;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md")
}

/// A text without markup and line breaks.
fn flat(text: &str) -> String {
    let plain = text.replace(['|', '`', '*'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_readme_has_every_exit_code() {
    let readme = flat(&readme());
    for (code, meaning) in exit::CODES {
        let row = flat(&format!("{code} {meaning}"));
        assert!(readme.contains(&row), "not in README.md: {row}");
    }
}

/// zsh does not run a command with brackets that match no file.
#[test]
fn brackets_in_commands_are_quoted() {
    let is_command = |line: &&str| line.trim_start().starts_with("routeguide ");
    for line in readme().lines().filter(is_command) {
        let command = line.split(" #").next().unwrap_or_default();
        let unquoted: String = command.split('\'').step_by(2).collect();
        assert!(!unquoted.contains(['[', ']']), "{line}");
    }
}

/// The sessions that the README shows, with a server on another port: everything in `console` blocks is run and compared.
#[cfg(unix)]
mod sessions {
    use std::path::Path;
    use std::process::{Command, Output, Stdio};

    use super::super::harness::{Server, has_ipv6};

    /// Where the server of the README listens.
    const PORT: &str = ":50051";

    /// A line after `$`, and the lines below it.
    struct Step {
        command: String,
        output: Vec<String>,
    }

    fn steps() -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let readme = super::readme();
        for block in readme.split("```console\n").skip(1) {
            let block = block.split("```").next().expect("the end of a block");
            for line in block.lines() {
                match (line.strip_prefix("$ "), steps.last_mut()) {
                    (Some(command), _) => steps.push(Step {
                        command: command.to_owned(),
                        output: Vec::new(),
                    }),
                    (None, Some(step)) => step.output.push(line.to_owned()),
                    (None, None) => panic!("output without a command: {line}"),
                }
            }
        }
        steps
    }

    /// Runs a command line as a user types it. It needs what the README needs: a shell and jq.
    fn run(command: &str, server: &Server) -> Output {
        let home = tempfile::tempdir().expect("a folder");
        let program = Path::new(env!("CARGO_BIN_EXE_routeguide"));
        let folder = program.parent().expect("a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        let port = format!(":{}", server.port());
        Command::new("sh")
            .args(["-c", &command.replace(PORT, &port)])
            .env_clear()
            .env("PATH", format!("{folder}:{path}"))
            .env("HOME", home.path())
            .env("ROUTEGUIDE_ADDR", server.addr())
            .stdin(Stdio::null())
            .output()
            .expect("a shell")
    }

    /// Takes the lines of `text` out of `lines`, where they are in the same order, perhaps with others in between.
    #[track_caller]
    fn take(lines: &mut Vec<String>, text: &str, step: &Step) {
        let mut from = 0;
        for line in text.lines() {
            let rest = lines.iter().skip(from);
            let Some(at) = rest.clone().position(|known| known == line) else {
                panic!("README.md: `{}` prints {line:?}", step.command);
            };
            from += at;
            lines.remove(from);
        }
    }

    #[test]
    fn the_sessions_in_the_readme_are_what_the_program_prints() {
        let places = 1 + usize::from(has_ipv6());
        let server = Server::listening(places, ["--listen", "localhost:0"]);
        let steps = steps();
        assert!(steps.len() > 4, "the blocks are not found any more");
        for step in steps {
            let mut lines = step.output.clone();
            if step.command == "routeguide serve &" {
                let port = format!(":{}", server.port());
                let stderr = server.stderr().text().replace(&port, PORT);
                take(&mut lines, &stderr, &step);
                assert!(places < 2 || lines.is_empty(), "{lines:?}");
                continue;
            }
            let output = run(&step.command, &server);
            take(&mut lines, &String::from_utf8_lossy(&output.stdout), &step);
            take(&mut lines, &String::from_utf8_lossy(&output.stderr), &step);
            assert!(
                lines.is_empty(),
                "README.md: `{}` does not print {lines:?}",
                step.command
            );
        }
    }
}
