//! The progress line of a long stream: shown on a terminal if the output goes elsewhere, and erased at the end.

use super::harness::{
    ALICE, Program, RawPeer, Running, Server, Stdout, Terminal, routeguide, rows,
};

/// `get-people` with stderr on a terminal.
fn get_people(addr: impl AsRef<std::ffi::OsStr>, terminal: &Terminal) -> Program {
    routeguide(["get-people"])
        .env("TERM", "xterm")
        .at(addr)
        .stderr(terminal.stdio())
}

/// The lines on the terminal at the end, without the empty one after the last.
#[track_caller]
fn shown(terminal: Terminal) -> Vec<String> {
    let mut rows = rows(&terminal.last_screen());
    assert_eq!(rows.pop().as_deref(), Some(""), "after {rows:#?}");
    rows
}

#[test]
fn a_stream_of_more_than_two_seconds_shows_its_progress_until_it_ends() {
    let server = Server::start();
    let terminal = Terminal::open();
    let mut run = get_people(server.addr(), &terminal).start();
    run.write("Alice\nZoe\nAlice\n");
    let screen = terminal
        .screen()
        .wait_until("a line with requests, replies and rate", |screen| {
            ["3 requests", "2 replies", "/s"]
                .iter()
                .all(|part| screen.contains(part))
        });
    assert!(rows(&screen).last().unwrap().contains("replies"));
    run.close_stdin();
    run.wait().exits(0).prints(&[ALICE, ALICE].concat());
    let rows = shown(terminal);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert!(rows[0].starts_with("1 of 3 names"), "{rows:#?}");
}

#[test]
fn a_flood_of_replies_shows_its_progress() {
    let server = Server::start();
    let terminal = Terminal::open();
    let mut run = get_people(server.addr(), &terminal)
        .stdout(Stdout::Given(std::process::Stdio::null()))
        .start();
    run.feed_for_ever("Alice\n");
    terminal.screen().wait_for("replies");
    run.signal(rustix::process::Signal::INT);
    run.wait().exits(130);
    assert_eq!(shown(terminal), [""; 0]);
}

#[test]
fn the_progress_line_is_gone_before_an_error() {
    let mut server = Server::start();
    let terminal = Terminal::open();
    let mut run = get_people(server.addr(), &terminal).start();
    run.write("Alice\n");
    terminal.screen().wait_for("/s");
    server.kill();
    run.wait().exits(78).prints(ALICE);
    let rows = shown(terminal);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert!(rows[0].starts_with("error: UNAVAILABLE: "), "{rows:#?}");
}

#[test]
fn verbose_output_has_its_own_lines() {
    let peer = RawPeer::start();
    let terminal = Terminal::open();
    let mut run = get_people(peer.addr(), &terminal).arg("-v").start();
    run.write("Alice\n");
    let call = peer.accept_call();
    terminal.screen().wait_for("replies");
    // The progress line is on the screen, and these must not overwrite it.
    call.open();
    call.reply("Alice");
    run.stdout().wait_for("name: \"Alice\"\n");
    terminal.screen().wait_for("1 repl");
    call.headers(
        &[("grpc-status", "0"), ("x-trace", "17")],
        super::harness::END_STREAM,
    );
    run.close_stdin();
    run.wait().exits(0);
    let rows = shown(terminal);
    for line in ["< content-type: application/grpc", "< trailer x-trace: 17"] {
        assert!(
            rows.iter().any(|row| row == line),
            "no {line:?} in {rows:#?}"
        );
    }
    assert!(rows.last().unwrap().starts_with("* status OK"), "{rows:#?}");
    assert!(
        rows.iter().all(|row| row.starts_with(['*', '>', '<'])),
        "{rows:#?}"
    );
}

#[test]
fn no_progress_is_shown_with_quiet_or_where_it_could_not_be_seen() {
    let server = Server::start();
    let terminals = [Terminal::open(), Terminal::open(), Terminal::open()];
    let [quiet, whole, shown] = &terminals;
    let mut without: Vec<Running> = vec![
        get_people(server.addr(), quiet).arg("-q").start(),
        // stdout is the terminal, which shows the replies themselves.
        get_people(server.addr(), whole)
            .args(["--color", "never"])
            .stdout(whole.stdout())
            .start(),
        // stderr is not a terminal.
        routeguide(["get-people"]).at(server.addr()).start(),
    ];
    for run in &mut without {
        run.write("Alice\n");
    }
    // It started after the others: once it has shown two lines, they would have shown one.
    let mut with = get_people(server.addr(), shown).start();
    with.write("Alice\n");
    shown
        .screen()
        .wait_until("two lines of progress", |screen| {
            screen.matches("replies").count() + screen.matches("1 reply").count() > 1
        });
    for mut run in without {
        run.close_stdin();
        assert_eq!(run.wait().exits(0).stderr, "");
    }
    let [quiet, whole, _] = terminals;
    assert_eq!(quiet.last_screen(), "");
    assert!(!whole.last_screen().contains("/s"));
}
