//! `people import` while others hold locks: Ctrl-C ends it soon, and leaves nothing half-done.
#![cfg(unix)]

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::postgres::{Database, Instance};
use super::harness::{Folder, Outcome, Program, Running, routeguide, wait_for};

/// A session waits for a lock.
const WAITS: &str = "wait_event_type = 'Lock'";

fn import(url: &str) -> Program {
    routeguide(["people", "import", "--to", url])
}

fn count(url: &str) -> String {
    routeguide(["people", "count", "--from", url]).run().stdout
}

/// Sends Ctrl-C. The lock is held for as long as it takes, so that an end is one of the import's own.
#[track_caller]
fn ends_at_ctrl_c(run: Running) -> Outcome {
    run.signal(Signal::INT);
    let struck = Instant::now();
    let outcome = run.wait();
    outcome.exits(130);
    // A second or so, on a machine that may be busy.
    assert!(struck.elapsed() < Duration::from_secs(20));
    outcome
}

/// Waits until the session of an import is in this state.
fn wait_for_session(database: &Database<'_>, state: &str) -> Pid {
    let question = format!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'routeguide' \
         AND datname = '{}' AND {state}",
        database.name
    );
    let mut session = None;
    wait_for(state, || {
        session = database.sql(&question).parse().ok().and_then(Pid::from_raw);
        session.is_some()
    });
    session.unwrap()
}

#[test]
fn ctrl_c_ends_an_import_that_waits_for_rows_of_postgresql() {
    let database = Instance::shared().database();
    let url = database.url();
    import(&url).run_with("{\"name\":\"Eve\"}").exits(0);
    for (replace, said) in [
        (false, "nobody was imported\n"),
        (true, "nothing was changed\n"),
    ] {
        let held = database.hold("UPDATE people SET age = 1");
        let mut run = import(&url).args(["--on-conflict", "update"]);
        if replace {
            run = run.arg("--replace");
        }
        let mut run = run.start();
        run.write("{\"name\":\"Ann\"}\n{\"name\":\"Eve\"}\n");
        run.close_stdin();
        wait_for_session(&database, WAITS);
        ends_at_ctrl_c(run).says(said);
        // Not even a session of the server goes on waiting.
        let sessions = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'routeguide' AND datname = '{}'",
            database.name
        );
        wait_for("the end of the session", || database.sql(&sessions) == "0");
        drop(held);
        assert_eq!(count(&url), "1\n");
    }
}

#[test]
fn ctrl_c_ends_an_import_that_postgresql_does_not_answer() {
    let database = Instance::shared().database();
    let url = database.url();
    import(&url).run_with("{\"name\":\"Eve\"}").exits(0);
    let held = database.hold("UPDATE people SET age = 1");
    let mut run = import(&url).args(["--on-conflict", "update"]).start();
    run.write("{\"name\":\"Eve\"}\n");
    run.close_stdin();
    let session = wait_for_session(&database, WAITS);
    kill_process(session, Signal::STOP).unwrap();
    // Nobody has asked it to commit.
    ends_at_ctrl_c(run).says("nobody was imported\n");
    kill_process(session, Signal::CONT).unwrap();
    drop(held);
}

#[test]
fn ctrl_c_does_not_say_whether_a_commit_is_done_that_has_no_answer() {
    let database = Instance::shared().database();
    let url = database.url();
    import(&url).run_with("{\"name\":\"Eve\"}").exits(0);
    database.sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
         $$BEGIN PERFORM pg_sleep(60); RETURN NULL; END$$; \
         CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON people \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()",
    );
    let mut run = import(&url).start();
    run.write("{\"name\":\"Max\"}\n");
    run.close_stdin();
    let session = wait_for_session(&database, "query = 'COMMIT' AND wait_event = 'PgSleep'");
    kill_process(session, Signal::STOP).unwrap();
    ends_at_ctrl_c(run).says(
        "it is not known whether anybody was imported; --on-conflict skip completes the import\n",
    );
    kill_process(session, Signal::CONT).unwrap();
}

#[test]
fn ctrl_c_ends_an_import_that_waits_for_the_lock_of_sqlite() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.join("people.db").display());
    import(&url).run_with("{\"name\":\"Eve\"}").exits(0);
    let other = rusqlite::Connection::open(folder.join("people.db")).unwrap();
    // The wait cannot be seen from outside, and is over by itself after four seconds: Ctrl-C comes before the program has
    // begun to wait, or after.
    let mut run = import(&url).start();
    wait_for("the connection", || folder.join("people.db-wal").exists());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run.write("{\"name\":\"Max\"}\n");
    run.close_stdin();
    std::thread::sleep(Duration::from_millis(100));
    ends_at_ctrl_c(run).says("nobody was imported\n");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(count(&url), "1\n");
}
