//! What a reader of documents writes: paragraphs and tables with merged cells, as markup.

use std::fmt::Write as _;

/// Markup in the making.
#[derive(Default)]
pub(super) struct Markup {
    text: String,
}

impl Markup {
    /// A paragraph; line breaks in it stay.
    pub(super) fn paragraph(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.text.push_str("<p>");
            self.words(text);
            self.text.push_str("</p>\n");
        }
    }

    /// Begins a table, within a cell too.
    pub(super) fn begin_table(&mut self) {
        self.text.push_str("<table>\n");
    }

    pub(super) fn begin_row(&mut self) {
        self.text.push_str("<tr>");
    }

    /// Begins a cell that covers `columns` and `rows`.
    pub(super) fn begin_cell(&mut self, columns: u32, rows: u32) {
        self.text.push_str("<td");
        for (name, span) in [("colspan", columns), ("rowspan", rows)] {
            if span > 1 {
                let _ = write!(self.text, " {name}={span}");
            }
        }
        self.text.push('>');
    }

    pub(super) fn end_cell(&mut self) {
        self.text.push_str("</td>");
    }

    pub(super) fn end_row(&mut self) {
        self.text.push_str("</tr>\n");
    }

    pub(super) fn end_table(&mut self) {
        self.text.push_str("</table>\n");
    }

    /// A whole cell of words.
    pub(super) fn cell(&mut self, text: &str, columns: u32, rows: u32) {
        self.begin_cell(columns, rows);
        self.words(text.trim());
        self.end_cell();
    }

    /// Words as they are, whatever they would mean in markup.
    fn words(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{2028}' => self.text.push_str("<br>"),
                '\0' => {}
                other => self.text.push(other),
            }
        }
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
