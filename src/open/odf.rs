//! `OpenDocument` texts: the paragraphs and tables of `content.xml`.

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
    let mut content = Content::default();
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
    /// Elements within one that no reader sees: notes of the editor, changes.
    unseen: usize,
}

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
        let span = |name: &str| {
            let value = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name);
            value.and_then(|value| value.value.parse::<u32>().ok()).unwrap_or(1).clamp(1, 1_000)
        };
        match tag.name().as_ref() {
            "office:annotation" | "text:tracked-changes" | "text:note-citation" => self.unseen += 1,
            _ if self.unseen > 0 => {}
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
            "office:annotation" | "text:tracked-changes" | "text:note-citation" => {
                self.unseen = self.unseen.saturating_sub(1);
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
