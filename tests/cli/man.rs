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
    for part in [".SH NAME", "routeguide", "get\\-people", "EXIT STATUS"] {
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
            "routeguide-bench.1",
            "routeguide-call.1",
            "routeguide-completions.1",
            "routeguide-config.1",
            "routeguide-describe.1",
            "routeguide-get-people.1",
            "routeguide-get-person.1",
            "routeguide-health.1",
            "routeguide-list.1",
            "routeguide-man.1",
            "routeguide-people-count.1",
            "routeguide-people-export.1",
            "routeguide-people-import.1",
            "routeguide-people-migrate.1",
            "routeguide-people.1",
            "routeguide-serve.1",
            "routeguide-shell.1",
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

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let folder = Folder::new();
    folder.write("man1", "");
    routeguide(["man", "man1"])
        .within(&folder)
        .run()
        .exits(1)
        .prints("")
        .says(
            "error: man1 is not a folder\n\
             hint: the pages are written to a folder; without one, routeguide man prints a page\n",
        );
}

#[test]
fn every_page_has_sections_that_help_has_as_tables() {
    let folder = Folder::new();
    let dir = folder.join("man1");
    routeguide(["man"]).arg(&dir).run().exits(0);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let page = std::fs::read_to_string(&path).unwrap();
        for section in ["\"EXIT STATUS\"", "ENVIRONMENT", "FILES", "EXAMPLES"] {
            assert!(
                page.contains(&format!("\n.SH {section}\n")),
                "{section} in {path:?}: {page}"
            );
        }
        // Each code is a paragraph of its own.
        assert!(
            page.contains("\n.TP 10\n\\fB2\\fR\nwrong usage\n"),
            "{page}"
        );
        assert_eq!(page.matches("\n.nf\n").count(), 2, "{path:?}");
    }
}
