//! Any bytes can come over a connection: the server answers them, or ends the connection, and it ends when the client
//! leaves.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use routeguide::server::{Missing, People, Server, Setup};
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

/// The preface, and SETTINGS without any.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type, the flags and the stream of a frame. Bytes without them are sent as they are.
type Head = Option<(u8, u8, u8)>;

fuzz_target!(|input: (bool, Vec<(Head, &[u8])>)| {
    let (greets, parts) = input;
    let mut bytes = if greets { GREETING.to_vec() } else { Vec::new() };
    for (head, payload) in parts {
        if let Some((kind, flags, stream)) = head {
            let payload = &payload[..payload.len().min(1 << 14)];
            bytes.extend(&(payload.len() as u32).to_be_bytes()[1..]);
            // Types beyond the known ten are ignored: more of them would find nothing.
            bytes.extend([kind % 11, flags, 0, 0, 0, stream]);
            bytes.extend(payload);
        } else {
            bytes.extend(payload);
        }
    }
    let server = &*SERVER;
    RUNTIME.block_on(async {
        let (client, io) = duplex(1 << 16);
        server.serve_connection(io);
        let (mut reader, mut writer) = split(client);
        let write = async move {
            // The server may have ended the connection.
            let _ = writer.write_all(&bytes).await;
            let _ = writer.shutdown().await;
        };
        let mut answer = Vec::new();
        let read = reader.read_to_end(&mut answer);
        let both = async { tokio::join!(write, read) };
        let ended = timeout(Duration::from_secs(10), both).await;
        let _ = ended.expect("the connection ends when the client leaves");
    });
});
