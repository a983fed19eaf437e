use super::*;
use crate::schema::source::loaded::LoadedSource;
use crate::schema::testing;

const SCHEMA: &str = "syntax = \"proto3\"; package shop.v1;
    service Orders { rpc Get(Order) returns (Order); rpc List(Order) returns (stream Order); }
    service Users { rpc Get(User) returns (User); rpc Rename(User) returns (User); }
    message Order { string id = 1; State state = 2; oneof kind { bool gift = 3; } User user = 4; map<string, User> users = 5; }
    message User { string id = 1; optional string nick = 2; message Address { string city = 1; } }
    enum State { UNKNOWN = 0; PAID = 1; }";

fn source() -> LoadedSource {
    LoadedSource::new(testing::schema(SCHEMA), "in the test")
}

async fn method_of(text: &str) -> String {
    match resolve_method(&mut source(), None, text).await {
        Ok((method, _)) => method.full_name().to_owned(),
        Err(error) => with_hint(&error),
    }
}

async fn symbol_of(text: &str) -> String {
    match resolve_symbol(&mut source(), text).await {
        Ok((symbol, _)) => format!(
            "{} {}",
            symbol.kind().split_once(' ').unwrap().1,
            symbol.full_name()
        ),
        Err(error) => with_hint(&error),
    }
}

fn with_hint(error: &Error) -> String {
    let hint = error.hint().map(|hint| format!(" ({hint})"));
    format!("{error}{}", hint.unwrap_or_default())
}

#[tokio::test]
async fn a_method_is_found_in_every_spelling() {
    for text in [
        "shop.v1.Orders/List",
        "/shop.v1.Orders/List",
        "shop.v1.Orders.List",
        "Orders/List",
        "Orders.List",
        "v1.Orders/List",
        "List",
    ] {
        assert_eq!(method_of(text).await, "shop.v1.Orders.List", "{text}");
    }
}

#[tokio::test]
async fn a_method_of_two_services_is_ambiguous() {
    assert_eq!(
        method_of("Get").await,
        "\"Get\" is ambiguous: shop.v1.Orders/Get, shop.v1.Users/Get (use the full name)"
    );
}

#[tokio::test]
async fn a_wrong_method_gets_the_nearest_name() {
    for (text, message) in [
        (
            "shop.v1.Users/Rname",
            "shop.v1.Users has no method named \"Rname\" (did you mean Rename?)",
        ),
        (
            "Users/Delete",
            "shop.v1.Users has no method named \"Delete\" (its methods are Get, Rename)",
        ),
        (
            "Order/Get",
            "no service named \"Order\" in the test (did you mean shop.v1.Orders?)",
        ),
        (
            "rename",
            "no method named \"rename\" in the test (did you mean shop.v1.Users/Rename?)",
        ),
        (
            "Xyzzy",
            "no method named \"Xyzzy\" in the test (routeguide list -l shows all methods)",
        ),
    ] {
        assert_eq!(method_of(text).await, message);
    }
}

#[tokio::test]
async fn a_service_is_not_a_method() {
    for text in ["shop.v1.Users", "Users", "v1.Users"] {
        assert_eq!(
            method_of(text).await,
            "shop.v1.Users is a service, not a method (its methods are shop.v1.Users/Get, shop.v1.Users/Rename)"
        );
    }
}

#[tokio::test]
async fn every_kind_of_symbol_is_found_by_its_full_name() {
    for (text, found) in [
        ("shop.v1.Users", "service shop.v1.Users"),
        ("shop.v1.Users/Get", "method shop.v1.Users.Get"),
        (".shop.v1.User", "message shop.v1.User"),
        ("shop.v1.User.id", "field shop.v1.User.id"),
        ("shop.v1.Order.kind", "oneof shop.v1.Order.kind"),
        ("shop.v1.State", "enum shop.v1.State"),
        ("shop.v1.PAID", "enum value shop.v1.PAID"),
        ("shop.v1.State.PAID", "enum value shop.v1.PAID"),
    ] {
        assert_eq!(symbol_of(text).await, found);
    }
}

#[tokio::test]
async fn every_kind_of_symbol_is_found_by_its_short_name() {
    for (text, found) in [
        ("Users", "service shop.v1.Users"),
        ("Rename", "method shop.v1.Users.Rename"),
        // The field "user" is a different name.
        ("User", "message shop.v1.User"),
        ("Address", "message shop.v1.User.Address"),
        ("User.id", "field shop.v1.User.id"),
        ("city", "field shop.v1.User.Address.city"),
        ("State.PAID", "enum value shop.v1.PAID"),
        ("PAID", "enum value shop.v1.PAID"),
        (
            "id",
            "\"id\" is ambiguous: shop.v1.Order.id, shop.v1.User.id (use the full name)",
        ),
        (
            "Adress",
            "no symbol named \"Adress\" in the test (did you mean shop.v1.User.Address?)",
        ),
        (
            "_nick",
            "no symbol named \"_nick\" in the test (did you mean shop.v1.User.nick?)",
        ),
    ] {
        assert_eq!(symbol_of(text).await, found);
    }
}

#[tokio::test]
async fn a_package_is_not_a_symbol() {
    for text in ["shop", "shop.v1"] {
        let found = symbol_of(text).await;
        let start = format!("{text} is a package, not a symbol (it contains shop.v1.");
        assert!(found.starts_with(&start), "{found}");
    }
}

#[tokio::test]
async fn a_field_is_suggested_before_a_type_of_the_same_letters() {
    let schema = testing::schema(
        "syntax = \"proto3\"; message Person { message Address {} Address address = 1; }",
    );
    let mut source = LoadedSource::new(schema, "in the test");
    let error = resolve_symbol(&mut source, "Person.adress")
        .await
        .err()
        .unwrap();
    assert_eq!(error.hint(), Some("did you mean Person.address?"));
}

#[tokio::test]
async fn extensions_are_found_in_every_spelling() {
    let schema = testing::schema(
        "package p; message A { extensions 100; } extend A { optional int32 more = 100; }",
    );
    let mut source = LoadedSource::new(schema, "in the test");
    for text in ["p.more", "more", "[p.more]"] {
        let (symbol, _) = resolve_symbol(&mut source, text).await.unwrap();
        assert!(matches!(symbol, Symbol::Extension(_)), "{text}");
    }
}
