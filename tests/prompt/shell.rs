//! The shell itself in a terminal: `routeguide shell`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::*;
use crate::terminal::Setup;

/// A shell, and the home folder of its user.
struct Shell {
    terminal: Terminal,
    home: TempDir,
}

const LOCAL: &str = "in this process>";

/// The shell with a server in its process.
fn shell() -> Shell {
    started(&["--in-process"], LOCAL, |_| {})
}

fn started(args: &[&str], prompt: &str, setup: impl FnOnce(&mut Setup)) -> Shell {
    let home = tempfile::tempdir().unwrap();
    let terminal = Terminal::start(|start| {
        start.program = PathBuf::from(env!("CARGO_BIN_EXE_routeguide"));
        start.args = std::iter::once("shell")
            .chain(args.iter().copied())
            .map(str::to_owned)
            .collect();
        start.set("HOME", home.path().to_str().unwrap());
        for folder in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            start.set(folder, home.path().join(folder).to_str().unwrap());
        }
        setup(start);
    });
    terminal.wait_for_row(prompt);
    Shell { terminal, home }
}

impl Shell {
    /// Types a line, and waits for the prompt after it.
    fn line(&mut self, line: &str) {
        self.terminal.types(line);
        self.terminal.wait_for("the line", |screen| {
            // Long lines are wrapped.
            let shown = screen.contents().replace('\n', "");
            shown.contains(line)
        });
        self.terminal.types(ENTER);
    }
}

/// A server in a process of its own, which ends with it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server, and its address.
fn server() -> (Server, String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:{}", folder.path().join("guide").display());
    (serve(&address), address, folder)
}

fn serve(address: &str) -> Server {
    let mut server = Command::new(env!("CARGO_BIN_EXE_routeguide"))
        .args(["serve", "--listen", address])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says so once it listens.
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(server.stderr.as_mut().unwrap()));
    while !lines.next().unwrap().unwrap().starts_with("listening") {}
    Server(server)
}

#[test]
fn a_line_is_run_and_its_reply_is_shown() {
    let mut shell = shell();
    shell.line("get-person Alice -o json --compact | tr a-z A-Z");
    shell.terminal.wait_for_text("\"NAME\":\"ALICE\"");
    shell.terminal.wait_for_row(LOCAL);
}

#[test]
fn commands_methods_and_fields_are_completed() {
    let mut shell = shell();
    for (typed, completed) in [
        ("get-pers", "get-person"),
        ("GetPers", "GetPerson"),
        ("GetPerson na", "GetPerson name="),
        ("call GetPerson -d {\"na", "call GetPerson -d {\"name\": \""),
        ("set color nev", "set color never"),
    ] {
        shell.terminal.types(typed);
        shell.terminal.types(TAB);
        shell.terminal.wait_for_row(&format!("{LOCAL} {completed}"));
        shell.terminal.types(CTRL_C);
        shell.terminal.wait_for_row(LOCAL);
    }
}

#[test]
fn replies_are_completed_and_filled_in() {
    let mut shell = shell();
    shell.line("let alice = GetPerson name=Alice");
    shell.terminal.wait_for_row(LOCAL);
    shell.terminal.types("get-person $alice.na");
    shell.terminal.types(TAB);
    shell
        .terminal
        .wait_for_row(&format!("{LOCAL} get-person $alice.name"));
    shell.terminal.types(ENTER);
    shell.terminal.wait_for_text("city: \"New York\"");
}

#[test]
fn a_request_without_data_is_filled_in_at_the_prompt() {
    let mut shell = shell();
    shell.line("GetPerson");
    shell.terminal.wait_for_text("\"name\": \"\"");
    shell.terminal.types("Bob");
    shell.terminal.wait_for_text("\"name\": \"Bob\"");
    shell.terminal.types(ENTER);
    shell.terminal.wait_for_text("\"age\": 25");
    shell.terminal.wait_for_row(LOCAL);
}

#[test]
fn the_first_mistake_is_shown_while_it_is_typed() {
    let mut shell = shell();
    shell.terminal.types("GetPresnon name=Alice ");
    shell
        .terminal
        .wait_for_text("no method named \"GetPresnon\" in the schema; did you mean");
    shell.terminal.types(CTRL_C);
    shell.terminal.wait_for_row(LOCAL);
    for (typed, mistake) in [
        ("GetPerson nmae=", "Name has no field \"nmae\""),
        (
            "GetPerson name=Alice --tmieout ",
            "unexpected argument '--tmieout' found",
        ),
        ("get-person $alice.nme", "Person has no field \"nme\""),
        ("GetPerson -d {\"nmae\": ", "Name has no field \"nmae\""),
    ] {
        shell.terminal.types(CTRL_C);
        shell.terminal.wait_for_row(LOCAL);
        if typed.contains("$alice") {
            shell.line("let alice = GetPerson name=Alice");
            shell.terminal.wait_for_row(LOCAL);
        }
        shell.terminal.types(typed);
        shell.terminal.wait_for_text(mistake);
    }
    shell.terminal.types(CTRL_C);
    shell.terminal.wait_for_row(LOCAL);
    shell.line("GetPeople");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("nmae=");
    shell
        .terminal
        .wait_for_row("GetPeople> nmae=  ← Name has no field \"nmae\"; did you mean \"name\"?");
}

#[test]
fn an_open_brace_continues_on_the_next_line() {
    let mut shell = shell();
    shell.terminal.types("GetPerson -d {");
    shell.terminal.types(ENTER);
    shell.terminal.types("\"name\": \"Bob\"}");
    shell.terminal.wait_for_text("\"Bob\"}");
    shell.terminal.types(ENTER);
    shell.terminal.wait_for_text("\"age\": 25");
}

#[test]
fn replies_of_a_stream_come_above_what_is_typed() {
    let mut shell = shell();
    shell.line("get-people -o json --compact");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("Alice\rBo");
    shell.terminal.wait_for_text("\"name\":\"Alice\"");
    shell.terminal.wait_for_row("GetPeople> Bo");
    shell.terminal.types("b\r");
    shell.terminal.wait_for_text("\"name\":\"Bob\"");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types(CTRL_D);
    // Nothing can be typed any more.
    shell.terminal.wait_for_rows(&["GetPeople>", LOCAL]);
    let prompts = shell.terminal.rows();
    let prompts = prompts.iter().filter(|row| *row == "GetPeople>");
    assert_eq!(prompts.count(), 1);
}

#[test]
fn messages_of_a_stream_have_a_history_of_their_own() {
    let mut shell = shell();
    shell.line("GetPeople --compact");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("name=Alice\r");
    shell.terminal.wait_for_text("\"name\":\"Alice\"");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types(UP);
    shell.terminal.wait_for_row("GetPeople> name=Alice");
    shell.terminal.types("\x15");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types(CTRL_D);
    shell.terminal.wait_for_row(LOCAL);
    shell.terminal.types(UP);
    shell
        .terminal
        .wait_for_row(&format!("{LOCAL} GetPeople --compact"));
}

#[test]
fn lines_typed_while_a_command_runs_are_run_after_it() {
    let mut shell = shell();
    let gate = shell.home.path().join("gate");
    let (first, second) = (gate.join("1"), gate.join("2"));
    std::fs::create_dir(&gate).unwrap();
    shell.line(&format!(
        "list | (touch {}; until [ -e {} ]; do :; done)",
        first.display(),
        second.display()
    ));
    while !first.exists() {
        std::thread::yield_now();
    }
    let (_server, address, _folder) = server();
    shell
        .terminal
        .types(format!("connect {address}\rget-person Bob -o json\rhalf"));
    std::fs::write(second, "").unwrap();
    shell.terminal.wait_for_text("\"age\": 25");
    shell.terminal.wait_for_row(&format!("{address}> half"));
}

#[test]
fn messages_of_a_stream_are_json_or_fields() {
    let mut shell = shell();
    shell.line("GetPeople --compact");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("name=Alice\r");
    shell.terminal.wait_for_text("\"name\":\"Alice\"");
    shell.terminal.types("nmae=Bob\r");
    shell
        .terminal
        .wait_for_text("error: request: Name has no field \"nmae\"");
    shell.terminal.types("{\"name\": \"Bob\"}\r");
    shell.terminal.wait_for_text("\"name\":\"Bob\"");
}

#[test]
fn ctrl_c_cancels_a_stream_and_comes_back() {
    let mut shell = shell();
    shell.line("get-people");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("half");
    shell.terminal.wait_for_row("GetPeople> half");
    shell.terminal.types(CTRL_C);
    shell.terminal.wait_for("the prompt", |screen| {
        screen.contents().trim_end().ends_with(LOCAL)
    });
    shell.line("health");
    shell.terminal.wait_for_text("SERVING");
}

#[test]
fn ctrl_c_ends_a_command() {
    let mut shell = shell();
    shell.line("health --watch");
    shell.terminal.wait_for_text("SERVING");
    shell.terminal.interrupt();
    shell.terminal.wait_for("the prompt", |screen| {
        screen.contents().trim_end().ends_with(LOCAL)
    });
}

#[test]
fn ctrl_c_at_the_prompt_says_how_to_leave_and_ctrl_d_leaves() {
    let mut shell = shell();
    shell.terminal.types("half");
    shell.terminal.wait_for_row(&format!("{LOCAL} half"));
    shell.terminal.types(CTRL_C);
    shell
        .terminal
        .wait_for_text("Ctrl-D or exit leaves the shell");
    shell.terminal.wait_for_row(LOCAL);
    shell.terminal.types(CTRL_D);
    assert!(shell.terminal.wait_for_end().success());
}

#[test]
fn a_line_that_fails_stays_in_the_history_without_its_secrets() {
    let mut shell = shell();
    shell.line("header 'authorization: Bearer s3cret'");
    shell.terminal.wait_for_row(LOCAL);
    shell.line("get-person Zoe");
    shell.terminal.wait_for_text("no person named");
    shell.terminal.types(UP);
    shell.terminal.wait_for("the line", |screen| {
        screen.contents().trim_end().ends_with("get-person Zoe")
    });
    shell.terminal.types(CTRL_C);
    shell.terminal.wait_for_row("in this process>");
    shell.line("exit");
    assert!(shell.terminal.wait_for_end().success());
    let folder = shell.home.path().join("XDG_STATE_HOME/routeguide/history");
    let files = std::fs::read_dir(folder).unwrap();
    let kept: String = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(kept.contains("get-person Zoe"), "{kept}");
    assert!(
        kept.contains("authorization: ***") && !kept.contains("s3cret"),
        "{kept}"
    );
}

#[test]
fn what_is_offered_is_not_that_of_another_server() {
    let mut shell = shell();
    shell.line("connect unix:/nowhere");
    shell.terminal.wait_for_row("unix:/nowhere>");
    shell.terminal.types("GetPer\t");
    shell.terminal.types("!");
    shell.terminal.wait_for_row("unix:/nowhere> GetPer!");
}

#[test]
fn a_server_that_dies_and_returns_does_not_end_the_shell() {
    let (server, address, _folder) = server();
    let prompt = format!("{address}>");
    let mut shell = started(&["-a", &address], &prompt, |setup| setup.size = (40, 120));
    shell.line("get-people -o json --compact");
    shell.terminal.wait_for_row("GetPeople>");
    shell.terminal.types("Alice\r");
    shell.terminal.wait_for_text("\"name\":\"Alice\"");
    drop(server);
    shell.terminal.wait_for_text("error: UNAVAILABLE");
    shell.terminal.wait_for("the prompt", |screen| {
        screen.contents().trim_end().ends_with(&prompt)
    });
    std::fs::remove_file(address.strip_prefix("unix:").unwrap()).unwrap();
    let _server = serve(&address);
    shell.line("get-person Bob");
    shell.terminal.wait_for_text("age: 25");
}

#[test]
fn a_terminal_that_can_draw_nothing_has_a_plain_prompt() {
    let mut shell = started(&["--in-process"], LOCAL, |setup| {
        setup.set("TERM", "dumb");
        // Programs color in any terminal of a CI job.
        setup.set("CI", "true");
    });
    shell.line("get-person Bob");
    shell.terminal.wait_for_text("age: 25");
    assert!(!shell.terminal.written().contains('\x1b'));
    // Ctrl-C does not end the shell, however often.
    for _ in 0..3 {
        shell.terminal.wait_for_row(LOCAL);
        shell.terminal.types("half");
        shell.terminal.wait_for_row(&format!("{LOCAL} half"));
        shell.terminal.interrupt();
    }
    shell
        .terminal
        .wait_for_text("Ctrl-D or exit leaves the shell");
}
