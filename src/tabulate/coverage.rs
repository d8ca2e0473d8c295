//! Which reports ought to exist: every county and township of every year, and the document that speaks for it.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series};

use super::facts::Places;
use super::sink::Sink;
use super::speakers;
use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage, Place};
use crate::model::Level;

/// Rows that are in memory at a time.
const STRETCH: usize = 100_000;

/// Makes coverage from the published reports: all years between the first and the last that a report is about.
///
/// # Errors
/// When a table cannot be read or written.
pub(super) fn make(knowledge: &Knowledge, lineage: &Lineage, folder: &Path) -> Result<(), Error> {
    let fault = |source| Error::table("coverage", source);
    let reports = speakers::load(&folder.join("reports.parquet")).map_err(fault)?;
    let gazetteer = &knowledge.gazetteer;
    let mut found = BTreeMap::new();
    for report in reports.iter().filter(|report| report.speaks) {
        if let (Some(Level::County | Level::Township), Some(code)) = (report.level, report.code) {
            found.insert((lineage.body(gazetteer, code, report.year), report.year), (code, report.report_id.as_str()));
        }
    }
    let years = found.keys().map(|(_, year)| *year);
    let span = years.clone().min().zip(years.max());
    let mut coverage = Sink::create(&knowledge.catalogue, folder, "coverage")?;
    let mut rows = Rows::default();
    let mut codes: Vec<String> = gazetteer.places().iter().map(|place| place.code.to_string()).collect();
    codes.dedup();
    let mut number = 0;
    for (names, code) in gazetteer.places().chunk_by(|one, next| one.code == next.code).zip(&codes) {
        let first_name = number;
        number += names.len();
        let Some((first, last)) = span else { break };
        let Some(level @ (Level::County | Level::Township)) = names.first().map(Place::level) else { continue };
        if names.iter().any(|place| gazetteer.is_shell(place)) {
            continue;
        }
        let province = Places::of_code(knowledge, names.first().map(|place| place.code), None).name(0);
        if rows.codes.len() >= STRETCH {
            coverage.push(&std::mem::take(&mut rows).frame().map_err(fault)?)?;
        }
        for year in first..=last {
            // Two sources of one year may give a code two names.
            let Some(at) = names.iter().position(|place| place.from <= year && year <= place.to) else { continue };
            let place = &names[at];
            let report = found.get(&(lineage.of_place(first_name + at), year));
            rows.codes.push(code);
            rows.places.push(place.name);
            rows.levels.push(level.name());
            rows.provinces.push(province);
            rows.years.push(year);
            rows.statuses.push(if report.is_some() { "found" } else { "missing" });
            rows.reports.push(report.map(|(_, id)| *id));
            let other = report.map(|(code, _)| *code).filter(|code| *code != place.code);
            rows.found_as.push(other.map(|code| format!("{code} {}", gazetteer.name(code, Some(year)).unwrap_or(""))));
        }
    }
    coverage.push(&rows.frame().map_err(fault)?)?;
    coverage.finish()
}

/// A table of hundreds of thousands of short words: borrowed until it is written.
#[derive(Default)]
struct Rows<'a> {
    codes: Vec<&'a str>,
    places: Vec<&'a str>,
    levels: Vec<&'a str>,
    provinces: Vec<Option<&'a str>>,
    years: Vec<i16>,
    statuses: Vec<&'a str>,
    reports: Vec<Option<&'a str>>,
    found_as: Vec<Option<String>>,
}

impl Rows<'_> {
    fn frame(self) -> PolarsResult<DataFrame> {
        let height = self.codes.len();
        let columns = [
            Series::new("place_code".into(), self.codes),
            Series::new("place".into(), self.places),
            Series::new("level".into(), self.levels),
            Series::new("province".into(), self.provinces),
            Series::new("report_year".into(), self.years.into_iter().map(i32::from).collect::<Vec<_>>())
                .cast(&DataType::Int16)?,
            Series::new("status".into(), self.statuses),
            Series::new("report_id".into(), self.reports),
            Series::new("found_as".into(), self.found_as),
        ];
        DataFrame::new(height, columns.map(IntoColumn::into_column).to_vec())
    }
}
