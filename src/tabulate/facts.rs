//! A record becomes rows of reports, observations and checks.

use polars::prelude::DataFrame;

use super::columns::{Cell, Columns};
use super::files::FACTS;
use super::likeness::Likeness;
use super::schema::{self, Type};
use super::spelling::{rule_number, unit_number};
use crate::error::Error;
use crate::knowledge::{FINGERPRINT, Knowledge, Series};
use crate::model::{Basis, Bound, Class, Observation, Scope, Section};
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

/// Columns of a part that are not published, or not so.
fn columns(columns: &[(&str, Type)]) -> impl Iterator<Item = schema::Column> {
    columns.iter().map(|(name, kind)| schema::Column {
        name: (*name).to_owned(),
        kind: *kind,
        unit: String::new(),
        en: String::new(),
        zh: String::new(),
    })
}

/// Observations in parts: [`super::spelling`] makes of them what is published.
const OBSERVATION_COLUMNS: [(&str, Type); 16] = [
    (DOCUMENT, Type::Integer),
    ("metric", Type::Code),
    ("applicant", Type::Code),
    ("value", Type::Integer),
    ("bound", Type::Code),
    ("unit", Type::Code),
    ("basis", Type::Code),
    ("section", Type::Code),
    ("stated_year", Type::Int16),
    ("chosen", Type::Boolean),
    ("rule", Type::Code),
    ("label", Type::Text),
    ("quote", Type::Text),
    ("text_start", Type::Int32),
    ("text_end", Type::Int32),
    ("attachment", Type::Text),
];

/// Checks in parts.
const CHECK_COLUMNS: [(&str, Type); 7] = [
    (DOCUMENT, Type::Integer),
    ("check", Type::Code),
    ("status", Type::Code),
    ("left", Type::Integer),
    ("right", Type::Integer),
    ("tolerance", Type::Integer),
    ("detail", Type::Text),
];

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
        let [words, figures, sketch] = [WORDS, FIGURES, SKETCH].map(|name| (name, Type::Text));
        let published = |table: &str, more: &[(&str, Type)]| -> Vec<schema::Column> {
            schema::fixed(table).iter().cloned().chain(columns(more)).collect()
        };
        let number = (DOCUMENT, Type::Integer);
        let table = |columns: &[schema::Column], rows: usize| Columns::with_capacity(columns, reports * rows);
        Facts {
            reports: table(&published("reports", &[number, words, figures, sketch]), 1),
            observations: table(&columns(&OBSERVATION_COLUMNS).collect::<Vec<_>>(), OBSERVATIONS),
            checks: table(&columns(&CHECK_COLUMNS).collect::<Vec<_>>(), CHECKS),
            rejects: table(&published("rejects", &[number]), 0),
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
        for observation in &record.observations {
            self.observation(knowledge, record, &mut cursor, (document, observation));
        }
        for result in &record.checks {
            // As in CHECK_COLUMNS.
            self.checks.push_whole(&[
                Cell::count(document),
                Cell::Code(Some(usize::from(result.check))),
                Cell::Code(Status::ALL.iter().position(|status| *status == result.status)),
                Cell::Integer(result.left),
                Cell::Integer(result.right),
                Cell::Integer(Some(result.tolerance)),
                Cell::text(&result.detail),
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
        record: &Record,
        cursor: &mut Cursor,
        (document, observation): (usize, &Observation),
    ) {
        let text = &record.document.text;
        let place = observation.quote.start as usize;
        let attached = record.attached_at(place);
        let start = match attached {
            Some(file) => text.get(file.start..place).map_or(0, |before| before.chars().count()),
            None => cursor.advance(text, place),
        };
        let quote = record.document.words(observation.quote);
        let section = Section::NAMES.iter().position(|(section, _)| *section == observation.section);
        // As in OBSERVATION_COLUMNS.
        self.observations.push_whole(&[
            Cell::count(document),
            Cell::Code(Some(usize::from(observation.metric))),
            Cell::Code(observation.applicant.map(usize::from)),
            Cell::Integer(observation.value),
            Cell::Code(Bound::ALL.iter().position(|bound| *bound == observation.bound)),
            Cell::Code(Some(unit_number(knowledge, observation))),
            Cell::Code(Basis::ALL.iter().position(|basis| *basis == observation.basis)),
            Cell::Code(section),
            Cell::Integer(observation.stated_year.map(i64::from)),
            Cell::Boolean(observation.chosen),
            Cell::Code(Some(rule_number(knowledge, observation))),
            Cell::maybe(observation.label.as_deref()),
            Cell::text(quote),
            Cell::count(start),
            Cell::count(start + quote.chars().count()),
            Cell::maybe(attached.map(|file| file.path.as_str())),
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
