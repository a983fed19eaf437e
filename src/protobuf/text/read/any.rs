//! `[domain/full.Name] { … }`, which is the text of a `google.protobuf.Any`.

use std::fmt::Write as _;

use super::seen::Seen;
use super::{Parser, Result, SyntaxError, names};
use crate::protobuf::layout::{Layout, Resolved};
use crate::protobuf::wire::{self, put_bytes, put_tag};

impl Parser<'_, '_> {
    /// What follows the brackets. `start` is where they begin.
    pub(super) fn any(
        &mut self,
        layout: &Layout,
        url: &str,
        start: usize,
        seen: &mut Seen,
        out: &mut Vec<u8>,
    ) -> Result {
        let Some((_, name)) = url.rsplit_once('/') else {
            let why = format!("the type URL {} has no domain", names::quoted(url));
            return Err(
                SyntaxError::new(start, why).hinted(format!("write [type.googleapis.com/{url}]"))
            );
        };
        for (at, field) in (0..u16::MAX).zip(&layout.fields) {
            seen.count(layout, at, field)
                .map_err(|why| SyntaxError::new(start, why))?;
        }
        let id = match self.types.resolve(self.layouts, name) {
            Resolved::Layout(id) => id,
            Resolved::NotYet => return self.skip_value(),
            Resolved::Unknown => {
                let why = format!("the schema has no message {}", names::quoted(name));
                return Err(SyntaxError::new(start, why));
            }
        };
        let parent = self.path.len();
        // Writing to a string cannot fail.
        let _ = write!(self.path, "{}[{url}]", if parent > 0 { "." } else { "" });
        put_tag(out, 1, wire::LEN);
        put_bytes(out, url.as_bytes());
        self.eat(':')?;
        put_tag(out, 2, wire::LEN);
        self.nested(id, false, out)?;
        self.path.truncate(parent);
        Ok(())
    }
}
