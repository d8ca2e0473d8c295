//! The core: one document in, one record out. No disk, no clock, no other document.

use crate::check::check;
use crate::decode::decode;
use crate::extract::{Extracted, extract};
use crate::identify::identify;
use crate::knowledge::Knowledge;
use crate::medium::{Decoded, Decoding, Media};
use crate::model::{Basis, Class, Document, Format, Identity, Source};
use crate::parse::fold::Page;
use crate::parse::parse;
use crate::record::{Attached, Reason, Record, Reject};

/// A report has some hundred paragraphs and cells, a province's collection of all its counties' some ten thousand.
const MOST_BLOCKS: usize = 500_000;

/// The published name of characters in a wrong encoding.
const MOJIBAKE: &str = "mojibake";

/// A line that names a file is at most so long, in bytes.
const LONGEST_NAME: usize = 240;

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
    let damage = with_mended(damage, decoding);
    let checks = check(knowledge, format_name(knowledge, format), &identity, &observations, &partitions);
    Ok(Record { source, decoding, document, attached: Vec::new(), identity, format, damage, observations, checks })
}

/// Mended characters are damage that the text no longer shows.
fn with_mended(mut damage: Vec<&'static str>, decoding: Decoding) -> Vec<&'static str> {
    if decoding.mended && !damage.contains(&MOJIBAKE) {
        damage.push(MOJIBAKE);
        damage.sort_unstable();
    }
    damage
}

/// Names of files that may hold the tables of a report which has none itself: files called like it, files that it links
/// to, files that a line of it names.
pub fn missing_tables(knowledge: &Knowledge, record: &Record) -> Vec<String> {
    let is_report = record.identity.class.is_some_and(|(class, _)| class == Class::Report);
    if !is_report || record.format != Format::Narrative {
        return Vec::new();
    }
    let own = record.source.path.rsplit('/').next().unwrap_or_default();
    let stem = own.rsplit_once('.').map_or(own, |(stem, _)| stem);
    let like_it = Media::ENDINGS.iter().map(|ending| format!("{stem}{ending}"));
    let mut names: Vec<String> = like_it.chain(record.document.links.iter().cloned()).collect();
    let lines = record.document.blocks.iter().map(|block| record.document.words(block.span));
    for line in lines.filter(|line| line.len() <= LONGEST_NAME && Media::is_named(line)) {
        let words = knowledge.damage.attached_tables.iter();
        // Where in the line the name begins is not said.
        if words.clone().any(|word| line.contains(word.as_str())) {
            names.extend(line.char_indices().filter_map(|(at, _)| line.get(at..)).map(str::to_owned));
        }
    }
    names.retain(|name| name != own && !name.contains(['/', '\\']));
    names
}

/// Reads a report again together with the files that are attached to it, if their tables are a form's.
pub fn attach(knowledge: &Knowledge, record: Record, files: Vec<(String, Decoded)>) -> Record {
    let mut whole = record.clone();
    for (path, decoded) in files {
        let document = parse(decoded);
        if is_of_another(knowledge, &record.identity, &document, &path) {
            continue;
        }
        let start = whole.document.attach(&document);
        whole.attached.push(Attached { path, start });
    }
    if whole.attached.is_empty() {
        return record;
    }
    let page = Page::new(&knowledge.variants, &whole.document);
    let Extracted { observations, partitions, format, damage } =
        extract(knowledge, &whole.document, &page, whole.identity.year);
    let has_table = |attached: &Attached| {
        let places =
            observations.iter().filter(|figure| figure.basis == Basis::Cell).map(|figure| figure.quote.start as usize);
        places.filter_map(|place| whole.attached_at(place)).any(|found| found == attached)
    };
    if format == Format::Narrative || !whole.attached.iter().all(has_table) {
        return record;
    }
    let damage = with_mended(damage, whole.decoding);
    let checks = check(knowledge, format_name(knowledge, format), &whole.identity, &observations, &partitions);
    Record { format, damage, observations, checks, ..whole }
}

/// Whether a file says that it is about another year, place or body than the report that it would be attached to.
fn is_of_another(knowledge: &Knowledge, report: &Identity, document: &Document, path: &str) -> bool {
    let page = Page::new(&knowledge.variants, document);
    // The folder is the report's own and tells nothing of the file.
    let file = identify(knowledge, document, &page, path.rsplit('/').next().unwrap_or(path));
    let differ = |one: Option<&str>, other: Option<&str>| {
        one.zip(other).is_some_and(|(one, other)| !one.contains(other) && !other.contains(one))
    };
    let years = report.year.zip(file.year).is_some_and(|(one, other)| one != other);
    let places = report.place.zip(file.place).is_some_and(|(one, other)| one != other);
    years || places || differ(report.issuer.as_deref(), file.issuer.as_deref())
}

/// The published name of a format.
pub fn format_name(knowledge: &Knowledge, format: Format) -> &str {
    match format {
        Format::Narrative => "narrative",
        Format::Form(form) => knowledge.forms.get(usize::from(form)).map_or("narrative", |form| &form.id),
    }
}
