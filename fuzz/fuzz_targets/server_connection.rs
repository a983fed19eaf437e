//! Any bytes can come over a connection: the server answers them, or ends the connection, and it ends when the client
//! leaves.

#![no_main]

mod server;

use libfuzzer_sys::fuzz_target;

/// The preface, and SETTINGS without any.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type, the flags and the stream of a frame. Bytes without them are sent as they are.
type Head = Option<(u8, u8, u8)>;

fuzz_target!(|input: (bool, Vec<(Head, &[u8])>)| {
    let (greets, parts) = input;
    let mut bytes = if greets {
        GREETING.to_vec()
    } else {
        Vec::new()
    };
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
    server::answer(&bytes, server::End::Client);
});
