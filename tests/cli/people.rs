//! `people`: what goes into a database, comes out of it, and what is said when it does not.

use std::fmt::Write as _;

use super::harness::{Folder, Program, Stdout, routeguide, wait_for};

const PEOPLE: &str = r#"{"name":"Zoe"}
{"name":"Ann","age":-3,"gender":"FEMALE","hobbies":["chess","","go"],"address":{"street":"1 Main St","city":"Oslo"}}
{"name":"é","gender":7,"address":{}}
"#;

/// The same, in the order of an export.
const ORDERED: &str = r#"{"name":"Ann","age":-3,"gender":"FEMALE","hobbies":["chess","","go"],"address":{"street":"1 Main St","city":"Oslo"}}
{"name":"Zoe"}
{"name":"é","gender":7,"address":{}}
"#;

fn people(folder: &Folder, args: &[&str]) -> Program {
    routeguide(["people"]).args(args).within(folder)
}

/// `people import` from stdin.
fn import(folder: &Folder, args: &[&str]) -> Program {
    people(folder, &["import", "--to", "sqlite:people.db"]).args(args)
}

fn export(folder: &Folder) -> Program {
    people(folder, &["export", "--from", "sqlite:people.db"])
}

/// How many people there are, as `people count` has it: nothing if it fails.
fn count(folder: &Folder) -> String {
    let counted = people(folder, &["count", "--from", "sqlite:people.db"]);
    counted.run().stdout
}

/// A folder with a database of these people.
fn database(input: &str) -> Folder {
    let folder = Folder::new();
    import(&folder, &["-q"]).run_with(input).exits(0).says("");
    folder
}

/// People `p0` to `p{count}`, one a line.
fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{{\"name\":\"p{number}\"}}").unwrap();
        lines
    })
}

#[test]
fn people_go_into_a_database_and_come_out_again() {
    let folder = Folder::new();
    folder.write("people.json", PEOPLE);
    people(
        &folder,
        &["import", "people.json", "--to", "sqlite:people.db"],
    )
    .run()
    .exits(0)
    .prints("")
    .says("sqlite:people.db: created the tables, version 2\n3 people inserted\n");
    export(&folder).run().exits(0).prints(ORDERED).says("");
}

#[test]
fn an_array_is_as_good_as_lines() {
    let lines: Vec<&str> = PEOPLE.lines().collect();
    let folder = database(&format!("[{}]", lines.join(",\n")));
    export(&folder).run().exits(0).prints(ORDERED);
}

#[test]
fn a_dash_is_stdin() {
    let folder = Folder::new();
    import(&folder, &["-q", "-"])
        .run_with(PEOPLE)
        .exits(0)
        .says("");
    assert_eq!(count(&folder), "3\n");
}

#[test]
fn nobody_is_a_database_without_people() {
    let folder = Folder::new();
    import(&folder, &[])
        .run_with("")
        .exits(0)
        .says("sqlite:people.db: created the tables, version 2\nthere were no people to import\n");
    export(&folder).run().exits(0).prints("").says("");
    assert_eq!(count(&folder), "0\n");
}

#[test]
fn an_export_goes_into_another_database() {
    let folder = database(PEOPLE);
    let exported = export(&folder).run().stdout;
    people(&folder, &["import", "-q", "--to", "sqlite:other.db"])
        .run_with(exported)
        .exits(0);
    people(&folder, &["export", "--from", "sqlite:other.db"])
        .run()
        .exits(0)
        .prints(ORDERED);
}

#[test]
fn a_count_is_a_number_or_json() {
    let folder = database(PEOPLE);
    let count =
        |args: &[&str]| people(&folder, &["count", "--from", "sqlite:people.db"]).args(args);
    count(&[]).run().exits(0).prints("3\n").says("");
    count(&["-o", "json"])
        .run()
        .exits(0)
        .prints("{\"count\":3}\n")
        .says("");
}

#[test]
fn a_migration_says_what_it_did() {
    let folder = Folder::new();
    let migrate = || people(&folder, &["migrate", "--to", "sqlite:people.db"]);
    migrate()
        .run()
        .exits(0)
        .prints("")
        .says("sqlite:people.db: created the tables, version 2\n");
    migrate()
        .run()
        .exits(0)
        .prints("")
        .says("sqlite:people.db: the tables have version 2 already\n");
}

#[test]
fn a_mistake_is_named_with_its_line_and_nobody_of_its_transaction_is_imported() {
    let folder = Folder::new();
    import(&folder, &[])
        .run_with("{\"name\":\"Eve\"}\n{\"name\":\"Max\",\"age\":\"old\"}\n")
        .exits(1)
        .says(
            "sqlite:people.db: created the tables, version 2\n\
             nobody was imported\n\
             error: standard input, line 2, column 21, field age: expected int32, found string \"old\"\n\
             hint: people are Person messages in JSON, one after another or in an array: {\"name\": \"Alice\", \"age\": 30}\n",
        );
    assert_eq!(count(&folder), "0\n");
}

#[test]
fn what_was_imported_before_a_mistake_is_said() {
    let folder = database("");
    folder.write("people.json", format!("{}nonsense\n", lines(14_320)));
    let outcome = import(&folder, &["people.json"]).run();
    outcome.exits(1);
    let said: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(said[0], "the people of lines 1 to 10000 were imported");
    assert!(
        said[1].starts_with("error: people.json, line 14321, column 1"),
        "{said:?}"
    );
    assert_eq!(count(&folder), "10000\n");
}

#[test]
fn names_that_no_person_can_have_are_refused_with_their_line() {
    let folder = database("");
    for (person, why) in [
        (
            r#"{"name":"Not Found"}"#,
            "the name \"Not Found\" is reserved for unknown people",
        ),
        (r#"{"age":3}"#, "the person has no name"),
    ] {
        let outcome = import(&folder, &[]).run_with(format!("{{\"name\":\"Eve\"}}\n\n {person}\n"));
        outcome.exits(1);
        let error = format!("error: standard input, line 3, column 2: {why}\n");
        assert!(outcome.stderr.contains(&error), "{}", outcome.stderr);
    }
    assert_eq!(count(&folder), "0\n");
}

#[test]
fn a_name_that_exists_is_an_error_unless_it_is_skipped_or_updated() {
    let folder = database("{\"name\":\"Eve\",\"age\":1}\n");
    let people = "{\"name\":\"Ann\"}\n{\"name\":\"Eve\",\"age\":2}\n";
    import(&folder, &[]).run_with(people).exits(1).says(
        "nobody was imported\n\
         error: standard input, line 2, column 1: a person named \"Eve\" already exists\n\
         hint: keep those that exist with --on-conflict skip, or change them with --on-conflict update\n",
    );
    assert_eq!(count(&folder), "1\n");
    import(&folder, &["--on-conflict", "skip"])
        .run_with(people)
        .exits(0)
        .says("1 person inserted, 1 skipped\n");
    export(&folder)
        .run()
        .prints("{\"name\":\"Ann\"}\n{\"name\":\"Eve\",\"age\":1}\n");
    import(&folder, &["--on-conflict", "update"])
        .run_with(people)
        .exits(0)
        .says("2 people updated\n");
    export(&folder)
        .run()
        .prints("{\"name\":\"Ann\"}\n{\"name\":\"Eve\",\"age\":2}\n");
}

#[test]
fn a_replace_is_all_or_nothing() {
    let folder = database(PEOPLE);
    let outcome = import(&folder, &["--replace"]).run_with(format!("{}nonsense", lines(19_000)));
    outcome.exits(1);
    assert!(
        outcome.stderr.starts_with("nothing was changed\nerror: "),
        "{}",
        outcome.stderr
    );
    export(&folder).run().prints(ORDERED);
    import(&folder, &["--replace"])
        .run_with("{\"name\":\"Eve\"}")
        .exits(0)
        .says("1 person inserted, 3 removed\n");
    export(&folder).run().prints("{\"name\":\"Eve\"}\n");
}

#[test]
fn an_import_that_was_killed_is_completed_by_another() {
    let folder = database("");
    let input = lines(16_000);
    let mut killed = import(&folder, &[]).start();
    killed.write(input.split_inclusive('\n').take(12_000).collect::<String>());
    wait_for("the first transaction", || count(&folder) == "10000\n");
    killed.kill();
    import(&folder, &["--on-conflict", "skip"])
        .run_with(&input)
        .exits(0)
        .says("6000 people inserted, 10000 skipped\n");
    let mut expected: Vec<&str> = input.lines().collect();
    // The order of `"` is before that of the digits, as that of the end of the name is.
    expected.sort_unstable();
    let exported = export(&folder).run().stdout;
    assert_eq!(exported.lines().collect::<Vec<_>>(), expected);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_import_between_transactions() {
    use rustix::process::Signal;

    let folder = database("");
    let mut run = import(&folder, &[]).start();
    run.write(lines(12_000));
    wait_for("the first transaction", || count(&folder) == "10000\n");
    run.signal(Signal::INT);
    run.wait().exits(130).says(
        "the people of lines 1 to 10000 were imported; --on-conflict skip completes the import\n",
    );
    assert_eq!(count(&folder), "10000\n");
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_a_replace_changes_nothing() {
    use rustix::process::Signal;

    let folder = database(PEOPLE);
    let mut run = import(&folder, &["--replace"]).start();
    run.write(lines(12_000));
    let wal = folder.join("people.db-wal");
    wait_for("the connection", || wal.exists());
    run.signal(Signal::INT);
    run.wait().exits(130).says("nothing was changed\n");
    export(&folder).run().prints(ORDERED);
}

#[test]
fn a_reader_that_goes_away_ends_an_export_quietly() {
    let folder = database(&lines(20_000));
    let mut run = export(&folder).stdout(Stdout::Unread).start();
    assert_eq!(run.head(), "{\"name\":\"p0\"}\n");
    run.wait().exits(0).says("");
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_and_an_export_take_no_memory_with_the_number_of_people() {
    let folder = database("");
    let person = format!(
        "{{\"name\":\"Eve\",\"address\":{{\"street\":\"{}\"}}}}\n",
        "x".repeat(1000)
    );
    let mut run = import(&folder, &["--on-conflict", "skip"]).start();
    let feed = run.feed_for_ever(&person);
    wait_for("a hundred megabytes", || feed.accepted() > 100_000_000);
    let memory = run.memory();
    run.signal(rustix::process::Signal::INT);
    run.wait().exits(130);
    assert!(memory < 90 << 20, "{memory}");
    let people = (0..100_000).fold(String::new(), |mut people, number| {
        writeln!(people, "{{\"name\":\"{number:0600}\"}}").unwrap();
        people
    });
    import(&folder, &["-q"]).run_with(people).exits(0);
    let mut run = export(&folder).stdout(Stdout::Unread).start();
    let mut largest = 0;
    let stdout = run.take_stdout();
    for _ in std::io::BufRead::lines(std::io::BufReader::new(stdout)).step_by(5000) {
        largest = largest.max(run.memory());
    }
    run.wait().exits(0).says("");
    assert!(largest < 60 << 20, "{largest}");
}

#[test]
fn a_database_that_does_not_exist_is_not_made_by_reading_it() {
    let folder = Folder::new();
    for command in ["export", "count"] {
        people(&folder, &[command, "--from", "sqlite:people.db"])
            .run()
            .exits(1)
            .prints("")
            .says(
                "error: there is no file for sqlite:people.db\n\
                 hint: create it with: routeguide people migrate --to sqlite:people.db\n",
            );
    }
    assert!(!folder.join("people.db").exists());
}

#[test]
fn an_input_that_does_not_exist_makes_no_database() {
    let folder = Folder::new();
    import(&folder, &["nowhere.json"])
        .run()
        .exits(1)
        .says("error: cannot read nowhere.json\n  caused by: no such file or directory\n");
    assert!(!folder.join("people.db").exists());
}

#[test]
fn a_url_that_is_none_is_explained() {
    let folder = Folder::new();
    let said = |url: &str| {
        let outcome = people(&folder, &["count", "--from", url]).run();
        outcome.exits(2).prints("");
        outcome.stderr
    };
    assert_eq!(
        said("people.db"),
        "error: \"people.db\" is not the URL of a database\n\
         hint: if it is a SQLite database, write sqlite:people.db\n"
    );
    assert_eq!(
        said("sqlite3:people.db"),
        "error: no database here has a URL that starts with sqlite3:\n\
         hint: write sqlite:people.db\n"
    );
    assert_eq!(
        said("mysql://me:secret@db/people"),
        "error: no database here has a URL that starts with mysql:\n\
         hint: databases are sqlite:PATH and postgres://HOST/DATABASE\n"
    );
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = Folder::new();
    let text = PEOPLE.repeat(100);
    folder.write("people.db", &text);
    let outcome = import(&folder, &[]).run_with(PEOPLE);
    outcome.exits(1);
    assert_eq!(
        outcome.stderr,
        "error: sqlite:people.db is not a SQLite database\n  caused by: file is not a database\n"
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("people.db")).unwrap(),
        text
    );
}

#[test]
fn a_shell_has_the_commands_too() {
    let folder = database(PEOPLE);
    routeguide(["shell", "-c", "people count --from sqlite:people.db"])
        .within(&folder)
        .run()
        .exits(0)
        .prints("3\n");
}
