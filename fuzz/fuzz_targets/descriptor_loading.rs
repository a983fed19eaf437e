//! Any descriptors, which a server may have sent, are a schema or an error; and with a schema its messages can be
//! printed.

#![no_main]

#[path = "../../tests/properties/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;
use routeguide::protobuf::{json::write as json, text::write as text};
use routeguide::protobuf::layout::Layouts;

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
        let options = json::Options {
            emit_defaults: true,
            ..json::Options::default()
        };
        let _ = json::Writer::new(&mut layouts, options, &mut out).message(id, &reply);
        let _ = text::Writer::new(&mut layouts, text::Options::default(), &mut out)
            .message(id, &reply);
    }
});
