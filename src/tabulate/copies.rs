//! Which documents say the same again, and which one speaks for a place and year.
//!
//! In this order, each among the documents that no line before has made copies:
//!
//! 1. `exact`: the same bytes. The first path is kept.
//! 2. `same_text`: the same words, whatever the blanks, the encoding and the file, unless they are settled in different
//!    places; `mirror` when one of them is in the other script.
//! 3. `mirror`: the same body, year and figures; or, where a body is not settled, the same year, five figures or more, and
//!    nearly the same prose.
//! 4. `restated`: the same body and year with other figures. It stays a report; the latest speaks.
//!    `summary`: the same, of a report that sums up an area beside one that does not. It stays a report too.
//!
//! Of copies that is kept which has figures, is not converted to the other script, has a place, has fewer kinds of damage,
//! has more figures, has a date, and has the first path, in this order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::facts::{DOCUMENT, FIGURES, SKETCH, WORDS};
use super::likeness::{Figures, Sketch};
use super::parts::Parts;
use crate::error::Error;
use crate::model::Level;

/// Without a place the figures of two reports must be so many, and not zero, …
const TOLD: usize = 5;

/// … and so many in a hundred parts of their prose alike.
const ALIKE: usize = 90;

/// What is read of each document: texts, …
const TEXTS: [&str; 18] = [
    "report_id",
    "path",
    "document_class",
    WORDS,
    FIGURES,
    SKETCH,
    "issuer_level",
    "issuer",
    "scope",
    "script",
    "damage",
    "province",
    "prefecture",
    "county",
    "province_code",
    "prefecture_code",
    "county_code",
    "township_code",
];

/// … and numbers.
const NUMBERS: [&str; 4] = [DOCUMENT, "report_year", "published", "observations"];

/// For whom a report speaks: the government of a place, or one of its departments.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub level: &'static str,
    /// Of the place.
    pub code: Box<str>,
    /// The name of a department without that of the place; empty for a government.
    pub name: Box<str>,
    pub year: i64,
}

/// One document as far as copies are concerned: those of the whole corpus are in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// Number in the order of reading; rejects have numbers too.
    pub number: i64,
    /// Whether its tables are another document's.
    pub is_attached: bool,
    /// Where it lies: what decides when nothing else does.
    path: Box<str>,
    /// Its published name.
    pub report_id: Box<str>,
    /// Whom it speaks for, when it is a report.
    pub key: Option<Key>,
    /// Its figures, when it is a report.
    pub figures: Option<Figures>,
    /// Its prose, when it is a report.
    pub sketch: Option<Sketch>,
    /// The first half of the hash of its words.
    words: u128,
    year: Option<i64>,
    issuer: Box<str>,
    place: Box<str>,
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
    pub(super) of: usize,
    /// exact, `same_text`, mirror, restated or summary.
    pub(super) kind: &'static str,
}

/// Finds the copies among the documents of all parts.
pub(super) fn find(documents: &[Document]) -> Vec<Copy> {
    let mut found = Copies { documents, copies: BTreeMap::new() };
    found.group("exact", |document| Some(document.report_id.clone()), |_, _| true);
    found.group("same_text", |document| Some(document.words), Document::is_placed_with);
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
    fn rank(&self) -> impl Ord + '_ {
        let settled = (self.observations == 0, self.converted, self.place.is_empty(), self.damages);
        (settled, Reverse(self.observations), self.published.is_none(), &self.path)
    }

    /// Whether the place of one is that of the other, or lies in it, or is not known.
    fn is_placed_with(&self, other: &Document) -> bool {
        self.place.starts_with(&*other.place) || other.place.starts_with(&*self.place)
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
    pub(super) fn stays(&self) -> bool {
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
            group.sort_by(|one, other| self.documents[*one].rank().cmp(&self.documents[*other].rank()));
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
            let order = |at: &usize| {
                let document = &self.documents[*at];
                (document.is_summary, Reverse((document.published, document.observations)), &document.path)
            };
            group.sort_by(|one, other| order(one).cmp(&order(other)));
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

/// Reads what tells copies from the parts of a run; documents at `attached` paths are no reports.
///
/// # Errors
/// When the parts cannot be read.
pub(super) fn load(parts: Parts<'_>, attached: &BTreeSet<String>) -> Result<Vec<Document>, Error> {
    let columns: Vec<&str> = TEXTS.into_iter().chain(NUMBERS).collect();
    let mut documents = Vec::new();
    parts.for_each(
        "reports",
        Some(&columns),
        |frame| read(&frame, attached),
        |some| {
            documents.extend(some);
            Ok(())
        },
    )?;
    Ok(documents)
}

fn read(frame: &DataFrame, attached: &BTreeSet<String>) -> PolarsResult<Vec<Document>> {
    let text = TEXTS.map(|name| frame.column(name).and_then(|column| column.str().cloned()));
    let number = NUMBERS.map(|name| frame.column(name)?.cast(&DataType::Int64)?.i64().cloned());
    let text = text.into_iter().collect::<PolarsResult<Vec<_>>>()?;
    let [ids, paths, classes, words, figures, sketches, levels, issuers, scopes, scripts, damages, places @ ..] =
        text.as_slice()
    else {
        return Ok(Vec::new());
    };
    let (names, codes) = places.split_at(3);
    let [numbers, years, published, observations] = number;
    let (numbers, years, published, observations) = (numbers?, years?, published?, observations?);
    let owned = |value: Option<&str>| Box::from(value.unwrap_or_default());
    let document = |at: usize| {
        let is_attached = paths.get(at).is_some_and(|path| attached.contains(path));
        let report = classes.get(at) == Some("report") && !is_attached;
        let place = codes.iter().rev().find_map(|codes| codes.get(at));
        let key = || {
            let level = Level::from_name(levels.get(at)?)?.name();
            let own = ["province", "prefecture", "county", "township"].iter().position(|name| *name == level);
            // A department has the place of its government, and a name.
            let (code, name) = match own {
                Some(own) => (codes.get(own)?.get(at)?, Box::default()),
                None => (place?, own_name(issuers.get(at)?, &[0, 1, 2].map(|level| names.get(level)?.get(at))).into()),
            };
            Some(Key { level, code: code.into(), name, year: years.get(at)? })
        };
        Document {
            number: numbers.get(at).unwrap_or(-1),
            is_attached,
            path: owned(paths.get(at)),
            report_id: owned(ids.get(at)),
            key: key().filter(|_| report),
            figures: figures.get(at).and_then(Figures::parse).filter(|_| report),
            sketch: sketches.get(at).and_then(Sketch::parse).filter(|_| report),
            words: words.get(at).and_then(|hash| u128::from_str_radix(hash.get(..32)?, 16).ok()).unwrap_or(0),
            year: years.get(at),
            issuer: owned(issuers.get(at)),
            place: owned(place),
            is_summary: scopes.get(at) == Some("summary"),
            converted: scripts.get(at) == Some("hant"),
            damages: damages.get(at).map_or(0, |damages| damages.split(',').count()),
            published: published.get(at),
            observations: observations.get(at).unwrap_or(0),
        }
    };
    Ok((0..frame.height()).map(document).collect())
}

/// A body's name without those of its places: 安徽省岳西县教育局 and 岳西县教育局 are one 教育局.
pub(super) fn own_name(issuer: &str, places: &[Option<&str>]) -> String {
    let mut rest = issuer;
    while let Some(inner) = places.iter().flatten().find_map(|place| rest.strip_prefix(*place)) {
        rest = inner;
    }
    rest.to_owned()
}
