//! `serve --people` with a database: the same answers as from a file, and what happens when the database is away.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::harness::postgres::Instance;
use super::harness::{Folder, Program, Server, routeguide, wait_for};

const PEOPLE: &str = r#"{"name":"Ann","age":-3,"gender":"FEMALE","hobbies":["chess","","go"],"address":{"street":"1 Main St","city":"Oslo"}}
{"name":"Zoe"}
{"name":"é","gender":7,"address":{}}
"#;

/// Imports people into a database.
fn import(url: &str, people: &str) {
    routeguide(["people", "import", "-q", "--to", url])
        .run_with(people)
        .exits(0);
}

/// A SQLite database of these people.
fn sqlite(people: &str) -> (Folder, String) {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.join("people.db").display());
    import(&url, people);
    (folder, url)
}

/// People `p0` to `p{count}`, one a line.
fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{{\"name\":\"p{number}\",\"age\":{number}}}").unwrap();
        lines
    })
}

fn serve(url: &str) -> Server {
    Server::started(["--people", url])
}

fn get_people(server: &Server) -> Program {
    routeguide(["get-people", "-o", "json"]).at(server.addr())
}

#[track_caller]
fn answers_as_from_a_file(url: &str) {
    import(url, PEOPLE);
    let server = serve(url);
    get_people(&server)
        .args(["é", "nobody", "Ann", "Zoe", "Ann"])
        .run()
        .exits(0)
        .prints(
            "{\"name\":\"é\",\"gender\":7,\"address\":{}}\n\
             {\"name\":\"Ann\",\"age\":-3,\"gender\":\"FEMALE\",\"hobbies\":[\"chess\",\"\",\"go\"],\"address\":{\"street\":\"1 Main St\",\"city\":\"Oslo\"}}\n\
             {\"name\":\"Zoe\"}\n\
             {\"name\":\"Ann\",\"age\":-3,\"gender\":\"FEMALE\",\"hobbies\":[\"chess\",\"\",\"go\"],\"address\":{\"street\":\"1 Main St\",\"city\":\"Oslo\"}}\n",
        );
    routeguide(["get-person", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints("name: \"Zoe\"\n");
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(69);
}

#[test]
fn people_of_sqlite_are_served_as_those_of_a_file() {
    let folder = Folder::new();
    answers_as_from_a_file(&format!("sqlite:{}", folder.join("people.db").display()));
}

#[test]
fn people_of_postgresql_are_served_as_those_of_a_file() {
    let database = Instance::shared().database();
    answers_as_from_a_file(&database.url());
}

/// More names than fit into a statement, or into a window, in one stream.
#[track_caller]
fn a_stream_keeps_its_order(url: &str) {
    const PEOPLE: usize = 5000;
    import(url, &lines(PEOPLE));
    let server = serve(url);
    let names: Vec<usize> = (0..40_000)
        .map(|index| index * 7919 % (PEOPLE + 10))
        .collect();
    let input = names.iter().fold(String::new(), |mut lines, number| {
        writeln!(lines, "p{number}").unwrap();
        lines
    });
    let known = names.iter().filter(|number| **number < PEOPLE);
    let expected = known.fold(String::new(), |mut lines, number| {
        match number {
            0 => writeln!(lines, "{{\"name\":\"p0\"}}").unwrap(),
            age => writeln!(lines, "{{\"name\":\"p{age}\",\"age\":{age}}}").unwrap(),
        }
        lines
    });
    let outcome = get_people(&server).run_with(input);
    outcome.exits(0);
    assert!(outcome.stdout == expected, "another order, or others");
}

#[test]
fn a_stream_about_sqlite_is_answered_in_its_order() {
    let folder = Folder::new();
    a_stream_keeps_its_order(&format!("sqlite:{}", folder.join("people.db").display()));
}

#[test]
fn a_stream_about_postgresql_is_answered_in_its_order() {
    let database = Instance::shared().database();
    a_stream_keeps_its_order(&database.url());
}

#[test]
fn names_that_are_sql_or_long_are_names() {
    let long = "x".repeat(60_000);
    let quoted = r#"Robert'); DROP TABLE people;-- "%_\"#;
    let person = |name: &str| serde_json::json!({ "name": name }).to_string();
    let (_folder, url) = sqlite(&format!("{}\n{}\n", person(&long), person(quoted)));
    let server = serve(&url);
    let input = format!("{quoted}\n{long}\nnobody\n{quoted}\n");
    let found = format!(
        "{}\n{}\n{}\n",
        person(quoted),
        person(&long),
        person(quoted)
    );
    get_people(&server).run_with(input).exits(0).prints(&found);
}

#[test]
fn a_server_does_not_start_without_its_database() {
    let folder = Folder::new();
    let missing = format!("sqlite:{}", folder.join("people.db").display());
    let listen = folder.socket("guide");
    let start = |url: &str| routeguide(["serve", "--listen", &listen, "--people", url]).run();
    let outcome = start(&missing);
    outcome.exits(1).says_one_error();
    assert!(!folder.join("people.db").exists(), "it is not created");
    let database = Instance::shared().database();
    let outcome = start(&database.url());
    outcome.exits(1).says_one_error();
    assert!(
        outcome.stderr.contains("routeguide people migrate --to"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_password_is_never_said() {
    let instance = Instance::start(&[]);
    let database = instance.database();
    let url = database.url_of("nobody", "s3cret");
    instance.stop();
    let outcome = routeguide(["serve", "--listen", "127.0.0.1:0", "--people", &url]).run();
    outcome.exits(1).says_one_error();
    assert!(!outcome.stderr.contains("s3cret"), "{}", outcome.stderr);
}

#[test]
fn a_server_waits_for_the_tables_of_its_database() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.join("people.db").display());
    let listen = folder.socket("guide");
    let args = [
        "serve", "--listen", &listen, "--people", &url, "--wait", "1m",
    ];
    let server = routeguide(args).start();
    import(&url, PEOPLE);
    let server = Server::once_ready(1, server);
    routeguide(["get-person", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0);
}

/// Health of a server, as a probe sees it.
fn is_serving(server: &Server) -> bool {
    let health = routeguide(["health", "-q"]).at(server.addr()).run();
    health.status.success()
}

/// Calls end at once and say no more than that, health turns within two seconds, and everything turns back.
#[test]
fn health_follows_the_database() {
    let instance = Instance::start(&[]);
    let database = instance.database();
    import(&database.url(), PEOPLE);
    let server = serve(&database.url());
    assert!(is_serving(&server));
    instance.kill();
    let killed = Instant::now();
    let outcome = routeguide(["get-person", "Zoe", "--timeout", "30s"])
        .at(server.addr())
        .run();
    outcome.fails("UNAVAILABLE");
    assert!(
        outcome
            .stderr
            .contains("the database of the people is not available"),
        "{}",
        outcome.stderr
    );
    wait_for("NOT_SERVING", || !is_serving(&server));
    // The machine may be busy: two seconds are the server's, the rest is for the probes.
    assert!(killed.elapsed() < Duration::from_secs(10));
    instance.start_again();
    wait_for("SERVING", || is_serving(&server));
    routeguide(["get-person", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0);
}

#[test]
fn a_call_whose_deadline_passes_leaves_the_others_alone() {
    let instance = Instance::start(&[]);
    let database = instance.database();
    import(&database.url(), PEOPLE);
    let server = serve(&database.url());
    std::thread::scope(|scope| {
        // Everyone waits while the table is locked.
        scope.spawn(|| {
            database.sql(
                "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT",
            )
        });
        wait_for("the lock", || {
            let granted = "mode = 'AccessExclusiveLock' AND granted";
            let locks = format!("SELECT count(*) FROM pg_locks WHERE {granted}");
            database.sql(&locks) != "0"
        });
        let call = |timeout| routeguide(["get-person", "Zoe", "--timeout", timeout]);
        let impatient = call("200ms").at(server.addr()).start();
        let patient = call("1m").at(server.addr()).start();
        impatient.wait().fails("DEADLINE_EXCEEDED");
        patient.wait().exits(0).prints("name: \"Zoe\"\n");
    });
}

#[test]
fn in_process_takes_a_database_too() {
    let (_folder, url) = sqlite(PEOPLE);
    routeguide(["get-person", "--in-process", "--people", &url, "Zoe"])
        .run()
        .exits(0)
        .prints("name: \"Zoe\"\n");
}
