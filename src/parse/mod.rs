//! A decoded document becomes text with blocks: paragraphs and the cells of tables. Never fails.

pub mod fold;
mod grid;
mod html;
mod plain;

use crate::model::{Decoded, Document, Media};

/// Parses a document.
pub fn parse(media: Media, decoded: Decoded) -> Document {
    match media {
        Media::Text => plain::parse(decoded.text),
        Media::Html => html::parse(&decoded.text),
    }
}
