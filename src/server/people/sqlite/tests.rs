//! The rules of every store, and what can happen to a file.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::super::contract::{Fixture, add, all, contract, find, import, named};
use super::super::store::ImportOptions;
use super::*;

#[expect(clippy::unused_async, reason = "other engines have to wait")]
async fn fixture() -> Option<Fixture> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("people.db");
    Some(Fixture {
        store: Arc::new(Sqlite::new(&path)),
        takes_nul: true,
        sql: Box::new(move |text| sql(&path, text)),
        spoil: "UPDATE people SET hobbies = '[null]' WHERE name = 'Eve'",
        _keep: Box::new(folder),
    })
}

contract!(fixture);

/// A folder with a database of these people.
async fn database(names: &[&str]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("people.db");
    write(&path, names).await;
    (folder, path)
}

async fn write(path: &Path, names: &[&str]) {
    let store = Sqlite::new(path);
    store.migrate().await.unwrap();
    add(&store, names.iter().map(|name| named(name)).collect()).await;
}

/// Runs SQL as another program does.
fn sql(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Whether there is somebody of that name.
async fn knows(store: &Sqlite, name: &str) -> bool {
    find(store, &[name]).await[0].is_some()
}

async fn error_of_find(store: &Sqlite) -> StoreError {
    store.find(vec!["Eve".into()]).await.unwrap_err()
}

#[tokio::test]
async fn a_file_that_is_missing_is_made_by_a_migration_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("people.db");
    let store = Sqlite::new(&path);
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Missing);
    assert_eq!(
        error.to_string(),
        format!("there is no file for sqlite:{}", path.display())
    );
    assert!(store.export().await.is_err());
    assert!(store.import(ImportOptions::default()).await.is_err());
    assert!(!path.exists());
    store.migrate().await.unwrap();
    assert!(!knows(&store, "Eve").await);
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/people.db");
    let error = Sqlite::new(&path).migrate().await.unwrap_err();
    assert_eq!(error.failure(), &Failure::Missing);
    assert!(error.to_string().contains("there is no folder"), "{error}");
}

#[tokio::test]
async fn a_folder_is_not_a_database() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::new(folder.path());
    for error in [
        error_of_find(&store).await,
        store.migrate().await.unwrap_err(),
    ] {
        assert!(error.to_string().ends_with("is a folder"), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_not_a_database() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("people.json");
    let text = "{\"name\": \"Eve\"}\n".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    let store = Sqlite::new(&path);
    for error in [
        error_of_find(&store).await,
        store.migrate().await.unwrap_err(),
    ] {
        assert_eq!(error.failure(), &Failure::Corrupt);
        assert!(
            error.to_string().ends_with("is not a SQLite database"),
            "{error}"
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_file_says_so() {
    let (_folder, path) = database(&[]).await;
    let store = Sqlite::new(&path);
    let people = (0..2000).map(|age| named(&format!("p{age}"))).collect();
    add(&store, people).await;
    sql(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8192..].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let error = store
        .find((0..512).map(|age| format!("p{age}").into()).collect())
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.failure(), &Failure::Corrupt);
    assert!(error.to_string().ends_with("is damaged"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_replaced_is_opened_again() {
    let (folder, path) = database(&["Eve"]).await;
    let store = Sqlite::new(&path);
    assert!(knows(&store, "Eve").await);
    let other = folder.path().join("other.db");
    write(&other, &["Max"]).await;
    std::fs::rename(&other, &path).unwrap();
    assert!(knows(&store, "Max").await);
    assert!(!knows(&store, "Eve").await);
}

#[tokio::test]
async fn a_file_that_is_deleted_is_missing_until_it_is_back() {
    let (folder, path) = database(&["Eve"]).await;
    let store = Sqlite::new(&path);
    assert!(knows(&store, "Eve").await);
    let away = folder.path().join("away.db");
    std::fs::rename(&path, &away).unwrap();
    assert_eq!(error_of_find(&store).await.failure(), &Failure::Missing);
    std::fs::rename(&away, &path).unwrap();
    assert!(knows(&store, "Eve").await);
}

#[tokio::test]
async fn a_table_that_is_lost_is_a_schema_that_is_missing() {
    for lost in ["people", "people_schema"] {
        let (_folder, path) = database(&["Eve"]).await;
        let store = Sqlite::new(&path);
        assert!(knows(&store, "Eve").await);
        sql(&path, &format!("DROP TABLE {lost}"));
        let error = store.check().await.unwrap_err();
        assert!(
            matches!(error.failure(), Failure::Schema { found: 0, .. }),
            "{error}"
        );
        if lost == "people" {
            let error = error_of_find(&store).await;
            assert!(
                matches!(error.failure(), Failure::Schema { found: 0, .. }),
                "{error}"
            );
        }
        store.migrate().await.unwrap();
        assert_eq!(knows(&store, "Eve").await, lost != "people");
    }
}

#[tokio::test]
async fn another_table_of_that_name_is_not_ours() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("people.db");
    sql(
        &path,
        "CREATE TABLE people (id INTEGER, first TEXT, last TEXT)",
    );
    let error = Sqlite::new(&path).migrate().await.unwrap_err();
    assert_eq!(error.failure(), &Failure::Other);
    assert!(
        error
            .to_string()
            .contains("not those that routeguide makes"),
        "{error}"
    );
}

#[tokio::test]
async fn tables_of_another_version_are_not_used() {
    let (_folder, path) = database(&["Eve"]).await;
    for (change, found) in [
        ("INSERT INTO people_schema VALUES (77)", 77),
        ("DELETE FROM people_schema WHERE version > 1", 1),
    ] {
        sql(&path, change);
        let store = Sqlite::new(&path);
        let wanted = schema::VERSION;
        for error in [
            store.check().await.unwrap_err(),
            store.export().await.unwrap_err(),
            store.import(ImportOptions::default()).await.err().unwrap(),
        ] {
            assert_eq!(error.failure(), &Failure::Schema { found, wanted });
        }
    }
    Sqlite::new(&path).migrate().await.unwrap();
    assert!(knows(&Sqlite::new(&path), "Eve").await);
}

#[tokio::test]
async fn lookups_go_on_when_the_tables_get_a_newer_version() {
    let (_folder, path) = database(&["Eve"]).await;
    let store = Sqlite::new(&path);
    assert!(knows(&store, "Eve").await);
    sql(&path, "INSERT INTO people_schema VALUES (77)");
    sql(&path, "ALTER TABLE people ADD COLUMN phone TEXT");
    store.probe().await.unwrap();
    // A connection that is opened now, too.
    for store in [store, Sqlite::new(&path)] {
        assert!(knows(&store, "Eve").await);
    }
    sql(&path, "ALTER TABLE people RENAME COLUMN city TO town");
    assert!(Sqlite::new(&path).probe().await.is_err());
}

#[tokio::test]
async fn a_probe_says_that_a_file_is_locked_before_its_time_is_over() {
    let (_folder, path) = database(&["Eve"]).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    // Which is refused while the threads of the store that has made it still close their connections.
    while other.execute_batch("PRAGMA journal_mode = delete").is_err() {}
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // Less than a connection of lookups waits, or the limit of a server's look at the database would come first.
    let error = tokio::time::timeout(Duration::from_secs(3), Sqlite::new(&path).probe()).await;
    let error = error.unwrap().unwrap_err();
    assert_eq!(error.failure(), &Failure::Locked);
}

#[tokio::test]
async fn an_import_that_waits_for_a_lock_is_left_soon_and_writes_nothing() {
    let (_folder, path) = database(&["Eve"]).await;
    let store = Sqlite::with(&path, Duration::from_mins(1), STATEMENT_LIMIT);
    let mut import = store.import(ImportOptions::default()).await.unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = import.add(vec![named("Max")]);
    let late = tokio::time::timeout(Duration::from_millis(50), waiting).await;
    assert!(late.is_err(), "it has to wait");
    drop(import);
    other.execute_batch("ROLLBACK").unwrap();
    // The thread that waited has the lock some time soon, or has had it.
    let (other_store, deadline) = (Sqlite::new(&path), std::time::Instant::now());
    while deadline.elapsed() < Duration::from_millis(300) {
        assert!(!knows(&other_store, "Max").await);
    }
}

#[tokio::test]
async fn newer_tables_are_not_changed() {
    let (_folder, path) = database(&[]).await;
    sql(&path, "INSERT INTO people_schema VALUES (77)");
    let error = Sqlite::new(&path).migrate().await.unwrap_err();
    assert!(
        matches!(error.failure(), Failure::Schema { found: 77, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_others_lock_is_locked() {
    let (_folder, path) = database(&["Eve"]).await;
    let store = Sqlite::with(&path, Duration::from_millis(10), STATEMENT_LIMIT);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for replace in [false, true] {
        let options = ImportOptions {
            replace,
            ..ImportOptions::default()
        };
        let error = store.import(options).await.err().unwrap();
        assert_eq!(error.failure(), &Failure::Locked);
        assert!(
            error.to_string().ends_with("is locked by another program"),
            "{error}"
        );
    }
    // Who reads does not wait.
    assert!(knows(&store, "Eve").await);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.import(ImportOptions::default()).await.is_ok());
}

#[tokio::test]
async fn people_are_found_during_an_import() {
    let (_folder, path) = database(&["Eve"]).await;
    let store = Sqlite::with(&path, Duration::ZERO, STATEMENT_LIMIT);
    let options = ImportOptions {
        replace: true,
        ..ImportOptions::default()
    };
    let mut import = store.import(options).await.unwrap();
    // More than the cache of the connection.
    for batch in 0..30 {
        let people = (0..1000).map(|at| named(&format!("{}{batch}-{at}", "x".repeat(1000))));
        import.add(people.collect()).await.unwrap();
        assert!(knows(&store, "Eve").await);
    }
    import.finish().await.unwrap();
    assert!(!knows(&store, "Eve").await);
}

#[tokio::test]
async fn a_full_disk_is_full_and_changes_nothing() {
    let (_folder, path) = database(&["Eve"]).await;
    let file = DatabaseFile {
        path: path.as_path().into(),
        busy: BUSY,
        limit: STATEMENT_LIMIT,
        readers: 1,
        opened: Mutex::default(),
    };
    let connection = Connection::open(&Arc::new(file), Purpose::Write).unwrap();
    connection
        .pragma_update(None, "max_page_count", 20)
        .unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        INSERT INTO people (name) SELECT hex(randomblob(100)) FROM n";
    let error = connection.explain(connection.execute(sql, []).unwrap_err());
    assert_eq!(error.failure(), &Failure::Full);
    assert!(
        error
            .to_string()
            .starts_with("there is no space left for sqlite:"),
        "{error}"
    );
    assert_eq!(Sqlite::new(&path).count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let (_folder, path) = database(&[]).await;
    sql(
        &path,
        "DROP VIEW people_readable; DROP TABLE people;
        CREATE VIEW people AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT 'x' || i AS name, 0 AS age, 0 AS gender, '[]' AS hobbies, '' AS street, '' AS city, 0 AS has_address FROM n;",
    );
    let store = Sqlite::with(&path, BUSY, Duration::from_millis(50));
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Timeout);
    assert!(
        error.to_string().ends_with("did not answer within 0.05 s"),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_written_to_is_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = database(&["Eve"]).await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    if std::fs::File::options().append(true).open(&path).is_ok() {
        // Root may write to every file.
        return;
    }
    let store = Sqlite::new(&path);
    assert!(knows(&store, "Eve").await);
    let error = store.import(ImportOptions::default()).await.err().unwrap();
    assert_eq!(error.failure(), &Failure::Denied);
}

#[tokio::test]
async fn a_person_that_sql_has_spoiled_is_named() {
    let (_folder, path) = database(&["Ann", "Eve", "Max"]).await;
    let store = Sqlite::new(&path);
    for (column, value) in [
        ("hobbies", "'[1]'"),
        ("hobbies", "'[\"a\", null]'"),
        ("city", "CAST(x'ff' AS TEXT), has_address = 1"),
    ] {
        sql(
            &path,
            &format!("UPDATE people SET {column} = {value} WHERE name = 'Eve'"),
        );
        let names = ["Ann", "Eve", "Max"].map(Into::into).to_vec();
        let found = store.find(names).await.unwrap();
        let error = found[1].as_ref().unwrap_err();
        assert_eq!(error.failure(), &Failure::Person { index: 1 });
        assert!(
            error
                .to_string()
                .starts_with("the person \"Eve\" in sqlite:"),
            "{error}"
        );
        assert!(knows(&store, "Ann").await);
        let mut chunks = store.export().await.unwrap();
        assert!(chunks.recv().await.unwrap().is_err());
        sql(
            &path,
            "UPDATE people SET hobbies = '[]', city = '', has_address = 0",
        );
    }
    assert_eq!(all(&store).await.len(), 3);
}

#[tokio::test]
async fn what_sql_writes_is_served() {
    let (_folder, path) = database(&[]).await;
    sql(
        &path,
        "INSERT INTO people VALUES ('Zoe', 7, 2, ' [ \"go\" , \"\\u00e9\" ] ', '1 Main St', 'Oslo', 1);
        INSERT INTO people (name) VALUES ('Tom');",
    );
    let zoe = crate::proto::Person {
        age: 7,
        gender: 2,
        hobbies: vec!["go".to_owned(), "é".to_owned()],
        address: Some(crate::proto::person::Address {
            street: "1 Main St".to_owned(),
            city: "Oslo".to_owned(),
        }),
        ..named("Zoe")
    };
    let store = Sqlite::new(&path);
    assert_eq!(
        super::super::contract::everyone(&store).await,
        [named("Tom"), zoe]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_go_on_while_files_are_replaced() {
    let (folder, path) = database(&["Eve"]).await;
    let store = Arc::new(Sqlite::new(&path));
    let is_done = Arc::new(AtomicBool::new(false));
    let (lookups, done) = (Arc::clone(&store), Arc::clone(&is_done));
    let lookups = tokio::spawn(async move {
        while !done.load(Ordering::Relaxed) {
            assert!(knows(&lookups, "Eve").await);
        }
    });
    for round in 0..20 {
        let next = folder.path().join(format!("next{round}.db"));
        write(&next, &["Eve"]).await;
        std::fs::rename(&next, &path).unwrap();
    }
    is_done.store(true, Ordering::Relaxed);
    lookups.await.unwrap();
    import(&*store, ImportOptions::default(), vec![named("Max")])
        .await
        .unwrap();
    assert!(knows(&store, "Max").await);
}
