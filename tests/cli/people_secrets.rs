//! A URL with a password in the wrong place, or misspelled: what is said does not have the password, and still helps.

use super::harness::{Folder, routeguide};

/// Runs it in an empty folder. Returns what it says.
#[track_caller]
fn said(args: &[&str]) -> String {
    let folder = Folder::new();
    let outcome = routeguide(args).within(&folder).run();
    assert!(!outcome.status.success(), "{args:?}");
    let all = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!all.contains("SECRET"), "{args:?}: {all}");
    all
}

const URLS: [&str; 12] = [
    "postgres://u:SECRET@h/d",
    "postgres://h/d?password=SECRET",
    "postgres://h/d?user=u&password=SECRET&sslmode=disable",
    "postgres://u:x/SECRET@h/d",
    "postgres://u:5432/SECRET@h/d",
    "u:SECRET@h",
    "u:SECRET@h/d?password=SECRET",
    "postgres//u:SECRET@h",
    "postgres:/u:SECRET@h",
    "postgres:u:SECRET@h",
    "./postgres://u:SECRET@h/d",
    "mysql://u:SECRET@h/d",
];

#[test]
fn a_password_is_not_said_of_a_url_in_the_wrong_place() {
    for url in URLS {
        for args in [
            &["people", "count", url][..],
            &["people", "count", "--form", url],
            &["people", "export", url],
            &["people", "migrate", url],
            &["people", "import", url],
            &["people", "import", url, "--to", "sqlite:people.db"],
            &[
                "people",
                "import",
                "a.json",
                url,
                "--to",
                "sqlite:people.db",
            ],
            &["people", "count", "--from", "sqlite:people.db", "-o", url],
            &["people", url],
            &["serve", url],
            &["serve", "--wait", url],
            &["serve", "--listen", url],
            &["serve", "--metrics", url],
            &["serve", "--people", "sqlite:a", url],
            &[url],
            &[url, "serve"],
            &["list", url],
            &["list", "-a", url],
            &["get-person", "Eve", url],
            &["call", url, "name=Eve"],
        ] {
            said(args);
        }
    }
}

#[test]
fn a_password_is_not_said_of_a_url_that_is_none() {
    // A right one leads nowhere, which takes longer.
    for url in URLS.iter().filter(|url| !url.starts_with("postgres://h")) {
        let url = match *url {
            "postgres://u:SECRET@h/d" => "postgres://u:SECRET@h:x/d",
            url => url,
        };
        for args in [
            &["people", "count", "--from", url][..],
            &["people", "import", "--to", url],
            &["serve", "--listen", "127.0.0.1:0", "--people", url],
            &["serve", "--check", "--people", url],
            &["get-person", "Eve", "--in-process", "--people", url],
        ] {
            said(args);
        }
    }
}

#[test]
fn a_url_in_the_wrong_place_is_told_where_it_belongs() {
    let url = "postgres://u:SECRET@h/d";
    for (args, hint) in [
        (
            &["people", "count", url][..],
            "name the database with --from",
        ),
        (&["people", "migrate", url], "name the database with --to"),
        (&["serve", url], "with --people"),
        (
            &["people", "import", url, "--to", "sqlite:people.db"],
            "routeguide people export --from URL | routeguide people import --to URL",
        ),
    ] {
        let text = said(args);
        assert!(text.contains(hint), "{text}");
    }
    let text = said(&["serve", url]);
    assert!(text.contains("postgres://u:***@h/d"), "{text}");
}

#[test]
fn a_setting_is_shown_without_its_password() {
    let outcome = routeguide(["config"])
        .env("ROUTEGUIDE_PEOPLE", "postgres://u:SECRET@h/d")
        .run();
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!text.contains("SECRET"), "{text}");
}
