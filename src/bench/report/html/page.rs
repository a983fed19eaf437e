//! Writes HTML. What is not a literal of this program is escaped: an element's text is the only way for it into the page.

use std::fmt::Write as _;

use crate::output::escape::escape;

/// An HTML document, or a part of one.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// As it is.
    pub fn markup(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// A drawing of `plot`, whose texts are its own.
    pub fn svg(&mut self, svg: &str) {
        self.0.push_str(svg);
    }

    pub fn text(&mut self, text: &str) {
        // Characters that change the direction of text are shown, as in a terminal.
        for letter in escape(text).chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
    }

    /// An element with a text.
    pub fn element(&mut self, name: &'static str, text: &str) {
        let _ = write!(self.0, "<{name}>");
        self.text(text);
        let _ = writeln!(self.0, "</{name}>");
    }

    /// A start tag with attributes.
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// The first cell of a row names it. `class` says how the others are aligned.
    pub fn table(
        &mut self,
        class: &'static str,
        caption: &str,
        head: &[&str],
        rows: &[Vec<String>],
    ) {
        self.open("div", &[("class", "table")]);
        self.open("table", &[("class", class)]);
        self.element("caption", caption);
        if !head.is_empty() {
            self.markup("<thead><tr>");
            for cell in head {
                self.element("th", cell);
            }
            self.markup("</tr></thead>\n");
        }
        self.markup("<tbody>\n");
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        for row in rows {
            self.markup("<tr>");
            for at in 0..width {
                let cell = row.get(at).map_or("", String::as_str);
                self.element(if at == 0 { "th" } else { "td" }, cell);
            }
            self.markup("</tr>\n");
        }
        self.markup("</tbody></table></div>\n");
    }

    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let mut page = Page::default();
        page.element("p", r#"<b onclick='x'>"&"#);
        page.open("p", &[("title", r#""><script>"#)]);
        let expected = "<p>&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;</p>\n<p title=\"&quot;&gt;&lt;script&gt;\">";
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn text_does_not_change_its_direction() {
        let mut page = Page::default();
        page.text("a\u{202e}b");
        assert_eq!(page.finish(), r"a\u{202e}b");
    }
}
