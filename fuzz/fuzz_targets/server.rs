//! A server with the people that are built in.

use std::sync::LazyLock;
use std::time::Duration;

use routeguide::server::{Missing, Peer, People, Server, Setup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
});

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let _entered = RUNTIME.enter();
    Server::new(Setup::new(People::default(), Missing::Reply)).expect("a server")
});

/// Who ends the connection once the bytes are sent.
#[derive(PartialEq)]
#[allow(dead_code, reason = "each target has one")]
pub enum End {
    Client,
    Server,
}

/// What the server answers to bytes on a connection, which has to end.
pub fn answer(bytes: &[u8], end: End) -> Vec<u8> {
    let server = &*SERVER;
    RUNTIME.block_on(async {
        let (client, io) = duplex(1 << 16);
        server.serve_connection(io, Peer::InProcess);
        let (mut reader, mut writer) = split(client);
        let write = async {
            // The server may have ended the connection.
            let _ = writer.write_all(bytes).await;
            if end == End::Client {
                let _ = writer.shutdown().await;
            }
        };
        let mut answer = Vec::new();
        let read = reader.read_to_end(&mut answer);
        let both = async { tokio::join!(write, read) };
        let ended = timeout(Duration::from_secs(10), both).await;
        let _ = ended.expect("the connection ends");
        answer
    })
}
