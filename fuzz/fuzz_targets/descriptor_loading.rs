//! Any descriptors, which a server may have sent, are a schema or an error; and with a schema its messages can be
//! printed.

#![no_main]

#[path = "../../tests/properties/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::{Layouts, json, text};

/// Of each schema: the more schemas, the better.
const MESSAGES: usize = 20;

fuzz_target!(|descriptors: &[u8]| {
    let Ok(schema) = routeguide::schema::decode(descriptors) else {
        return;
    };
    let mut layouts = Layouts::new(schema.pool.clone());
    for message in schema.pool.all_messages().take(MESSAGES) {
        let id = layouts.compile(&message);
        let reply = wire::message(&mut layouts, id, &mut wire::Entropy(descriptors), 3);
        let mut out = Vec::new();
        let options = json::WriteOptions {
            emit_defaults: true,
            ..json::WriteOptions::default()
        };
        let _ = json::write(&mut layouts, id, &reply, options, &mut out);
        let options = text::WriteOptions::default();
        let _ = text::write(&mut layouts, id, &reply, options, &mut out);
    }
});
