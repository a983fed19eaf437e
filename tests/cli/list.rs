//! `list`: services, and the methods of a service.

use super::harness::{Echo, Folder, ReservedPort, Server, protos, protoset, routeguide};

const SERVICES: &str = concat!(
    "grpc.health.v1.Health\n",
    "grpc.reflection.v1.ServerReflection\n",
    "test.echo.v1.Echo\n",
    "test.echo.v1.Mirror\n",
);

const METHODS: &str = concat!(
    "test.echo.v1.Echo/Unary\n",
    "test.echo.v1.Echo/Collect\n",
    "test.echo.v1.Echo/Repeat\n",
    "test.echo.v1.Echo/Chat\n",
);

const SIGNATURES: [&str; 4] = [
    "test.echo.v1.Echo/Unary(test.echo.v1.Request) returns (test.echo.v1.Reply)\n",
    "test.echo.v1.Echo/Collect(stream test.echo.v1.Request) returns (test.echo.v1.Reply)\n",
    "test.echo.v1.Echo/Repeat(test.echo.v1.Request) returns (stream test.echo.v1.Reply)\n",
    "test.echo.v1.Echo/Chat(stream test.echo.v1.Request) returns (stream test.echo.v1.Reply)\n",
];

#[test]
fn lists_the_services_of_a_server() {
    let echo = Echo::start();
    routeguide(["list"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(SERVICES)
        .says("");
}

#[test]
fn lists_the_methods_of_a_service_as_call_accepts_them() {
    let echo = Echo::start();
    for name in ["test.echo.v1.Echo", "Echo", ".test.echo.v1.Echo"] {
        routeguide(["list", name])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints(METHODS)
            .says("");
    }
}

#[test]
fn long_shows_requests_and_replies() {
    let echo = Echo::start();
    routeguide(["list", "Echo", "-l"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&SIGNATURES.concat());
    let all = routeguide(["list", "--long"]).at(echo.addr()).run();
    all.exits(0);
    let block = format!("test.echo.v1.Echo\n  {}", SIGNATURES.join("  "));
    assert!(all.stdout.contains(&block), "{all:#?}");
}

#[test]
fn needs_no_server_with_files() {
    let (port, folder) = (ReservedPort::new(), Folder::new());
    let set = folder.write("echo.binpb", protoset());
    let services = "test.echo.v1.Echo\ntest.echo.v1.Mirror\n";
    routeguide(["list", "--protoset"])
        .arg(set)
        .at(port.addr())
        .run()
        .exits(0)
        .prints(services)
        .says("");
    routeguide(["list", "--proto", "echo.proto", "-I"])
        .arg(protos())
        .at(port.addr())
        .run()
        .exits(0)
        .prints(services)
        .says("");
}

#[test]
fn lists_the_services_of_our_own_server() {
    let server = Server::start();
    let outcome = routeguide(["list"]).at(server.addr()).run();
    outcome.exits(0).says("");
    for service in ["RouteGuide", "grpc.health.v1.Health"] {
        assert!(outcome.stdout.lines().any(|line| line == service));
    }
}

#[test]
fn lists_the_bundled_schema_with_reflection_off() {
    routeguide(["list", "--reflection", "off"])
        .run()
        .exits(0)
        .prints("RouteGuide\n")
        .says("this is what routeguide itself knows: with --reflection off, no server is asked\n");
}

#[test]
fn an_exported_protoset_has_the_listed_services() {
    let (echo, folder) = (Echo::start(), Folder::new());
    let set = folder.join("out.binpb");
    routeguide(["list", "--protoset-out"])
        .arg(&set)
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(SERVICES);
    routeguide(["list", "--protoset"])
        .arg(&set)
        .run()
        .exits(0)
        .prints(SERVICES);
}

#[test]
fn lists_the_server_in_this_process() {
    routeguide(["list", "RouteGuide", "-l", "--in-process"])
        .run()
        .exits(0)
        .prints(concat!(
            "RouteGuide/GetPerson(Name) returns (Person)\n",
            "RouteGuide/GetPeople(stream Name) returns (stream Person)\n"
        ))
        .says("");
}
