//! Settings of the environment and of profiles: what counts, and that no secret shows.

use std::path::Path;

use serde_json::Value;

use super::harness::{ALICE, ALICE_JSON, Echo, Folder, Program, Server, routeguide};

/// A folder with a configuration file.
fn configured(text: &str) -> Folder {
    let folder = Folder::new();
    let path = folder.write("config.toml", text);
    only_for_its_user(&path);
    folder
}

#[cfg(unix)]
fn only_for_its_user(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn only_for_its_user(_: &Path) {}

/// A command with the configuration file of a folder.
fn with<S: AsRef<std::ffi::OsStr>>(folder: &Folder, args: impl IntoIterator<Item = S>) -> Program {
    routeguide(args)
        .within(folder)
        .env("ROUTEGUIDE_CONFIG", folder.join("config.toml"))
}

#[test]
fn flags_count_before_the_environment_and_that_before_the_profile() {
    let server = Server::start();
    let folder = configured(&format!(
        "default = \"local\"\n[profiles.local]\naddr = {:?}\noutput = \"json\"\n",
        server.addr()
    ));
    let get = || with(&folder, ["get-person", "Alice"]);
    get().run().exits(0).prints(ALICE_JSON);
    get()
        .env("ROUTEGUIDE_OUTPUT", "text")
        .run()
        .exits(0)
        .prints(ALICE);
    get()
        .env("ROUTEGUIDE_OUTPUT", "text")
        .args(["-o", "json"])
        .run()
        .exits(0)
        .prints(ALICE_JSON);
}

#[test]
fn a_profile_is_chosen_by_flag_by_variable_or_by_default() {
    let folder = configured(
        "default = \"a\"\n[profiles.a]\naddr = \"a:1\"\n[profiles.b]\naddr = \"b:1\"\n[profiles.c]\ninherits = \"b\"\ntimeout = \"5s\"\n",
    );
    let addr = |program: Program| {
        let outcome = program.args(["-o", "json"]).run();
        outcome.exits(0).says("");
        let settings: Value = serde_json::from_str(&outcome.stdout).unwrap();
        settings[0]["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(addr(with(&folder, ["config"])), "a:1");
    let named = || with(&folder, ["config"]).env("ROUTEGUIDE_PROFILE", "b");
    assert_eq!(addr(named()), "b:1");
    assert_eq!(addr(named().args(["--profile", "a"])), "a:1");
    assert_eq!(addr(with(&folder, ["config", "--profile", "c"])), "b:1");
}

#[test]
fn a_profile_does_not_inherit_what_contradicts_it() {
    let folder = configured(
        "[profiles.a]\ninsecure = true\ncert = \"a.pem\"\nkey = \"a.key\"\npretty = true\n\
         [profiles.b]\ninherits = \"a\"\ncacert = \"ca.pem\"\ncert = \"b.pem\"\ncompact = true\n",
    );
    let outcome = with(&folder, ["config", "--profile", "b", "-o", "json"]).run();
    let settings: Vec<Value> = serde_json::from_str(&outcome.exits(0).stdout).unwrap();
    let keys: Vec<&str> = settings
        .iter()
        .map(|it| it["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["cacert", "cert", "compact"]);
}

#[test]
fn a_switch_that_is_off_contradicts_nothing() {
    let folder = configured(
        "[profiles.a]\ncacert = \"ca.pem\"\ncompact = true\n\
         [profiles.b]\ninherits = \"a\"\ninsecure = false\npretty = false\n",
    );
    let outcome = with(&folder, ["config", "--profile", "b"])
        .env("ROUTEGUIDE_INSECURE", "0")
        .run();
    for key in ["cacert", "compact"] {
        let is_there = outcome.stdout.contains(&format!("{key} = "));
        assert!(is_there, "{key}: {outcome:#?}");
    }
}

#[test]
fn headers_of_a_profile_are_sent_unless_the_same_is_given() {
    let echo = Echo::start();
    let folder = configured(&format!(
        "[profiles.p]\naddr = {:?}\nheaders = {{ authorization = \"Bearer abc\", X-Tenant = \"blue\" }}\n",
        echo.addr()
    ));
    let call = with(&folder, ["call", "Echo/Unary", "--profile", "p"]);
    call.args(["-H", "x-tenant: red"]).run().exits(0);
    let arrival = &echo.arrivals("Echo/Unary")[0];
    assert_eq!(arrival.header("authorization"), ["Bearer abc"]);
    assert_eq!(arrival.header("x-tenant"), ["red"]);
}

#[test]
fn a_value_may_be_in_a_file_a_variable_or_printed_by_a_command() {
    let echo = Echo::start();
    let folder = configured(
        "[profiles.p]\naddr = { env = \"WHERE\" }\n[profiles.p.headers]\n\
         x-one = { file = \"one\" }\nx-two = { command = \"echo run >> runs; echo two\" }\n\
         x-three = { command = \"echo run >> runs; echo two\" }\n",
    );
    folder.write("one", "one\n");
    with(&folder, ["call", "Echo/Unary", "--profile", "p"])
        .env("WHERE", echo.addr())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .run()
        .exits(0);
    let arrival = &echo.arrivals("Echo/Unary")[0];
    for (name, value) in [("x-one", "one"), ("x-two", "two"), ("x-three", "two")] {
        assert_eq!(arrival.header(name), [value], "{name}");
    }
    let runs = std::fs::read_to_string(folder.join("runs")).unwrap();
    assert_eq!(runs, "run\n");
}

#[test]
fn switches_and_lists_may_be_elsewhere() {
    let folder = configured(
        "[profiles.p]\nproto = { env = \"PROTOS\" }\n\
         [profiles.q]\npretty = { env = \"PRETTY\" }\n",
    );
    for name in ["one", "two"] {
        let service = format!("syntax = \"proto3\"; service {name} {{}}");
        folder.write(&format!("{name}.proto"), service);
    }
    let protos = std::env::join_paths(["one.proto", "", "two.proto"]).unwrap();
    with(&folder, ["list", "--profile", "p"])
        .env("PROTOS", protos)
        .run()
        .exits(0)
        .prints("one\ntwo\n");
    let call = ["call", "GetPerson", "--in-process", "--profile", "q"];
    let outcome = with(&folder, call).env("PRETTY", "yes").run();
    assert!(outcome.stdout.starts_with("{\n"), "{outcome:#?}");
}

#[test]
fn a_command_is_not_run_for_what_is_not_needed() {
    let folder = configured(
        "[profiles.p]\nheaders = { authorization = { command = \"touch ran; echo x\" } }\n",
    );
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    with(&folder, ["list", "--profile", "p", "--proto", "shop.proto"])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .run()
        .exits(0)
        .prints("Shop\n");
    assert!(!folder.join("ran").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_a_command() {
    let folder = configured(
        "[profiles.p]\nheaders = { authorization = { command = \"read line < fifo\" } }\n",
    );
    let fifo = folder.join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let run = with(&folder, ["get-person", "Alice", "--profile", "p"]).start();
    // Opens once the command has opened the other end.
    let mut end = std::fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    run.signal(rustix::process::Signal::INT);
    run.wait().exits(130).says("");
    // Ends the command.
    std::io::Write::write_all(&mut end, b"\n").unwrap();
}

#[test]
fn the_deadline_ends_the_wait_for_a_command() {
    let folder =
        configured("[profiles.p]\nheaders = { authorization = { command = \"sleep 60\" } }\n");
    let command = [
        "get-person",
        "Alice",
        "--profile",
        "p",
        "--timeout",
        "300ms",
    ];
    with(&folder, command)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .run()
        .fails("DEADLINE_EXCEEDED");
}

#[test]
fn a_flag_makes_a_setting_irrelevant() {
    let folder = configured("[profiles.p]\nverbose = { env = \"NO_SUCH_VARIABLE\" }\n");
    let get = ["get-person", "Alice", "--in-process", "--profile", "p"];
    with(&folder, get).run().exits(1);
    with(&folder, get).arg("-q").run().exits(0).says("");
    with(&folder, ["config", "--profile", "p"]).run().exits(0);
}

#[test]
fn a_number_may_be_hexadecimal() {
    let folder = configured("[profiles.p]\nmax-message-size = 0x100000\n");
    let outcome = with(&folder, ["config", "--profile", "p"]).run();
    let says = "max-message-size = 1048576 ";
    assert!(outcome.stdout.starts_with(says), "{outcome:#?}");
}

#[test]
fn a_header_may_have_several_values() {
    let echo = Echo::start();
    let folder = configured("[profiles.p]\nheaders = { x-one = [\"1\", \"2\"] }\n");
    with(&folder, ["call", "Echo/Unary", "--profile", "p"])
        .at(echo.addr())
        .env("ROUTEGUIDE_HEADER", "x-two: 1\nx-two: 2")
        .run()
        .exits(0);
    let arrival = &echo.arrivals("Echo/Unary")[0];
    for name in ["x-one", "x-two"] {
        assert_eq!(arrival.header(name), ["1", "2"], "{name}");
    }
}

#[test]
fn reflection_that_is_asked_for_replaces_the_files_of_a_profile() {
    let echo = Echo::start();
    let folder = configured("[profiles.p]\nproto = [\"shop.proto\"]\n");
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    let list = || with(&folder, ["list", "--profile", "p"]).at(echo.addr());
    list().run().exits(0).prints("Shop\n");
    let outcome = list().args(["--reflection", "auto"]).run();
    assert!(outcome.stdout.contains("Echo"), "{outcome:#?}");
}

#[test]
fn files_are_relative_to_the_configuration() {
    let folder = configured("[profiles.p]\nproto = [\"shop.proto\"]\nimport-path = [\".\"]\n");
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    routeguide(["list", "--profile", "p"])
        .env("ROUTEGUIDE_CONFIG", folder.join("config.toml"))
        .run()
        .exits(0)
        .prints("Shop\n");
}

#[test]
fn every_setting_has_a_variable() {
    let folder = Folder::new();
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    routeguide(["list"])
        .within(&folder)
        .env("ROUTEGUIDE_PROTO", "shop.proto")
        .run()
        .exits(0)
        .prints("Shop\n");
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary"])
        .env("ROUTEGUIDE_ADDR", echo.addr())
        .env("ROUTEGUIDE_HEADER", "x-one: 1\nx-two: 2")
        .env("ROUTEGUIDE_USER_AGENT", "shop/1")
        .env("ROUTEGUIDE_PRETTY", "true")
        .run()
        .exits(0)
        .prints("{\n  \"request\": {},\n  \"received\": 1\n}\n");
    let arrival = &echo.arrivals("Echo/Unary")[0];
    for (name, value) in [("x-one", "1"), ("x-two", "2"), ("user-agent", "shop/1")] {
        assert_eq!(arrival.header(name), [value]);
    }
}

#[test]
fn how_much_is_said_is_a_setting() {
    let call = || routeguide(["get-person", "Alice", "--in-process"]);
    let wrong = routeguide(["get-person"])
        .env("ROUTEGUIDE_ERROR_FORMAT", "json")
        .run();
    assert!(wrong.exits(2).stderr.starts_with('{'), "{wrong:#?}");
    let verbose = call().env("ROUTEGUIDE_VERBOSE", "true").run();
    assert!(verbose.stderr.contains("* status OK"), "{verbose:#?}");
    call()
        .env("ROUTEGUIDE_VERBOSE", "true")
        .arg("-q")
        .run()
        .exits(0)
        .says("");
}

#[test]
fn the_file_is_in_the_users_folder() {
    let folder = Folder::new();
    let config = folder.join("routeguide");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("config.toml"), "[profiles.p]\naddr = \"a:1\"\n").unwrap();
    let run = |args: &[&str]| routeguide(args).env("XDG_CONFIG_HOME", folder.path()).run();
    if cfg!(target_os = "linux") {
        let path = format!("{}\n", config.join("config.toml").display());
        run(&["config", "path"]).exits(0).prints(&path);
        let shown = run(&["config", "--profile", "p"]);
        assert!(
            shown.exits(0).stdout.starts_with("addr = a:1 "),
            "{shown:#?}"
        );
        run(&["config", "check"]).exits(0).prints("");
    }
}

#[cfg(unix)]
#[test]
fn edit_writes_a_file_for_its_user_alone_and_checks_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.join("new/config.toml");
    let edit = |editor: &str| {
        routeguide(["config", "edit"])
            .env("ROUTEGUIDE_CONFIG", &path)
            .env("EDITOR", editor)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .run()
    };
    edit("true").exits(0).says("");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    edit("false").exits(1);
    folder.write("editor", "#!/bin/sh\necho 'adress = 1' > \"$1\"\n");
    let bad = edit(&format!("sh {}", folder.join("editor").display()));
    bad.exits(2);
    assert!(bad.stderr.contains("unknown key \"adress\""), "{bad:#?}");
}

/// Runs commands with secrets in every place that may have them, and looks for them in all that the commands wrote.
#[test]
fn no_secret_shows() {
    let server = Server::start();
    let folder = configured(&format!(
        "[profiles.p]\naddr = {:?}\nproxy = \"\"\n[profiles.p.headers]\n\
         authorization = \"Bearer s3cret-one\"\nx-api-key = {{ command = \"cat two\" }}\n\
         x-auth-token = {{ file = \"token\" }}\n\
         password = \"s3cret-seven\"\naccess_token = \"s3cret-eight\"\n\
         [profiles.q]\naddr = \"example.org:1\"\nproxy = \"http://me:s3cret-six:s3cret@127.0.0.1:1\"\n",
        server.addr()
    ));
    folder.write("token", "s3cret-three\n");
    folder.write("two", "s3cret-two\n");
    folder.write("password", "s3cret-four\n");
    let profile = ["--profile", "p"];
    for args in [
        &["get-person", "Alice", "-v"][..],
        &["get-person", "Zoe", "-v", "--error-format", "json"],
        &["call", "GetPerson", "name=Alice", "-o", "envelope", "-v"],
        &[
            "call",
            "GetPerson",
            "-d",
            "{}{}",
            "-o",
            "envelope",
            "-v",
            "--concurrency",
            "2",
        ],
        &["list", "-v", "-H", "cookie: s3cret-five"],
        &["list", "-v", "-H", "a b: s3cret-five"],
        &["list", "-v", "-H", "x-my-key-bin: s3cret-five!"],
        &[
            "health",
            "-v",
            "--proxy",
            "http://me:s3cret-six@127.0.0.1:1",
        ],
        &["health", "-v", "--proxy", "ftp://me:s3cret-six@127.0.0.1:1"],
        &["config"],
        &["config", "-o", "json"],
        &["config", "--profile", "q"],
        &["list", "-v", "--profile", "q"],
        &[
            "list",
            "-a",
            "https://localhost:1",
            "--cert",
            "token",
            "--key-password-file",
            "password",
        ],
    ] {
        let cache = folder.join("cache");
        let outcome = with(&folder, args)
            .args(if args.contains(&"--profile") {
                &[][..]
            } else {
                &profile
            })
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("XDG_CACHE_HOME", &cache)
            .env("XDG_STATE_HOME", &cache)
            .run();
        let written = files(&cache).concat() + &outcome.stdout + &outcome.stderr;
        assert!(!written.contains("s3cret"), "{args:?}: {written}");
    }
}

/// The content of all files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return files(&path);
            }
            let bytes = std::fs::read(&path).unwrap();
            vec![String::from_utf8_lossy(&bytes).into_owned()]
        })
        .collect()
}
