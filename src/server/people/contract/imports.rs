//! Imports.

use super::*;
use crate::server::people::store::Failure;

const REPLACE: ImportOptions = ImportOptions {
    replace: true,
    on_conflict: OnConflict::Error,
};

/// The names of all people, in order.
async fn names(store: &dyn Store) -> Vec<String> {
    everyone(store)
        .await
        .into_iter()
        .map(|it| it.name)
        .collect()
}

#[track_caller]
fn is_of_person(error: &StoreError, index: usize, name: &str) {
    assert_eq!(error.failure(), &Failure::Person { index }, "{error}");
    assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
}

pub async fn a_conflict_names_the_person_and_keeps_nothing_of_its_transaction(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let mut import = store.import(ImportOptions::default()).await.unwrap();
    import.add(vec![named("Eve"), named("Max")]).await.unwrap();
    let error = import
        .add(vec![named("Ann"), named("Max"), named("Zoe")])
        .await
        .unwrap_err();
    is_of_person(&error, 1, "Max");
    // The import goes on, if that is wanted.
    import.add(vec![named("Tom")]).await.unwrap();
    let counts = import.finish().await.unwrap();
    assert_eq!(counts.inserted, 3);
    assert_eq!(names(store).await, ["Eve", "Max", "Tom"]);
}

pub async fn a_name_may_conflict_within_a_transaction(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let twice = || vec![aged("Eve", 1), named("Max"), aged("Eve", 2)];
    for replace in [false, true] {
        for (on_conflict, age) in [(OnConflict::Skip, 1), (OnConflict::Update, 2)] {
            import(store, REPLACE, Vec::new()).await.unwrap();
            let options = ImportOptions {
                replace,
                on_conflict,
            };
            let counts = import(store, options, twice()).await.unwrap();
            assert_eq!(counts.inserted, 2);
            assert_eq!(counts.skipped + counts.updated, 1);
            assert_eq!(everyone(store).await, [aged("Eve", age), named("Max")]);
        }
        import(store, REPLACE, Vec::new()).await.unwrap();
        let options = ImportOptions {
            replace,
            on_conflict: OnConflict::Error,
        };
        let error = import(store, options, twice()).await.unwrap_err();
        is_of_person(&error, 2, "Eve");
        assert_eq!(store.count().await.unwrap(), 0);
    }
}

pub async fn who_exists_is_skipped(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, vec![aged("Eve", 1)]).await;
    let people = vec![aged("Ann", 2), aged("Eve", 2)];
    let counts = import(store, on_conflict(OnConflict::Skip), people)
        .await
        .unwrap();
    let expected = Counts {
        inserted: 1,
        skipped: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(everyone(store).await, [aged("Ann", 2), aged("Eve", 1)]);
}

pub async fn who_exists_is_updated(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let before = Person {
        gender: 2,
        hobbies: vec!["chess".to_owned()],
        address: Some(Address::default()),
        ..aged("Eve", 1)
    };
    add(store, vec![before]).await;
    let people = vec![aged("Ann", 2), aged("Eve", 2)];
    let counts = import(store, on_conflict(OnConflict::Update), people)
        .await
        .unwrap();
    let expected = Counts {
        inserted: 1,
        updated: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(everyone(store).await, [aged("Ann", 2), aged("Eve", 2)]);
}

pub async fn a_replace_is_seen_at_its_end(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, vec![named("Eve"), named("Max")]).await;
    let mut import = store.import(REPLACE).await.unwrap();
    import.add(vec![aged("Eve", 2)]).await.unwrap();
    import.add(vec![named("Zoe"), named("Tom")]).await.unwrap();
    assert_eq!(names(store).await, ["Eve", "Max"]);
    let counts = import.finish().await.unwrap();
    let expected = Counts {
        inserted: 3,
        removed: 2,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(
        everyone(store).await,
        [aged("Eve", 2), named("Tom"), named("Zoe")]
    );
}

pub async fn a_replace_that_is_dropped_changes_nothing(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, vec![named("Eve")]).await;
    let mut import = store.import(REPLACE).await.unwrap();
    import.add(vec![named("Zoe")]).await.unwrap();
    drop(import);
    assert_eq!(names(store).await, ["Eve"]);
    // Nor does it hold another one back.
    self::import(store, REPLACE, vec![named("Ann")])
        .await
        .unwrap();
    assert_eq!(names(store).await, ["Ann"]);
}

pub async fn a_replace_that_fails_changes_nothing(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, vec![named("Eve")]).await;
    let mut import = store.import(REPLACE).await.unwrap();
    import.add(vec![named("Zoe")]).await.unwrap();
    let error = import
        .add(vec![named("Ann"), named("Zoe")])
        .await
        .unwrap_err();
    is_of_person(&error, 1, "Zoe");
    assert_eq!(names(store).await, ["Eve"]);
    assert!(import.add(vec![named("Max")]).await.is_err());
    assert!(import.finish().await.is_err());
    assert_eq!(names(store).await, ["Eve"]);
}

pub async fn an_import_that_was_killed_is_completed_with_skip(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let people: Vec<Person> = (0..100)
        .map(|age| aged(&format!("p{age:02}"), age))
        .collect();
    let mut killed = store.import(ImportOptions::default()).await.unwrap();
    killed.add(people[..40].to_vec()).await.unwrap();
    drop(killed);
    let mut again = store.import(on_conflict(OnConflict::Skip)).await.unwrap();
    for transaction in people.chunks(30) {
        again.add(transaction.to_vec()).await.unwrap();
    }
    let counts = again.finish().await.unwrap();
    assert_eq!((counts.inserted, counts.skipped), (60, 40));
    assert_eq!(everyone(store).await, people);
}

pub async fn an_import_of_nobody_changes_nothing(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, vec![named("Eve")]).await;
    let counts = import(store, ImportOptions::default(), Vec::new()).await;
    assert_eq!(counts.unwrap(), Counts::default());
    assert_eq!(names(store).await, ["Eve"]);
}
