//! Imports that fail, meet, or wait.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::server::people::contract::{aged, import, on_conflict};
use crate::server::people::store::OnConflict;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_connection_is_cut_fails() {
    let (database, store) = database(&["Eve"]).await;
    let mut import = store.import(ImportOptions::default()).await.unwrap();
    import.add(vec![named("Max")]).await.unwrap();
    database.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = 'routeguide' AND datname = current_database()",
    );
    let error = import.add(vec![named("Ann")]).await.unwrap_err();
    assert_eq!(error.failure(), &Failure::Unavailable);
    drop(import);
    assert_eq!(store.count().await.unwrap(), 2);
}

/// A port that leads to a server until that is asked to commit, and lets no answer through from then on.
fn until_commit(server: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", server)).unwrap();
        let (mut answers, mut reader) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let is_over = Arc::new(AtomicBool::new(false));
        let commits = Arc::clone(&is_over);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = reader.read(&mut bytes) {
                if is_over.load(Ordering::SeqCst) {
                    let _ = answers.shutdown(Shutdown::Both);
                    return;
                }
                answers.write_all(&bytes[..len]).unwrap();
            }
        });
        let mut bytes = [0; 4096];
        while let Ok(len @ 1..) = client.read(&mut bytes) {
            let is_commit = bytes[..len].windows(6).any(|text| text == b"COMMIT");
            commits.fetch_or(is_commit, Ordering::SeqCst);
            server.write_all(&bytes[..len]).unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_an_answer_is_not_told_as_one_that_failed() {
    for (options, again) in [
        (
            ImportOptions::default(),
            "import again with --on-conflict skip",
        ),
        (
            ImportOptions {
                replace: true,
                ..ImportOptions::default()
            },
            "import again with --replace",
        ),
    ] {
        let (database, store) = database(&["Eve"]).await;
        let port = until_commit(database.instance.port());
        let cut = open(&format!(
            "postgres://admin@127.0.0.1:{port}/{}?sslmode=disable",
            database.name
        ));
        let error = import(&cut, options, vec![named("Max")]).await.unwrap_err();
        assert_eq!(error.failure(), &Failure::Uncertain);
        let text = said(error);
        assert!(
            text.contains("may have kept the last people or not") && text.contains(again),
            "{text}"
        );
        assert!(knows(&store, "Max").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_says_so_and_keeps_nothing() {
    let (database, store) = database(&["Eve"]).await;
    // The code of "No space left on device".
    database.sql(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; \
         CREATE TRIGGER fill BEFORE INSERT ON people FOR EACH ROW WHEN (new.name = 'Max') EXECUTE FUNCTION fill()",
    );
    let mut import = store.import(ImportOptions::default()).await.unwrap();
    let error = import
        .add(vec![named("Ann"), named("Max")])
        .await
        .unwrap_err();
    assert_eq!(error.failure(), &Failure::Full);
    assert!(said(error).contains("has no disk space left"));
    import.add(vec![named("Bob")]).await.unwrap();
    import.finish().await.unwrap();
    assert_eq!(
        database.sql("SELECT string_agg(name, ' ' ORDER BY name) FROM people"),
        "Bob Eve"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_meet_are_made_again() {
    let (database, store) = database(&[]).await;
    // CockroachDB always is.
    database.sql(&format!(
        "ALTER DATABASE {} SET default_transaction_isolation TO 'serializable'",
        database.name
    ));
    let store = Arc::new(store);
    let imports: Vec<_> = (0..4)
        .map(|age| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut import = store.import(on_conflict(OnConflict::Update)).await.unwrap();
                for _ in 0..5 {
                    let people = (0..200).map(|at| aged(&format!("p{at}"), age)).collect();
                    import.add(people).await.unwrap();
                }
                import.finish().await.unwrap()
            })
        })
        .collect();
    let mut inserted = 0;
    for import in imports {
        let counts = import.await.unwrap();
        assert_eq!(counts.inserted + counts.updated, 1000);
        inserted += counts.inserted;
    }
    assert_eq!(inserted, 200);
    assert_eq!(store.count().await.unwrap(), 200);
}

/// The second one does not see what the first adds, so it cannot replace that.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_replaces_at_once_one_fails() {
    let (_database, store) = database(&[]).await;
    let options = ImportOptions {
        replace: true,
        on_conflict: OnConflict::Skip,
    };
    let mut first = store.import(options).await.unwrap();
    let mut second = store.import(options).await.unwrap();
    let added = [
        first.add(vec![named("Ann")]).await,
        second.add(vec![named("Bob")]).await,
    ];
    let finished = [first.finish().await, second.finish().await];
    let succeed = |at: usize| added[at].is_ok() && finished[at].is_ok();
    assert!(succeed(0) != succeed(1), "{added:?}, {finished:?}");
    assert_eq!(store.count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_waits_for_a_lock_for_some_time_only() {
    let (database, store) = database(&["Eve"]).await;
    let settings = store.own(Purpose::Write).await.unwrap();
    let limit = settings.client.query_typed_one("SHOW lock_timeout", &[]);
    assert_eq!(limit.await.unwrap().get::<_, &str>(0), "30s");
    let url = format!("{}?options=-c%20lock_timeout%3D50", database.url());
    let lock = database.hold("UPDATE people SET age = 1");
    let update = on_conflict(OnConflict::Update);
    let error = import(&open(&url), update, vec![aged("Eve", 2)]).await;
    let error = error.unwrap_err();
    assert_eq!(error.failure(), &Failure::Locked);
    let text = said(error);
    assert!(text.contains("others hold a lock for too long"), "{text}");
    drop(lock);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_stopped_while_it_waits_changes_nothing() {
    let (database, store) = database(&["Eve"]).await;
    let lock = database.hold("UPDATE people SET age = 1");
    let update = on_conflict(OnConflict::Update);
    let mut import = store.import(update).await.unwrap();
    let stop = async {
        wait_for(&database, "the import", IS_WAITING).await;
        store.stop_imports().await.unwrap();
    };
    let people = vec![named("Ann"), aged("Eve", 2)];
    let (added, ()) = tokio::join!(import.add(people), stop);
    assert_eq!(added.unwrap_err().failure(), &Failure::Timeout);
    drop(lock);
    assert_eq!(
        database.sql("SELECT string_agg(name || age, ' ' ORDER BY name) FROM people"),
        "Eve0"
    );
}
