//! `OpenDocument` texts: the paragraphs and tables of `content.xml`.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::markup::Markup;
use super::{Page, reject};
use crate::record::{Reason, Reject};

/// More characters than this are no report.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Tables nested deeper than this end the reading.
const DEEPEST: usize = 32;

/// Reads a document.
pub(super) fn read(bytes: Vec<u8>) -> Result<Page, Reject> {
    let damaged = |message: String| reject(Reason::Unreadable, format!("the document is damaged: {message}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let mut xml = String::new();
    let part = |archive: &mut zip::ZipArchive<_>, name: &str, into: &mut String| -> Result<(), Reject> {
        let part = archive.by_name(name).map_err(|error| damaged(error.to_string()))?;
        part.take(LARGEST).read_to_string(into).map_err(|error| damaged(error.to_string()))?;
        Ok(())
    };
    // A manifest that names a cipher: what stands in the parts is not XML.
    let mut manifest = String::new();
    if part(&mut archive, "META-INF/manifest.xml", &mut manifest).is_ok() && manifest.contains("encryption-data") {
        return Err(reject(Reason::Encrypted, "the document is protected by a password"));
    }
    part(&mut archive, "content.xml", &mut xml)?;
    // Named styles stand in a part of their own, whose words are those of heads and feet of pages.
    let (mut styles, mut named) = (String::new(), Content::default());
    if part(&mut archive, "styles.xml", &mut styles).is_ok() {
        named.run(&styles);
    }
    let mut content = Content { hiding: named.hiding, ..Content::default() };
    let errors = content.run(&xml);
    content.end_paragraph();
    if content.markup.is_empty() {
        return Err(reject(Reason::Empty, "the document shows no text"));
    }
    Ok(Page::new(content.markup.finish(), errors))
}

#[derive(Default)]
struct Content {
    markup: Markup,
    text: String,
    /// Tables that are open.
    tables: usize,
    /// Elements within one that no reader sees.
    unseen: usize,
    /// The style that is being read, and those whose words are hidden, struck out or raised above the line.
    style: String,
    hiding: BTreeSet<String>,
    /// For each open span, whether its style hides it.
    spans: Vec<bool>,
}

/// Elements that are no part of the words: notes, changes, readings, descriptions of pictures, what is hidden.
const UNSEEN: [&str; 8] = [
    "office:annotation",
    "text:tracked-changes",
    "text:note",
    "text:ruby-text",
    "text:hidden-text",
    "text:hidden-paragraph",
    "svg:title",
    "svg:desc",
];

impl Content {
    /// Reads what is well formed; returns how often it was not.
    fn run(&mut self, xml: &str) -> usize {
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => self.open(&tag),
                Ok(Event::Empty(tag)) => {
                    self.open(&tag);
                    self.close(tag.name().as_ref());
                }
                Ok(Event::End(tag)) => self.close(tag.name().as_ref()),
                Ok(Event::Text(text)) if self.unseen == 0 => self.text.push_str(&text),
                Ok(Event::GeneralRef(name)) if self.unseen == 0 => {
                    let known = match name.as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => name.resolve_char_ref().ok().flatten(),
                    };
                    self.text.extend(known);
                }
                Ok(Event::Eof) => return 0,
                Ok(_) => {}
                Err(_) => return 1,
            }
            if self.tables > DEEPEST {
                return 1;
            }
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        let value = |name: &str| {
            let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name);
            found.map(|found| found.value.into_owned()).unwrap_or_default()
        };
        let span = |name: &str| value(name).parse::<u32>().unwrap_or(1).clamp(1, 1_000);
        match tag.name().as_ref() {
            name if UNSEEN.contains(&name) => self.unseen += 1,
            "text:section" if value("text:display") == "none" || self.unseen > 0 => self.unseen += 1,
            "text:span" => {
                let hidden = self.hiding.contains(&value("text:style-name"));
                self.spans.push(hidden);
                self.unseen += usize::from(hidden);
            }
            _ if self.unseen > 0 => {}
            "style:style" => {
                self.style = value("style:name");
                if self.hiding.contains(&value("style:parent-style-name")) {
                    self.hiding.insert(self.style.clone());
                }
            }
            "style:text-properties" => {
                let struck = !["", "none"].contains(&value("style:text-line-through-style").as_str());
                let raised = !["", "0"].contains(&value("style:text-position").split('%').next().unwrap_or_default());
                if struck || raised || value("text:display") == "none" {
                    self.hiding.insert(self.style.clone());
                }
            }
            "table:table" => {
                self.end_paragraph();
                self.tables += 1;
                self.markup.begin_table();
            }
            "table:table-row" => self.markup.begin_row(),
            "table:table-cell" => {
                self.markup.begin_cell(span("table:number-columns-spanned"), span("table:number-rows-spanned"));
            }
            "text:p" | "text:h" => self.end_paragraph(),
            "text:line-break" => self.text.push('\n'),
            "text:s" | "text:tab" => self.text.push(' '),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            _ if UNSEEN.contains(&name) => self.unseen = self.unseen.saturating_sub(1),
            "text:section" => self.unseen = self.unseen.saturating_sub(1),
            "text:span" => {
                let hidden = self.spans.pop().unwrap_or(false);
                self.unseen = self.unseen.saturating_sub(usize::from(hidden));
            }
            _ if self.unseen > 0 => {}
            "table:table" => {
                self.tables = self.tables.saturating_sub(1);
                self.markup.end_table();
            }
            "table:table-row" => self.markup.end_row(),
            "table:table-cell" => {
                self.end_paragraph();
                self.markup.end_cell();
            }
            "text:p" | "text:h" => self.end_paragraph(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.markup.paragraph(&text);
    }
}
