//! Ctrl-C cancels a client's call, and ends the program even if something else is stuck.

use std::fmt::Write as _;
use std::io::{PipeReader, Write as _};
use std::path::PathBuf;

use h2::Reason;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::ioctl_fionread;
use rustix::process::Signal;

use super::harness::{
    ALICE_JSON, Call, Folder, Peer, RawPeer, Seen, Server, Stdout, routeguide, wait_for,
};
use super::wire::{call, succeed};

/// The write end of a full pipe, and its read end, which is never read.
fn stuck_pipe() -> (PipeReader, Stdout) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    for size in [4096, 1] {
        while writer.write(&[b'x'; 4096][..size]).is_ok() {}
    }
    fcntl_setfl(&writer, flags).unwrap();
    (reader, Stdout::Given(writer.into()))
}

#[test]
fn ctrl_c_cancels_a_stream_and_keeps_its_replies() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people"]).at(peer.addr()).start();
    run.write("Alice\n").stdout().wait_for("name: \"Alice\"\n");
    run.signal(Signal::INT);
    run.wait().exits(130).prints("name: \"Alice\"\n").says("");
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}

#[test]
fn ctrl_c_cancels_a_unary_call() {
    let peer = Peer::playing(Call::wait_for_reset);
    let run = routeguide(["get-person", "Alice"]).at(peer.addr()).start();
    peer.wait_for(&Seen::HalfClose);
    run.signal(Signal::INT);
    run.wait().exits(130).prints("").says("");
    peer.wait_for(&Seen::Reset(Reason::CANCEL));
}

#[test]
fn ctrl_c_in_a_flood_leaves_only_whole_lines() {
    let server = Server::start();
    let mut run = routeguide(["get-people", "-o", "json"])
        .at(server.addr())
        .start();
    run.feed_for_ever("Alice\n");
    run.stdout().wait_for(ALICE_JSON);
    run.signal(Signal::INT);
    let outcome = run.wait();
    outcome.exits(130).says("");
    assert!(outcome.stdout.ends_with("}\n"));
}

#[test]
fn ctrl_c_ends_a_call_to_a_server_that_never_answers() {
    let peer = Peer::playing(|call| async move {
        // Dropping the call would reset it.
        let _call = call;
        std::future::pending::<()>().await;
    });
    let run = routeguide(["get-person", "Alice", "-v"])
        .at(peer.addr())
        .start();
    run.stderr().wait_for("* connected");
    run.signal(Signal::INT);
    run.wait().exits(130).prints("");
}

#[test]
fn ctrl_c_works_while_stdout_is_not_read() {
    let peer = Peer::echoing();
    let (_reader, stdout) = stuck_pipe();
    let mut run = routeguide(["get-people"])
        .at(peer.addr())
        .stdout(stdout)
        .start();
    run.write("Alice\n");
    peer.wait_for(&Seen::Name("Alice".to_owned()));
    run.signal(Signal::INT);
    run.wait().exits(130).says("");
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}

#[test]
fn a_second_ctrl_c_works_while_stdout_is_not_read() {
    let peer = Peer::echoing();
    let (_reader, stdout) = stuck_pipe();
    let mut run = routeguide(["get-people"])
        .at(peer.addr())
        .stdout(stdout)
        .start();
    run.write("Alice\n");
    peer.wait_for(&Seen::Name("Alice".to_owned()));
    run.signal(Signal::INT);
    // The call is cancelled before anything waits for stdout.
    peer.wait_for(&Seen::Reset(Reason::CANCEL));
    run.signal(Signal::INT);
    run.wait().exits(130).says("");
}

/// A schema that is printed as more than any pipe holds.
fn large_schema(folder: &Folder) -> PathBuf {
    let mut schema = "syntax = \"proto3\";\n".to_owned();
    for n in 0..3_000 {
        let _ = writeln!(schema, "service TheServiceOfThisNumber{n:04} {{}}");
    }
    folder.write("large.proto", schema)
}

#[test]
fn ctrl_c_works_while_a_schema_is_not_read() {
    let folder = Folder::new();
    let schema = large_schema(&folder);
    for command in ["list", "describe"] {
        let mut run = routeguide([command, "--proto"])
            .arg(&schema)
            .stdout(Stdout::Unread)
            .start();
        let stdout = run.take_stdout();
        // It has started to write, and cannot write everything.
        wait_for("output", || ioctl_fionread(&stdout).unwrap() > 0);
        run.signal(Signal::INT);
        run.wait().exits(130).says("");
    }
}

/// All calls are over, and the report of a failure waits for stdout. The interrupt still decides the exit code.
#[test]
fn ctrl_c_ends_a_batch_that_waits_to_report_a_failure() {
    let peer = RawPeer::start();
    let (_reader, stdout) = stuck_pipe();
    let run = call("Echo/Unary")
        .args(["-d", "{} {}", "--keep-going"])
        .at(peer.addr())
        .stdout(stdout)
        .start();
    let connection = peer.accept();
    succeed(&connection.call(), 1);
    connection.call().end_at_once(5);
    connection.sync();
    run.signal(Signal::INT);
    run.wait().exits(130);
}

#[cfg(target_os = "linux")]
mod before_there_is_a_connection {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::super::harness::{HalfOpenPort, Running};
    use super::*;

    /// Waits for the program to handle Ctrl-C, which would kill it before. The set of caught signals shows when it does.
    fn wait_until_ctrl_c_is_caught(run: &Running) {
        let path = format!("/proc/{}/status", run.id());
        wait_for("the program to listen for Ctrl-C", || {
            let status = std::fs::read_to_string(&path).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
            caught & (1 << (Signal::INT.as_raw() - 1)) != 0
        });
    }

    /// Every argument that names a file, here one that nobody writes to.
    const FILES: [&[&str]; 8] = [
        &["call", "GetPerson", "--in-process", "-d", "@fifo"],
        &["call", "GetPerson", "--in-process", "name=@fifo"],
        &["list", "--proto", "fifo"],
        &["list", "--protoset", "fifo"],
        &["list", "-a", "https://:1", "--cacert", "fifo"],
        &[
            "list",
            "-a",
            "https://:1",
            "--cert",
            "cert",
            "--key-password-file",
            "fifo",
        ],
        &["get-person", "Alice", "--in-process", "--people", "fifo"],
        &["serve", "--people", "fifo"],
    ];

    fn fifo(folder: &Folder) -> PathBuf {
        let path = folder.join("fifo");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
        path
    }

    #[test]
    fn ctrl_c_ends_opening_a_file() {
        let folder = Folder::new();
        fifo(&folder);
        folder.write("cert", "");
        let written: &[&str] = &["list", "--in-process", "--protoset-out", "fifo"];
        for args in FILES.into_iter().chain([written]) {
            let run = routeguide(args).within(&folder).start();
            wait_until_ctrl_c_is_caught(&run);
            run.signal(Signal::INT);
            run.wait().exits(130).prints("").says("");
        }
    }

    #[test]
    fn ctrl_c_ends_reading_a_file() {
        let folder = Folder::new();
        let path = fifo(&folder);
        folder.write("cert", "");
        // Opened for both, it waits for no other side.
        let mut writer = std::fs::File::options();
        let mut writer = writer.read(true).write(true).open(path).unwrap();
        for args in FILES {
            let run = routeguide(args).within(&folder).start();
            writer.write_all(b"x").unwrap();
            wait_for("the program to read", || {
                ioctl_fionread(&writer).unwrap() == 0
            });
            run.signal(Signal::INT);
            run.wait().exits(130).prints("").says("");
        }
    }

    #[test]
    fn ctrl_c_ends_waiting_for_a_server() {
        let folder = Folder::new();
        let run = routeguide(["get-person", "Alice", "--wait", "1h"])
            .at(folder.socket("guide"))
            .start();
        wait_until_ctrl_c_is_caught(&run);
        run.signal(Signal::INT);
        run.wait().exits(130).prints("").says("");
    }

    #[test]
    fn ctrl_c_ends_an_attempt_to_connect() {
        let port = HalfOpenPort::new();
        let run = routeguide(["get-person", "Alice", "--connect-timeout", "1h"])
            .at(port.addr())
            .start();
        wait_until_ctrl_c_is_caught(&run);
        run.signal(Signal::INT);
        run.wait().exits(130).prints("").says("");
    }
}
