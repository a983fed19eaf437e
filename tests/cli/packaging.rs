//! What is in `packaging/`: the files are valid, and the command lines in them are ones that this program understands.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::harness::postgres::{Database, Instance};
use super::harness::{Folder, routeguide};

fn packaging(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(packaging(path)).unwrap()
}

/// The units, with the program that is tested.
fn units() -> Folder {
    let folder = Folder::new();
    let unit = read("systemd/routeguide.service");
    let program = env!("CARGO_BIN_EXE_routeguide");
    let unit = unit.replace("/usr/bin/routeguide", program);
    folder.write("routeguide.service", unit);
    folder.write("routeguide.socket", read("systemd/routeguide.socket"));
    folder
}

/// Runs systemd-analyze of Debian's package systemd, which needs no systemd that runs.
fn analyze(folder: &Folder, args: &[&str]) -> Output {
    Command::new("systemd-analyze")
        .args(args)
        .current_dir(folder.path())
        .output()
        .expect("systemd-analyze of the package systemd")
}

#[test]
fn systemd_accepts_the_units() {
    let args = [
        "verify",
        "--man=no",
        "./routeguide.service",
        "./routeguide.socket",
    ];
    let output = analyze(&units(), &args);
    // It warns about unknown settings, and exits with 0.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_unit_is_hardened() {
    // From 0 to 100. Without a sandbox it is 96; what is left is the network.
    let args = ["security", "--offline=true", "--threshold=20"];
    let args = [&args[..], &["./routeguide.service"]].concat();
    let output = analyze(&units(), &args);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_unit_waits_longer_than_the_server_drains() {
    let unit = read("systemd/routeguide.service");
    let timeout = unit
        .lines()
        .find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let timeout: u64 = timeout.unwrap().strip_suffix('s').unwrap().parse().unwrap();
    // --grace is 10s by default.
    assert!(timeout > 10, "{timeout}");
}

/// The instructions of a Dockerfile, without comments and with lines joined.
fn instructions(file: &str) -> Vec<(String, String)> {
    let joined = file.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (instruction, arguments) = line.split_once(' ').expect("arguments");
            (instruction.to_owned(), arguments.trim().to_owned())
        })
        .collect()
}

/// The words of an argument in the exec form, which needs no shell.
fn exec(arguments: &str) -> Vec<String> {
    serde_json::from_str(arguments).expect("a JSON array of strings")
}

/// The instructions of the image that is kept: those of the last stage.
fn image() -> Vec<(String, String)> {
    let all = instructions(&read("docker/Dockerfile"));
    let last = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    assert!(last > 0, "there is one stage");
    all[last..].to_vec()
}

#[track_caller]
fn only(image: &[(String, String)], name: &str) -> String {
    let mut found = image.iter().filter(|(instruction, _)| instruction == name);
    let (_, arguments) = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "two of {name}");
    arguments.clone()
}

#[test]
fn the_image_has_known_instructions_and_runs_nothing_while_it_is_made() {
    let known = [
        "FROM",
        "COPY",
        "USER",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    ];
    for (instruction, _) in image() {
        assert!(known.contains(&instruction.as_str()), "{instruction}");
    }
}

#[test]
fn the_image_does_not_run_as_root_and_stops_in_an_orderly_way() {
    let image = image();
    assert_eq!(only(&image, "USER"), "65532:65532");
    assert_eq!(only(&image, "STOPSIGNAL"), "SIGTERM");
}

#[test]
fn the_image_runs_a_server_that_its_health_check_understands() {
    let image = image();
    assert_eq!(exec(&only(&image, "ENTRYPOINT")), ["/usr/bin/routeguide"]);
    let command = exec(&only(&image, "CMD"));
    let outcome = routeguide(command).arg("--check").run();
    outcome.exits(0);
    for port in only(&image, "EXPOSE").split(' ') {
        assert!(outcome.stderr.contains(&format!(":{port}")), "{outcome:#?}");
    }
    let check = only(&image, "HEALTHCHECK");
    let (_, check) = check.split_once(" CMD ").unwrap();
    let mut check = exec(check);
    assert_eq!(check.remove(0), "/usr/bin/routeguide");
    routeguide(check).arg("--in-process").run().exits(0);
}

/// The arguments of each container in a manifest.
fn args_of(manifest: &str) -> Vec<Vec<String>> {
    let parts = manifest.split("\n          args:\n").skip(1);
    let lines = |part: &str| {
        part.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
            .map_while(|line| line.strip_prefix("- "))
            .map(str::to_owned)
            .collect()
    };
    parts.map(lines).collect()
}

/// The arguments of the server in a manifest.
fn server_args(manifest: &str) -> Vec<String> {
    let mut servers = args_of(manifest)
        .into_iter()
        .filter(|args| args[0] == "serve");
    let server = servers.next().expect("a server");
    assert!(servers.next().is_none(), "two servers");
    server
}

/// Writes the people in a manifest into the folder.
fn people_of(manifest: &str, folder: &Folder) -> PathBuf {
    let people = manifest.lines().map(str::trim);
    let people = people.filter(|line| line.starts_with("{\"name\""));
    folder.write("people.json", people.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_manifest_runs_a_server_that_is_understood() {
    let folder = Folder::new();
    let manifest = read("kubernetes/serve.yaml");
    let path = people_of(&manifest, &folder);
    let args = server_args(&manifest);
    let args = args.into_iter().map(|arg| match arg.as_str() {
        "--people=/etc/routeguide/people.json" => format!("--people={}", path.display()),
        _ => arg,
    });
    let outcome = routeguide(args).arg("--check").run();
    outcome.exits(0);
    assert!(
        outcome.stderr.contains("would serve 2 people"),
        "{outcome:#?}"
    );
}

#[test]
fn the_manifests_wait_longer_than_the_server_drains() {
    for manifest in ["kubernetes/serve.yaml", "kubernetes/serve-database.yaml"] {
        let manifest = read(manifest);
        let mut lines = manifest.lines().map(str::trim);
        let patience = lines.find_map(|line| line.strip_prefix("terminationGracePeriodSeconds: "));
        let seconds = |flag: &str| -> u64 {
            let args = server_args(&manifest);
            let value = args.iter().find_map(|arg| arg.strip_prefix(flag));
            value.unwrap().strip_suffix('s').unwrap().parse().unwrap()
        };
        let drain = seconds("--drain-delay=") + seconds("--grace=");
        assert!(patience.unwrap().parse::<u64>().unwrap() > drain);
    }
}

/// The roles of the manifest in a database of the tests, as its first lines make them.
fn roles(database: &Database<'_>) -> (String, String) {
    let owner = database.role("owner", "of-the-owner");
    let reader = database.role("reader", "of-the-reader");
    database.sql(&format!(
        "ALTER DATABASE {} OWNER TO {owner}",
        database.name
    ));
    database.sql(&format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {reader}"
    ));
    (owner, reader)
}

/// The server's role may do no more than read.
#[test]
fn the_manifest_with_a_database_fills_it_and_serves_it() {
    let database = Instance::shared().database();
    let (owner, reader) = roles(&database);
    let folder = Folder::new();
    let manifest = read("kubernetes/serve-database.yaml");
    let path = people_of(&manifest, &folder);
    let commands = args_of(&manifest);
    let names = commands.iter().map(|args| args[..2].join(" "));
    let names: Vec<String> = names.collect();
    assert_eq!(names[..2], ["people migrate", "people import"]);
    for args in commands {
        let is_server = args[0] == "serve";
        let args = args
            .into_iter()
            .map(|arg| match arg.split_once("=postgres://") {
                Some((flag, url)) => {
                    let (role, _) = url.split_once('@').unwrap();
                    let role = match role {
                        "routeguide_owner" => &owner,
                        "routeguide" => &reader,
                        role => panic!("{role}"),
                    };
                    let port = database.instance.port();
                    format!(
                        "{flag}=postgres://{role}@127.0.0.1:{port}/{}",
                        database.name
                    )
                }
                None => arg.replace("/etc/routeguide/people.json", &path.display().to_string()),
            });
        let program = routeguide(args);
        if is_server {
            let outcome = program
                .arg("--check")
                .env("PGPASSWORD", "of-the-reader")
                .run();
            outcome.exits(0);
            assert!(
                outcome.stderr.contains("would serve 2 people"),
                "{outcome:#?}"
            );
        } else {
            program.env("PGPASSWORD", "of-the-owner").run().exits(0);
        }
    }
}

#[test]
fn haproxy_accepts_its_configuration() {
    let output = Command::new("haproxy")
        .args(["-c", "-f"])
        .arg(packaging("haproxy/haproxy.cfg"))
        .output()
        .expect("haproxy, of Debian's package");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("WARNING"), "{said}");
}

#[test]
fn the_debian_package_names_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let assets = cargo.split_once("\nassets = [\n").unwrap().1;
    let (assets, _) = assets.split_once("\n]\n").unwrap();
    for asset in assets.lines() {
        let source = asset.trim().split('"').nth(1).unwrap();
        // Built, and with * for the manual pages and the documentation.
        if !source.starts_with("target/") && !source.contains('*') {
            assert!(root.join(source).is_file(), "{source}");
        }
    }
}
