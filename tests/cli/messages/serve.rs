//! What `serve` says about its listeners, its people and its end.

use insta::assert_snapshot;

use super::super::harness::{Folder, Server, redacted, routeguide};
use super::transcript;

#[cfg(target_os = "linux")]
#[test]
fn an_address_that_cannot_be_used() {
    let server = Server::start();
    assert_snapshot!(transcript([
        routeguide(["serve", "--listen", server.addr()]),
        // TEST-NET-1 is reserved for documentation (RFC 5737).
        routeguide(["serve", "--listen", "192.0.2.1:50051"]),
        routeguide(["serve", "--listen", "no-such-host.invalid:50051"]),
    ]), @"
    $ routeguide serve --listen 127.0.0.1:[PORT]
    error: cannot listen on 127.0.0.1:[PORT]: address already in use
    hint: choose another port with --listen; port 0 takes a free one
    [exit code 1]

    $ routeguide serve --listen 192.0.2.1:50051
    error: cannot listen on 192.0.2.1:50051: it is not an address of this machine
    hint: '[::]:PORT' listens on all addresses of this machine, and :PORT on loopback
    [exit code 1]

    $ routeguide serve --listen no-such-host.invalid:50051
    error: cannot listen on no-such-host.invalid:50051: unknown host
      caused by: failed to lookup address information: Name or service not known
    [exit code 1]
    ");
}

#[test]
fn a_socket_that_cannot_be_used() {
    let folder = Folder::new();
    let _server = Server::with(["--listen", &folder.socket("taken")]);
    folder.write("file", "");
    let serve = |name: &str| routeguide(["serve", "--listen", &folder.socket(name)]);
    assert_snapshot!(transcript([
        serve("taken"),
        serve("file"),
        serve("nowhere/guide"),
    ]), @"
    $ routeguide serve --listen unix:[TEMP]/taken
    error: cannot listen on unix:[TEMP]/taken: another server is listening there
    [exit code 1]

    $ routeguide serve --listen unix:[TEMP]/file
    error: cannot listen on unix:[TEMP]/file: the file exists and is not a socket
    [exit code 1]

    $ routeguide serve --listen unix:[TEMP]/nowhere/guide
    error: cannot listen on unix:[TEMP]/nowhere/guide
      caused by: no such file or directory
    [exit code 1]
    ");
}

mod signals {
    use rustix::process::Signal;

    use super::super::super::harness::{ALICE, people_file};
    use super::*;

    #[test]
    fn a_public_listener() {
        let server = Server::with(["--listen", "0.0.0.0:0"]);
        server.stderr().wait_for("from the network\n");
        server.signal(Signal::TERM);
        let outcome = server.into_running().wait();
        let text = redacted(&outcome.snapshot().replace("0.0.0.0:", "127.0.0.1:"));
        assert_snapshot!(text.replace("127.0.0.1:", "0.0.0.0:"), @"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
        serving 2 people
        listening on 0.0.0.0:[PORT]
        warning: 0.0.0.0:[PORT] accepts plaintext connections from the network
        stopping
        ");
    }

    #[test]
    fn an_orderly_end() {
        let server = Server::start();
        server.signal(Signal::TERM);
        assert_snapshot!(server.into_running().wait().snapshot(), @"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
        serving 2 people
        listening on 127.0.0.1:[PORT]
        stopping
        ");
    }

    #[test]
    fn an_end_with_an_unfinished_call() {
        let server = Server::started(["--grace", "1s"]);
        let mut client = routeguide(["get-people"]).at(server.addr()).start();
        client.write("Alice\n").stdout().wait_for(ALICE);
        server.signal(Signal::TERM);
        assert_snapshot!(server.into_running().wait().snapshot(), @"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
        serving 2 people
        listening on 127.0.0.1:[PORT]
        stopping: waiting up to 1s for 1 call; a second signal exits at once
        warning: ended 1 unfinished call with UNAVAILABLE
        ");
        assert_snapshot!(client.wait().snapshot(), @r#"
        exit code: 78
        ----- stdout -----
        name: "Alice" age: 30 gender: FEMALE hobbies: "reading" hobbies: "swimming" address { street: "123 Main St" city: "New York" }
        ----- stderr -----
        error: UNAVAILABLE: the server is shutting down
        "#);
    }

    #[test]
    fn a_reload() {
        let (folder, people) = people_file("{\"name\": \"Eve\"}");
        let server = Server::started(["--people".as_ref(), people.as_os_str()]);
        server.signal(Signal::HUP);
        server.stderr().wait_for("reloaded ");
        folder.replace("people.json", "{\"name\": \"Eve\"}\n{}\n");
        server.stderr().wait_for("keeping ");
        server.signal(Signal::TERM);
        assert_snapshot!(server.into_running().wait().snapshot(), @r#"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
        serving 1 person
        listening on 127.0.0.1:[PORT]
        reloaded [TEMP]/people.json: 1 person
        error: people file [TEMP]/people.json, line 2, column 1: the person has no name
        hint: a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}
        warning: keeping the people from before
        stopping
        "#);
    }

    #[test]
    fn a_reload_without_files() {
        let server = Server::start();
        server.signal(Signal::HUP);
        server.stderr().wait_for("reload");
        server.signal(Signal::TERM);
        assert_snapshot!(server.into_running().wait().snapshot(), @"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
        serving 2 people
        listening on 127.0.0.1:[PORT]
        nothing to reload: the server was started without files
        stopping
        ");
    }
}
