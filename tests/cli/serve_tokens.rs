//! `serve --auth-token-file` and `--no-reflection`: which calls are answered.

use super::harness::{ALICE, Folder, Program, Server, routeguide};

const REFUSED: &str = "error: UNAUTHENTICATED: the call needs a valid bearer token\n";

/// A server that knows the tokens `first` and `second`.
fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("tokens", "# of the proxy\nfirst\n\nsecond\n");
    let serve = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .args(["--auth-token-file", "tokens"])
        .within(&folder);
    (folder, Server::of(serve))
}

/// Sends this token.
fn with_token(program: Program, token: &str) -> Program {
    program
        .arg("-H")
        .arg(format!("authorization: Bearer {token}"))
}

#[test]
fn a_call_needs_one_of_the_tokens() {
    let (_folder, server) = serve();
    let call = || routeguide(["get-person", "Alice"]).at(server.addr());
    for token in ["first", "second"] {
        with_token(call(), token).run().exits(0).prints(ALICE);
    }
    call().run().fails("UNAUTHENTICATED").says(REFUSED);
    for token in ["third", "firs", "firsts"] {
        let outcome = with_token(call(), token).run();
        outcome.fails("UNAUTHENTICATED").says(REFUSED);
    }
    call()
        .args(["-H", "authorization: first"])
        .run()
        .fails("UNAUTHENTICATED");
}

#[test]
fn a_stream_needs_one_from_its_start() {
    let (_folder, server) = serve();
    let mut refused = routeguide(["get-people"]).at(server.addr()).start();
    refused.write("Alice\n");
    refused.wait().fails("UNAUTHENTICATED").prints("");
    let call = routeguide(["get-people", "Alice"]).at(server.addr());
    with_token(call, "first").run().exits(0).prints(ALICE);
}

#[test]
fn reflection_needs_one_and_health_does_not() {
    let (_folder, server) = serve();
    let list = || routeguide(["list"]).at(server.addr());
    list().run().fails("UNAUTHENTICATED");
    with_token(list(), "first").run().exits(0);
    let health = || routeguide(["health"]).at(server.addr());
    health().run().exits(0).prints("SERVING\n");
    let watch = health().arg("--watch").start();
    watch.stdout().wait_for("SERVING\n");
}

#[test]
fn the_file_is_read_again_when_it_changes() {
    let (folder, server) = serve();
    let call = || routeguide(["get-person", "Alice"]).at(server.addr());
    let mut open = with_token(routeguide(["get-people"]).at(server.addr()), "first").start();
    open.write("Alice\n").stdout().wait_for(ALICE);
    folder.replace("tokens", "third\n");
    server.stderr().wait_for("reloaded tokens: 1 token\n");
    with_token(call(), "third").run().exits(0);
    with_token(call(), "first").run().fails("UNAUTHENTICATED");
    // A call that has begun goes on.
    open.write("Alice\n").close_stdin();
    open.wait().exits(0).prints(&format!("{ALICE}{ALICE}"));
}

#[test]
fn a_bad_file_is_reported_and_the_tokens_from_before_stay() {
    let (folder, server) = serve();
    folder.replace("tokens", "");
    let stderr = server
        .stderr()
        .wait_for("warning: keeping the tokens from before\n");
    assert!(
        stderr.contains("error: token file tokens has no token\n"),
        "{stderr}"
    );
    let call = routeguide(["get-person", "Alice"]).at(server.addr());
    with_token(call, "second").run().exits(0);
}

#[test]
fn without_reflection_the_services_are_not_described() {
    let server = Server::started(["--no-reflection"]);
    routeguide(["list"]).at(server.addr()).run().exits(1).says(
        "error: the server does not support reflection\n\
             hint: give its schema with --proto or --protoset\n",
    );
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE);
}
