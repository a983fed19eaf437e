//! `serve --people` with a database that is changed, locked, slow or damaged meanwhile, and what the log says of it.

use std::time::{Duration, Instant};

use super::harness::postgres::Instance;
use super::harness::{Folder, Server, routeguide, wait_for};

fn import(url: &str, people: &str) {
    routeguide(["people", "import", "-q", "--to", url])
        .run_with(people)
        .exits(0);
}

fn sqlite(folder: &Folder) -> (String, rusqlite::Connection) {
    let path = folder.join("people.db");
    let url = format!("sqlite:{}", path.display());
    import(&url, "{\"name\":\"Zoe\"}");
    (url, rusqlite::Connection::open(path).unwrap())
}

fn serve(url: &str) -> Server {
    Server::started(["--people", url, "--metrics", "127.0.0.1:0"])
}

#[track_caller]
fn knows_zoe(server: &Server) {
    routeguide(["get-person", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0);
}

/// Waits until the server has looked at its database twice.
fn two_looks() {
    std::thread::sleep(Duration::from_millis(2500));
}

#[track_caller]
fn goes_on_with_newer_tables(url: &str, sql: &dyn Fn(&str)) {
    let server = serve(url);
    knows_zoe(&server);
    sql("INSERT INTO people_schema VALUES (77)");
    sql("ALTER TABLE people ADD COLUMN phone text");
    two_looks();
    knows_zoe(&server);
    routeguide(["health", "-q"])
        .at(server.addr())
        .run()
        .exits(0);
    // One that starts has to know them.
    let outcome = routeguide(["serve", "--listen", "127.0.0.1:0", "--people", url]).run();
    outcome.exits(1).says_one_error();
    assert!(
        outcome.stderr.contains("have version 77"),
        "{}",
        outcome.stderr
    );
    sql("ALTER TABLE people RENAME COLUMN city TO town");
    wait_for("NOT_SERVING", || {
        let health = routeguide(["health", "-q"]).at(server.addr()).run();
        !health.status.success()
    });
}

#[test]
fn newer_tables_of_sqlite_do_not_stop_a_server_that_runs() {
    let folder = Folder::new();
    let (url, other) = sqlite(&folder);
    goes_on_with_newer_tables(&url, &|sql| other.execute_batch(sql).unwrap());
}

#[test]
fn newer_tables_of_postgresql_do_not_stop_a_server_that_runs() {
    let database = Instance::shared().database();
    import(&database.url(), "{\"name\":\"Zoe\"}");
    goes_on_with_newer_tables(&database.url(), &|sql| drop(database.sql(sql)));
}

#[test]
fn a_server_says_that_its_file_is_locked() {
    let folder = Folder::new();
    let (url, other) = sqlite(&folder);
    other.execute_batch("PRAGMA journal_mode = delete").unwrap();
    let server = serve(&url);
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = format!("error: {url} is locked by another program\n");
    server.stderr().wait_for(&error);
    server
        .stderr()
        .wait_for("not serving: the database is away\n");
    other.execute_batch("ROLLBACK").unwrap();
    server
        .stderr()
        .wait_for("serving again: the database is back\n");
}

#[test]
fn a_lookup_that_fails_is_in_the_log_and_no_flood_of_them() {
    let folder = Folder::new();
    let (url, other) = sqlite(&folder);
    let server = serve(&url);
    knows_zoe(&server);
    other
        .execute_batch("PRAGMA ignore_check_constraints = on; UPDATE people SET hobbies = 'chess'")
        .unwrap();
    let began = Instant::now();
    let outcome = routeguide(["get-people", "--timeout", "30s", "Zoe"])
        .at(server.addr())
        .run();
    outcome.fails("DATA_LOSS");
    for _ in 0..20 {
        let call = routeguide(["get-person", "Zoe"]).at(server.addr()).run();
        assert!(!call.status.success());
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    let said = server.stderr().wait_for("a lookup failed: ");
    assert!(
        said.contains(&format!(
            "the person \"Zoe\" in {url} has hobbies that are not a JSON array of strings"
        )),
        "{said}"
    );
    let lines = said.matches("a lookup failed").count();
    assert!((1..=seconds + 1).contains(&lines), "{lines} in {seconds} s");
}

#[test]
fn a_count_that_takes_long_does_not_stop_a_start() {
    let database = Instance::shared().database();
    import(&database.url(), "{\"name\":\"Zoe\"}");
    // Who counts these people waits for a second for each of them.
    database.sql(
        "ALTER TABLE people RENAME TO all_people; \
         CREATE FUNCTION slowly() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(1) IS NOT NULL'; \
         INSERT INTO all_people (name) SELECT 'p' || n FROM generate_series(1, 20) AS n; \
         CREATE VIEW people AS SELECT * FROM all_people WHERE name NOT LIKE 'p%' OR slowly()",
    );
    let server = serve(&database.url());
    server
        .stderr()
        .wait_for("serving people, too many to be counted within 5s\n");
    knows_zoe(&server);
}

#[test]
fn a_wait_for_a_database_has_an_end() {
    // One that accepts, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://127.0.0.1:{port}/people?connect_timeout=0");
    let began = Instant::now();
    let outcome = routeguide([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--people",
        &url,
        "--wait",
        "500ms",
    ])
    .run();
    outcome.exits(1).says_one_error();
    // The lookups' own limit would be five seconds, and the machine may be busy.
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}

#[cfg(unix)]
#[test]
fn a_reload_of_a_database_says_that_there_is_none() {
    let folder = Folder::new();
    let (url, _other) = sqlite(&folder);
    let server = serve(&url);
    server.signal(rustix::process::Signal::HUP);
    server
        .stderr()
        .wait_for("nothing to reload: changes of the database are served as they are made\n");
    knows_zoe(&server);
}
