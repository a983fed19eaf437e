//! Which version of reflection is used, and servers without it.

use super::harness::{ALICE, Echo, Peer, Reflection, Server, routeguide};

const REPLY: &str = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";

#[test]
fn v1_is_preferred_to_v1alpha() {
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
fn v1alpha_is_used_if_the_server_does_not_have_v1() {
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
fn only_the_requested_version_is_asked() {
    let echo = Echo::reflecting(Reflection::V1Alpha);
    routeguide(["call", "Repeat", "--reflection", "v1"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("");
    assert!(
        echo.arrivals("v1alpha.ServerReflection/ServerReflectionInfo")
            .is_empty()
    );
}

#[test]
fn route_guide_can_be_called_without_reflection() {
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

/// A server of RouteGuide that answers reflection with UNIMPLEMENTED.
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
fn the_server_is_not_asked_with_reflection_off() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "--reflection", "off"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("");
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
fn a_deadline_ends_the_wait_for_a_silent_reflection() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    routeguide(["list", "--timeout", "1s"])
        .at(peer.addr())
        .run()
        .fails("DEADLINE_EXCEEDED")
        .prints("");
}

#[test]
fn the_connect_timeout_ends_the_wait_for_a_silent_reflection() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    routeguide(["list", "--connect-timeout", "200ms"])
        .at(peer.addr())
        .run()
        .exits(1)
        .prints("")
        .says(concat!(
            "error: the server's reflection has not answered for 200ms\n",
            "hint: wait longer with --connect-timeout, or give the schema with --proto or --protoset\n",
        ));
}
