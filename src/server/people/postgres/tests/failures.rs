//! What goes wrong between here and a server, and in it.

use std::net::TcpListener;

use super::*;
use crate::server::people::contract::import;

/// No message has them.
const SECRET: &str = "s3cret/?#@";
const SECRET_IN_URL: &str = "s3cret%2F%3F%23%40";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_listens() {
    let port = TcpListener::bind("127.0.0.1:0")
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
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
