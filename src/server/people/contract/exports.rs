//! All people.

use super::*;
use crate::server::people::store::Failure;

pub async fn an_export_is_ordered_by_the_bytes_of_names(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    assert!(all(store).await.is_empty());
    // U+FFFF is behind U+1F600 where text is UTF-16.
    let ordered = [
        "",
        " ",
        "-",
        "A",
        "B",
        "Z",
        "a",
        "a-b",
        "aB",
        "ab",
        "b",
        "é",
        "\u{ffff}",
        "\u{1f600}",
    ];
    let people = ordered.iter().rev().map(|name| named(name)).collect();
    add(store, people).await;
    let names: Vec<String> = everyone(store)
        .await
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ordered);
}

pub async fn an_export_is_of_one_moment(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let count = 20_000;
    let people = (0..count).map(|age| aged(&format!("p{age}"), age));
    add(store, people.clone().collect()).await;
    let mut chunks = store.export().await.unwrap();
    let later = people.map(|person| Person { age: -1, ..person });
    let later = later.chain([named("a"), named("z")]).collect();
    import(store, on_conflict(OnConflict::Update), later)
        .await
        .unwrap();
    let mut ages = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        let people = chunk
            .unwrap()
            .into_iter()
            .map(|bytes| Person::decode(bytes).unwrap());
        ages.extend(people.map(|person| person.age));
    }
    ages.sort_unstable();
    assert_eq!(ages, (0..count).collect::<Vec<_>>());
}

pub async fn an_export_names_a_person_that_sql_has_spoiled(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, ["Ann", "Eve", "Max"].map(named).to_vec()).await;
    (fixture.sql)(fixture.spoil);
    let mut chunks = store.export().await.unwrap();
    let error = loop {
        if let Err(error) = chunks.recv().await.unwrap() {
            break error;
        }
    };
    assert_eq!(error.failure(), &Failure::Corrupt);
    assert!(
        error.to_string().starts_with("the person \"Eve\" in "),
        "{error}"
    );
}

pub async fn an_export_ends_when_its_reader_goes(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(
        store,
        (0..20_000)
            .map(|age| aged(&format!("p{age}"), age))
            .collect(),
    )
    .await;
    let mut chunks = store.export().await.unwrap();
    chunks.recv().await.unwrap().unwrap();
    drop(chunks);
    // It holds nothing back.
    let options = ImportOptions {
        replace: true,
        ..ImportOptions::default()
    };
    let counts = import(store, options, vec![named("Eve")]).await.unwrap();
    assert_eq!(counts.removed, 20_000);
}
