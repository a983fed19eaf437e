//! Which reflection is asked, and what helps where there is none.

use super::harness::{ALICE, Echo, Peer, Reflection, Server, routeguide};

const REPLY: &str = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";

#[test]
fn v1_is_asked_where_there_is_both() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "name=a"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(REPLY);
    assert!(
        echo.arrivals("v1alpha.ServerReflection/ServerReflectionInfo")
            .is_empty()
    );
    assert_eq!(
        echo.arrivals("v1.ServerReflection/ServerReflectionInfo")
            .len(),
        1
    );
}

#[test]
fn v1alpha_is_asked_where_there_is_nothing_else() {
    let echo = Echo::reflecting(Reflection::V1Alpha);
    for version in ["auto", "v1alpha"] {
        routeguide(["call", "Repeat", "name=a", "--reflection", version])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints(REPLY)
            .says("");
    }
    let list = routeguide(["list"]).at(echo.addr()).run();
    list.exits(0);
    assert!(list.stdout.contains("test.echo.v1.Echo\n"));
}

#[test]
fn only_the_version_that_is_wanted_is_asked() {
    let echo = Echo::reflecting(Reflection::V1Alpha);
    routeguide(["call", "Repeat", "--reflection", "v1"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("")
        .says_one_error();
    assert!(
        echo.arrivals("v1alpha.ServerReflection/ServerReflectionInfo")
            .is_empty()
    );
}

#[test]
fn a_server_without_reflection_is_an_error_with_the_mend() {
    let echo = Echo::silent();
    for command in [
        &["call", "Repeat"][..],
        &["call", "test.echo.v1.Echo/Repeat"],
        &["describe", "test.echo.v1.Echo"],
        &["describe"],
    ] {
        routeguide(command)
            .at(echo.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("--proto")
            .mentions("--protoset");
    }
}

#[test]
fn route_guide_itself_can_be_called_without_reflection() {
    for method in ["RouteGuide/GetPerson", "RouteGuide.GetPerson", "GetPerson"] {
        let peer = no_reflection();
        routeguide(["call", method, "name=Alice"])
            .at(peer.addr())
            .run()
            .exits(0)
            .prints("{\"name\":\"Alice\"}\n")
            .says("");
    }
}

/// RouteGuide, and UNIMPLEMENTED for what it is asked in reflection's words, which are no names.
fn no_reflection() -> Peer {
    Peer::playing(|mut call| async move {
        if call.path().starts_with("/RouteGuide/") {
            call.open();
            while let Some(name) = call.name().await {
                call.reply(&name);
            }
            call.end(0, "");
        } else {
            call.end(12, "");
        }
    })
}

#[test]
fn reflection_off_asks_nothing() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "--reflection", "off"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("")
        .says_one_error()
        .mentions("in the bundled schema");
    assert!(echo.arrivals("ServerReflectionInfo").is_empty());
    let server = Server::start();
    routeguide(["call", "GetPerson", "name=Alice", "-o", "text"])
        .args(["--reflection", "off"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE);
}

#[test]
fn a_server_that_refuses_reflection_says_so_with_its_status() {
    let peer = Peer::failing(16, "who are you?");
    routeguide(["call", "test.echo.v1.Echo/Unary"])
        .at(peer.addr())
        .run()
        .exits(80)
        .prints("")
        .says_one_error()
        .mentions("UNAUTHENTICATED")
        .mentions("who are you?");
}

#[test]
fn a_deadline_ends_reflection_that_never_answers() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    routeguide(["list", "--timeout", "1s"])
        .at(peer.addr())
        .run()
        .exits(68)
        .prints("")
        .says_one_error()
        .mentions("DEADLINE_EXCEEDED");
}
