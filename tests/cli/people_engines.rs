//! `people import` at its limits, on both engines: killed, full, too long, empty.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::harness::postgres::{Database, Instance};
use super::harness::{Folder, Program, Server, routeguide, wait_for};

/// A database of one engine, which is removed at the end.
enum Engine {
    Sqlite(Folder),
    Postgres(Database<'static>),
}

impl Engine {
    fn both() -> [Self; 2] {
        [
            Self::Sqlite(Folder::new()),
            Self::Postgres(Instance::shared().database()),
        ]
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.join("people.db").display()),
            Self::Postgres(database) => database.url(),
        }
    }

    fn sql(&self, sql: &str) {
        match self {
            Self::Sqlite(folder) => {
                let connection = rusqlite::Connection::open(folder.join("people.db")).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Self::Postgres(database) => drop(database.sql(sql)),
        }
    }

    fn import(&self, args: &[&str]) -> Program {
        let url = self.url();
        routeguide(["people", "import", "--to", &url]).args(args)
    }

    fn export(&self) -> String {
        let exported = routeguide(["people", "export", "--from", &self.url()]).run();
        exported.exits(0);
        exported.stdout
    }

    fn count(&self) -> usize {
        let counted = routeguide(["people", "count", "--from", &self.url()]).run();
        counted.stdout.trim().parse().unwrap_or(0)
    }
}

/// A tenth of a million, which a debug build imports in seconds. The benches import a million.
const MANY: usize = 100_000;

#[test]
fn an_import_that_is_killed_half_way_and_made_again_loses_nobody_and_doubles_nobody() {
    let input = (0..MANY).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{{\"name\":\"p{number}\"}}").unwrap();
        lines
    });
    for engine in Engine::both() {
        engine.import(&[]).run_with("").exits(0);
        let mut killed = engine.import(&[]).start();
        let _feed = killed.feed(input.clone().into_bytes());
        wait_for("half of them", || engine.count() >= MANY / 2);
        killed.kill();
        let before = engine.count();
        assert!((MANY / 2..=MANY).contains(&before), "{before}");
        let outcome = engine.import(&["--on-conflict", "skip"]).run_with(&input);
        outcome.exits(0);
        let exported = engine.export();
        assert_eq!(exported.lines().count(), MANY);
        let all: HashSet<&str> = exported.lines().collect();
        assert!(input.lines().all(|line| all.contains(line)));
    }
}

#[test]
fn an_input_without_people_replaces_nobody() {
    for engine in Engine::both() {
        engine.import(&[]).run_with("{\"name\":\"Eve\"}").exits(0);
        for input in ["", "\n", "[]"] {
            engine.import(&["--replace"]).run_with(input).exits(1).says(
                "nothing was changed\n\
                 error: the input has no people, and --replace would leave nobody in the database\n\
                 hint: if that is what you want, remove them with SQL: DELETE FROM people\n",
            );
        }
        assert_eq!(engine.count(), 1);
    }
}

/// SQL can make people whom no import makes.
#[test]
fn an_export_of_a_name_that_nobody_can_have_is_refused_with_its_line() {
    for engine in Engine::both() {
        engine.import(&[]).run_with("{\"name\":\"Eve\"}").exits(0);
        engine.sql("INSERT INTO people (name) VALUES (''), ('Not Found')");
        let exported = engine.export();
        assert_eq!(
            exported,
            "{}\n{\"name\":\"Eve\"}\n{\"name\":\"Not Found\"}\n"
        );
        let other = Engine::Sqlite(Folder::new());
        let refused = |input: &str, why: &str| {
            let outcome = other.import(&[]).run_with(input);
            outcome.exits(1);
            assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
        };
        refused(
            &exported,
            "standard input, line 1, column 1: the person has no name",
        );
        refused(
            exported.split_once('\n').unwrap().1,
            "standard input, line 2, column 1: the name \"Not Found\" is reserved",
        );
    }
}

/// An index of PostgreSQL does not take it.
#[test]
fn a_name_of_64_kib_is_refused_by_postgresql_with_its_line_and_looked_up_without_harm() {
    let engine = Engine::Postgres(Instance::shared().database());
    let long = "x".repeat(64 << 10);
    engine
        .import(&[])
        .run_with(format!("{{\"name\":\"Eve\"}}\n{{\"name\":\"{long}\"}}\n"))
        .exits(1)
        .says(&format!(
            "{}: created the tables, version 2\n\
             nobody was imported\n\
             error: standard input, line 2, column 1: the name has 65536 bytes, and PostgreSQL's index takes at most 2692\n",
            engine.url().replace("admin@", "")
        ));
    engine.import(&[]).run_with("{\"name\":\"Eve\"}").exits(0);
    let server = Server::started(["--people", &engine.url()]);
    routeguide(["get-people", "-o", "json"])
        .at(server.addr())
        .run_with(format!("{long}\nEve\n"))
        .exits(0)
        .prints("{\"name\":\"Eve\"}\n");
}

/// A folder that is a disk of its own for those who enter the namespaces of this process.
#[cfg(target_os = "linux")]
struct Disk {
    process: std::process::Child,
    folder: Folder,
}

#[cfg(target_os = "linux")]
impl Disk {
    /// `None` if this user may not mount.
    fn of(size: &str) -> Option<Self> {
        use std::io::Read as _;
        use std::process::{Command, Stdio};

        let folder = Folder::new();
        let script = "mount -t tmpfs -o size=\"$2\" tmpfs \"$1\" && echo ready && exec cat";
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        unshare.arg(folder.path()).arg(size);
        let streams = unshare.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = streams.stderr(Stdio::null()).spawn().ok()?;
        let mut said = [0; 6];
        let stdout = process.stdout.as_mut()?;
        if stdout.read_exact(&mut said).is_err() {
            let _ = process.wait();
            return None;
        }
        Some(Self { process, folder })
    }

    /// `routeguide people` where the disk is seen.
    fn people(&self, args: &[&str]) -> Program {
        let target = self.process.id().to_string();
        let enter = [
            "nsenter",
            "--user",
            "--mount",
            "--preserve-credentials",
            "--target",
            &target,
        ];
        routeguide(["people"]).args(args).by(enter)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_that_fills_the_disk_says_so_and_leaves_what_was_imported() {
    let Some(disk) = Disk::of("4m") else {
        eprintln!("skipped: this user may not mount a disk of its own");
        return;
    };
    let url = format!("sqlite:{}", disk.folder.join("people.db").display());
    let import = |args: &[&str]| disk.people(&["import", "--to", &url]).args(args);
    let first = (100..200).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{{\"name\":\"p{number}\"}}").unwrap();
        lines
    });
    let large = format!(
        "{{\"name\":\"Max\",\"hobbies\":[\"{}\"]}}",
        "x".repeat(8 << 20)
    );
    import(&["-q"]).run_with(&first).exits(0);
    for (args, said) in [
        (&[][..], "nobody was imported"),
        (&["--replace"], "nothing was changed"),
    ] {
        let outcome = import(args).run_with(format!("{{\"name\":\"Eve\"}}\n{large}"));
        outcome.exits(1);
        let full = format!("{said}\nerror: there is no space left for {url}\n");
        assert!(outcome.stderr.starts_with(&full), "{}", outcome.stderr);
        let exported = disk.people(&["export", "--from", &url]).run();
        exported.exits(0).prints(&first);
    }
    // There is room for a few.
    import(&["-q"]).run_with("{\"name\":\"Eve\"}").exits(0);
}
