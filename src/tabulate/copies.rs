//! Which documents say the same again, and which one speaks for a place and year.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, IntoColumn, LazyFrame, NamedFrom, PolarsResult, Series, col};

use super::facts::{DOCUMENT, TEXT_HASH};
use crate::error::Error;

/// One document as far as copies are concerned.
#[derive(Debug, Clone, Default)]
struct Document {
    /// Number in the sorted corpus; rejects have numbers too.
    number: i64,
    report_id: String,
    text_hash: String,
    /// Level, place and year, when the document is a report that could speak for a place.
    speaks_for: Option<(String, String, i64)>,
    published: Option<i64>,
    observations: i64,
}

/// What was found out about one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Number of the document in the sorted corpus.
    pub document: i64,
    /// The report that is kept.
    pub of: String,
    /// exact, `same_text` or restated.
    pub kind: &'static str,
}

/// Finds the copies among the documents of all parts.
///
/// The first path keeps the place among equals; among restatements the one published last speaks, then the one with
/// more figures, then the first path.
///
/// # Errors
/// When the parts cannot be read.
pub fn find(reports: LazyFrame) -> Result<Vec<Copy>, Error> {
    let documents = load(reports).map_err(|source| Error::table("reports", source))?;
    let mut copies: BTreeMap<usize, Copy> = BTreeMap::new();
    let exact = |document: &Document| Some(document.report_id.clone());
    let same_text = |document: &Document| Some(document.text_hash.clone());
    for (kind, key) in [("exact", &exact as &dyn Fn(&Document) -> Option<String>), ("same_text", &same_text)] {
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for (at, document) in documents.iter().enumerate() {
            if copies.contains_key(&at) {
                continue;
            }
            let Some(key) = key(document) else { continue };
            match first.get(&key) {
                Some(kept) => {
                    copies.insert(at, Copy { document: document.number, of: documents[*kept].report_id.clone(), kind });
                }
                None => {
                    first.insert(key, at);
                }
            }
        }
    }
    restatements(&documents, &mut copies);
    Ok(copies.into_values().collect())
}

fn restatements(documents: &[Document], copies: &mut BTreeMap<usize, Copy>) {
    let mut by_place: BTreeMap<&(String, String, i64), Vec<usize>> = BTreeMap::new();
    for (at, document) in documents.iter().enumerate() {
        if let (Some(key), false) = (&document.speaks_for, copies.contains_key(&at)) {
            by_place.entry(key).or_default().push(at);
        }
    }
    for mut group in by_place.into_values() {
        group.sort_by_key(|at| {
            let document = &documents[*at];
            (std::cmp::Reverse((document.published, document.observations)), *at)
        });
        let Some((speaker, others)) = group.split_first() else { continue };
        for at in others {
            copies.insert(
                *at,
                Copy { document: documents[*at].number, of: documents[*speaker].report_id.clone(), kind: "restated" },
            );
        }
    }
}

fn load(reports: LazyFrame) -> PolarsResult<Vec<Document>> {
    let names = [
        DOCUMENT,
        "report_id",
        "document_class",
        TEXT_HASH,
        "issuer_level",
        "province_code",
        "prefecture_code",
        "county_code",
        "township_code",
        "report_year",
        "published",
        "observations",
    ];
    let frame = reports.select(names.map(col)).collect()?;
    let text = |name: &str| frame.column(name)?.str();
    let (ids, classes, hashes, levels) =
        (text("report_id")?, text("document_class")?, text(TEXT_HASH)?, text("issuer_level")?);
    let codes = [text("province_code")?, text("prefecture_code")?, text("county_code")?, text("township_code")?];
    let number = |name: &str| frame.column(name)?.cast(&DataType::Int64);
    let (years, observations) = (number("report_year")?, number("observations")?);
    let (years, observations) = (years.i64()?, observations.i64()?);
    let published = frame.column("published")?.cast(&DataType::Int64)?;
    let published = published.i64()?;
    let numbers = frame.column(DOCUMENT)?.i64()?;
    let mut documents = Vec::with_capacity(frame.height());
    for at in 0..frame.height() {
        let owned = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let class = owned(classes.get(at));
        let level = match levels.get(at) {
            Some("province") => Some(0),
            Some("prefecture") => Some(1),
            Some("county") => Some(2),
            Some("township") => Some(3),
            _ => None,
        };
        let code = level.and_then(|level| codes[level].get(at));
        let speaks_for = match (class.as_str(), code, years.get(at)) {
            ("report", Some(code), Some(year)) => Some((owned(levels.get(at)), code.to_owned(), year)),
            _ => None,
        };
        documents.push(Document {
            number: numbers.get(at).unwrap_or(-1),
            report_id: owned(ids.get(at)),
            text_hash: owned(hashes.get(at)),
            speaks_for,
            published: published.get(at),
            observations: observations.get(at).unwrap_or(0),
        });
    }
    Ok(documents)
}

/// The copies as a frame: document, `duplicate_of`, `duplicate_kind`.
///
/// # Errors
/// Never in practice.
pub fn frame(copies: &[Copy]) -> PolarsResult<DataFrame> {
    let documents: Vec<i64> = copies.iter().map(|copy| copy.document).collect();
    let of: Vec<&str> = copies.iter().map(|copy| copy.of.as_str()).collect();
    let kinds: Vec<&str> = copies.iter().map(|copy| copy.kind).collect();
    let columns = vec![
        Series::new("document".into(), documents).into_column(),
        Series::new("duplicate_of".into(), of).into_column(),
        Series::new("duplicate_kind".into(), kinds).into_column(),
    ];
    DataFrame::new(copies.len(), columns)
}
