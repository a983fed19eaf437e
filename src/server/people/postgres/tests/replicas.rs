//! Several hosts, of which some only read.

use super::*;
use crate::server::people::contract::import;

/// A primary with Eve, a replica that has her too, and the name of their database.
async fn pair() -> (Instance, Instance, String) {
    let primary = Instance::start(&[]);
    let replica = primary.replica();
    let name = primary.database().name;
    fill(&open(&primary.url(&name)), &["Eve"]).await;
    let there = Database {
        instance: &replica,
        name: "postgres".to_owned(),
    };
    let position = primary.sql("postgres", "SELECT pg_current_wal_lsn()");
    wait_for(
        &there,
        "the replica",
        &format!("SELECT pg_last_wal_replay_lsn() >= '{position}'"),
    )
    .await;
    (primary, replica, name)
}

fn both(first: &Instance, second: &Instance, name: &str, parameters: &str) -> String {
    let (first, second) = (first.port(), second.port());
    format!("postgres://admin@127.0.0.1:{first},127.0.0.1:{second}/{name}?{parameters}")
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_on_from_the_replica_when_the_primary_is_gone() {
    let (primary, replica, name) = pair().await;
    let store = open(&both(&primary, &replica, &name, ""));
    assert!(knows(&store, "Eve").await);
    import(&store, ImportOptions::default(), vec![named("Max")])
        .await
        .unwrap();
    primary.kill();
    assert!(knows(&store, "Eve").await);
    store.check().await.unwrap();
    let error = store.import(ImportOptions::default()).await.err().unwrap();
    assert_eq!(error.failure(), &Failure::Denied);
    let text = said(error);
    assert!(
        text.contains("accepts no writes") && text.contains("name the primary"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_to_the_primary_and_reads_to_whom_they_are_asked_of() {
    let (primary, replica, name) = pair().await;
    let store = open(&both(&replica, &primary, &name, ""));
    import(&store, ImportOptions::default(), vec![named("Max")])
        .await
        .unwrap();
    store.migrate().await.unwrap();
    for (session, instance) in [
        ("any", &replica),
        ("read-write", &primary),
        ("primary", &primary),
        ("read-only", &replica),
        ("standby", &replica),
        ("prefer-standby", &replica),
    ] {
        let asked = open(&both(
            &primary,
            &replica,
            &name,
            &format!("application_name={session}&target_session_attrs={session}"),
        ));
        let reversed = open(&both(
            &replica,
            &primary,
            &name,
            &format!("application_name={session}&target_session_attrs={session}"),
        ));
        let store = if session == "any" { &reversed } else { &asked };
        assert!(knows(store, "Eve").await && knows(&reversed, "Eve").await);
        let question = format!(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = '{session}'"
        );
        assert_eq!(instance.sql("postgres", &question), "t", "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_only_preferred() {
    let primary = Instance::start(&[]);
    let name = primary.database().name;
    let url = primary.url(&name);
    fill(&open(&url), &["Eve"]).await;
    assert!(
        knows(
            &open(&format!("{url}?target_session_attrs=prefer-standby")),
            "Eve"
        )
        .await
    );
    let error = error_of_find(&open(&format!("{url}?target_session_attrs=standby"))).await;
    assert_eq!(error.failure(), &Failure::Unavailable);
    assert!(said(error).contains("target_session_attrs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_asked_for_is_unavailable_until_there_is_one() {
    let (primary, replica, name) = pair().await;
    let url = both(&primary, &replica, &name, "target_session_attrs=read-write");
    primary.kill();
    let error = error_of_find(&open(&url)).await;
    assert_eq!(error.failure(), &Failure::Unavailable);
    assert_eq!(replica.sql("postgres", "SELECT pg_promote()"), "t");
    assert!(knows(&open(&url), "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_on_behind_a_pooler_when_the_primary_is_gone() {
    let (primary, replica, name) = pair().await;
    let (first, second) = (
        PgBouncer::start(&primary, ""),
        PgBouncer::start(&replica, ""),
    );
    let hosts = [&first, &second].map(|bouncer| {
        let url = bouncer.url("");
        url.trim_start_matches("postgres://admin@")
            .trim_end_matches('/')
            .to_owned()
    });
    let store = open(&format!("postgres://admin@{}/{name}", hosts.join(",")));
    assert!(knows(&store, "Eve").await);
    primary.kill();
    drop(first);
    assert!(knows(&store, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_refuses_the_password_is_the_last_one_that_is_asked() {
    let (first, second) = (Instance::start(&[]), Instance::start(&[]));
    let database = first.database();
    let (role, name) = (database.role("reader", "right"), database.name.clone());
    second.sql("postgres", &format!("CREATE DATABASE {name}"));
    second.sql(&name, &format!("CREATE ROLE {role} LOGIN PASSWORD 'other'"));
    fill(&open(&second.url(&name)), &["Eve"]).await;
    let hosts = |password: &str, parameters: &str| {
        let (first, second) = (first.port(), second.port());
        format!(
            "postgres://{role}:{password}@127.0.0.1:{first},127.0.0.1:{second}/{name}?{parameters}"
        )
    };
    second.sql(
        &name,
        &format!("GRANT SELECT ON people, people_schema TO {role}"),
    );
    for parameters in ["", "target_session_attrs=read-write"] {
        let error = error_of_find(&open(&hosts("other", parameters))).await;
        assert_eq!(error.failure(), &Failure::Denied);
        let text = said(error);
        assert!(text.contains(&first.port().to_string()), "{text}");
    }
    // One that cannot be reached is not.
    first.kill();
    assert!(knows(&open(&hosts("other", "")), "Eve").await);
}
