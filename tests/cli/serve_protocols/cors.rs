//! `serve --allow-origin`: what browsers ask before a page of another origin may call, and what it may read.

use super::super::harness::http::{Request, Response, VERSIONS, Version, enveloped};
use super::super::harness::{Server, routeguide};
use super::{ALICE_PROTO, GET_PERSON, WEB, alice, get_alice};

const PAGE: &str = "https://page.example";

/// What a browser asks before a page calls GetPerson.
fn preflight(origin: &str) -> Request {
    Request::get(GET_PERSON)
        .method("OPTIONS")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-grpc-web")
}

/// Sends a request to a server of these origins.
fn each(origins: &[&str], request: &Request, check: impl Fn(&Response)) {
    let allowed = origins.iter().flat_map(|origin| ["--allow-origin", origin]);
    let server = Server::started(allowed);
    for version in VERSIONS {
        check(&request.over(version, server.addr()));
    }
}

#[test]
fn a_page_of_an_allowed_origin_may_call_with_its_headers() {
    for origins in [&[PAGE][..], &["*"], &["http://localhost:8080", PAGE]] {
        each(origins, &preflight(PAGE), |response| {
            let header = |name| response.is(204).header(name);
            assert_eq!(header("access-control-allow-origin"), Some(PAGE));
            assert_eq!(header("access-control-allow-methods"), Some("GET, POST"));
            assert_eq!(
                header("access-control-allow-headers"),
                Some("content-type,x-grpc-web")
            );
            assert_eq!(header("access-control-max-age"), Some("7200"));
            assert!(header("vary").unwrap().eq_ignore_ascii_case("origin"));
            assert_eq!(response.body, b"");
        });
    }
}

#[test]
fn a_page_of_another_origin_may_not() {
    for origins in [
        &[][..],
        &["https://page.example:444", "http://page.example"],
    ] {
        each(origins, &preflight(PAGE), |response| {
            let allowed = response.is(403).header("access-control-allow-origin");
            assert_eq!(allowed, None);
        });
    }
}

#[test]
fn the_response_to_a_page_names_the_headers_that_it_may_read() {
    for request in [
        get_alice(),
        Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO)),
        Request::post(GET_PERSON, "text/plain", ""),
        Request::post("/RouteGuide/Other", WEB, ""),
        Request::get(GET_PERSON),
    ] {
        each(&[PAGE], &request.header("origin", PAGE), |response| {
            assert_eq!(response.header("access-control-allow-origin"), Some(PAGE));
            let exposed = response.header("access-control-expose-headers").unwrap();
            for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
                assert!(exposed.split(", ").any(|it| it == name), "{exposed}");
            }
        });
    }
}

/// The browser hides the response; a caller that is not a page may have sent any origin.
#[test]
fn a_call_of_another_origin_is_answered_without_permission() {
    each(
        &["https://other.example"],
        &get_alice().header("origin", PAGE),
        |response| {
            assert_eq!(response.is(200).text(), alice());
            assert_eq!(response.header("access-control-allow-origin"), None);
        },
    );
}

#[test]
fn other_questions_of_options_are_405() {
    each(&[PAGE], &get_alice().method("OPTIONS"), |response| {
        response.is(405);
    });
}

#[test]
fn a_permission_is_followed_by_the_call_on_the_connection() {
    use super::super::harness::http::Http1;
    let server = Server::started(["--allow-origin", PAGE]);
    let mut connection = Http1::connect(server.addr());
    for _ in 0..2 {
        connection.send(preflight(PAGE).bytes());
        connection.response().is(204);
        connection.send(get_alice().header("origin", PAGE).bytes());
        assert_eq!(connection.response().is(200).text(), alice());
    }
}

#[test]
fn a_page_needs_no_token_to_ask_but_to_call() {
    let folder = super::super::harness::Folder::new();
    folder.write("tokens", "first\n");
    let serve = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .args(["--auth-token-file", "tokens", "--allow-origin", PAGE])
        .within(&folder);
    let server = Server::of(serve);
    preflight(PAGE).over(Version::Http1, server.addr()).is(204);
    let call = get_alice().header("origin", PAGE);
    let response = call.over(Version::Http1, server.addr());
    response.fails(401, "unauthenticated");
    assert_eq!(response.header("access-control-allow-origin"), Some(PAGE));
}

#[test]
fn what_is_not_an_origin_is_refused_at_the_start() {
    for origin in ["example.com", "https://example.com/", "https://a b"] {
        let serve = routeguide(["serve", "--listen", "127.0.0.1:0", "--allow-origin", origin]);
        serve.run().exits(2).says_one_error();
    }
}

/// Caches keep responses to GET.
#[test]
fn what_a_response_to_get_depends_on_is_told() {
    let plain = Request::get(&format!("{GET_PERSON}?encoding=json&message=%7B%7D"));
    let vary = |response: &Response| response.header("vary").map(str::to_lowercase);
    each(&[PAGE], &plain, |response| {
        assert_eq!(vary(response).as_deref(), Some("origin"));
    });
    each(&[], &plain, |response| assert_eq!(vary(response), None));
    let compressed = Request::get(&format!(
        "{GET_PERSON}?encoding=json&compression=gzip&message="
    ));
    each(&[], &compressed, |response| {
        assert_eq!(vary(response).as_deref(), Some("accept-encoding"));
    });
}

#[test]
fn a_preflight_is_no_call() {
    let server = Server::started(["-v", "--allow-origin", PAGE]);
    for version in VERSIONS {
        preflight(PAGE).over(version, server.addr()).is(204);
        preflight("https://other.example")
            .over(version, server.addr())
            .is(403);
        get_alice().over(version, server.addr()).is(200);
    }
    server.stderr().wait_until("the calls", |log| {
        log.lines()
            .filter(|line| line.contains("GetPerson OK"))
            .count()
            == 2
    });
    assert!(!server.stderr().text().contains("UNKNOWN"));
}
