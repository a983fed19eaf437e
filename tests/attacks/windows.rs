//! Flow control with a client that keeps to it: no pair of messages stops a call.

use super::attacker::{GET_PEOPLE, name};
use super::client::Client;
use super::harness::{LIMIT, Server, block_on};

/// What a message leaves of the window must be enough for the next one, or be given back while it arrives.
#[test]
fn a_call_goes_on_after_messages_of_any_size() {
    let server = Server::start();
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        for first in [1, 2000, 2600, 4000, 4090, 5000, 8000, 8180, 20_000] {
            for second in [100, 3000, 4100, 6000, 7000, 8100, 8190, 16_300, 65_000] {
                let mut call = client.start(GET_PEOPLE, &[]).await.unwrap();
                for size in [first, second, first] {
                    // An unknown person has no reply.
                    call.send(name(&"x".repeat(size)));
                    call.send(name("Alice"));
                    let reply = tokio::time::timeout(LIMIT, call.reply()).await;
                    let reply = reply.unwrap_or_else(|_| panic!("{first}, {second}: no reply"));
                    assert!(reply.unwrap().is_some());
                }
                call.half_close();
                assert_eq!(call.end().await.unwrap().code, Some(0));
            }
        }
    });
}
