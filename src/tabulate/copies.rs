//! Which documents say the same again, and which one speaks for a place and year.
//!
//! In this order, each among the documents that no line before has made copies:
//!
//! 1. `exact`: the same bytes. The first path is kept.
//! 2. `same_text`: the same words, whatever the blanks, the encoding and the file; `mirror` when one of them is in the
//!    other script.
//! 3. `mirror`: the same place, level, year and figures; or, where a place is not settled or is that of many bodies, the
//!    same year, five figures or more, and nearly the same prose.
//! 4. `restated`: the same place, level and year with other figures. It stays a report; the latest speaks.
//!    `summary`: the same, of a report that sums up an area beside one that does not. It stays a report too.
//!
//! Of copies that is kept which has figures, is not converted to the other script, has a place, has fewer kinds of damage,
//! and has the first path, in this order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, IntoColumn, LazyFrame, NamedFrom, PolarsResult, Series, col};

use super::facts::{DOCUMENT, FIGURES, SKETCH, WORDS};
use super::likeness::{Figures, Sketch};
use crate::error::Error;

/// Without a place the figures of two reports must be so many, and not zero, …
const TOLD: usize = 5;

/// … and so many in a hundred parts of their prose alike.
const ALIKE: usize = 90;

/// Level, code and year for which a report speaks.
pub(super) type Key = (String, String, i64);

/// One document as far as copies are concerned.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// Number in the sorted corpus; rejects have numbers too.
    pub number: i64,
    /// Its published name.
    pub report_id: String,
    /// What it speaks for, when it is the report of a place's government.
    pub key: Option<Key>,
    /// Its figures, when it is a report.
    pub figures: Option<Figures>,
    /// Its prose, when it is a report.
    pub sketch: Option<Sketch>,
    /// Hash of its words.
    words: String,
    year: Option<i64>,
    issuer: String,
    place: String,
    is_summary: bool,
    converted: bool,
    damages: usize,
    published: Option<i64>,
    observations: i64,
}

/// What was found out about one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    /// Place among the documents.
    pub(super) at: usize,
    /// Place of the one that is kept.
    of: usize,
    /// exact, `same_text`, mirror, restated or summary.
    pub(super) kind: &'static str,
}

/// Finds the copies among the documents of all parts.
pub(super) fn find(documents: &[Document]) -> Vec<Copy> {
    let mut found = Copies { documents, copies: BTreeMap::new() };
    found.group("exact", |document| Some(document.report_id.clone()), |_, _| true);
    found.group("same_text", |document| Some(document.words.clone()), |_, _| true);
    found.group("mirror", |document| Some((document.key.clone()?, document.figures.clone()?)), |_, _| true);
    found.group(
        "mirror",
        |document| Some((document.year?, document.figures.clone().filter(|figures| figures.told >= TOLD)?)),
        Document::mirrors,
    );
    found.restatements();
    found.resolved()
}

impl Document {
    /// The first is kept.
    fn rank(&self) -> (bool, bool, bool, usize, i64) {
        (self.observations == 0, self.converted, self.place.is_empty(), self.damages, self.number)
    }

    /// Whether two reports with the same figures are one, so far as their prose and what is known of their bodies tell.
    fn mirrors(&self, other: &Document) -> bool {
        let agree = |mine: &str, theirs: &str| mine == theirs || mine.is_empty() || theirs.is_empty();
        let alike = self.sketch.as_ref().zip(other.sketch.as_ref()).map(|(mine, theirs)| mine.alike(theirs));
        let known = self.key.is_none() || other.key.is_none();
        known
            && agree(&self.place, &other.place)
            && (agree(&self.issuer, &other.issuer) || self.place.is_empty() || other.place.is_empty())
            && alike.is_some_and(|alike| alike >= ALIKE)
    }
}

impl Copy {
    /// Whether it is a report of its own all the same.
    fn stays(&self) -> bool {
        matches!(self.kind, "restated" | "summary")
    }
}

struct Copies<'d> {
    documents: &'d [Document],
    copies: BTreeMap<usize, Copy>,
}

impl Copies<'_> {
    /// Documents with the same key are copies of the best of them, where `same` agrees.
    fn group<K: Ord>(
        &mut self,
        kind: &'static str,
        key: impl Fn(&Document) -> Option<K>,
        same: impl Fn(&Document, &Document) -> bool,
    ) {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (at, document) in self.documents.iter().enumerate() {
            if let Some(key) = key(document).filter(|_| !self.copies.contains_key(&at)) {
                groups.entry(key).or_default().push(at);
            }
        }
        for mut group in groups.into_values().filter(|group| group.len() > 1) {
            group.sort_by_key(|at| self.documents[*at].rank());
            let mut kept: Vec<usize> = Vec::new();
            for at in group {
                let document = &self.documents[at];
                let Some(of) = kept.iter().copied().find(|of| same(&self.documents[*of], document)) else {
                    kept.push(at);
                    continue;
                };
                let converted = document.converted != self.documents[of].converted;
                let kind = if converted && kind == "same_text" { "mirror" } else { kind };
                self.copies.insert(at, Copy { at, of, kind });
            }
        }
    }

    /// A body's own report speaks before a summary of its area; of restatements the one published last, then the one
    /// with more figures, then the first path.
    fn restatements(&mut self) {
        let mut groups: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
        for (at, document) in self.documents.iter().enumerate() {
            if let (Some(key), false) = (&document.key, self.copies.contains_key(&at)) {
                groups.entry(key).or_default().push(at);
            }
        }
        for mut group in groups.into_values() {
            group.sort_by_key(|at| {
                let document = &self.documents[*at];
                (document.is_summary, Reverse((document.published, document.observations)), *at)
            });
            let Some((speaker, others)) = group.split_first() else { continue };
            for at in others {
                let beside_own = self.documents[*at].is_summary && !self.documents[*speaker].is_summary;
                let kind = if beside_own { "summary" } else { "restated" };
                self.copies.insert(*at, Copy { at: *at, of: *speaker, kind });
            }
        }
    }

    /// A copy of a copy is one of the document that is kept.
    fn resolved(self) -> Vec<Copy> {
        let kept = |mut of: usize| {
            while let Some(copy) = self.copies.get(&of).filter(|copy| !copy.stays()) {
                of = copy.of;
            }
            of
        };
        self.copies.values().map(|copy| Copy { of: kept(copy.of), ..copy.clone() }).collect()
    }
}

/// Reads what tells copies from the parts of a run.
///
/// # Errors
/// When the parts cannot be read.
pub(super) fn load(reports: LazyFrame) -> Result<Vec<Document>, Error> {
    read(reports).map_err(|source| Error::table("reports", source))
}

fn read(reports: LazyFrame) -> PolarsResult<Vec<Document>> {
    let texts = [
        "report_id",
        "document_class",
        WORDS,
        FIGURES,
        SKETCH,
        "issuer_level",
        "issuer",
        "scope",
        "script",
        "damage",
        "province_code",
        "prefecture_code",
        "county_code",
        "township_code",
    ];
    let numbers = [DOCUMENT, "report_year", "published", "observations"];
    let columns: Vec<_> = texts.iter().chain(&numbers).map(|name| col(*name)).collect();
    let frame = reports.select(columns).collect()?;
    let text = texts.map(|name| frame.column(name).and_then(|column| column.str().cloned()));
    let number = numbers.map(|name| frame.column(name)?.cast(&DataType::Int64)?.i64().cloned());
    let [ids, classes, words, figures, sketches, levels, issuers, scopes, scripts, damages, codes @ ..] = text;
    let (ids, classes, words, figures, sketches) = (ids?, classes?, words?, figures?, sketches?);
    let (levels, issuers, scopes, scripts, damages) = (levels?, issuers?, scopes?, scripts?, damages?);
    let codes = codes.into_iter().collect::<PolarsResult<Vec<_>>>()?;
    let [numbers, years, published, observations] = number;
    let (numbers, years, published, observations) = (numbers?, years?, published?, observations?);
    let owned = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let document = |at: usize| {
        let report = classes.get(at) == Some("report");
        let level = levels.get(at);
        let own = ["province", "prefecture", "county", "township"].iter().position(|name| Some(*name) == level);
        let code = own.and_then(|own| codes.get(own)?.get(at));
        let key = code.zip(years.get(at)).filter(|_| report);
        Document {
            number: numbers.get(at).unwrap_or(-1),
            report_id: owned(ids.get(at)),
            key: key.map(|(code, year)| (owned(level), code.to_owned(), year)),
            figures: figures.get(at).and_then(Figures::parse).filter(|_| report),
            sketch: sketches.get(at).and_then(Sketch::parse).filter(|_| report),
            words: owned(words.get(at)),
            year: years.get(at),
            issuer: owned(issuers.get(at)),
            place: owned(codes.iter().rev().find_map(|codes| codes.get(at))),
            is_summary: scopes.get(at) == Some("summary"),
            converted: scripts.get(at) == Some("hant"),
            damages: damages.get(at).map_or(0, |damages| damages.split(',').count()),
            published: published.get(at),
            observations: observations.get(at).unwrap_or(0),
        }
    };
    Ok((0..frame.height()).map(document).collect())
}

/// The copies as a frame: document, `duplicate_of`, `duplicate_kind`.
///
/// # Errors
/// Never in practice.
pub(super) fn frame(documents: &[Document], copies: &[Copy]) -> PolarsResult<DataFrame> {
    let numbers: Vec<i64> = copies.iter().map(|copy| documents[copy.at].number).collect();
    let of: Vec<&str> = copies.iter().map(|copy| documents[copy.of].report_id.as_str()).collect();
    let kinds: Vec<&str> = copies.iter().map(|copy| copy.kind).collect();
    let columns = vec![
        Series::new("document".into(), numbers).into_column(),
        Series::new("duplicate_of".into(), of).into_column(),
        Series::new("duplicate_kind".into(), kinds).into_column(),
    ];
    DataFrame::new(copies.len(), columns)
}
