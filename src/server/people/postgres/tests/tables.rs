//! The tables: their versions, and what else can be done with them by SQL.

use super::*;
use crate::proto::Person;
use crate::proto::person::Address;
use crate::server::people::contract::{everyone, import};
use crate::server::people::store::Migrated;
use schema::{VERSIONS, migrations};

/// A database whose tables have an earlier version, with Eve in them.
fn earlier(version: u32) -> Database<'static> {
    let database = Instance::shared().database();
    if version > 0 {
        database.sql(VERSIONS);
    }
    for (number, statements) in (1..=version).zip(migrations(false)) {
        for statement in statements {
            database.sql(&statement);
        }
        database.sql(&format!("INSERT INTO people_schema VALUES ({number})"));
    }
    if version > 0 {
        database.sql("INSERT INTO people (name) VALUES ('Eve')");
    }
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_every_earlier_version_are_upgraded() {
    for version in 0..VERSION {
        let database = earlier(version);
        let store = open(&database.url());
        let error = store.check().await.unwrap_err();
        let schema = Failure::Schema {
            found: version,
            wanted: VERSION,
        };
        assert_eq!(error.failure(), &schema);
        assert!(said(error).contains(&format!(
            "migrate --to postgres://127.0.0.1:{}/",
            database.instance.port()
        )));
        let expected = Migrated {
            from: version,
            to: VERSION,
        };
        assert_eq!(store.migrate().await.unwrap(), expected);
        store.check().await.unwrap();
        assert_eq!(store.count().await.unwrap(), u64::from(version > 0));
        let comment = "SELECT col_description('people'::regclass, 7)";
        assert_eq!(
            database.sql(comment),
            "Whether there is an address, which may be empty"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_may_upgrade_tables_of_every_earlier_version_at_once() {
    for version in 0..VERSION {
        let database = earlier(version);
        let migrations: Vec<_> = (0..4)
            .map(|_| {
                let store = open(&database.url());
                tokio::spawn(async move { store.migrate().await })
            })
            .collect();
        for migration in migrations {
            migration.await.unwrap().unwrap();
        }
        open(&database.url()).check().await.unwrap();
        assert_eq!(
            database.sql("SELECT count(*) FROM people_schema"),
            VERSION.to_string()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_tables_are_left_alone() {
    let (database, store) = database(&["Eve"]).await;
    database.sql(&format!(
        "INSERT INTO people_schema VALUES ({})",
        VERSION + 1
    ));
    let schema = Failure::Schema {
        found: VERSION + 1,
        wanted: VERSION,
    };
    for error in [
        store.check().await.unwrap_err(),
        store.migrate().await.unwrap_err(),
        store.import(ImportOptions::default()).await.err().unwrap(),
        store.export().await.unwrap_err(),
    ] {
        assert_eq!(error.failure(), &schema);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_lost_is_made_again() {
    let (database, store) = database(&["Eve"]).await;
    database.sql("DROP TABLE people");
    let missing = |error: StoreError| {
        assert!(
            matches!(error.failure(), Failure::Schema { found: 0, .. }),
            "{error:?}"
        );
    };
    missing(error_of_find(&store).await);
    let error = store.check().await.unwrap_err();
    assert!(
        error.to_string().ends_with("has lost its table people"),
        "{error}"
    );
    missing(error);
    store.migrate().await.unwrap();
    store.check().await.unwrap();
    assert!(!knows(&store, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_shape_is_refused() {
    for change in [
        "ALTER TABLE people DROP COLUMN city",
        "ALTER TABLE people ALTER age TYPE bigint",
    ] {
        let (database, store) = database(&["Eve"]).await;
        database.sql(change);
        let error = store.check().await.unwrap_err();
        assert_eq!(error.failure(), &Failure::Corrupt, "{change}: {error:?}");
        let error = store.migrate().await.unwrap_err();
        assert_eq!(error.failure(), &Failure::Corrupt, "{change}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_that_sql_has_spoiled_is_told_by_the_column() {
    let (database, store) = database(&["Ann", "Eve"]).await;
    database
        .sql("ALTER TABLE people DROP CONSTRAINT people_hobbies_not_null, ALTER age DROP NOT NULL");
    for (column, value, said) in [
        ("hobbies", "'{a,NULL}'", "an array with NULL"),
        ("age", "NULL", "NULL"),
    ] {
        database.sql(&format!(
            "UPDATE people SET {column} = {value} WHERE name = 'Eve'"
        ));
        let found = store.find(vec!["Eve".into(), "Ann".into()]).await.unwrap();
        assert!(found[1].as_ref().unwrap().is_some());
        let error = found[0].as_ref().unwrap_err().to_string();
        let place = format!("postgres://127.0.0.1:{}/", database.instance.port());
        assert!(
            error.starts_with(&format!("the person \"Eve\" in {place}")),
            "{error}"
        );
        assert!(
            error.ends_with(&format!(" has {said} in the column {column}")),
            "{error}"
        );
        database.sql("UPDATE people SET hobbies = '{}', age = 0");
    }
    assert_eq!(everyone(&store).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_be_read_and_changed_with_sql() {
    let (database, store) = database(&[]).await;
    let eve = Person {
        name: "Eve".to_owned(),
        age: 7,
        gender: 2,
        hobbies: vec![
            "b, \"c\"".to_owned(),
            String::new(),
            "NULL".to_owned(),
            "\\".to_owned(),
        ],
        address: Some(Address {
            street: "1 Main St".to_owned(),
            city: "Bonn".to_owned(),
        }),
    };
    add(&store, vec![eve.clone(), named("Max")]).await;
    let row = database.sql("SELECT name, age, gender, hobbies[1], street, city, has_address FROM people WHERE name = 'Eve'");
    assert_eq!(row, "Eve|7|2|b, \"c\"|1 Main St|Bonn|t");
    database.sql("UPDATE people SET age = 8, hobbies = '{x,y}', has_address = false, street = '', city = '' WHERE name = 'Eve'");
    database.sql("INSERT INTO people (name, has_address) VALUES ('Zoe', true)");
    let changed = Person {
        age: 8,
        hobbies: vec!["x".to_owned(), "y".to_owned()],
        address: None,
        ..eve
    };
    let zoe = Person {
        address: Some(Address::default()),
        ..named("Zoe")
    };
    assert_eq!(everyone(&store).await, [changed, named("Max"), zoe]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_as_long_as_the_index_takes_it() {
    let (_, store) = database(&[]).await;
    // What cannot be compressed.
    let random = |len: usize| -> String {
        let mut state = fastrand::Rng::with_seed(1);
        (0..len).map(|_| state.alphanumeric()).collect()
    };
    let longest = random(2692);
    add(&store, vec![named(&longest)]).await;
    assert!(knows(&store, &longest).await);
    assert!(!knows(&store, &random(100_000)).await);
    for len in [2693, 64 << 10] {
        let people = vec![named("Eve"), named(&random(len))];
        let error = import(&store, ImportOptions::default(), people)
            .await
            .unwrap_err();
        assert_eq!(error.failure(), &Failure::Person { index: 1 });
        assert_eq!(
            error.to_string(),
            format!("the name has {len} bytes, and PostgreSQL's index takes at most 2692")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_nul_in_a_name() {
    let (_, store) = database(&["Eve"]).await;
    let found = find(&store, &["\0", "Eve", "Eve\0"]).await;
    assert_eq!(
        found.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, false]
    );
    let mut max = named("Max");
    max.hobbies = vec!["a\0b".to_owned()];
    let error = import(&store, ImportOptions::default(), vec![named("Ann"), max])
        .await
        .unwrap_err();
    assert_eq!(error.failure(), &Failure::Person { index: 1 });
    assert_eq!(
        error.to_string(),
        "hobbies has a NUL character, which PostgreSQL does not have in text"
    );
    assert_eq!(store.count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_follow_the_types_of_the_columns() {
    let (database, store) = database(&["Eve"]).await;
    assert!(knows(&store, "Eve").await);
    database.sql("ALTER TABLE people ALTER COLUMN street TYPE varchar(99)");
    assert!(knows(&store, "Eve").await);
    database.sql("ALTER TABLE people ALTER COLUMN age TYPE bigint");
    let text = said(error_of_find(&store).await);
    assert!(text.contains("int8"), "{text}");
    database.sql("ALTER TABLE people ALTER COLUMN age TYPE integer");
    assert!(knows(&store, "Eve").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_follows_the_types_of_the_columns() {
    let (database, store) = database(&["Eve"]).await;
    let store = Arc::new(store);
    all_know(&store, "Eve").await;
    database.sql("ALTER TABLE people ALTER COLUMN street TYPE varchar(99)");
    assert!(knows(&store, "Eve").await);
    all_know(&store, "Eve").await;
}

/// Asks so often at once that all connections are used.
async fn all_know(store: &Arc<Postgres>, name: &'static str) {
    let ask = || {
        let store = Arc::clone(store);
        tokio::spawn(async move { assert!(knows(&store, name).await) })
    };
    let lookups: Vec<_> = (0..200).map(|_| ask()).collect();
    for lookup in lookups {
        lookup.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_were_prepared_and_are_gone_are_not_prepared_again() {
    let (_, store) = database(&["Eve"]).await;
    assert!(knows(&store, "Eve").await);
    let connection = store.pool.connection().await.unwrap();
    let deallocate = connection.client.batch_execute("DEALLOCATE ALL");
    deallocate.await.unwrap();
    assert!(store.pool.may_prepare(&connection));
    let store = Arc::new(store);
    // Those that are under way find out together.
    all_know(&store, "Eve").await;
    assert!(!store.pool.may_prepare(&connection));
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_use_the_index_also_if_the_table_was_empty_at_first() {
    let (database, store) = database(&[]).await;
    database.sql("ALTER TABLE people SET (autovacuum_enabled = false); ANALYZE people");
    let names: Vec<_> = (0..512).map(|at| format!("p{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..10 {
        assert!(find(&store, &names).await.iter().all(Option::is_none));
    }
    database.sql("INSERT INTO people (name) SELECT 'p' || n FROM generate_series(1, 20000) AS n");
    let connection = store.pool.connection().await.unwrap();
    let scans = async || {
        let question = "SELECT pg_stat_force_next_flush(), seq_scan \
                        FROM pg_stat_user_tables WHERE relname = 'people'";
        let row = connection.client.query_typed_one(question, &[]).await;
        row.unwrap().get::<_, i64>(1)
    };
    scans().await;
    let before = scans().await;
    assert!(find(&store, &names).await[1].is_some());
    scans().await;
    assert_eq!(scans().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_sees_another_type_of_a_column_also_without_people() {
    for column in ["name", "age", "hobbies", "has_address"] {
        for other in ["bytea", "json", "date"] {
            let (database, store) = database(&[]).await;
            store.probe().await.unwrap();
            database.sql(&format!(
                "ALTER TABLE people DROP COLUMN {column} CASCADE; ALTER TABLE people ADD COLUMN {column} {other}"
            ));
            let error = store.probe().await.unwrap_err();
            assert_eq!(error.failure(), &Failure::Corrupt, "{column} {other}");
            let text = said(error);
            assert!(text.contains(other), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_go_on_when_the_tables_get_a_newer_version() {
    let (database, store) = database(&["Eve"]).await;
    database.sql("INSERT INTO people_schema VALUES (77); ALTER TABLE people ADD COLUMN phone text");
    store.probe().await.unwrap();
    assert!(knows(&store, "Eve").await);
    database.sql("ALTER TABLE people RENAME COLUMN city TO town");
    assert!(store.probe().await.is_err());
    database.sql("DROP TABLE people");
    assert!(store.probe().await.is_err());
}
