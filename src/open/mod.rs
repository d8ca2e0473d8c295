//! Files that are not text become pages: Word, Excel and their WPS kin, PDF, RTF, `OpenDocument`, saved web archives.
//!
//! Each reader writes what a person sees as simple markup, and [`crate::parse`] takes it from there: there is one way
//! from tables with merged cells to the grid, whatever they were saved as. These readers follow offsets and lengths
//! that a stranger wrote into the file, so they run in a process of their own, see [`crate::reader`].

mod blank;
mod markup;
mod mime;
mod odf;
mod pdf;
mod rtf;
mod sheet;
mod word;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::medium::Media;
use crate::record::{Reason, Reject};

/// A file as a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Markup that [`crate::parse`] reads.
    pub markup: String,
    /// Pieces that are missing: glyphs without a meaning, parts that could not be read.
    pub errors: u32,
}

impl Page {
    /// A page of this markup, without what is no word and may be meant for a terminal.
    fn new(markup: String, errors: usize) -> Page {
        let foreign = |one: char| one.is_control() && !matches!(one, '\n' | '\t');
        let markup = if markup.contains(foreign) { markup.replace(foreign, " ") } else { markup };
        Page { markup, errors: u32::try_from(errors).unwrap_or(u32::MAX) }
    }
}

/// Reads a file of a kind that [`crate::decode::Kind`] told.
///
/// # Errors
/// Says why there is no text: damaged, encrypted, pictures of pages only.
pub fn open(media: Media, bytes: Vec<u8>) -> Result<Page, Reject> {
    // A damaged file that its reader did not think of is no more than that.
    catch_unwind(AssertUnwindSafe(|| read(media, bytes)))
        .unwrap_or_else(|_| Err(reject(Reason::Panic, "it is damaged in a way that its reader does not survive")))
}

fn read(media: Media, bytes: Vec<u8>) -> Result<Page, Reject> {
    match media {
        Media::Docx | Media::Doc => word::read(media, bytes),
        Media::Xlsx | Media::Xls => sheet::read(media, bytes),
        Media::Pdf => pdf::read(bytes),
        Media::Rtf => rtf::read(&bytes),
        Media::Odt => odf::read(bytes),
        Media::Mhtml => mime::read(&bytes),
        Media::Text | Media::Html => Err(reject(Reason::Unreadable, "a text needs no reader")),
    }
}

fn reject(reason: Reason, detail: impl Into<String>) -> Reject {
    Reject { stage: "decode", reason, detail: detail.into() }
}
