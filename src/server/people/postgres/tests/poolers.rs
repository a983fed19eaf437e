//! PgBouncer in transaction mode in between: the next statement may run on another connection of the server.

use super::*;
use crate::server::people::contract::{aged, everyone};

/// Everything that is done with a database.
async fn everything_works(store: Postgres) {
    let store = Arc::new(store);
    store.migrate().await.unwrap();
    store.check().await.unwrap();
    let people: Vec<_> = (0..2000)
        .map(|age| aged(&format!("p{age:04}"), age))
        .collect();
    add(&*store, people.clone()).await;
    assert_eq!(store.count().await.unwrap(), 2000);
    assert_eq!(everyone(&*store).await, people);
    // Many at once, so that they are behind one another on each connection.
    let lookups: Vec<_> = (0..100)
        .map(|start| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let ages: Vec<usize> = (0..512).map(|at| (start * 17 + at) % 3000).collect();
                let names = ages.iter().map(|age| format!("p{age:04}").into()).collect();
                let found = store.find(names).await.unwrap();
                for (age, found) in ages.into_iter().zip(found) {
                    let age = i32::try_from(age).unwrap();
                    let person: Option<crate::proto::Person> = found
                        .unwrap()
                        .map(|bytes| prost::Message::decode(bytes).unwrap());
                    let expected = (age < 2000).then(|| aged(&format!("p{age:04}"), age));
                    assert_eq!(person, expected);
                }
            })
        })
        .collect();
    for lookup in lookups {
        lookup.await.unwrap();
    }
    let options = ImportOptions {
        replace: true,
        ..ImportOptions::default()
    };
    let mut import = store.import(options).await.unwrap();
    import.add(vec![named("Eve")]).await.unwrap();
    assert_eq!(store.count().await.unwrap(), 2000);
    assert_eq!(import.finish().await.unwrap().removed, 2000);
    assert_eq!(store.count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_through_a_pooler_that_refuses_options() {
    let instance = Instance::shared();
    let bouncer = PgBouncer::start(instance, "");
    everything_works(open(&bouncer.url(&instance.database().name))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_through_a_pooler_with_one_connection() {
    let instance = Instance::shared();
    let bouncer = PgBouncer::start(
        instance,
        "default_pool_size = 2\nignore_startup_parameters = options",
    );
    everything_works(open(&bouncer.url(&instance.database().name))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_only_without_a_pooler() {
    let is_own_session = async |store: &Postgres| {
        let connected = connect(&store.pool.settings, &store.pool.explain, Purpose::Lookups);
        connected.await.unwrap().is_own_session
    };
    let (database, store) = database(&["Eve"]).await;
    assert!(is_own_session(&store).await);
    for settings in [
        "",
        "ignore_startup_parameters = options",
        "pool_mode = session\nignore_startup_parameters = options",
    ] {
        let bouncer = PgBouncer::start(database.instance, settings);
        let store = open(&bouncer.url(&database.name));
        assert!(!is_own_session(&store).await, "{settings}");
        assert!(knows(&store, "Eve").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_without_a_limit_in_the_server_is_cancelled_from_here() {
    for settings in ["", "ignore_startup_parameters = options"] {
        let (database, store) = database(&["Eve"]).await;
        drop(store);
        let bouncer = PgBouncer::start(database.instance, settings);
        let store = open(&bouncer.url(&database.name));
        assert!(knows(&store, "Eve").await);
        let lock = lock(&database);
        let error = error_of_find(&store).await;
        assert_eq!(error.failure(), &Failure::Timeout);
        wait_for(
            &database,
            "the end of the statement",
            &IS_WAITING.replace("> 0", "= 0"),
        )
        .await;
        drop(lock);
        assert!(knows(&store, "Eve").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_restarts_is_found_again() {
    let (database, _) = database(&["Eve"]).await;
    let bouncer = PgBouncer::start(database.instance, "");
    let store = open(&bouncer.url(&database.name));
    assert!(knows(&store, "Eve").await);
    drop(bouncer);
    assert_eq!(error_of_find(&store).await.failure(), &Failure::Unavailable);
}
