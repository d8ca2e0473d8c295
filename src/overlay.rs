//! Reviewed corrections: what a person has read in a document, and the program has not. They are applied last, stay
//! through rebuilds, and say so when they no longer fit.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;

use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::{ApplicantId, Basis, Bound, MetricId, Observation, Section, Span};
use crate::number;
use crate::record::Record;

/// One line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    report: String,
    metric: String,
    applicant: String,
    old: String,
    new: String,
    reason: String,
    source: String,
}

/// One correction.
#[derive(Debug)]
struct Correction {
    line: u64,
    report: String,
    metric: MetricId,
    applicant: Option<ApplicantId>,
    /// What is chosen without it; `None` for nothing.
    old: Option<i64>,
    /// What is to be chosen; `None` for nothing.
    new: Option<i64>,
    /// Why, and where that can be seen.
    note: String,
    applied: AtomicBool,
}

/// All corrections of a build.
#[derive(Debug, Default)]
pub struct Overlay {
    corrections: Vec<Correction>,
    /// Hash of the file: a part of the build's name.
    pub hash: Option<blake3::Hash>,
}

impl Overlay {
    /// Reads the file, if there is one: `report,metric,applicant,old,new,reason,source`.
    ///
    /// # Errors
    /// [`Error::Usage`] with the line and what is wrong in it.
    pub fn load(knowledge: &Knowledge, path: Option<&Path>) -> Result<Overlay, Error> {
        let Some(path) = path else { return Ok(Overlay::default()) };
        let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
        let mut corrections = Vec::new();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
        let mut rows = reader.deserialize::<Line>();
        while let Some(row) = rows.next() {
            let line = rows.reader().position().line().saturating_sub(1);
            let fault = |what: String| Error::Usage(format!("{}:{line}: {what}", path.display()));
            let row = row.map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
            corrections.push(correction(knowledge, row, line).map_err(fault)?);
        }
        Ok(Overlay { corrections, hash: Some(blake3::hash(&bytes)) })
    }

    /// Applies what is said of a document.
    pub fn apply(&self, record: &mut Record) {
        for correction in self.corrections.iter().filter(|one| one.report == record.source.report_id) {
            let same = |one: &Observation| (one.metric, one.applicant) == (correction.metric, correction.applicant);
            let chosen = record.observations.iter().position(|one| one.chosen && same(one));
            let old = chosen.and_then(|at| record.observations.get_mut(at));
            if old.as_ref().and_then(|old| old.value) != correction.old {
                continue;
            }
            let said = old.map(|old| {
                old.chosen = false;
                old.clone()
            });
            record.observations.push(correction.observation(said));
            correction.applied.store(true, Ordering::Relaxed);
        }
    }

    /// How many were applied.
    pub fn applied(&self) -> usize {
        self.corrections.iter().filter(|one| one.applied.load(Ordering::Relaxed)).count()
    }

    /// Those that were not, because the document is not there, or is read otherwise by now.
    pub fn stale(&self, knowledge: &Knowledge) -> Vec<String> {
        let stale = self.corrections.iter().filter(|one| !one.applied.load(Ordering::Relaxed));
        let told = stale.map(|one| {
            let metric = knowledge.catalogue.metric(one.metric).id;
            let old = one.old.map_or_else(|| "nothing".to_owned(), number::print);
            format!("line {}: {} does not say {metric} = {old} (any more)", one.line, one.report)
        });
        told.collect()
    }
}

impl Correction {
    /// The reviewed value, with the words of the one that it replaces.
    fn observation(&self, said: Option<Observation>) -> Observation {
        let nowhere = Observation {
            metric: self.metric,
            applicant: self.applicant,
            value: None,
            bound: Bound::Exact,
            decimals: 0,
            basis: Basis::Reviewed,
            section: Section::Other,
            stated_year: None,
            chosen: false,
            rule: 0,
            label: None,
            unit: None,
            quote: Span::new(0, 0),
        };
        Observation {
            value: self.new,
            bound: Bound::Exact,
            basis: Basis::Reviewed,
            stated_year: None,
            chosen: self.new.is_some(),
            label: Some(self.note.clone()),
            ..said.unwrap_or(nowhere)
        }
    }
}

fn correction(knowledge: &Knowledge, row: Line, line: u64) -> Result<Correction, String> {
    let metric = knowledge.catalogue.find(&row.metric);
    let metric = metric.ok_or_else(|| format!("no metric is called {:?}; metrics.parquet lists them", row.metric))?;
    let applicants = &knowledge.cells.applicants;
    let applicant = match row.applicant.as_str() {
        "" => None,
        name => {
            let at = applicants.iter().position(|known| known.id == name).and_then(|at| ApplicantId::try_from(at).ok());
            let known: Vec<&str> = applicants.iter().map(|known| known.id.as_str()).collect();
            Some(at.ok_or_else(|| format!("no applicant is called {name:?}; there are {}, or none", known.join(", ")))?)
        }
    };
    let value = |text: &str, name: &str| match text {
        "" => Ok(None),
        text => match number::parse(text) {
            Some(found) if found.len == text.len() => Ok(Some(found.value)),
            _ => Err(format!("{name} is {text:?}, which is no number; leave it empty for no value")),
        },
    };
    if row.reason.is_empty() || row.source.is_empty() {
        return Err("reason and source are wanted: who reads the dataset must be able to check".to_owned());
    }
    Ok(Correction {
        line,
        report: row.report,
        metric,
        applicant,
        old: value(&row.old, "old")?,
        new: value(&row.new, "new")?,
        note: format!("{} ({})", row.reason, row.source),
        applied: AtomicBool::new(false),
    })
}
