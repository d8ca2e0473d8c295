//! PDF documents with a text layer, through `hayro`: glyphs and ruled lines become paragraphs and tables.

mod ink;
mod lines;
mod table;

use hayro_syntax::{LoadPdfError, Pdf};

use super::markup::Markup;
use super::{Page, reject};
use crate::record::{Reason, Reject};
use lines::Piece;

/// More pages than this are no annual report.
const MOST_PAGES: usize = 500;

/// Reads a document.
pub(super) fn read(bytes: Vec<u8>) -> Result<Page, Reject> {
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(_) => reject(Reason::Encrypted, "the document is protected by a password"),
        LoadPdfError::Invalid => reject(Reason::Unreadable, "the document is damaged: no page can be found"),
    })?;
    let count = pdf.pages().len();
    if count > MOST_PAGES {
        return Err(reject(Reason::TooLarge, format!("{count} pages; the limit is {MOST_PAGES}")));
    }
    let inks = ink::collect(&pdf);
    let glyphs: usize = inks.iter().map(|ink| ink.glyphs.len()).sum();
    let unknown: usize = inks.iter().map(|ink| ink.unknown).sum();
    let pictures: usize = inks.iter().map(|ink| ink.pictures).sum();
    if glyphs == 0 {
        return Err(match pictures {
            0 => reject(Reason::Empty, format!("{count} pages without any text")),
            _ => reject(Reason::NeedsOcr, format!("{count} pages of pictures, without a text layer")),
        });
    }
    // The shapes can be seen, but the file does not say which characters they are.
    if unknown * 2 > glyphs {
        let detail = format!("{unknown} of {glyphs} characters on {count} pages have a shape but no meaning");
        return Err(reject(Reason::NeedsOcr, detail));
    }
    let pages: Vec<Vec<Piece>> = inks.into_iter().map(|ink| table::pieces(ink.glyphs, ink.rules)).collect();
    let mut markup = Markup::default();
    let cut = lines::write(&mut markup, pages);
    Ok(Page::new(markup.finish(), unknown + cut))
}
