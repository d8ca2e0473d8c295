//! Which reports ought to exist: every county and township of every year, and the document that speaks for it.

use std::path::Path;

use polars::prelude::{
    DataFrame, IdxCa, IdxSize, Int16Chunked, IntoColumn, NamedFrom, NewChunkedArray, PolarsResult, Series,
    StringChunked,
};

use super::facts::Places;
use super::sink::Sink;
use super::speakers::Report;
use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage, Place};
use crate::model::Level;

/// Rows that are in memory at a time.
const STRETCH: usize = 100_000;

/// Makes coverage from the published reports: all years between the first and the last that a report is about.
///
/// # Errors
/// When a table cannot be read or written.
pub(super) fn make(knowledge: &Knowledge, lineage: &Lineage, reports: &[Report], folder: &Path) -> Result<(), Error> {
    let fault = |source| Error::table("coverage", source);
    let gazetteer = &knowledge.gazetteer;
    let found = found(knowledge, lineage, reports);
    let years = || found.iter().map(|(_, year, _)| *year);
    let span = years().min().zip(years().max());
    let mut coverage = Sink::create(&knowledge.catalogue, folder, "coverage")?;
    let mut rows = Rows::default();
    let places = places(knowledge).map_err(fault)?;
    let mut number = 0;
    for names in gazetteer.places().chunk_by(|one, next| one.code == next.code) {
        let first_name = number;
        number += names.len();
        let Some((first, last)) = span else { break };
        let is_listed = |place: &Place| matches!(place.level(), Level::County | Level::Township);
        if !names.iter().all(|place| is_listed(place) && !gazetteer.is_shell(place)) {
            continue;
        }
        if rows.years.len() >= STRETCH {
            coverage.push(&std::mem::take(&mut rows).frame(&places).map_err(fault)?)?;
        }
        for year in first..=last {
            // Two sources of one year may give a code two names.
            let Some(at) = names.iter().position(|place| place.from <= year && year <= place.to) else { continue };
            let report = found_of(&found, lineage.of_place(first_name + at), year).map(|at| &reports[at]);
            rows.places.push(IdxSize::try_from(first_name + at).unwrap_or(IdxSize::MAX));
            rows.years.push(year);
            rows.reports.push(report.map(|report| &*report.report_id));
            let other = report.and_then(|report| report.code).filter(|code| *code != names[at].code);
            rows.found_as.push(other.map(|code| format!("{code} {}", gazetteer.name(code, Some(year)).unwrap_or(""))));
        }
    }
    coverage.push(&rows.frame(&places).map_err(fault)?)?;
    coverage.finish()
}

/// A place through all its names, a year, and the report that speaks for both.
type Found = (Option<usize>, i16, u32);

/// The reports of counties and townships, sorted by place and year.
fn found(knowledge: &Knowledge, lineage: &Lineage, reports: &[Report]) -> Vec<Found> {
    let one = |(at, report): (u32, &Report)| {
        let is_listed = matches!(report.level, Some(Level::County | Level::Township));
        let code = report.code.filter(|_| is_listed && report.speaks)?;
        Some((lineage.body(&knowledge.gazetteer, code, report.year), report.year, at))
    };
    let mut found: Vec<Found> = (0..).zip(reports).filter_map(one).collect();
    found.sort_unstable();
    found
}

/// The report of a place and year; of several the last.
fn found_of(found: &[Found], place: Option<usize>, year: i16) -> Option<usize> {
    let behind = found.partition_point(|(other, of, _)| (*other, *of) <= (place, year));
    let (other, of, at) = found.get(behind.checked_sub(1)?)?;
    ((*other, *of) == (place, year)).then_some(*at as usize)
}

/// What holds for a place in all of its years, one row for each of its names.
fn places(knowledge: &Knowledge) -> PolarsResult<DataFrame> {
    let all = || knowledge.gazetteer.places().iter();
    let text = |name: &str, words: Vec<Option<String>>| Series::new(name.into(), words).into_column();
    let province = |place: &Place| Places::of_code(knowledge, Some(place.code), None).name(0).map(str::to_owned);
    let columns = vec![
        text("place_code", all().map(|place| Some(place.code.to_string())).collect()),
        text("place", all().map(|place| Some(place.name.to_owned())).collect()),
        text("level", all().map(|place| Some(place.level().name().to_owned())).collect()),
        text("province", all().map(province).collect()),
    ];
    DataFrame::new(knowledge.gazetteer.places().len(), columns)
}

/// Hundreds of thousands of rows on their way to the table.
#[derive(Default)]
struct Rows<'a> {
    /// Rows of [`places`].
    places: Vec<IdxSize>,
    years: Vec<i16>,
    reports: Vec<Option<&'a str>>,
    found_as: Vec<Option<String>>,
}

impl Rows<'_> {
    fn frame(self, places: &DataFrame) -> PolarsResult<DataFrame> {
        let statuses = self.reports.iter().map(|report| if report.is_some() { "found" } else { "missing" });
        let statuses = StringChunked::from_iter_values("status".into(), statuses).into_column();
        let years = Int16Chunked::from_vec("report_year".into(), self.years).into_column();
        let mut rows = places.take(&IdxCa::from_vec("place".into(), self.places))?;
        rows.with_column(years)?;
        rows.with_column(statuses)?;
        rows.with_column(Series::new("report_id".into(), self.reports).into_column())?;
        rows.with_column(Series::new("found_as".into(), self.found_as).into_column())?;
        Ok(rows)
    }
}
