//! Looking people up.

use std::sync::Arc;

use proptest::test_runner::{Config, TestError, TestRunner};

use super::*;
use crate::server::people::store::{Failure, MOST_BYTES, MOST_NAMES};

pub async fn people_are_found_in_the_order_of_their_names(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    assert!(find(store, &[]).await.is_empty());
    let people: Vec<Person> = (0..600).map(|age| aged(&format!("p{age}"), age)).collect();
    add(store, people.clone()).await;
    // From the last to the first, each third one unknown, and some twice.
    let asked: Vec<String> = (0..MOST_NAMES)
        .map(|at| match at % 3 {
            0 => format!("nobody{at}"),
            _ => format!("p{}", 599 - at / 2),
        })
        .collect();
    let names: Vec<&str> = asked.iter().map(String::as_str).collect();
    let found = find(store, &names).await;
    let expected: Vec<Option<Bytes>> = asked
        .iter()
        .map(|name| people.iter().find(|person| person.name == *name))
        .map(|person| person.map(|person| person.encode_to_vec().into()))
        .collect();
    assert_eq!(found, expected);
}

pub async fn a_name_is_matched_byte_for_byte(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let names = [
        "",
        "Eve",
        "eve",
        "EVE",
        "Eve ",
        " Eve",
        "\u{e9}",
        "e\u{301}",
        "ß",
        "ss",
        "I",
        "ı",
        "100",
        "100.0",
        "1e2",
        "null",
        "\u{1f600}",
        "\u{feff}Eve",
        "Eve\u{200b}",
        "e%",
        "e_e",
        "Not Found",
    ];
    for (age, name) in (1..).zip(names) {
        add(store, vec![aged(name, age)]).await;
    }
    let found = find(store, &names).await;
    for ((age, name), found) in (1..).zip(names).zip(found) {
        let expected = aged(name, age).encode_to_vec();
        assert_eq!(found.as_deref(), Some(expected.as_slice()), "{name:?}");
    }
    let unknown = [
        "EvE", "Eve  ", "e", "E", "SS", "1e+2", "NULL", "Eve\0", "\0",
    ];
    assert_eq!(find(store, &unknown).await, vec![None; unknown.len()]);
}

pub async fn a_name_is_never_sql(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let names = [
        "'; DROP TABLE people; --",
        "\"; DROP TABLE people; --",
        "' OR '1'='1",
        "\\'; DELETE FROM people; --",
        "$1",
        "?1",
        ":name",
        "%s",
        "{}",
        "{a,b}",
        "[\"a\"]",
        "NULL",
        "/*",
        "--",
        "$$",
        "a,b\tc\nd",
        "\\N",
        "\\.",
    ];
    assert_eq!(find(store, &names).await, vec![None; names.len()]);
    let people = names.map(|name| Person {
        hobbies: names.map(str::to_owned).to_vec(),
        address: Some(Address {
            street: name.to_owned(),
            city: name.to_owned(),
        }),
        ..named(name)
    });
    add(store, people.to_vec()).await;
    let found = find(store, &names).await;
    let encoded = people
        .iter()
        .map(|person| Some(Bytes::from(person.encode_to_vec())));
    let expected: Vec<_> = encoded.collect();
    assert_eq!(found, expected);
    let updated = import(store, on_conflict(OnConflict::Update), people.to_vec()).await;
    assert_eq!(updated.unwrap().updated, names.len() as u64);
    assert_eq!(store.count().await.unwrap(), names.len() as u64);
}

pub async fn several_batches_at_once_get_their_own_answers(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &fixture.store;
    add(
        &**store,
        (0..1000).map(|age| aged(&format!("p{age}"), age)).collect(),
    )
    .await;
    let batches = (0..50).map(|batch| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let ages: Vec<i32> = (0..20).map(|at| batch * 20 + at).collect();
            let names: Vec<String> = ages.iter().map(|age| format!("p{age}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let found = find(&*store, &names).await.into_iter();
            let found = found.map(|person| Person::decode(person.unwrap()).unwrap().age);
            assert_eq!(found.collect::<Vec<_>>(), ages);
        })
    });
    for batch in batches.collect::<Vec<_>>() {
        batch.await.unwrap();
    }
}

pub async fn any_set_of_people_goes_in_and_comes_out_equal(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let Fixture {
        store, takes_nul, ..
    } = &fixture;
    let (store, takes_nul) = (Arc::clone(store), *takes_nul);
    let runtime = tokio::runtime::Handle::current();
    let run = move || {
        let mut runner = TestRunner::new(Config::with_cases(100));
        runner.run(&any_people(), |people| {
            let people = if takes_nul {
                people
            } else {
                people.into_iter().map(without_nul).collect()
            };
            runtime.block_on(comes_out(&*store, people))
        })
    };
    match tokio::task::spawn_blocking(run).await.unwrap() {
        Ok(()) => {}
        Err(TestError::Fail(why, people)) => panic!("{why}: {people:#?}"),
        Err(error) => panic!("{error}"),
    }
}

async fn comes_out(store: &dyn Store, mut people: Vec<Person>) -> Result<(), TestCaseError> {
    // Without NUL, two may have one name.
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people.dedup_by(|a, b| a.name == b.name);
    let options = ImportOptions {
        replace: true,
        ..ImportOptions::default()
    };
    let counts = import(store, options, people.clone()).await;
    let counts = counts.map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(counts.inserted, people.len() as u64);
    prop_assert_eq!(store.count().await.unwrap(), people.len() as u64);
    let encoded: Vec<Bytes> = people.iter().map(|it| it.encode_to_vec().into()).collect();
    prop_assert_eq!(&all(store).await, &encoded);
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    let found = find(store, &names).await;
    prop_assert_eq!(found, encoded.into_iter().map(Some).collect::<Vec<_>>());
    Ok(())
}

pub async fn an_answer_ends_when_it_is_large(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let person = MOST_BYTES / 10;
    let people = (0..40).map(|number| Person {
        hobbies: vec!["x".repeat(person)],
        ..named(&format!("p{number}"))
    });
    let people: Vec<Person> = people.collect();
    add(store, people.clone()).await;
    // As the last comes first, their order in the table is not that in which they are asked for. Between them are unknown ones.
    let mut left: Vec<String> = (0..80)
        .rev()
        .map(|number| {
            format!(
                "p{}",
                if number % 2 == 0 {
                    number / 2
                } else {
                    100 + number
                }
            )
        })
        .collect();
    while !left.is_empty() {
        let names: Vec<&str> = left.iter().map(String::as_str).collect();
        let found = find(store, &names).await;
        assert!(!found.is_empty());
        let len: usize = found.iter().flatten().map(Bytes::len).sum();
        assert!(len < MOST_BYTES + 2 * person, "{len}");
        let answered = left.drain(..found.len());
        for (name, found) in answered.zip(found) {
            let expected = people.iter().find(|person| person.name == name);
            assert_eq!(found, expected.map(|person| person.encode_to_vec().into()));
        }
    }
}

pub async fn a_person_that_sql_has_spoiled_is_a_failure_of_that_name(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    add(store, ["Ann", "Eve", "Max"].map(named).to_vec()).await;
    (fixture.sql)(fixture.spoil);
    let names = ["Max", "Eve", "nobody", "Ann"].map(Into::into).to_vec();
    let found = store.find(names).await.unwrap();
    let person = |name| Bytes::from(named(name).encode_to_vec());
    assert_eq!(found[0].as_ref().unwrap(), &Some(person("Max")));
    assert_eq!(found[2].as_ref().unwrap(), &None);
    assert_eq!(found[3].as_ref().unwrap(), &Some(person("Ann")));
    let error = found[1].as_ref().unwrap_err();
    assert_eq!(error.failure(), &Failure::Person { index: 1 });
    assert!(
        error.to_string().starts_with("the person \"Eve\" in "),
        "{error}"
    );
    // The table is as good as it was.
    store.check().await.unwrap();
}

pub async fn large_people_come_out_equal(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let store = &*fixture.store;
    let large = Person {
        hobbies: (0..20_000)
            .map(|number| format!("hobby {number}"))
            .collect(),
        address: Some(Address {
            street: "é".repeat(1 << 20),
            city: String::new(),
        }),
        ..named("large")
    };
    let expected = Bytes::from(large.encode_to_vec());
    add(store, vec![large, named("small")]).await;
    assert_eq!(find(store, &["large"]).await, [Some(expected.clone())]);
    assert_eq!(
        all(store).await,
        [expected, named("small").encode_to_vec().into()]
    );
}
