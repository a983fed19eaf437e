//! `-H`: metadata from the command line, from files and from the environment, and what shows of it.

use super::harness::{Echo, Folder, routeguide};

/// The values of a header that arrived with the only call.
fn arrived(echo: &Echo, name: &str) -> Vec<String> {
    echo.arrivals("Echo/Unary")[0].header(name)
}

#[test]
fn headers_come_from_files() {
    let (echo, folder) = (Echo::start(), Folder::new());
    folder.write(
        "headers",
        "# secret\nauthorization: Bearer abc\n\nx-tenant: blue\r\n",
    );
    routeguide([
        "call",
        "Echo/Unary",
        "-H",
        "@headers",
        "-H",
        "x-tenant: red",
    ])
    .within(&folder)
    .at(echo.addr())
    .run()
    .exits(0);
    assert_eq!(arrived(&echo, "authorization"), ["Bearer abc"]);
    assert_eq!(arrived(&echo, "x-tenant"), ["blue", "red"]);
}

#[test]
fn variables_of_the_environment_are_filled_in() {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary", "-H", "authorization: Bearer ${TOKEN}"])
        .args(["-H", "x-price: $5 and $${TOKEN}"])
        .env("TOKEN", "abc")
        .at(echo.addr())
        .run()
        .exits(0);
    assert_eq!(arrived(&echo, "authorization"), ["Bearer abc"]);
    assert_eq!(arrived(&echo, "x-price"), ["$5 and ${TOKEN}"]);
}

#[test]
fn the_user_agent_can_be_chosen() {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary", "--user-agent", "shop/1.0"])
        .at(echo.addr())
        .run()
        .exits(0);
    assert_eq!(arrived(&echo, "user-agent"), ["shop/1.0"]);
}

#[test]
fn secrets_show_only_when_asked_for() {
    let echo = Echo::start();
    let call = |verbose: &str| {
        routeguide(["call", "Echo/Unary", verbose])
            .args(["-H", "authorization: Bearer abc"])
            .args(["-H", "x-api-key: def", "-H", "x-tenant: blue"])
            .at(echo.addr())
            .run()
    };
    let (masked, shown) = (call("-v"), call("-vv"));
    for line in [
        "> authorization: Bearer ***\n",
        "> x-api-key: ***\n",
        "> x-tenant: blue\n",
    ] {
        assert!(masked.stderr.contains(line), "{masked:#?}");
    }
    for secret in ["abc", "def"] {
        assert!(!masked.stderr.contains(secret), "{masked:#?}");
        assert!(shown.stderr.contains(secret), "{shown:#?}");
    }
}
