//! The checks over two years: each report that speaks for its body against the one of the year before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::DataFrame;

use super::columns::{Cell, Columns};
use super::schema;
use super::speakers::{self, Report};
use crate::check::years::{self, Year};
use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage};
use crate::model::{Level, MetricId, Scope};
use crate::record::CheckResult;

/// Reports whose figures are gathered at a time: bounds the memory, and the passes over the observations.
const CHUNK: usize = 50_000;

/// A body through its years: its level, its place through all names, and its own name where a place has many.
type Body<'r> = (Level, usize, &'r str);

/// Runs the checks over the published facts, and gives their rows to `each` in order.
///
/// # Errors
/// When the facts cannot be read, and those of `each`.
pub(super) fn check(
    knowledge: &Knowledge,
    lineage: &Lineage,
    facts: &Path,
    mut each: impl FnMut(DataFrame) -> Result<(), Error>,
) -> Result<(), Error> {
    let reports = speakers::load(&facts.join("reports.parquet")).map_err(|source| Error::table("reports", source))?;
    let wanted = operands(knowledge);
    for chunk in chunks(&bodies(knowledge, lineage, &reports)) {
        let all: Vec<usize> = chunk.iter().flat_map(|years| years.values().copied()).collect();
        let mut rows = Columns::new(schema::fixed("checks"));
        let figures = speakers::figures(knowledge, &facts.join("observations.parquet"), &reports, &all, &wanted)?;
        let years: BTreeMap<usize, Year> = all
            .iter()
            .zip(figures)
            .map(|(at, figures)| {
                let report = &reports[*at];
                (*at, Year { year: report.year, format: report.format.clone(), figures })
            })
            .collect();
        for body in chunk {
            for (year, at) in body.iter() {
                let scope = |at: usize| reports[at].scope.as_str();
                let unlike = |before: &usize| {
                    scope(*before) != scope(*at) && [scope(*before), scope(*at)].contains(&Scope::Summary.name())
                };
                let (missing, other) =
                    (format!("there is no report of {}", year - 1), "one of the two sums up an area");
                let before = body.get(&(year - 1));
                let Some(this) = years.get(at) else { continue };
                let found = match before {
                    Some(before) if unlike(before) => Err(other),
                    before => before.and_then(|before| years.get(before)).ok_or(missing.as_str()),
                };
                let moved = before.is_some_and(|before| {
                    let (before, this) = (&reports[*before], &reports[*at]);
                    before.code != this.code
                        || this.code.is_some_and(|code| lineage.is_redrawn(&knowledge.gazetteer, code, this.year))
                });
                for result in years::check(knowledge, this, found) {
                    push(&mut rows, knowledge, (&reports[*at], before.map(|before| &reports[*before])), &result, moved);
                }
            }
        }
        each(rows.into_frame().map_err(|source| Error::table("checks", source))?)?;
    }
    Ok(())
}

/// Every metric of a check over two years.
fn operands(knowledge: &Knowledge) -> BTreeSet<MetricId> {
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
            Level::Department if !report.own_name.is_empty() => report.own_name.as_str(),
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

/// Bodies in groups of so many reports.
fn chunks(bodies: &[BTreeMap<i16, usize>]) -> Vec<Vec<&BTreeMap<i16, usize>>> {
    let mut chunks: Vec<Vec<&BTreeMap<i16, usize>>> = Vec::new();
    let mut size = CHUNK;
    for body in bodies {
        if size + body.len() > CHUNK {
            chunks.push(Vec::new());
            size = 0;
        }
        size += body.len();
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(body);
        }
    }
    chunks
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
        ("other_report_id", Cell::maybe(before.map(|before| before.report_id.as_str()))),
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
