//! The checks over two years: each report that speaks for its body against the one of the year before.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

use super::columns::{Cell, Columns};
use super::schema;
use super::speakers::Report;
use super::told::Told;
use crate::check::years::{self, Year};
use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage};
use crate::model::{Level, MetricId, Scope};
use crate::record::CheckResult;
use crate::report::format_name;

/// Bodies whose rows are on their way to the table at a time.
const BODIES: usize = 2_000;

/// A body through its years: its level, its place through all names, and its own name where a place has many.
type Body<'r> = (Level, u32, &'r str);

/// A report of a body: its year, and which of the reports it is.
type Speaker<'r> = (Body<'r>, i16, u32);

/// Runs the checks, and gives their rows to `each` in order.
///
/// # Errors
/// When figures cannot be read, and those of `each`.
pub(super) fn check(
    knowledge: &Knowledge,
    lineage: &Lineage,
    (reports, told): (&[Report], &Told),
    mut each: impl FnMut(DataFrame) -> Result<(), Error>,
) -> Result<(), Error> {
    let speakers = speakers(knowledge, lineage, reports);
    let mut bodies = speakers.chunk_by(|(one, ..), (next, ..)| one == next).peekable();
    while bodies.peek().is_some() {
        let mut rows = Columns::new(schema::fixed("checks"));
        for body in bodies.by_ref().take(BODIES) {
            let mut years = Vec::with_capacity(body.len());
            for (_, year, at) in body {
                let report = &reports[*at as usize];
                let format = format_name(knowledge, report.format).to_owned();
                let figures = told.figures(*at as usize)?;
                years.push((report, Year { year: *year, format, figures }));
            }
            body_over_years(knowledge, lineage, &years, &mut rows);
        }
        each(rows.into_frame().map_err(|source| Error::table("checks", source))?)?;
    }
    Ok(())
}

/// Checks each report of a body against the one of the year before.
fn body_over_years(knowledge: &Knowledge, lineage: &Lineage, years: &[(&Report, Year)], rows: &mut Columns) {
    let mut last: Option<(&Report, &Year)> = None;
    for (report, this) in years {
        let before = last.filter(|(_, before)| before.year == this.year - 1);
        let unlike = |before: &Report| {
            before.scope != report.scope && [before.scope, report.scope].contains(&Some(Scope::Summary))
        };
        let missing = format!("there is no report of {}", this.year - 1);
        let found = match before {
            Some((before, _)) if unlike(before) => Err("one of the two sums up an area"),
            before => before.map(|(_, before)| before).ok_or(missing.as_str()),
        };
        let redrawn = |code: u32| lineage.is_redrawn(&knowledge.gazetteer, code, report.year);
        let moved = before.is_some_and(|(before, _)| before.code != report.code || report.code.is_some_and(redrawn));
        for result in years::check(knowledge, this, found) {
            push(rows, knowledge, (report, before.map(|(before, _)| before)), &result, moved);
        }
        last = Some((report, this));
    }
}

/// Every metric of a check over two years.
pub(super) fn operands(knowledge: &Knowledge) -> BTreeSet<MetricId> {
    let rules = knowledge.rules.checks.iter().filter(|rule| !rule.before.is_empty());
    rules
        .flat_map(|rule| [&rule.left, &rule.right, &rule.before, &rule.before_less].into_iter().flatten().copied())
        .collect()
}

/// The one report of each body and year, sorted by body and year.
fn speakers<'r>(knowledge: &Knowledge, lineage: &Lineage, reports: &'r [Report]) -> Vec<Speaker<'r>> {
    let speaker = |(at, report): (u32, &'r Report)| {
        let (level, code) = report.level.zip(report.code)?;
        let place = lineage.body(&knowledge.gazetteer, code, report.year)?;
        let name = match level {
            Level::Department if !report.own_name.is_empty() => &*report.own_name,
            Level::Department | Level::Other => return None,
            _ => "",
        };
        Some(((level, u32::try_from(place).ok()?, name), report.year, at))
    };
    let spoken = (0..).zip(reports).filter(|(_, report)| report.speaks);
    let mut speakers: Vec<Speaker<'_>> = spoken.filter_map(speaker).collect();
    speakers.sort_unstable();
    // Two reports of a department may be those of two departments: neither is compared.
    let of_one_year = speakers.chunk_by(|(one, year, _), (other, next, _)| (one, year) == (other, next));
    of_one_year.filter(|reports| reports.len() == 1).flatten().copied().collect()
}

fn push(
    rows: &mut Columns,
    knowledge: &Knowledge,
    (this, before): (&Report, Option<&Report>),
    result: &CheckResult,
    moved: bool,
) {
    let rule = &knowledge.rules.checks[usize::from(result.check)];
    // Where the body has another code than the year before, or a neighbour has ended, it may have other offices too.
    let severity = if moved && rule.severity == "hard" { "soft" } else { &rule.severity };
    let difference = result.left.zip(result.right).and_then(|(left, right)| left.checked_sub(right));
    rows.push(&[
        ("check", Cell::text(&rule.id)),
        ("report_id", Cell::text(&this.report_id)),
        ("other_report_id", Cell::maybe(before.map(|before| &*before.report_id))),
        ("scope", Cell::text(rule.scope.name())),
        ("status", Cell::text(result.status.name())),
        ("severity", Cell::text(severity)),
        ("left", Cell::Number(result.left)),
        ("right", Cell::Number(result.right)),
        ("difference", Cell::Number(difference)),
        ("tolerance", Cell::Number(Some(result.tolerance))),
        ("detail", Cell::text(&result.detail)),
    ]);
}
