use super::*;

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state").join("history")
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        std::fs::create_dir(folder.path().parent().unwrap()).unwrap();
        std::fs::write(folder.path(), content).unwrap();
        folder
    }

    fn open(&self) -> Store {
        Store::open(Some(self.path()))
    }

    fn content(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }
}

fn add(store: &mut Store, line: &str) {
    store.add(line, line.to_owned());
}

#[test]
fn the_next_shell_has_the_lines_of_this_one() {
    let folder = Folder::new();
    let mut store = folder.open();
    add(&mut store, "list");
    add(&mut store, "get-person Zoë");
    assert_eq!(folder.open().last(9), ["list", "get-person Zoë"]);
    assert_eq!(folder.open().last(1), ["get-person Zoë"]);
}

#[test]
fn a_line_of_several_rows_survives() {
    let folder = Folder::new();
    let line = "call Get -d {\n  \"name\": \"a\\nb\\\\n\"\n}";
    add(&mut folder.open(), line);
    assert_eq!(folder.open().last(1), [line]);
    assert_eq!(folder.content().lines().count(), 1);
}

#[test]
fn a_line_that_repeats_the_last_one_is_kept_once() {
    let folder = Folder::new();
    let mut store = folder.open();
    for line in ["list", "list", "status", "list"] {
        add(&mut store, line);
    }
    assert_eq!(folder.open().last(9), ["list", "status", "list"]);
}

#[test]
fn a_secret_is_kept_in_memory_only_and_never_listed() {
    let folder = Folder::new();
    let mut store = folder.open();
    store.add("header token: abc", "header token: ***".to_owned());
    assert_eq!(store.entries[0].line, "header token: abc");
    assert_eq!(store.last(1), ["header token: ***"]);
    assert_eq!(folder.content(), "header token: ***\n");
}

#[test]
fn two_shells_lose_nothing_and_see_each_other() {
    let folder = Folder::new();
    let shells = ["a", "b"].map(|name| {
        let mut store = folder.open();
        std::thread::spawn(move || {
            for number in 0..100 {
                add(&mut store, &format!("{name} {number}"));
            }
            store
        })
    });
    let mut stores = shells.map(|shell| shell.join().unwrap());
    for store in &mut stores {
        store.refresh();
        assert_eq!(store.entries.len(), 200);
    }
    let lines = folder.open().last(1000);
    for name in ["a", "b"] {
        let own: Vec<_> = lines.iter().filter(|line| line.starts_with(name)).collect();
        let expected: Vec<_> = (0..100).map(|number| format!("{name} {number}")).collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn lines_of_a_damaged_file_that_are_whole_are_kept() {
    let folder = Folder::with(b"list\n\xff\xfe\0\nesc\x1b[2J\nstatus\n");
    let mut store = folder.open();
    assert_eq!(store.last(9), ["list", "status"]);
    let warnings = store.take_warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("2 damaged lines"), "{warnings:?}");
    add(&mut store, "help");
    assert_eq!(folder.open().last(9), ["list", "status", "help"]);
}

#[test]
fn a_line_that_was_not_finished_does_not_swallow_the_next_one() {
    let folder = Folder::with("list\nsta");
    let mut store = folder.open();
    add(&mut store, "help");
    assert_eq!(folder.open().last(9), ["list", "sta", "help"]);
}

#[test]
fn without_a_file_that_can_be_read_lines_are_kept_in_memory() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    let mut store = folder.open();
    add(&mut store, "list");
    assert_eq!(store.last(9), ["list"]);
    let warnings = store.take_warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("cannot be read"), "{warnings:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_a_warning_once() {
    let folder = Folder::with("list\n");
    let mut store = folder.open();
    std::fs::remove_file(folder.path()).unwrap();
    std::fs::create_dir(folder.path()).unwrap();
    add(&mut store, "status");
    add(&mut store, "help");
    assert_eq!(store.last(9), ["list", "status", "help"]);
    assert_eq!(store.take_warnings().len(), 1);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::with("list\n");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    add(&mut folder.open(), "status");
    assert_eq!(mode(&folder.path()), 0o600);
    std::fs::remove_file(folder.path()).unwrap();
    add(&mut folder.open(), "status");
    assert_eq!(mode(&folder.path()), 0o600);
}

#[test]
fn a_very_long_line_is_not_written() {
    let folder = Folder::new();
    let mut store = folder.open();
    add(&mut store, &"x".repeat(LINE + 1));
    add(&mut store, "list");
    assert_eq!(store.entries.len(), 2);
    assert_eq!(folder.open().last(9), ["list"]);
}

#[test]
fn a_file_that_grows_too_long_is_cut_to_its_last_lines() {
    let line = "x".repeat(99) + "\n";
    let len = usize::try_from(LONGEST).unwrap() / 100 + 1;
    let folder = Folder::with(line.repeat(len));
    let mut store = folder.open();
    add(&mut store, "list");
    assert!(folder.content().len() as u64 <= TAIL);
    assert!(folder.content().ends_with("x\nlist\n"));
    assert!(
        folder
            .content()
            .lines()
            .all(|line| line.len() == 99 || line == "list")
    );
    add(&mut store, "status");
    assert_eq!(folder.open().last(2), ["list", "status"]);
}

#[test]
fn ten_thousand_lines_are_read() {
    let lines: Vec<String> = (0..10_000)
        .map(|number| format!("call GetPerson -d {{\"name\": \"Alice {number}\"}}"))
        .collect();
    let folder = Folder::with(lines.join("\n") + "\n");
    assert_eq!(folder.open().last(usize::MAX), lines);
}
