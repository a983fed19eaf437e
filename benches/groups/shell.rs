//! `shell`: lines of a script beside a process each, the time to the first prompt, and that between a key and what the prompt
//! shows for it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prost_reflect::DescriptorPool;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto, ServiceDescriptorProto,
};
use routeguide::schema::Schema;
use routeguide::shell::assist::Helper;
use routeguide::shell::prompt::Assist as _;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "shell",
    about: "lines of a script, the first prompt, and the time of a key",
    run,
};

const LINES: u16 = 10_000;
const PROCESSES: u16 = 200;
const ROUNDS: usize = 3;
const STARTS: usize = 21;
const SERVICES: usize = 500;
const LIMIT: Duration = Duration::from_mins(1);

fn run(report: &mut Report) -> Result<()> {
    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    script(report, &addr)?;
    start(report, &addr)?;
    key(report)
}

fn script(report: &mut Report, addr: &str) -> Result<()> {
    let (mut lines, mut processes) = (Samples::default(), Samples::default());
    let mut peak = None;
    for _ in 0..ROUNDS {
        let mut shell = client::routeguide(&["shell", "-a", addr]);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = Client::spawn(shell, LIMIT)?;
        let mut stdin = shell.stdin()?;
        let writer = std::thread::spawn(move || {
            stdin.write_all(
                "call GetPerson name=Alice\n"
                    .repeat(LINES.into())
                    .as_bytes(),
            )
        });
        let (printed, done) = shell.output()?;
        writer.join().map_err(|_| "the script is not written")??;
        if printed.lines().count() != usize::from(LINES) {
            return Err("the script has lost replies".into());
        }
        peak = done.peak;
        lines.add(done.elapsed.as_secs_f64() * 1e6 / f64::from(LINES));
        let started = Instant::now();
        for _ in 0..PROCESSES {
            let mut call = client::routeguide(&["call", "GetPerson", "name=Alice", "-a", addr]);
            call.stdin(Stdio::null()).stdout(Stdio::piped());
            Client::spawn(call, LIMIT)?.output()?;
        }
        processes.add(started.elapsed().as_secs_f64() * 1e6 / f64::from(PROCESSES));
    }
    report.beside(
        "shell: a line of a script, microseconds",
        &lines,
        "a process",
        &processes,
        None,
    );
    report.memory("shell: 10,000 lines, peak", peak);
    Ok(())
}

/// From the start of the process to the prompt, with a history of 10,000 lines.
fn start(report: &mut Report, addr: &str) -> Result<()> {
    let home = tempfile::tempdir()?;
    let folder = home.path().join("routeguide/history");
    std::fs::create_dir_all(&folder)?;
    let lines: Vec<String> = (0..10_000)
        .map(|line| format!("GetPerson name=Person{line}"))
        .collect();
    let history = folder.join(addr.replace(':', "%3a"));
    std::fs::write(history, lines.join("\n") + "\n")?;
    let (mut shells, mut calls) = (Samples::default(), Samples::default());
    for _ in 0..STARTS {
        shells.add(prompt(addr, home.path())?);
        let mut call = client::routeguide(&["list", "-a", addr]);
        call.stdin(Stdio::null()).stdout(Stdio::piped());
        let (_, done) = Client::spawn(call, LIMIT)?.output()?;
        calls.add(done.elapsed.as_secs_f64() * 1e3);
    }
    report.single(
        "shell: start to prompt, milliseconds",
        &shells,
        Target::AtMost(20.0),
    );
    report.beside(
        "shell: start to prompt, milliseconds",
        &shells,
        "list",
        &calls,
        None,
    );
    Ok(())
}

fn prompt(addr: &str, home: &std::path::Path) -> Result<f64> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let device: OwnedFd = rustix::fs::open(ptsname(&ours, Vec::new())?, flags, Mode::empty())?;
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&device, size)?;
    let mut terminal = File::from(ours);
    let mut command: Command = client::routeguide(&["shell", "-a", addr]);
    command
        .env("TERM", "xterm-256color")
        .env("XDG_STATE_HOME", home)
        .stdin(device.try_clone()?)
        .stdout(device.try_clone()?)
        .stderr(device);
    let started = Instant::now();
    let mut child = command.spawn()?;
    drop(command);
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    let milliseconds = loop {
        let len = terminal.read(&mut buffer)?;
        let new = buffer.get(..len).unwrap_or_default();
        // The position of the cursor is asked for.
        if new.windows(4).any(|part| part == b"\x1b[6n") {
            terminal.write_all(b"\x1b[1;1R")?;
        }
        seen.extend_from_slice(new);
        if seen.windows(2).any(|part| part == b"> ") {
            break started.elapsed().as_secs_f64() * 1e3;
        }
    };
    child.kill()?;
    child.wait()?;
    Ok(milliseconds)
}

/// What the prompt asks for at every key: completion, the hint, the colors and the first mistake.
fn key(report: &mut Report) -> Result<()> {
    let helper = Helper::default();
    helper.known().schema = Some(Schema {
        pool: pool()?,
        ..Schema::default()
    });
    let line = "svc250.Service250/Method3 name250=abc -d {\"child250\": {\"na";
    let mut keys = Samples::default();
    for _ in 0..5 {
        for end in 1..=line.len() {
            let typed = line.get(..end).unwrap_or_default();
            let started = Instant::now();
            std::hint::black_box((
                helper.complete(typed, end),
                helper.hint(typed),
                helper.check(typed),
                helper.paint(typed),
                helper.is_complete(typed),
            ));
            keys.add(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    report.single(
        "shell: a key with 500 services, milliseconds",
        &keys,
        Target::AtMost(16.0),
    );
    Ok(())
}

/// 500 services with ten methods and ten messages each.
fn pool() -> Result<DescriptorPool> {
    let text = |name: String, number, kind, of: Option<String>| FieldDescriptorProto {
        name: Some(name),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(kind),
        type_name: of,
        ..FieldDescriptorProto::default()
    };
    let file = |number: usize| {
        let package = format!("svc{number}");
        let messages = (0..10).map(|message| DescriptorProto {
            name: Some(format!("Message{message}")),
            field: vec![
                text(format!("name{number}"), 1, Type::String as i32, None),
                text(
                    format!("child{number}"),
                    2,
                    Type::Message as i32,
                    Some(format!(".{package}.Message{message}")),
                ),
            ],
            ..DescriptorProto::default()
        });
        let methods = (0..10).map(|method| MethodDescriptorProto {
            name: Some(format!("Method{method}")),
            input_type: Some(format!(".{package}.Message{method}")),
            output_type: Some(format!(".{package}.Message{method}")),
            ..MethodDescriptorProto::default()
        });
        FileDescriptorProto {
            name: Some(format!("{package}.proto")),
            package: Some(package.clone()),
            message_type: messages.collect(),
            service: vec![ServiceDescriptorProto {
                name: Some(format!("Service{number}")),
                method: methods.collect(),
                ..ServiceDescriptorProto::default()
            }],
            syntax: Some("proto3".to_owned()),
            ..FileDescriptorProto::default()
        }
    };
    let set = FileDescriptorSet {
        file: (0..SERVICES).map(file).collect(),
    };
    Ok(DescriptorPool::from_file_descriptor_set(set)?)
}
