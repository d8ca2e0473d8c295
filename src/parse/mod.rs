//! A decoded document becomes text with blocks: paragraphs and the cells of tables. Never fails.

pub mod fold;
mod grid;
mod html;
mod plain;

use crate::medium::{Decoded, Media};
use crate::model::Document;

/// Parses a document.
pub fn parse(decoded: Decoded) -> Document {
    match decoded.decoding.media {
        Media::Text => plain::parse(decoded.text),
        // What is not text has become markup.
        _ => html::parse(&decoded.text),
    }
}
