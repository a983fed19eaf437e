//! Messages that JSON has in a form of their own: Any, Value, and those that a string stands for.

use super::Parser;
use crate::protobuf::Bad;
use crate::protobuf::layout::{Layout, Special};
use crate::protobuf::wire::{self, put_delimited, put_tag};

impl Parser<'_, '_> {
    /// An object with `@type` among its keys, wherever it stands.
    pub(super) fn any(&mut self, out: &mut Vec<u8>) -> Result<(), Bad> {
        let start = self.cursor;
        let mut url = None;
        let mut value = None;
        let mut ahead = self.cursor;
        ahead.expect(b'{')?;
        if ahead.take(b'}') {
            self.cursor = ahead;
            return Ok(());
        }
        loop {
            ahead.peek();
            let at = ahead.pos();
            let key = ahead.string()?;
            ahead.expect(b':')?;
            match key.as_ref() {
                "@type" if url.is_some() => return Err(ahead.bad_at(at, "`@type` is there twice")),
                "@type" => {
                    ahead.peek();
                    url = Some((ahead.pos(), ahead.string()?));
                }
                "value" => {
                    value = Some(ahead);
                    ahead.skip()?;
                }
                _ => ahead.skip()?,
            }
            if !ahead.take(b',') {
                ahead.expect(b'}')?;
                break;
            }
        }
        let Some((at, url)) = url else {
            return Err(start.bad_at(start.pos(), "an Any wants a `@type`"));
        };
        let Some((_, name)) = url.rsplit_once('/').filter(|(_, name)| !name.is_empty()) else {
            return Err(ahead
                .bad_at(at, format!("{url:?} is no type URL"))
                .hinted(Some(format!("write type.googleapis.com/{url}"))));
        };
        let Some(id) = self.layouts.find(name) else {
            return Err(ahead.bad_at(at, format!("the schema has no message {name:?}")));
        };
        let Some(layout) = self.layouts.get(id) else {
            return Err(ahead.bad_at(at, "its type is unknown"));
        };
        put_tag(out, 1, wire::LEN);
        wire::put_bytes(out, url.as_bytes());
        let before = out.len();
        put_tag(out, 2, wire::LEN);
        let contents = out.len() + 1;
        if layout.special == Special::None || layout.special == Special::MessageSet {
            put_delimited(out, |out| self.object(&layout, Some("@type"), out))?;
        } else {
            let Some(value) = value else {
                return Err(start.bad_at(start.pos(), format!("an Any of {name} wants a `value`")));
            };
            self.cursor = value;
            put_delimited(out, |out| self.message(id, out)).map_err(|bad| bad.within("value"))?;
            self.cursor = ahead;
        }
        if out.len() == contents {
            out.truncate(before);
        }
        Ok(())
    }

    /// `google.protobuf.Value`: any JSON at all.
    pub(super) fn value(&mut self, layout: &Layout, out: &mut Vec<u8>) -> Result<(), Bad> {
        let number = match self.cursor.peek() {
            Some(b'n') => 1,
            Some(b'"') => 3,
            Some(b't' | b'f') => 4,
            Some(b'{') => 5,
            Some(b'[') => 6,
            _ => 2,
        };
        match layout.by_number(number) {
            Some((_, field)) => self.singular(field, out),
            None => Err(self.cursor.bad("its type is damaged")),
        }
    }

    /// A message that a string stands for.
    pub(super) fn string_form<T>(
        &mut self,
        layout: &Layout,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T, Bad> {
        if self.cursor.peek() != Some(b'"') {
            let found = self.cursor.found();
            let why = format!("expected a string for {}, found {found}", layout.full_name);
            return Err(self.cursor.bad(why));
        }
        let at = self.cursor.pos();
        let text = self.cursor.string()?;
        read(&text).map_err(|why| self.cursor.bad_at(at, why))
    }
}

pub fn put_seconds_and_nanos(out: &mut Vec<u8>, seconds: i64, nanos: i32) {
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            put_tag(out, number, wire::VARINT);
            wire::put_varint(out, value.cast_unsigned());
        }
    }
}
