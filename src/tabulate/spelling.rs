//! Parts hold numbers where a table has one of a few words, and say once what holds for all rows of a document, because
//! writing words takes longer. Here they become the rows that are published.

use polars::prelude::{
    ChunkTake, Column, DataFrame, DataType, Float64Chunked, IdxCa, IdxSize, IntoColumn, NamedFrom, NewChunkedArray,
    PolarsResult, StringChunked, StringChunkedBuilder,
};

use super::columns::float;
use super::facts::DOCUMENT;
use crate::knowledge::{Knowledge, MetricKind};
use crate::model::{Basis, Bound, Observation, Section};
use crate::number;
use crate::record::Status;

/// What all rows of a document have from its own.
pub(super) const SHARED: [&str; 5] = [DOCUMENT, "report_id", "report_year", "county_code", "township_code"];

/// The number of an observation's unit: of the printed one where the metric has none of its own, or else behind all
/// printed ones that of the metric.
pub(super) fn unit_number(knowledge: &Knowledge, observation: &Observation) -> usize {
    let own = knowledge.lexicon.units().count() + usize::from(observation.metric);
    let is_fixed = knowledge.catalogue.metric(observation.metric).unit_number.is_some();
    observation.unit.filter(|_| !is_fixed).map_or(own, usize::from)
}

/// The number of an observation's rule: behind all others that of the reviewed ones.
pub(super) fn rule_number(knowledge: &Knowledge, observation: &Observation) -> usize {
    let reviewed = observation.basis == Basis::Reviewed;
    if reviewed { knowledge.rules.names().count() } else { usize::from(observation.rule) }
}

/// The words behind the numbers.
pub struct Spelling {
    metrics: StringChunked,
    applicants: StringChunked,
    bounds: StringChunked,
    units: StringChunked,
    bases: StringChunked,
    sections: StringChunked,
    rules: StringChunked,
    checks: StringChunked,
    scopes: StringChunked,
    severities: StringChunked,
    statuses: StringChunked,
}

impl Spelling {
    /// The words of this knowledge: numbers mean nothing under another.
    pub fn new(knowledge: &Knowledge) -> Spelling {
        fn list<'w>(words: impl Iterator<Item = &'w str>) -> StringChunked {
            StringChunked::from_iter_values("".into(), words)
        }
        let (metrics, checks) = (|| knowledge.catalogue.metrics.iter(), || knowledge.rules.checks.iter());
        // Where neither form nor cell prints a unit of money, nobody knows it.
        let own = metrics().map(|metric| match metric.kind {
            MetricKind::Amount if metric.unit_number.is_none() => "unknown",
            _ => metric.unit,
        });
        Spelling {
            metrics: list(metrics().map(|metric| metric.id)),
            applicants: list(knowledge.cells.applicants.iter().map(|applicant| applicant.id.as_str())),
            bounds: list(Bound::ALL.into_iter().map(Bound::name)),
            units: list(knowledge.lexicon.units().map(|unit| unit.word.as_str()).chain(own)),
            bases: list(Basis::ALL.into_iter().map(Basis::name)),
            sections: list(Section::NAMES.into_iter().map(|(_, name)| name)),
            rules: list(knowledge.rules.names().chain(["overlay"])),
            checks: list(checks().map(|rule| rule.id.as_str())),
            scopes: list(checks().map(|rule| rule.scope.name())),
            severities: list(checks().map(|rule| rule.severity.as_str())),
            statuses: list(Status::ALL.into_iter().map(Status::name)),
        }
    }

    /// Observations of documents as they are published; `reports` are those of the same part.
    ///
    /// # Errors
    /// When a column is missing, or a document.
    pub fn observations(&self, rows: &DataFrame, reports: &DataFrame) -> PolarsResult<DataFrame> {
        let documents = Documents::of(rows, reports)?;
        let mut columns = vec![documents.numbered("observation_id")?];
        for name in SHARED.into_iter().filter(|name| *name != DOCUMENT) {
            columns.push(documents.told(name)?);
        }
        columns.extend([
            spelt(rows, "metric", &self.metrics)?,
            spelt(rows, "applicant", &self.applicants)?,
            amount(rows, "value")?,
            spelt(rows, "bound", &self.bounds)?,
            spelt(rows, "unit", &self.units)?,
            spelt(rows, "basis", &self.bases)?,
            spelt(rows, "section", &self.sections)?,
        ]);
        for name in ["stated_year", "chosen", "label", "quote", "text_start", "text_end", "attachment"] {
            columns.push(rows.column(name)?.clone());
        }
        columns.push(spelt(rows, "rule", &self.rules)?);
        DataFrame::new(rows.height(), columns)
    }

    /// Checks of documents as they are published; `reports` are those of the same part.
    ///
    /// # Errors
    /// When a column is missing, or a document.
    pub fn checks(&self, rows: &DataFrame, reports: &DataFrame) -> PolarsResult<DataFrame> {
        let documents = Documents::of(rows, reports)?;
        let (left, right) = (rows.column("left")?.i64()?, rows.column("right")?.i64()?);
        let difference = left.iter().zip(right.iter()).map(|(left, right)| left?.checked_sub(right?).map(float));
        let columns = vec![
            spelt(rows, "check", &self.checks)?,
            documents.told("report_id")?,
            Column::full_null("other_report_id".into(), rows.height(), &DataType::String),
            spelt(rows, "check", &self.scopes)?.with_name("scope".into()),
            spelt(rows, "status", &self.statuses)?,
            spelt(rows, "check", &self.severities)?.with_name("severity".into()),
            amount(rows, "left")?,
            amount(rows, "right")?,
            Float64Chunked::from_iter_options("difference".into(), difference).into_column(),
            amount(rows, "tolerance")?,
            rows.column("detail")?.clone(),
        ];
        DataFrame::new(rows.height(), columns)
    }
}

/// The words of a column of numbers.
fn spelt(rows: &DataFrame, name: &str, words: &StringChunked) -> PolarsResult<Column> {
    let numbers: IdxCa = rows.column(name)?.u16()?.iter().map(|number| number.map(IdxSize::from)).collect();
    Ok(words.take(&numbers)?.with_name(name.into()).into_column())
}

/// A column of ten-thousandths.
fn amount(rows: &DataFrame, name: &str) -> PolarsResult<Column> {
    let values = rows.column(name)?.i64()?.iter().map(|value| value.map(float));
    Ok(Float64Chunked::from_iter_options(name.into(), values).into_column())
}

/// The documents of some rows.
struct Documents<'r> {
    reports: &'r DataFrame,
    /// For each row, that of its report.
    rows: Vec<IdxSize>,
}

impl<'r> Documents<'r> {
    /// Both are in the order of the documents.
    fn of(rows: &DataFrame, reports: &'r DataFrame) -> PolarsResult<Documents<'r>> {
        let known = reports.column(DOCUMENT)?.i64()?;
        let mut at = 0;
        let mut found = Vec::with_capacity(rows.height());
        for document in rows.column(DOCUMENT)?.i64()?.iter() {
            while known.get(at).is_some_and(|known| Some(known) < document) {
                at += 1;
            }
            found.push(IdxSize::try_from(at).unwrap_or(IdxSize::MAX));
        }
        Ok(Documents { reports, rows: found })
    }

    /// What is told of the document, for each row.
    fn told(&self, name: &str) -> PolarsResult<Column> {
        self.reports.column(name)?.take(&IdxCa::new("".into(), &self.rows))
    }

    /// The id of the document and the place of the row in it.
    fn numbered(&self, name: &str) -> PolarsResult<Column> {
        let ids = self.reports.column("report_id")?.str()?;
        let mut cells = StringChunkedBuilder::new(name.into(), self.rows.len());
        let mut cell = String::new();
        for rows in self.rows.chunk_by(|one, next| one == next) {
            let id = rows.first().and_then(|at| ids.get(*at as usize)).unwrap_or_default();
            for number in 0..rows.len() {
                cell.clear();
                cell.push_str(id);
                cell.push('/');
                number::append_whole(&mut cell, number as u64);
                cells.append_value(&cell);
            }
        }
        Ok(cells.finish().into_column())
    }
}
