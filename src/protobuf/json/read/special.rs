//! Messages that have a JSON form of their own: Any, Value, and those that a string stands for.

use super::{Parser, Result};
use crate::protobuf::layout::{BAD_SCHEMA, Layout, Resolved, Special};
use crate::protobuf::wire::{self, put_delimited, put_tag};

impl Parser<'_, '_> {
    /// An object with `@type` among its keys, not necessarily as the first one.
    pub(super) fn any(&mut self, out: &mut Vec<u8>) -> Result {
        let start = self.cursor;
        let mut url = None;
        let mut value = None;
        // What a type with a form of its own does not have beside `value`.
        let mut other = None;
        let mut again = None;
        let mut ahead = self.cursor;
        ahead.expect(b'{')?;
        if ahead.take(b'}') {
            self.cursor = ahead;
            return Ok(());
        }
        loop {
            ahead.peek();
            let at = ahead.offset();
            let key = ahead.string()?;
            ahead.expect(b':')?;
            match key.as_ref() {
                "@type" if url.is_some() => return Err(ahead.error_at(at, "duplicate `@type`")),
                "@type" => {
                    ahead.peek();
                    url = Some((ahead.offset(), ahead.string()?));
                }
                "value" => {
                    if value.replace(ahead).is_some() {
                        again = again.or(Some(at));
                    }
                    ahead.skip()?;
                }
                _ => {
                    other = other.or_else(|| Some((at, key.into_owned())));
                    ahead.skip()?;
                }
            }
            if !ahead.take(b',') {
                ahead.expect(b'}')?;
                break;
            }
        }
        let Some((at, url)) = url else {
            return Err(start.error_at(start.offset(), "an Any needs a `@type`"));
        };
        let Some((_, name)) = url.rsplit_once('/').filter(|(_, name)| !name.is_empty()) else {
            let error = ahead.error_at(at, format!("{url:?} is not a type URL"));
            let hint = format!("write type.googleapis.com/{url}");
            return Err(error.hinted(Some(hint)));
        };
        let id = match self.types.resolve(self.layouts, name) {
            Resolved::Layout(id) => id,
            Resolved::NotYet => {
                self.cursor = ahead;
                return Ok(());
            }
            Resolved::Unknown => {
                return Err(ahead.error_at(at, format!("the schema has no message {name:?}")));
            }
        };
        let layout = self.layout(id)?;
        put_tag(out, 1, wire::LEN);
        wire::put_bytes(out, url.as_bytes());
        let before = out.len();
        put_tag(out, 2, wire::LEN);
        let contents = out.len() + 1;
        if layout.special == Special::None || layout.special == Special::MessageSet {
            put_delimited(out, |out| self.object(layout, Some("@type"), out))?;
        } else {
            let Some(value) = value else {
                let why = format!("an Any of {name} needs a `value`");
                return Err(start.error_at(start.offset(), why));
            };
            if let Some(at) = again {
                return Err(start.error_at(at, "duplicate field"));
            }
            if let Some((at, key)) = other
                && !self.options.allow_unknown_fields
            {
                let why = format!("an Any of {name} has no field {key:?}");
                return Err(start.error_at(at, why));
            }
            self.cursor = value;
            put_delimited(out, |out| self.message(id, out))
                .map_err(|error| error.within("value"))?;
            self.cursor = ahead;
        }
        if out.len() == contents {
            out.truncate(before);
        }
        Ok(())
    }

    /// `google.protobuf.Value`: any JSON at all.
    pub(super) fn value(&mut self, layout: &Layout, out: &mut Vec<u8>) -> Result {
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
            None => Err(self.cursor.error(BAD_SCHEMA)),
        }
    }

    /// A message that a string stands for.
    pub(super) fn string_form<T>(
        &mut self,
        layout: &Layout,
        read: impl Fn(&str) -> std::result::Result<T, &'static str>,
    ) -> Result<T> {
        if self.cursor.peek() != Some(b'"') {
            let found = self.cursor.found();
            let why = match read("") {
                Err(form) => format!("{form} in quotation marks, found {found}"),
                Ok(_) => format!("expected a string for {}, found {found}", layout.full_name),
            };
            return Err(self.cursor.error(why));
        }
        let at = self.cursor.offset();
        let text = self.cursor.string()?;
        read(&text).map_err(|why| {
            let why = if why.starts_with("expected") {
                format!("{why}, found {text:?}")
            } else {
                why.to_owned()
            };
            self.cursor.error_at(at, why)
        })
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
