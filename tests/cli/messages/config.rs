//! Mistakes in the configuration file and in the variables.

use insta::assert_snapshot;

use super::super::harness::{Folder, routeguide};
use super::transcript;

/// Runs `list` with each of these as the profile `p`.
fn with<const N: usize>(profiles: [&str; N]) -> String {
    profiles
        .map(|profile| {
            let folder = Folder::new();
            folder.write("config.toml", format!("[profiles.p]\n{profile}\n"));
            let run = transcript([routeguide(["list", "--profile", "p", "-q"])
                .within(&folder)
                .env("ROUTEGUIDE_CONFIG", "config.toml")
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())]);
            format!("# {profile}\n{run}\n")
        })
        .concat()
}

#[test]
fn a_key() {
    assert_snapshot!(with([
        "adress = \"localhost:1\"",
        "zzz = 1",
        "header = {}",
        "cacert = { fil = \"ca.pem\" }",
    ]), @r#"
    # adress = "localhost:1"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1: unknown key "adress"
    hint: did you mean "addr"?
    [exit code 2]

    # zzz = 1
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1: unknown key "zzz"
    hint: the keys are addr, in-process, people, cacert, cert, key, key-password-file, insecure, server-name, authority, resolve, connect-to, proxy, headers, connect-timeout, timeout, wait, retry, max-message-size, compress, keepalive, user-agent, protocol, codec, http, get, base-path, proto, import-path, protoset, reflection, output, pretty, compact, emit-defaults, proto-names, enum-numbers, int64-numbers, color, verbose, quiet, error-format, inherits
    [exit code 2]

    # header = {}
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1: unknown key "header"
    hint: did you mean "headers"?
    [exit code 2]

    # cacert = { fil = "ca.pem" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 12: unknown key "fil"
    hint: did you mean "file"?
    [exit code 2]
    "#);
}

#[test]
fn a_value() {
    assert_snapshot!(with([
        "addr = 50051",
        "timeout = \"soon\"",
        "timeout = true",
        "keepalive = \"1s\"",
        "max-message-size = \"4TB\"",
        "retry = -1",
        "pretty = \"yes\"",
        "output = \"yaml\"",
        "proto = [\"a.proto\", 3]",
        "headers = \"a: b\"",
        "cacert = { file = \"a\", env = \"B\" }",
        "headers = { A = \"1\", a = \"2\" }",
        "headers = { \"a b\" = \"1\" }",
        "pretty = true\ncompact = true",
        "headers = { authorization = 123456 }",
        "color = { command = \"echo never\" }",
        "addr = localhost",
        "addr = \"localhost\"",
    ]), @r#"
    # addr = 50051
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 8: addr: expected text, found the number 50051
    [exit code 2]

    # timeout = "soon"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 11: timeout: "soon": expected a duration such as 500ms, 10s or 1m30s
    [exit code 2]

    # timeout = true
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 11: timeout: expected a duration such as "5s", found true
    [exit code 2]

    # keepalive = "1s"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 13: keepalive: "1s": expected at least 10s
    [exit code 2]

    # max-message-size = "4TB"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 20: max-message-size: "4TB": unknown unit "TB": use KiB, MiB or GiB
    [exit code 2]

    # retry = -1
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 9: retry: "-1": expected a whole number that is at least 0
    [exit code 2]

    # pretty = "yes"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 10: pretty: expected true or false, found "yes"
    [exit code 2]

    # output = "yaml"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 10: output: "yaml": expected one of text, json, envelope, raw
    [exit code 2]

    # proto = ["a.proto", 3]
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 21: proto: expected text, found the number 3
    [exit code 2]

    # headers = "a: b"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 11: headers: expected a table, found text
    [exit code 2]

    # cacert = { file = "a", env = "B" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 10: cacert: expected one of { file = … }, { env = … } and { command = … }, found a table
    [exit code 2]

    # headers = { A = "1", a = "2" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 22: the header "a" is there twice
    hint: several values are a list
    [exit code 2]

    # headers = { "a b" = "1" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 13 (profile p): invalid header "a b": the name is not valid
    [exit code 2]

    # pretty = true
    compact = true
    $ routeguide list --profile p -q
    error: config.toml, line 3, column 1: pretty and compact exclude each other
    [exit code 2]

    # headers = { authorization = 123456 }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 29: authorization: expected text or a list of texts, found a number
    [exit code 2]

    # color = { command = "echo never" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 9: color cannot be what a command prints
    [exit code 2]

    # addr = localhost
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 8: not valid TOML: string values must be quoted, expected literal string
    [exit code 2]

    # addr = "localhost"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): invalid address "localhost": missing port
    hint: try localhost:50051
    [exit code 2]
    "#);
}

#[test]
fn a_value_that_is_elsewhere() {
    assert_snapshot!(with([
        "addr = { env = \"NO_SUCH_VARIABLE\" }",
        "addr = { file = \"no-such-file\" }",
        "addr = { command = \"echo not logged in >&2; exit 3\" }",
        "addr = { command = \"exit 1\" }",
        "keepalive = { command = \"echo 1s\" }",
        "color = { env = \"NO_SUCH_VARIABLE\" }",
    ]), @r#"
    # addr = { env = "NO_SUCH_VARIABLE" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): the variable NO_SUCH_VARIABLE is not set
    [exit code 1]

    # addr = { file = "no-such-file" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): cannot read no-such-file
      caused by: no such file or directory
    [exit code 1]

    # addr = { command = "echo not logged in >&2; exit 3" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): the command "echo not logged in >&2; exit 3" exited with 3: not logged in
    [exit code 1]

    # addr = { command = "exit 1" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): the command "exit 1" exited with 1
    [exit code 1]

    # keepalive = { command = "echo 1s" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): "1s" is not a valid value: expected at least 10s
    [exit code 2]

    # color = { env = "NO_SUCH_VARIABLE" }
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 1 (profile p): the variable NO_SUCH_VARIABLE is not set
    [exit code 1]
    "#);
}

#[test]
fn profiles() {
    assert_snapshot!(with([
        "inherits = \"q\"",
        "inherits = \"p\"",
        "[profiles.q]\ninherits = \"p\"\n[profiles.r]\ninherits = \"pp\"",
    ]), @r#"
    # inherits = "q"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 12: there is no profile "q"
    hint: the profiles are p
    [exit code 2]

    # inherits = "p"
    $ routeguide list --profile p -q
    error: config.toml, line 2, column 12: the profile "p" inherits from itself
    [exit code 2]

    # [profiles.q]
    inherits = "p"
    [profiles.r]
    inherits = "pp"
    $ routeguide list --profile p -q
    error: config.toml, line 5, column 12: there is no profile "pp"
    hint: did you mean "p"?
    [exit code 2]
    "#);
}

#[test]
fn every_mistake() {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "defalt = \"p\"\n[profiles.p]\ninherits = \"q\"\ntimeout = \"soon\"\npretty = 1\nheaders = { te = \"x\" }\nresolve = [\"zz\"]\nproxy = \"ftp://x:1\"\n",
    );
    folder.write("endless.toml", "a".repeat((1 << 20) + 1));
    let check = |file| {
        routeguide(["config", "check"])
            .within(&folder)
            .env("ROUTEGUIDE_CONFIG", file)
    };
    assert_snapshot!(transcript([
        check("config.toml"),
        check("endless.toml"),
        check("no-such.toml"),
    ]), @r#"
    $ routeguide config check
    error: config.toml, line 1, column 1: unknown key "defalt"
    hint: did you mean "default"?
    error: config.toml, line 3, column 12: there is no profile "q"
    hint: the profiles are p
    error: config.toml, line 4, column 11: timeout: "soon": expected a duration such as 500ms, 10s or 1m30s
    error: config.toml, line 5, column 10: pretty: expected true or false, found the number 1
    error: config.toml, line 6, column 13 (profile p): invalid header "te": the name is reserved by the protocol
    error: config.toml, line 7, column 1 (profile p): "zz" does not resolve a host
    hint: write HOST:PORT:ADDRESS, as in example.org:443:127.0.0.1
    error: config.toml, line 8, column 1 (profile p): invalid proxy: unknown scheme
    hint: write http://host:port, https://, socks5:// or socks5h://, with user:password@ if needed
    [exit code 2]

    $ routeguide config check
    error: cannot read endless.toml
      caused by: it is larger than 1 MiB
    [exit code 1]

    $ routeguide config check
    error: cannot read no-such.toml
      caused by: no such file or directory
    hint: routeguide config edit writes it
    [exit code 1]
    "#);
}

#[test]
fn files_and_variables() {
    let folder = Folder::new();
    folder.write("config.toml", "defalt = \"p\"");
    folder.write("other.toml", "[profiles.staging]");
    let list = || routeguide(["list"]).within(&folder);
    assert_snapshot!(transcript([
        list().env("ROUTEGUIDE_CONFIG", "config.toml"),
        list().env("ROUTEGUIDE_CONFIG", "no-such.toml"),
        list().env("ROUTEGUIDE_CONFIG", "other.toml").args(["--profile", "stagin"]),
        list().env("ROUTEGUIDE_CONFIG", "other.toml").args(["--profile", "p"]),
        list().env("ROUTEGUIDE_TIMEOUT", "soon"),
        list().env("ROUTEGUIDE_INSECURE", "maybe"),
        list().env("ROUTEGUIDE_HEADER", "Bearer abc"),
        list().env("ROUTEGUIDE_RESOLVE", "a:1:127.0.0.1,b"),
        list().env("ROUTEGUIDE_TIMEOUT", "soon").env("ROUTEGUIDE_ERROR_FORMAT", "json"),
        list().args(["-I", "protos"]),
    ]), @r#"
    $ routeguide list
    error: config.toml, line 1, column 1: unknown key "defalt"
    hint: did you mean "default"?
    [exit code 2]

    $ routeguide list
    error: ROUTEGUIDE_CONFIG: cannot read no-such.toml
      caused by: no such file or directory
    [exit code 1]

    $ routeguide list --profile stagin
    error: there is no profile "stagin"
    hint: did you mean "staging"?
    [exit code 2]

    $ routeguide list --profile p
    error: there is no profile "p"
    hint: the profiles are staging
    [exit code 2]

    $ routeguide list
    error: ROUTEGUIDE_TIMEOUT: "soon" is not a valid value: expected a duration such as 500ms, 10s or 1m30s
    [exit code 2]

    $ routeguide list
    error: ROUTEGUIDE_INSECURE: "maybe" is not a valid value: expected true or false
    [exit code 2]

    $ routeguide list
    error: ROUTEGUIDE_HEADER: a header has no colon
    hint: write a header a line, as in authorization: Bearer …
    [exit code 2]

    $ routeguide list
    error: ROUTEGUIDE_RESOLVE: "a:1:127.0.0.1,b" does not resolve a host
    hint: write HOST:PORT:ADDRESS, as in example.org:443:127.0.0.1
    [exit code 2]

    $ routeguide list
    {"code":null,"message":"ROUTEGUIDE_TIMEOUT: \"soon\" is not a valid value: expected a duration such as 500ms, 10s or 1m30s","details":[],"status":null,"kind":"usage","causes":[],"hint":null,"exit":2}
    [exit code 2]

    $ routeguide list -I protos
    error: --import-path is for --proto, and there is none
    [exit code 2]
    "#);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.write(
        "config.toml",
        "[profiles.p.headers]\nauthorization = \"abc\"\n",
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_snapshot!(transcript([
        routeguide(["config", "--profile", "p"])
            .within(&folder)
            .env("ROUTEGUIDE_CONFIG", "config.toml"),
    ]), @"
    $ routeguide config --profile p
    [stdout]
    headers.authorization = ***  # config.toml, line 2, column 1 (profile p)
    [stderr]
    warning: config.toml has a secret, and other users can read it: chmod 600 it, or use { command = … }
    ");
}
