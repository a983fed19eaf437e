//! `man`: the manual, as a page or as files.

use super::harness::{Folder, routeguide};

#[test]
fn the_page_is_printed() {
    let outcome = routeguide(["man"]).run();
    outcome.exits(0).says("");
    assert!(
        outcome
            .stdout
            .lines()
            .any(|line| line.starts_with(".TH routeguide 1")),
        "{}",
        outcome.stdout
    );
    for part in [".SH NAME", "routeguide", "get\\-people", "Exit codes"] {
        assert!(outcome.stdout.contains(part), "{part}");
    }
}

#[test]
fn a_folder_gets_a_page_for_each_command() {
    let folder = Folder::new();
    let dir = folder.join("new/man1");
    routeguide(["man"])
        .arg(&dir)
        .run()
        .exits(0)
        .prints("")
        .says("");
    let mut pages: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert_eq!(
        pages,
        [
            "routeguide-call.1",
            "routeguide-completions.1",
            "routeguide-describe.1",
            "routeguide-get-people.1",
            "routeguide-get-person.1",
            "routeguide-health.1",
            "routeguide-list.1",
            "routeguide-man.1",
            "routeguide-serve.1",
            "routeguide.1",
        ]
    );
    for page in pages {
        let text = std::fs::read_to_string(dir.join(&page)).unwrap();
        assert!(
            text.contains("\n.TH ") || text.starts_with(".TH "),
            "{page}"
        );
    }
}
