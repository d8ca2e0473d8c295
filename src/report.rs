//! The core: one document in, one record out. No disk, no clock, no other document.

use crate::check::check;
use crate::decode::decode;
use crate::extract::{Extracted, extract};
use crate::identify::identify;
use crate::knowledge::Knowledge;
use crate::medium::Decoded;
use crate::model::{Class, Format, Source};
use crate::parse::fold::Page;
use crate::parse::parse;
use crate::record::{Reason, Record, Reject};

/// A report has some hundred paragraphs and cells, a province's collection of all its counties' some ten thousand.
const MOST_BLOCKS: usize = 500_000;

/// Reads one text or web page.
///
/// # Errors
/// Says in which stage and why, when the bytes hold no text that can be read.
pub fn read(knowledge: &Knowledge, source: Source, bytes: &[u8]) -> Result<Record, Reject> {
    study(knowledge, source, decode(&knowledge.charset, bytes)?)
}

/// Reads what was decoded: what [`read`] does with a text, and what is done with the page of any other document.
///
/// # Errors
/// When nothing of it can be seen.
pub fn study(knowledge: &Knowledge, source: Source, decoded: Decoded) -> Result<Record, Reject> {
    let decoding = decoded.decoding;
    let document = parse(decoded);
    if document.blocks.len() > MOST_BLOCKS {
        let detail = format!("more than {MOST_BLOCKS} paragraphs and cells");
        return Err(Reject { stage: "parse", reason: Reason::TooLarge, detail });
    }
    if document.blocks.is_empty() {
        return Err(Reject { stage: "parse", reason: Reason::Empty, detail: "the page shows no text".to_owned() });
    }
    let page = Page::new(&knowledge.variants, &document);
    let identity = identify(knowledge, &document, &page, &source.path);
    let is_report = identity.class.is_some_and(|(class, _)| class == Class::Report);
    let Extracted { observations, partitions, format, damage } =
        if is_report { extract(knowledge, &document, &page, identity.year) } else { Extracted::default() };
    let checks = check(knowledge, format_name(knowledge, format), &identity, &observations, &partitions);
    Ok(Record { source, decoding, document, identity, format, damage, observations, checks })
}

/// The published name of a format.
pub fn format_name(knowledge: &Knowledge, format: Format) -> &str {
    match format {
        Format::Narrative => "narrative",
        Format::Form(form) => knowledge.forms.get(usize::from(form)).map_or("narrative", |form| &form.id),
    }
}
