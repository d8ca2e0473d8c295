//! A record becomes rows of reports, observations and checks.

use polars::prelude::DataFrame;

use super::columns::{Cell, Columns};
use super::files::FACTS;
use super::likeness::Likeness;
use super::schema;
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge, MetricKind, Series};
use crate::model::{Basis, Bound, Class, Observation, Scope};
use crate::record::{Record, Reject, Status};
use crate::report::format_name;

/// Rows of the fact tables.
pub struct Facts {
    /// One row a document.
    pub reports: Columns,
    /// One row a figure.
    pub observations: Columns,
    /// One row a check.
    pub checks: Columns,
    /// One row an unreadable document.
    pub rejects: Columns,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts::with_room(0)
    }
}

/// The columns of a table while it is in parts: a few more than are published.
fn part(table: &str, more: &[(&str, schema::Type)]) -> Vec<schema::Column> {
    let mut columns = schema::fixed(table).to_vec();
    columns.extend(more.iter().map(|(name, kind)| schema::Column {
        name: (*name).to_owned(),
        kind: *kind,
        unit: String::new(),
        en: String::new(),
        zh: String::new(),
    }));
    columns
}

/// Rows of a report with the tables of 2019: what room is made for.
const OBSERVATIONS: usize = 180;
/// Its checks.
const CHECKS: usize = 40;

/// Number of the document in its part, and then among all in the order of reading; not published.
pub const DOCUMENT: &str = "document";

/// What tells copies, see [`Likeness`]; not published.
pub const WORDS: &str = "words";
/// What tells copies, see [`Likeness`]; not published.
pub const FIGURES: &str = "figures";
/// What tells copies, see [`Likeness`]; not published.
pub const SKETCH: &str = "sketch";

impl Facts {
    /// No rows, and room for those of so many usual reports.
    pub fn with_room(reports: usize) -> Facts {
        let number = (DOCUMENT, schema::Type::Integer);
        let [words, figures, sketch] = [WORDS, FIGURES, SKETCH].map(|name| (name, schema::Type::Text));
        let table = |table: &str, more: &[(&str, schema::Type)], rows: usize| {
            Columns::with_capacity(&part(table, more), reports * rows)
        };
        Facts {
            reports: table("reports", &[number, words, figures, sketch], 1),
            observations: table("observations", &[number], OBSERVATIONS),
            checks: table("checks", &[number], CHECKS),
            rejects: table("rejects", &[number], 0),
        }
    }

    /// The rows of each table as a frame.
    ///
    /// # Errors
    /// Never in practice: the columns of a table have one length.
    pub fn into_frames(self) -> Result<[DataFrame; FACTS.len()], Error> {
        let frame = |table: &str, columns: Columns| columns.into_frame().map_err(|source| Error::table(table, source));
        let [reports, observations, checks, rejects] = FACTS;
        Ok([
            frame(reports, self.reports)?,
            frame(observations, self.observations)?,
            frame(checks, self.checks)?,
            frame(rejects, self.rejects)?,
        ])
    }

    /// Adds a document that could not be read.
    pub fn reject(&mut self, path: &str, bytes: u64, reject: &Reject, document: usize) {
        self.rejects.push(&[
            ("path", Cell::text(path)),
            ("bytes", Cell::Integer(i64::try_from(bytes).ok())),
            ("stage", Cell::text(reject.stage)),
            ("reason", Cell::text(reject.reason.name())),
            ("detail", Cell::text(&reject.detail)),
            (DOCUMENT, Cell::count(document)),
        ]);
    }

    /// How many documents have rows.
    pub fn documents(&self) -> usize {
        self.reports.rows() + self.rejects.rows()
    }

    /// Adds a document, the `document`th of its part, with what tells its copies.
    pub fn record(&mut self, knowledge: &Knowledge, record: &Record, likeness: Likeness, document: usize) {
        let places = Places::of_code(knowledge, record.identity.place, record.identity.year);
        self.report(knowledge, record, &places, (document, likeness));
        let mut cursor = Cursor::default();
        for (number, observation) in record.observations.iter().enumerate() {
            self.observation(knowledge, (record, &places), &mut cursor, (document, number, observation));
        }
        for result in &record.checks {
            let rule = &knowledge.rules.checks[usize::from(result.check)];
            let difference = result.left.zip(result.right).and_then(|(left, right)| left.checked_sub(right));
            self.checks.push(&[
                ("check", Cell::text(&rule.id)),
                ("report_id", Cell::text(&record.source.report_id)),
                ("scope", Cell::text(rule.scope.name())),
                ("status", Cell::text(result.status.name())),
                ("severity", Cell::text(&rule.severity)),
                ("left", Cell::Number(result.left)),
                ("right", Cell::Number(result.right)),
                ("difference", Cell::Number(difference)),
                ("tolerance", Cell::Number(Some(result.tolerance))),
                ("detail", Cell::text(&result.detail)),
                (DOCUMENT, Cell::count(document)),
            ]);
        }
    }

    fn report(
        &mut self,
        knowledge: &Knowledge,
        record: &Record,
        places: &Places,
        (document, likeness): (usize, Likeness),
    ) {
        let (identity, decoding) = (&record.identity, record.decoding);
        let (class, reason) = identity.class.unwrap_or((Class::NotReport, ""));
        let is_report = class == Class::Report;
        let candidates: Vec<String> = identity.place_candidates.iter().map(u32::to_string).collect();
        let conflict: Vec<String> =
            identity.year_conflict.iter().map(|(name, year)| format!("{name}={year}")).collect();
        let failed = record.checks.iter().filter(|check| check.status == Status::Fail).count();
        let run = record.checks.iter().filter(|check| check.status != Status::NotAssessable).count();
        let contact = &identity.contact;
        let paths: Vec<String> = record.attached.iter().map(|file| file.path.clone()).collect();
        self.reports.push(&[
            ("report_id", Cell::text(&record.source.report_id)),
            ("path", Cell::text(&record.source.path)),
            ("bytes", Cell::Integer(i64::try_from(record.source.bytes).ok())),
            ("media_type", Cell::text(decoding.media.name())),
            ("encoding", Cell::maybe(decoding.encoding.map(|(name, _)| name))),
            ("encoding_basis", Cell::maybe(decoding.encoding.map(|(_, basis)| basis.name()))),
            ("decode_errors", Cell::Integer(Some(i64::from(decoding.errors)))),
            ("script", Cell::text(if identity.traditional { "hant" } else { "hans" })),
            ("format", Cell::made(is_report.then(|| format_name(knowledge, record.format).to_owned()))),
            ("document_class", Cell::text(if is_report { "report" } else { "not_report" })),
            ("class_reason", Cell::text(reason)),
            ("title", Cell::maybe(identity.title.as_deref())),
            ("issuer", Cell::maybe(identity.issuer.as_deref())),
            ("issuer_level", Cell::maybe(identity.level.map(crate::model::Level::name))),
            ("scope", Cell::maybe(identity.scope.map(Scope::name))),
            ("province", Cell::maybe(places.name(0))),
            ("province_code", Cell::maybe(places.code(0))),
            ("prefecture", Cell::maybe(places.name(1))),
            ("prefecture_code", Cell::maybe(places.code(1))),
            ("county", Cell::maybe(places.name(2))),
            ("county_code", Cell::maybe(places.code(2))),
            ("township", Cell::maybe(places.name(3))),
            ("township_code", Cell::maybe(places.code(3))),
            ("place_basis", Cell::maybe(identity.place_basis)),
            ("place_candidates", joined(&candidates)),
            ("report_year", Cell::Integer(identity.year.map(i64::from))),
            ("year_basis", Cell::maybe(identity.year_basis)),
            ("year_conflict", joined(&conflict)),
            ("published", Cell::Date(identity.published)),
            ("period_start", Cell::Date(identity.period.map(|(start, _)| start))),
            ("period_end", Cell::Date(identity.period.map(|(_, end)| end))),
            ("damage", joined(&record.damage.iter().map(|damage| (*damage).to_owned()).collect::<Vec<_>>())),
            ("attachments", joined(&paths)),
            ("phone", Cell::maybe(contact.phone.as_deref())),
            ("postcode", Cell::maybe(contact.postcode.as_deref())),
            ("address", Cell::maybe(contact.address.as_deref())),
            ("email", Cell::maybe(contact.email.as_deref())),
            ("url", Cell::maybe(record.source.url.as_deref().or(contact.url.as_deref()))),
            ("text_chars", Cell::count(own_text(record).chars().count())),
            ("observations", Cell::count(record.observations.iter().filter(|figure| figure.value.is_some()).count())),
            ("checks_run", Cell::count(run)),
            ("checks_failed", Cell::count(failed)),
            ("extractor", Cell::text(FINGERPRINT)),
            (DOCUMENT, Cell::count(document)),
            (WORDS, Cell::made(Some(likeness.words))),
            (FIGURES, Cell::made(likeness.figures.map(|figures| figures.to_string()))),
            (SKETCH, Cell::made(likeness.sketch.map(|sketch| sketch.to_string()))),
        ]);
    }

    fn observation(
        &mut self,
        knowledge: &Knowledge,
        (record, places): (&Record, &Places),
        cursor: &mut Cursor,
        (document, number, observation): (usize, usize, &Observation),
    ) {
        let metric = knowledge.catalogue.metric(observation.metric);
        let text = &record.document.text;
        let place = observation.quote.start as usize;
        let attached = record.attached_at(place);
        let start = match attached {
            Some(file) => text.get(file.start..place).map_or(0, |before| before.chars().count()),
            None => cursor.advance(text, place),
        };
        let quote = record.document.words(observation.quote);
        let is_reviewed = observation.basis == Basis::Reviewed;
        let rule = if is_reviewed { "overlay" } else { knowledge.rules.name(observation.rule) };
        let applicant = observation.applicant.and_then(|at| knowledge.cells.applicants.get(usize::from(at)));
        self.observations.push(&[
            ("observation_id", Cell::made(Some(format!("{}/{number}", record.source.report_id)))),
            ("report_id", Cell::text(&record.source.report_id)),
            ("report_year", Cell::Integer(record.identity.year.map(i64::from))),
            ("county_code", Cell::maybe(places.code(2))),
            ("township_code", Cell::maybe(places.code(3))),
            ("metric", Cell::text(metric.id)),
            ("applicant", Cell::maybe(applicant.map(|applicant| applicant.id.as_str()))),
            ("value", Cell::Number(observation.value)),
            ("bound", Cell::text(observation.bound.name())),
            ("unit", Cell::text(unit(knowledge, observation))),
            ("basis", Cell::text(observation.basis.name())),
            ("section", Cell::text(observation.section.name())),
            ("stated_year", Cell::Integer(observation.stated_year.map(i64::from))),
            ("chosen", Cell::Boolean(observation.chosen)),
            ("rule", Cell::text(rule)),
            ("label", Cell::maybe(observation.label.as_deref())),
            ("quote", Cell::text(quote)),
            ("text_start", Cell::count(start)),
            ("text_end", Cell::count(start + quote.chars().count())),
            ("attachment", Cell::maybe(attached.map(|file| file.path.as_str()))),
            (DOCUMENT, Cell::count(document)),
        ]);
    }
}

/// Several values in one cell.
fn joined(list: &[String]) -> Cell<'static> {
    Cell::made((!list.is_empty()).then(|| list.join(",")))
}

/// The report's reading text without those of the files that are attached to it.
fn own_text(record: &Record) -> &str {
    let text = record.document.text.as_str();
    record.attached.first().and_then(|file| text.get(..file.start)).unwrap_or(text)
}

/// The metric's own unit; where the form prints none, the one in the cell, or the word unknown.
fn unit<'a>(knowledge: &'a Knowledge, observation: &'a Observation) -> &'a str {
    let metric = knowledge.catalogue.metric(observation.metric);
    match &observation.unit {
        _ if metric.unit_number.is_some() => metric.unit,
        Some(printed) => printed,
        None if metric.kind == MetricKind::Amount => "unknown",
        None => metric.unit,
    }
}

/// Byte offsets to character offsets, forward in steps.
#[derive(Default)]
struct Cursor {
    byte: usize,
    characters: usize,
}

impl Cursor {
    fn advance(&mut self, text: &str, byte: usize) -> usize {
        if byte < self.byte {
            *self = Cursor::default();
        }
        self.characters += text.get(self.byte..byte).map_or(0, |step| step.chars().count());
        self.byte = byte;
        self.characters
    }
}

/// The levels of a place: province, prefecture, county, township.
pub struct Places {
    levels: [Option<(String, &'static str)>; 4],
}

impl Places {
    /// The levels of a code in a year.
    pub fn of_code(knowledge: &Knowledge, code: Option<u32>, year: Option<i16>) -> Places {
        let mut levels = <[Option<_>; 4]>::default();
        if let Some(code) = code {
            let digits = code.checked_ilog10().unwrap_or(0) + 1;
            for (level, length) in levels.iter_mut().zip([2, 4, 6, 9]) {
                if digits >= length {
                    let part = code / 10_u32.pow(digits - length);
                    *level = knowledge.gazetteer.name(part, year).map(|name| (part.to_string(), name));
                }
            }
        }
        Places { levels }
    }

    /// Name of a level.
    pub fn name(&self, level: usize) -> Option<&'static str> {
        self.levels.get(level)?.as_ref().map(|(_, name)| *name)
    }

    /// Code of a level.
    pub fn code(&self, level: usize) -> Option<&str> {
        self.levels.get(level)?.as_ref().map(|(code, _)| code.as_str())
    }
}

/// The value of a series from the chosen values of metrics: the first alternative whose metrics are all stated.
pub fn series_value(
    series: &Series,
    chosen: impl Fn(crate::model::MetricId) -> Option<(i64, Bound)>,
) -> Option<(i64, Bound)> {
    for alternative in &series.from {
        let values: Option<Vec<(i64, Bound)>> = alternative.sum.iter().map(|metric| chosen(*metric)).collect();
        let Some(values) = values else { continue };
        let sum = values.iter().try_fold(0_i64, |sum, (value, _)| sum.checked_add(*value));
        let Some(sum) = sum.and_then(|sum| sum.checked_mul(alternative.factor)) else { continue };
        let bound = values.iter().map(|(_, bound)| *bound).find(|bound| *bound != Bound::Exact).unwrap_or(Bound::Exact);
        return Some((sum, bound));
    }
    None
}
