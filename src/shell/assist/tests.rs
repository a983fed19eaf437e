use super::*;
use crate::schema::{bundled, bundled_method, testing};
use crate::shell::variables::Variable;

/// Two services with a method of the same name.
const SHOP: &str = "syntax = \"proto3\"; package shop; \
    enum Color { RED = 0; } message M { Color color = 1; } \
    service A { rpc Get(M) returns (M); } service B { rpc Get(M) returns (M); }";

fn helper() -> Helper {
    let helper = Helper::default();
    let mut known = helper.known();
    let schema = bundled().unwrap();
    known.comments = schema.field_comments();
    known.schema = Some(schema);
    let person = bundled_method("GetPerson").unwrap().output();
    let alice = Variable::new(person, &[]).unwrap();
    known.variables.set("alice", alice);
    drop(known);
    helper
}

/// The line with each candidate in it.
fn offered(line: &str) -> Vec<String> {
    let list = helper().complete(line, line.len()).into_iter();
    list.map(|it| {
        let mut text = line.to_owned();
        text.replace_range(it.span, &it.text);
        text
    })
    .collect()
}

#[test]
fn commands_and_methods_come_first() {
    assert!(offered("get-pe").contains(&"get-person".to_owned()));
    assert!(
        offered("GetP").iter().any(|it| it.ends_with("GetPerson")),
        "{:?}",
        offered("GetP")
    );
    assert!(
        offered("let a = GetPer")
            .iter()
            .any(|it| it.ends_with("GetPerson"))
    );
    assert!(offered("list; stat").contains(&"list; status".to_owned()));
}

#[test]
fn fields_are_those_of_the_request() {
    assert_eq!(offered("GetPerson na"), ["GetPerson name="]);
    assert_eq!(
        offered("call GetPerson -d {\"na"),
        ["call GetPerson -d {\"name\": \""]
    );
    assert_eq!(offered("set outp"), ["set output"]);
    assert!(offered("set output j").contains(&"set output json".to_owned()));
}

#[test]
fn a_method_of_several_services_is_offered_by_its_full_names() {
    let helper = Helper::default();
    helper.known().schema = Some(testing::schema(SHOP));
    let offered = || -> Vec<String> {
        let list = helper.complete("Ge", 2).into_iter();
        list.map(|it| it.text).collect()
    };
    assert_eq!(offered(), ["shop.A/Get", "shop.B/Get"]);
    helper.known().service = Some("shop.A".to_owned());
    assert_eq!(offered(), ["Get", "shop.B/Get"]);
}

#[test]
fn a_value_that_replies_had_is_offered_once() {
    let helper = Helper::default();
    helper.known().schema = Some(testing::schema(SHOP));
    let texts = vec!["RED".to_owned(), "ROSE".to_owned()];
    helper.known().values.insert("color".to_owned(), texts);
    let list = helper.complete("shop.A/Get color=R", 18).into_iter();
    let list: Vec<String> = list.map(|it| it.text).collect();
    assert_eq!(list, ["color=RED", "color=ROSE"]);
}

#[test]
fn messages_of_a_stream_are_completed() {
    let helper = helper();
    let person = bundled_method("GetPerson").unwrap().output();
    let names = vec!["Alice".to_owned(), "Al Bo".to_owned()];
    helper.known().values.insert("name".to_owned(), names);
    let offered = |line: &str| -> Vec<String> {
        let list = helper.complete(line, line.len()).into_iter();
        list.map(|it| format!("{}{}", &line[..it.span.start], it.text))
            .collect()
    };
    helper.known().stream = Some(Requests::Of(person));
    assert_eq!(offered("na"), ["name="]);
    assert_eq!(offered("name=x ag"), ["name=x age="]);
    assert_eq!(offered("name=Ali"), ["name=Alice"]);
    assert_eq!(offered("{\"ag"), ["{\"age\": "]);
    assert_eq!(offered("name=$alice.na"), ["name=$alice.name"]);
    helper.known().stream = Some(Requests::Names);
    assert_eq!(offered("Al B"), ["Al Bo"]);
}

#[test]
fn nothing_is_offered_in_a_here_document() {
    assert_eq!(offered("get-people <<X\nse"), [""; 0]);
    assert_eq!(helper().hint("get-people <<X\n"), "");
    assert_eq!(helper().hint("list;\n"), "");
}

#[test]
fn a_flag_of_the_shell_is_completed() {
    assert!(offered("GetPerson --ed").contains(&"GetPerson --edit".to_owned()));
    assert!(!offered("list --ed").contains(&"list --edit".to_owned()));
}

#[test]
fn fields_have_their_type_and_comment_beside_them() {
    let help = |line: &str| {
        let list = helper().complete(line, line.len());
        list.into_iter().next().and_then(|it| it.help).unwrap()
    };
    let name = "string  Compared byte for byte.";
    assert_eq!(help("GetPerson na"), name);
    assert_eq!(help("GetPerson -d {\"na"), name);
}

#[test]
fn variables_have_paths() {
    assert_eq!(offered("GetPerson name=$al"), ["GetPerson name=$alice"]);
    assert_eq!(
        offered("GetPerson name=$alice.address.ci"),
        ["GetPerson name=$alice.address.city"]
    );
}

/// The line with its first mistake between brackets.
fn marked(helper: &Helper, line: &str) -> String {
    let mut text = line.to_owned();
    if let Some((span, _)) = helper.check(line) {
        text.insert(span.end, '>');
        text.insert(span.start, '<');
    }
    text
}

#[track_caller]
fn is_marked(expected: &str) {
    let line = expected.replace(['<', '>'], "");
    assert_eq!(marked(&helper(), &line), expected);
}

#[test]
fn the_first_mistake_is_found() {
    is_marked("GetPerson name=Alice ");
    is_marked("<GetPresnon> name=Alice");
    is_marked("GetPerson <nmae=Alice> ");
    is_marked("GetPerson <Alice> -o json");
    is_marked("list x");
    is_marked("list; GetPerson <nmae=Alice> ");
    is_marked("<lst> x");
    let (_, why) = helper().check("let a = lst x").unwrap();
    assert_eq!(
        why,
        "no command is named \"lst\"; did you mean list or last?"
    );
}

#[test]
fn what_is_being_typed_is_wrong_only_if_it_cannot_become_right() {
    is_marked("GetPre");
    is_marked("GetPerson na");
    is_marked("GetPerson name=A");
    is_marked("GetPerson <nmae=A>");
    is_marked("GetPerson --time");
    is_marked("GetPerson <--tiem>");
    is_marked("GetPerson -o js");
    is_marked("get-person $alice.na");
    is_marked("get-person <$alice.nm>");
    is_marked("get-person <$alcie>");
}

#[test]
fn mistakes_in_json_are_found_where_they_are() {
    is_marked("GetPerson -d {\"name\": \"A\"}");
    is_marked("GetPerson -d {<\"nmae\">: 1}");
    is_marked("GetPerson -d {\"na");
    is_marked("GetPerson -d {<\"nmae\">: ");
    is_marked("GetPerson -d {\"name\": <1>}");
    is_marked("GetPerson -d {\"name\": 1");
    is_marked("GetPerson -d {\"name\": $alice.name}");
    is_marked("GetPerson -d <{\"name\": $alice.age}>");
}

#[test]
fn mistakes_in_flags_and_their_values_are_found() {
    is_marked("GetPerson name=A <--tiemout> 2s");
    is_marked("get-person <--timeout=soon> Alice");
    is_marked("get-person -o <jsn> Alice");
    is_marked("let a = get-person -o <jsn> Alice");
    is_marked("list <-Z> ");
    is_marked("get-person -o json -H 'a: b' --timeout 2s Alice");
    is_marked("GetPerson --edit ");
    is_marked("get-person --timeout $alice.name ");
    is_marked("call -o json GetPerson name=A ");
    let (_, why) = helper().check("get-person -o jsn Alice").unwrap();
    assert_eq!(
        why,
        "invalid value 'jsn' for '--output <FORMAT>'; did you mean json?"
    );
}

#[test]
fn mistakes_in_variables_are_found() {
    is_marked("get-person $alice.name ");
    is_marked("GetPerson name=<$alice.nmae> ");
    is_marked("GetPerson -d {\"name\": <$alcie.name>}");
    is_marked("get-person <$_.name> ");
    let (_, why) = helper().check("get-person $alice.nmae ").unwrap();
    assert_eq!(why, "$alice: Person has no field \"nmae\"");
    // They are set by then.
    is_marked("get-person Alice; get-person $_.name ");
    is_marked("let b = get-person Alice; get-person $b.nope ");
}

#[test]
fn mistakes_in_messages_of_a_stream_are_found() {
    let helper = helper();
    let name = bundled_method("GetPeople").unwrap().input();
    helper.known().stream = Some(Requests::Of(name));
    for expected in [
        "name=Alice",
        "<nmae=Al>",
        "name=<$alice.nmae> ",
        "{<\"nmae\">: ",
        "{\"name\": \"A\"}",
        "<Alice> ",
    ] {
        let line = expected.replace(['<', '>'], "");
        assert_eq!(marked(&helper, &line), expected);
    }
    helper.known().stream = Some(Requests::Names);
    assert_eq!(helper.check("nmae=$x.y {"), None);
}
