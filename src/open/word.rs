//! Word's documents, new and old, and those of WPS, through `office_oxide`.

use std::io::Cursor;

use office_oxide::ir::{Element, InlineContent, List, Paragraph, Table, VerticalAlign};
use office_oxide::limits::Limits;
use office_oxide::{Document, DocumentFormat};

use super::blank::blank;
use super::markup::Markup;
use super::{Page, reject};
use crate::medium::Media;
use crate::record::{Reason, Reject};

/// Elements nested deeper than this are left out.
const DEEPEST: usize = 32;

/// Reads a document of Word or WPS.
pub(super) fn read(media: Media, mut bytes: Vec<u8>) -> Result<Page, Reject> {
    Limits::default().apply();
    let format = if media == Media::Docx { DocumentFormat::Docx } else { DocumentFormat::Doc };
    let unblanked = media == Media::Doc && blank(&mut bytes).is_err();
    let document = Document::from_reader(Cursor::new(bytes), format).map_err(|error| refused(&error.to_string()))?;
    let mut lost = usize::from(unblanked);
    lost += document.damage().iter().filter(|damage| damage.is_loss()).count();
    let mut markup = Markup::default();
    for section in &document.to_ir().sections {
        lost += elements(&mut markup, &section.elements, 0);
    }
    if markup.is_empty() {
        return Err(reject(Reason::Empty, "the document shows no text"));
    }
    Ok(Page::new(markup.finish(), lost))
}

fn refused(message: &str) -> Reject {
    let lower = message.to_lowercase();
    if lower.contains("encrypted") || lower.contains("password") {
        reject(Reason::Encrypted, "the document is protected by a password")
    } else if lower.contains("limit exceeded") {
        reject(Reason::Bomb, format!("it unpacks to more than an honest document does: {message}"))
    } else {
        reject(Reason::Unreadable, format!("the document is damaged: {message}"))
    }
}

/// Writes elements; returns how many were too deep to be read.
fn elements(markup: &mut Markup, list: &[Element], depth: usize) -> usize {
    if depth > DEEPEST {
        return list.len();
    }
    let mut lost = 0;
    for element in list {
        match element {
            Element::Paragraph(Paragraph { content, .. }) => markup.paragraph(&words(content)),
            Element::Heading(heading) => markup.paragraph(&words(&heading.content)),
            Element::Table(table) => lost += rows(markup, table, depth),
            Element::List(list) => lost += items(markup, list, depth),
            Element::TextBox(text_box) => lost += elements(markup, &text_box.content, depth + 1),
            Element::Footnote(note) => lost += elements(markup, &note.content, depth + 1),
            _ => {}
        }
    }
    lost
}

fn items(markup: &mut Markup, list: &List, depth: usize) -> usize {
    if depth > DEEPEST {
        return list.items.len();
    }
    let mut lost = 0;
    for item in &list.items {
        lost += elements(markup, &item.content, depth + 1);
        lost += item.nested.as_ref().map_or(0, |nested| items(markup, nested, depth + 1));
    }
    lost
}

fn rows(markup: &mut Markup, table: &Table, depth: usize) -> usize {
    let mut lost = 0;
    markup.begin_table();
    for row in &table.rows {
        markup.begin_row();
        for cell in &row.cells {
            markup.begin_cell(cell.col_span, cell.row_span);
            lost += elements(markup, &cell.content, depth + 1);
            markup.end_cell();
        }
        markup.end_row();
    }
    markup.end_table();
    lost
}

/// What is struck out, raised above the line or set below it is no part of the words: in a cell it would become digits of its number.
fn words(content: &[InlineContent]) -> String {
    let mut text = String::new();
    for piece in content {
        match piece {
            InlineContent::Text(span) if span.strikethrough || is_shifted(span.vertical_align.as_ref()) => {}
            InlineContent::Text(span) => text.push_str(&span.text),
            InlineContent::LineBreak => text.push('\n'),
            _ => {}
        }
    }
    text
}

fn is_shifted(align: Option<&VerticalAlign>) -> bool {
    matches!(align, Some(VerticalAlign::Superscript | VerticalAlign::Subscript))
}
