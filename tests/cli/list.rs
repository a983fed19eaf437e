//! `list`: services, and the methods of one.

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
fn lists_a_servers_services() {
    let echo = Echo::start();
    routeguide(["list"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(SERVICES)
        .says("");
}

#[test]
fn lists_a_services_methods_as_call_takes_them() {
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
fn long_shows_what_methods_take_and_give() {
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
fn what_is_no_service_is_said_to_be_what_it_is() {
    let echo = Echo::start();
    routeguide(["list", "test.echo.v1.Request"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("")
        .hints()
        .mentions("test.echo.v1.Request is a message, not a service")
        .mentions("routeguide describe test.echo.v1.Request");
}

#[test]
fn an_unknown_service_is_refused_with_the_nearest_name() {
    let echo = Echo::start();
    routeguide(["list", "test.echo.v1.Ecoh"])
        .at(echo.addr())
        .run()
        .exits(1)
        .prints("")
        .hints()
        .mentions("did you mean test.echo.v1.Echo");
}

#[test]
fn files_need_no_server() {
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
fn a_server_without_reflection_is_an_error_with_the_mend() {
    let echo = Echo::silent();
    for args in [&[][..], &["Echo"]] {
        routeguide(["list"])
            .args(args)
            .at(echo.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("--proto");
    }
}

#[test]
fn our_own_server_lists_all_it_has() {
    let server = Server::start();
    let outcome = routeguide(["list"]).at(server.addr()).run();
    outcome.exits(0).says("");
    for service in ["RouteGuide", "grpc.health.v1.Health"] {
        assert!(outcome.stdout.lines().any(|line| line == service));
    }
}

#[test]
fn reflection_off_is_the_bundled_schema() {
    routeguide(["list", "--reflection", "off"])
        .run()
        .exits(0)
        .prints("RouteGuide\n");
}

#[test]
fn exports_what_it_lists() {
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
fn in_process_needs_no_server() {
    routeguide(["list", "RouteGuide", "-l", "--in-process"])
        .run()
        .exits(0)
        .prints(concat!(
            "RouteGuide/GetPerson(Name) returns (Person)\n",
            "RouteGuide/GetPeople(stream Name) returns (stream Person)\n"
        ))
        .says("");
}
