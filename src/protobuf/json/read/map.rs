//! Map fields: an object whose keys are the map's.

use super::{Error, Parser, Result, Written, scalar};
use crate::protobuf::layout::{BAD_SCHEMA, Field, Type};
use crate::protobuf::wire::{self, put_delimited, put_tag};

impl Parser<'_, '_> {
    pub(super) fn map(&mut self, field: &Field, out: &mut Vec<u8>) -> Result {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(self.cursor.error(BAD_SCHEMA));
        };
        let entry = self.layout(id)?;
        let (Some((_, key)), Some((_, value))) = (entry.by_number(1), entry.by_number(2)) else {
            return Err(self.cursor.error(BAD_SCHEMA));
        };
        if self.cursor.peek() != Some(b'{') {
            let found = self.cursor.found();
            let why = format!("expected an object, found {found}");
            return Err(self.cursor.error(why));
        }
        self.cursor.expect(b'{')?;
        if self.cursor.take(b'}') {
            return Ok(());
        }
        let mut keys = std::collections::HashSet::new();
        loop {
            self.cursor.peek();
            let at = self.cursor.offset();
            let name = self.cursor.string()?;
            self.cursor.expect(b':')?;
            let start = out.len();
            put_tag(out, field.number, wire::LEN);
            let mut key_bytes = Vec::new();
            let mut written = Written::Yes;
            put_delimited(out, |out| {
                scalar::put_map_key(&key.kind, &name, &mut key_bytes)
                    .map_err(|why| self.cursor.error_at(at, why))?;
                put_tag(out, 1, key.kind.wire_type());
                out.extend_from_slice(&key_bytes);
                if self.cursor.peek() == Some(b'n') && !self.takes_null(&value.kind) {
                    return Err(self.cursor.error("a map's value cannot be null"));
                }
                match &value.kind {
                    Type::Message(id) => {
                        put_tag(out, 2, wire::LEN);
                        put_delimited(out, |out| self.message(*id, out))
                    }
                    Type::Group(_) => Err(self.cursor.error(BAD_SCHEMA)),
                    kind => {
                        put_tag(out, 2, kind.wire_type());
                        written = self.scalar(kind, out)?;
                        Ok(())
                    }
                }
            })
            .map_err(|error: Error| error.within(&format!("[{name:?}]")))?;
            if written == Written::Skipped {
                out.truncate(start);
            }
            if !keys.insert(key_bytes) {
                let why = format!("duplicate key {name:?}");
                return Err(self.cursor.error_at(at, why));
            }
            if !self.cursor.take(b',') {
                return self.cursor.expect(b'}');
            }
        }
    }
}
