//! What goes wrong between here and a server, and in it.

use super::*;
use crate::server::people::contract::{aged, import, on_conflict};
use crate::server::people::store::OnConflict;

/// No message has them.
const SECRET: &str = "s3cret/?#@";
const SECRET_IN_URL: &str = "s3cret%2F%3F%23%40";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let store = open(&format!(
        "postgres://me:{SECRET_IN_URL}@127.0.0.1:{port}/people"
    ));
    for _ in 0..2 {
        let error = error_of_find(&store).await;
        assert_eq!(error.failure(), &Failure::Unavailable);
        assert_eq!(
            said(error),
            format!("cannot connect to the database at 127.0.0.1:{port}: connection refused")
        );
    }
    assert_eq!(
        store.migrate().await.unwrap_err().failure(),
        &Failure::Unavailable
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let store = open(&format!(
        "postgres://me@127.0.0.1:{port}/people?connect_timeout=1"
    ));
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Unavailable);
    assert_eq!(
        error.to_string(),
        format!("the database at 127.0.0.1:{port} does not answer")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_not_shown() {
    let (database, _) = database(&["Eve"]).await;
    let role = database.role("reader", "right");
    let store = open(&database.url_of(&role, SECRET_IN_URL));
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Denied);
    let debug = format!("{error:?}");
    let said = said(error);
    assert!(said.contains("refuses the password"), "{said}");
    for text in [said, debug] {
        assert!(!text.contains(SECRET) && !text.contains(&role), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_password_is_asked_for() {
    let (database, _) = database(&["Eve"]).await;
    let role = database.role("reader", "right");
    let folder = tempfile::tempdir().unwrap();
    let pass = folder.path().join("pass");
    let port = database.instance.port();
    let store = open(&format!(
        "postgres://{role}@127.0.0.1:{port}/{}?passfile={}",
        database.name,
        pass.display()
    ));
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Denied);
    let text = said(error);
    assert!(
        text.contains("asks for a password (hint: give it in PGPASSWORD"),
        "{text}"
    );

    // In a file that others may read, it is not used, and in one that they may not, it is.
    std::fs::write(&pass, format!("127.0.0.1:{port}:*:{role}:right\n")).unwrap();
    database.sql(&format!("GRANT SELECT ON people, people_schema TO {role}"));
    set_mode(&pass, 0o644);
    let text = said(error_after_backoff(&store).await);
    assert!(text.contains("chmod 0600"), "{text}");
    set_mode(&pass, 0o600);
    eventually_knows(&store).await;
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The error of an attempt that is made after this.
async fn error_after_backoff(store: &Postgres) -> StoreError {
    tokio::time::sleep(Duration::from_millis(300)).await;
    error_of_find(store).await
}

async fn eventually_knows(store: &Postgres) {
    let give_up = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        match store.find(vec!["Eve".into()]).await {
            Ok(found) => return assert!(found[0].as_ref().unwrap().is_some()),
            Err(error) if tokio::time::Instant::now() > give_up => panic!("{}", said(error)),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_database_is_missing() {
    let store = open(&Instance::shared().url("nothing"));
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Missing);
    let text = said(error);
    assert!(
        text.contains("does not have this database") && text.contains("createdb"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_another_encoding_is_refused() {
    let instance = Instance::shared();
    instance.sql(
        "postgres",
        "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'",
    );
    let error = error_of_find(&open(&instance.url("latin"))).await;
    assert!(said(error).contains("has the encoding LATIN1, and people need UTF8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_told_which_it_needs() {
    let (database, _) = database(&["Eve"]).await;
    let role = database.role("nobody", "x");
    let store = open(&database.url_of(&role, "x"));
    for error in [
        error_of_find(&store).await,
        store.check().await.unwrap_err(),
        store.count().await.unwrap_err(),
        store.migrate().await.unwrap_err(),
        store.export().await.unwrap_err(),
        store.import(ImportOptions::default()).await.err().unwrap(),
    ] {
        assert_eq!(error.failure(), &Failure::Denied, "{error:?}");
        let text = said(error);
        assert!(
            text.contains("permission denied") && text.contains("grant"),
            "{text}"
        );
    }
    database.sql(&format!("GRANT SELECT ON people, people_schema TO {role}"));
    assert!(knows(&store, "Eve").await);
    store.check().await.unwrap();
    // There is nothing to do, so there is nothing to be allowed.
    store.migrate().await.unwrap();
    let error = import(&store, ImportOptions::default(), vec![named("Max")]).await;
    assert_eq!(error.unwrap_err().failure(), &Failure::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_create_tables_cannot_migrate() {
    let database = Instance::shared().database();
    let role = database.role("nobody", "x");
    let error = open(&database.url_of(&role, "x"))
        .migrate()
        .await
        .unwrap_err();
    assert_eq!(error.failure(), &Failure::Denied);
    assert!(said(error).contains("permission denied for schema public"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped_by_the_server() {
    let (database, store) = database(&["Eve"]).await;
    let lock = lock(&database);
    let error = error_of_find(&store).await;
    assert_eq!(error.failure(), &Failure::Timeout);
    assert!(said(error).contains("canceling statement due to statement timeout"));
    drop(lock);
    assert!(knows(&store, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_lookup_holds_up_nobody() {
    let (database, store) = database(&["Eve"]).await;
    let store = Arc::new(store);
    let lock = lock(&database);
    let mut dropped = store.find(vec!["Eve".into()]);
    let waiting = wait_for(&database, "a lookup", IS_WAITING);
    tokio::select! {
        _ = &mut dropped => panic!("it has to wait"),
        () = waiting => {}
    }
    drop(dropped);
    drop(lock);
    assert!(knows(&store, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_whose_connection_is_cut_is_made_again() {
    let (database, store) = database(&["Eve"]).await;
    let store = Arc::new(store);
    let lock = lock(&database);
    let lookup = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.find(vec!["Eve".into()]).await }
    });
    wait_for(&database, "a lookup", IS_WAITING).await;
    database.sql(&format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = 'routeguide' AND datname = '{}'",
        database.name
    ));
    wait_for(&database, "the lookup again", IS_WAITING).await;
    drop(lock);
    let found = lookup.await.unwrap().unwrap();
    assert!(found[0].as_ref().unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_cut_while_idle_are_not_missed() {
    let (database, store) = database(&["Eve"]).await;
    for _ in 0..3 {
        assert!(knows(&store, "Eve").await);
        database.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE application_name = 'routeguide' AND datname = current_database()",
        );
    }
    assert!(knows(&store, "Eve").await);
}

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

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_connections_left_says_so() {
    let (database, _) = database(&["Eve"]).await;
    let role = database.role("reader", "x");
    database.sql(&format!(
        "GRANT SELECT ON people, people_schema TO {role}; ALTER ROLE {role} CONNECTION LIMIT 1"
    ));
    let url = database.url_of(&role, "x");
    // One connection does for all.
    let first = Arc::new(open(&url));
    let lookups: Vec<_> = (0..50)
        .map(|_| {
            let store = Arc::clone(&first);
            tokio::spawn(async move { knows(&store, "Eve").await })
        })
        .collect();
    for lookup in lookups {
        assert!(lookup.await.unwrap());
    }
    let error = error_of_find(&open(&url)).await;
    assert_eq!(error.failure(), &Failure::Unavailable);
    let debug = format!("{error:?}");
    let said = said(error);
    assert!(said.contains("has no connections left"), "{said}");
    assert!(
        !said.contains(&role) && !debug.contains(&role),
        "{said} {debug}"
    );
    assert!(knows(&first, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_is_found_again() {
    let instance = Instance::start(&[]);
    let store = open(&instance.database().url());
    fill(&store, &["Eve"]).await;
    assert!(knows(&store, "Eve").await);
    instance.stop();
    assert_eq!(error_of_find(&store).await.failure(), &Failure::Unavailable);
    instance.start_again();
    eventually_knows(&store).await;
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
