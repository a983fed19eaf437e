//! `serve --check`: what would be served, without serving it.

use super::harness::{Authority, Folder, ReservedPort, Server, Validity, people_file, routeguide};

#[test]
fn what_would_be_served_is_said() {
    routeguide([
        "serve",
        "--check",
        "--listen",
        ":50051",
        "--listen",
        "unix:guide",
    ])
    .args(["--metrics", ":9090"])
    .run()
    .exits(0)
    .prints("")
    .says(
        "would serve 2 people\n\
             would listen on localhost:50051\n\
             would listen on unix:guide\n\
             would show metrics at localhost:9090\n",
    );
}

#[test]
fn nothing_is_bound() {
    let server = Server::start();
    routeguide(["serve", "--check", "--listen", server.addr()])
        .run()
        .exits(0);
    let folder = Folder::new();
    routeguide(["serve", "--check", "--listen", &folder.socket("guide")])
        .run()
        .exits(0);
    assert!(!folder.join("guide").exists());
}

#[test]
fn certificates_and_tokens_are_read() {
    let folder = Folder::new();
    let identity = Authority::new("CA").issue(&["localhost"], Validity::Now);
    identity.write(&folder, "server");
    folder.write("tokens", "one\ntwo\n");
    let args = ["--cert", "server.pem", "--key", "server.key"];
    let outcome = routeguide(["serve", "--check", "--listen", "[::]:1"])
        .args(args)
        .args(["--auth-token-file", "tokens"])
        .within(&folder)
        .run();
    outcome.exits(0);
    for said in [
        "would listen on https://[::]:1\n",
        "certificate valid until ",
        "would accept 2 tokens\n",
    ] {
        assert!(outcome.stderr.contains(said), "{outcome:#?}");
    }
    assert!(!outcome.stderr.contains("warning: "), "{outcome:#?}");
}

#[test]
fn plaintext_for_the_network_is_a_warning() {
    routeguide(["serve", "--check", "--listen", "0.0.0.0:1"])
        .run()
        .exits(0)
        .says(
            "would serve 2 people\n\
             would listen on 0.0.0.0:1\n\
             warning: 0.0.0.0:1 accepts plaintext connections from the network\n",
        );
}

#[test]
fn what_a_server_would_not_start_with_exits_1() {
    let (_folder, people) = people_file("{");
    let people = people.to_str().unwrap();
    for args in [
        ["--people", people],
        ["--auth-token-file", "missing"],
        ["--listen", "host.invalid:1"],
        ["--listen", "unix:/missing/guide"],
    ] {
        let outcome = routeguide(["serve", "--check"]).args(args).run();
        outcome.exits(1).prints("");
        assert!(outcome.stderr.contains("error: "), "{outcome:#?}");
    }
}

#[test]
fn an_address_that_is_none_is_wrong_usage() {
    let port = ReservedPort::new();
    let metrics = ["--metrics", "unix:metrics"];
    routeguide(["serve", "--check", "--listen", &port.addr()])
        .args(metrics)
        .run()
        .exits(2);
}
