//! The checks over two years: each report that speaks for its body against the one of the year before.

use std::collections::{BTreeMap, BTreeSet};

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

/// Bodies whose rows are on their way to the table at a time.
const BODIES: usize = 2_000;

/// A body through its years: its level, its place through all names, and its own name where a place has many.
type Body<'r> = (Level, usize, &'r str);

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
    for some in bodies(knowledge, lineage, reports).chunks(BODIES) {
        let mut rows = Columns::new(schema::fixed("checks"));
        for body in some {
            let figures = |at: &usize| {
                let report = &reports[*at];
                Ok(Year { year: report.year, format: report.format.to_string(), figures: told.figures(*at)? })
            };
            let years = body.values().map(figures).collect::<Result<Vec<Year>, Error>>()?;
            body_over_years(knowledge, lineage, reports, (body, &years), &mut rows);
        }
        each(rows.into_frame().map_err(|source| Error::table("checks", source))?)?;
    }
    Ok(())
}

/// Checks each report of a body against the one of the year before; `years` are what they say, in the same order.
fn body_over_years(
    knowledge: &Knowledge,
    lineage: &Lineage,
    reports: &[Report],
    (body, years): (&BTreeMap<i16, usize>, &[Year]),
    rows: &mut Columns,
) {
    let mut last: Option<(&Report, &Year)> = None;
    for ((year, at), this) in body.iter().zip(years) {
        let report = &reports[*at];
        let before = last.filter(|(_, before)| before.year == year - 1);
        let unlike = |before: &Report| {
            before.scope != report.scope && [before.scope, report.scope].contains(&Some(Scope::Summary))
        };
        let missing = format!("there is no report of {}", year - 1);
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

/// The years of every body, each with the one report that speaks for it.
fn bodies(knowledge: &Knowledge, lineage: &Lineage, reports: &[Report]) -> Vec<BTreeMap<i16, usize>> {
    let mut bodies: BTreeMap<Body<'_>, BTreeMap<i16, Vec<usize>>> = BTreeMap::new();
    for (at, report) in reports.iter().enumerate().filter(|(_, report)| report.speaks) {
        let (Some(level), Some(code)) = (report.level, report.code) else { continue };
        let Some(place) = lineage.body(&knowledge.gazetteer, code, report.year) else { continue };
        let name = match level {
            Level::Department if !report.own_name.is_empty() => &*report.own_name,
            Level::Department | Level::Other => continue,
            _ => "",
        };
        bodies.entry((level, place, name)).or_default().entry(report.year).or_default().push(at);
    }
    // Two reports of a department may be those of two departments: neither is compared.
    let one =
        |(year, reports): (i16, Vec<usize>)| Some((year, reports.first().copied().filter(|_| reports.len() == 1)?));
    bodies.into_values().map(|years| years.into_iter().filter_map(one).collect()).collect()
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
