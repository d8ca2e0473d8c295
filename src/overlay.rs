//! Reviewed corrections: what a person has read in a document, and the program has not. They are applied last, stay
//! through rebuilds, and say so when they no longer fit.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::OnceLock;

use encoding_rs::{Encoding, GB18030, UTF_8};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::knowledge::{Knowledge, MetricKind};
use crate::model::{ApplicantId, Basis, Bound, Class, MetricId, Observation, Section, Span, TOTAL};
use crate::number;
use crate::record::Record;

/// The columns of the file.
const HEADER: &str = "report,metric,applicant,old,new,reason,source";

/// Digits of a `report_id`.
const ID_LENGTH: usize = 16;

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
    /// What became of it in the document; nothing where no document has this id.
    met: OnceLock<Met>,
}

/// What a correction met with in its document.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Met {
    /// The old value: it was replaced.
    Applied,
    /// Another value, or none: it was left alone.
    Chosen(Option<i64>),
}

/// All corrections of a build.
#[derive(Debug, Default)]
pub struct Overlay {
    corrections: Vec<Correction>,
    /// Those of each document.
    by_report: HashMap<String, Vec<usize>>,
    /// Hash of the file: a part of the build's name.
    pub hash: Option<blake3::Hash>,
}

impl Overlay {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.corrections.len()
    }

    /// Reads the file, if there is one: `report,metric,applicant,old,new,reason,source`.
    ///
    /// # Errors
    /// [`Error::Usage`] with the line and what is wrong in it.
    pub fn load(knowledge: &Knowledge, path: Option<&Path>) -> Result<Overlay, Error> {
        let Some(path) = path else { return Ok(Overlay::default()) };
        let name = path.display().to_string();
        let refuse = |error| Error::Usage(format!("{name} (overlay.file of the configuration): {error}"));
        Overlay::parse(knowledge, &name, &std::fs::read(path).map_err(refuse)?)
    }

    /// Reads the text of the file, which is called so.
    ///
    /// # Errors
    /// [`Error::Usage`] with the line and what is wrong in it.
    pub fn parse(knowledge: &Knowledge, name: &str, bytes: &[u8]) -> Result<Overlay, Error> {
        let refuse = |what: String| Error::Usage(format!("{name}{what}"));
        // A spreadsheet in China saves CSV in the system's encoding.
        let encoding = if Encoding::utf8_valid_up_to(bytes) == bytes.len() { UTF_8 } else { GB18030 };
        let (text, _, damaged) = encoding.decode(bytes);
        if damaged {
            return Err(refuse(" is neither UTF-8 nor GB18030; save it as UTF-8".to_owned()));
        }
        let mut overlay = Overlay { hash: Some(blake3::hash(bytes)), ..Overlay::default() };
        let mut known: BTreeMap<(String, MetricId, Option<ApplicantId>), u64> = BTreeMap::new();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let csv = |error: csv::Error| refuse(format!(": {error}"));
        let header = reader.headers().map_err(csv)?.clone();
        let columns: Vec<&str> = HEADER.split(',').collect();
        if header.len() != columns.len() || !columns.iter().all(|column| header.iter().any(|one| one == *column)) {
            return Err(refuse(format!(":1: the first line is not {HEADER}")));
        }
        for row in reader.records() {
            let row = row.map_err(csv)?;
            // Its place is where the line before it ends; empty lines are passed over.
            let (start, line) = row.position().map_or((0, 0), |place| (place.byte(), place.line()));
            let before = text.get(usize::try_from(start).unwrap_or(0)..).unwrap_or_default();
            let line = line + before.lines().take_while(|line| line.trim().is_empty()).map(|_| 1).sum::<u64>();
            if row.iter().any(|field| field.contains('\n')) {
                return Err(refuse(format!(
                    ":{line}: a field goes on over the end of the line; is a quote not closed?"
                )));
            }
            let row: Line = row.deserialize(Some(&header)).map_err(csv)?;
            let one = correction(knowledge, &row, line).map_err(|what| refuse(format!(":{line}: {what}")))?;
            if let Some(first) = known.insert((one.report.clone(), one.metric, one.applicant), line) {
                return Err(refuse(format!(":{line}: line {first} corrects the same figure; keep one of them")));
            }
            overlay.by_report.entry(one.report.clone()).or_default().push(overlay.corrections.len());
            overlay.corrections.push(one);
        }
        Ok(overlay)
    }

    /// What became of each correction so far, by its number.
    pub fn met(&self) -> BTreeMap<usize, Met> {
        self.corrections.iter().enumerate().filter_map(|(at, one)| Some((at, *one.met.get()?))).collect()
    }

    /// Takes note of what became of corrections elsewhere.
    pub fn meet(&self, met: &BTreeMap<usize, Met>) {
        for (at, met) in met {
            let _ = self.corrections.get(*at).map(|one| one.met.set(*met));
        }
    }

    /// Whether anything is said of a report.
    pub fn corrects(&self, report_id: &str) -> bool {
        self.by_report.contains_key(report_id)
    }

    /// The reports of which anything is said.
    pub fn reports(&self) -> impl Iterator<Item = &str> {
        self.by_report.keys().map(String::as_str)
    }

    /// Applies what is said of a report.
    pub fn apply(&self, record: &mut Record) {
        if !matches!(record.identity.class, Some((Class::Report, _))) {
            return;
        }
        let wanted = self.by_report.get(&record.source.report_id).into_iter().flatten();
        for correction in wanted.filter_map(|at| self.corrections.get(*at)) {
            let same = |one: &Observation| (one.metric, one.applicant) == (correction.metric, correction.applicant);
            let chosen = record.observations.iter().position(|one| one.chosen && same(one));
            let old = chosen.and_then(|at| record.observations.get_mut(at));
            let value = old.as_ref().and_then(|old| old.value);
            if value != correction.old {
                let _ = correction.met.set(Met::Chosen(value));
                continue;
            }
            let said = old.map(|old| {
                old.chosen = false;
                old.clone()
            });
            record.observations.push(correction.observation(said));
            let _ = correction.met.set(Met::Applied);
        }
    }

    /// Those that were not, because the document is not there, or is read otherwise by now; `copies` are the documents
    /// whose figures another one gives.
    pub fn stale(&self, knowledge: &Knowledge, copies: &BTreeMap<String, String>) -> Vec<String> {
        let told = self.corrections.iter().filter_map(|one| {
            let applicant = one.applicant.and_then(|at| knowledge.cells.applicants.get(usize::from(at)));
            let applicant = applicant.map_or(String::new(), |applicant| format!("@{}", applicant.id));
            let name = format!("{}{applicant}", knowledge.catalogue.metric(one.metric).id);
            let print = |value: Option<i64>| value.map_or_else(|| "nothing".to_owned(), number::print);
            let why = match (copies.get(&one.report), one.met.get()) {
                (Some(kept), _) => format!("{} is a copy of {kept}, whose figures are used: correct those", one.report),
                (None, Some(Met::Applied)) => return None,
                (None, Some(Met::Chosen(found))) => {
                    format!("{} says {name} = {}, not {}", one.report, print(*found), print(one.old))
                }
                (None, None) => format!("no report has the id {}", one.report),
            };
            Some(format!("line {}: {why}", one.line))
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

fn correction(knowledge: &Knowledge, row: &Line, line: u64) -> Result<Correction, String> {
    let metric = knowledge.catalogue.find(&row.metric);
    let metric = metric.ok_or_else(|| format!("no metric is called {:?}; metrics.parquet lists them", row.metric))?;
    let applicants = &knowledge.cells.applicants;
    let applicant = match (row.applicant.as_str(), knowledge.forms.by_applicant(metric)) {
        ("", false) => None,
        (name, false) => return Err(format!("{} has no applicants, and {name:?} is given", row.metric)),
        (name, true) => {
            let name = if name.is_empty() { TOTAL } else { name };
            let at = applicants.iter().position(|known| known.id == name).and_then(|at| ApplicantId::try_from(at).ok());
            let known: Vec<&str> = applicants.iter().map(|known| known.id.as_str()).collect();
            Some(at.ok_or_else(|| format!("no applicant is called {name:?}; there are {}", known.join(", ")))?)
        }
    };
    let kind = knowledge.catalogue.metric(metric).kind;
    let value = |text: &str, name: &str| {
        let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
        let found = number::parse(digits).filter(|found| found.len == digits.len()).map(|found| found.value * sign);
        match found {
            None if text.is_empty() => Ok(None),
            None => Err(format!("{name} is {text:?}, which is no number; leave it empty for no value")),
            Some(value) if value < 0 && kind != MetricKind::Signed => {
                Err(format!("{name} is {text}, and {} is never negative", row.metric))
            }
            Some(value) if value % number::ONE != 0 && matches!(kind, MetricKind::Count | MetricKind::Signed) => {
                Err(format!("{name} is {text}, and {} counts whole ones", row.metric))
            }
            value => Ok(value),
        }
    };
    let report = row.report.to_ascii_lowercase();
    if report.len() != ID_LENGTH || !report.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("report is {:?}; it is a report_id, of {ID_LENGTH} hexadecimal digits", row.report));
    }
    if row.reason.is_empty() || row.source.is_empty() {
        return Err("reason and source are wanted: who reads the dataset must be able to check".to_owned());
    }
    Ok(Correction {
        line,
        report,
        metric,
        applicant,
        old: value(&row.old, "old")?,
        new: value(&row.new, "new")?,
        note: format!("{} ({})", row.reason, row.source),
        met: OnceLock::new(),
    })
}
