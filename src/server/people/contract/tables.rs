//! Tables and their versions.

use super::*;
use crate::server::people::store::{Failure, Migrated};

pub async fn a_database_without_tables_says_so(fixture: Fixture) {
    let store = &*fixture.store;
    // Where the database is a file, that is missing too.
    let is_missing = |error: StoreError| {
        matches!(
            error.failure(),
            Failure::Missing | Failure::Schema { found: 0, .. }
        )
    };
    assert!(is_missing(store.check().await.unwrap_err()));
    assert!(is_missing(store.count().await.unwrap_err()));
    assert!(is_missing(
        store.find(vec!["Eve".into()]).await.unwrap_err()
    ));
    assert!(is_missing(store.export().await.unwrap_err()));
    let import = store.import(ImportOptions::default()).await;
    assert!(is_missing(import.err().unwrap()));
}

pub async fn tables_are_made_once(fixture: Fixture) {
    let store = &*fixture.store;
    let Migrated { from, to } = store.migrate().await.unwrap();
    assert_eq!(from, 0);
    assert!(to > 0);
    store.check().await.unwrap();
    assert_eq!(store.count().await.unwrap(), 0);
    add(store, vec![named("Eve")]).await;
    let again = store.migrate().await.unwrap();
    assert_eq!(again, Migrated { from: to, to });
    assert_eq!(store.count().await.unwrap(), 1);
}

pub async fn several_may_make_tables_at_once(fixture: Fixture) {
    let store = &*fixture.store;
    let all = tokio::join!(
        store.migrate(),
        store.migrate(),
        store.migrate(),
        store.migrate()
    );
    for migrated in [all.0, all.1, all.2, all.3] {
        migrated.unwrap();
    }
    store.check().await.unwrap();
}
