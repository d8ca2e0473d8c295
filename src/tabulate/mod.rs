//! Many records become tables: parts in the order of the corpus, then the published files made from them.

mod attached;
pub mod books;
pub mod columns;
mod copied;
mod copies;
mod coverage;
pub mod facts;
mod fates;
pub mod files;
pub mod likeness;
pub mod parts;
pub mod schema;
pub mod sink;
mod speakers;
pub mod spelling;
mod told;
mod two_years;
pub mod wide;

use std::path::Path;

use polars::prelude::{col, lit};

use crate::error::Error;
use crate::knowledge::{Knowledge, Lineage};
use columns::{Cell, Columns};
use fates::Fates;
pub use parts::{Parts, numbered};
use sink::Sink;
use spelling::{SHARED, Spelling};
use told::Told;

/// Makes the fact tables from the parts of a run, then the wide tables from them.
///
/// # Errors
/// When a table cannot be read or written.
pub fn tabulate(knowledge: &Knowledge, parts: Parts<'_>, folder: &Path) -> Result<(), Error> {
    let lineage = Lineage::of(&knowledge.gazetteer);
    let documents = copies::load(parts, &attached::paths(parts)?)?;
    let copies = copies::find(&documents);
    let fates = Fates::of(&documents, &copies);
    let copied = copied::check(knowledge, &lineage, &documents, &copies);
    drop((documents, copies));
    let sink = |table| Sink::create(&knowledge.catalogue, folder, table);
    let mut reports = sink("reports")?;
    parts.for_each("reports", None, |frame| fates.told(frame), |rows| reports.push(&rows))?;
    reports.finish()?;
    let left_out = fates.left_out();
    let spelling = Spelling::new(knowledge);
    let mut observations = sink("observations")?;
    let spelt = |rows, reports: &_| spelling.observations(&left_out.without(rows)?, reports);
    parts.for_each_of_reports("observations", &SHARED, spelt, |rows| observations.push(&rows))?;
    observations.finish()?;
    // All that is made from the two tables, on two threads.
    let reports = speakers::load(knowledge, folder)?;
    let told = Told::gather(knowledge, folder, &reports, &two_years::operands(knowledge), folder)?;
    let checks = || {
        let mut checks = sink("checks")?;
        let spelt = |rows, reports: &_| spelling.checks(&left_out.without(rows)?, reports);
        parts.for_each_of_reports("checks", &SHARED, spelt, |rows| checks.push(&rows))?;
        checks.push(&copied.into_frame().map_err(|source| Error::table("checks", source))?)?;
        two_years::check(knowledge, &lineage, (&reports, &told), |rows| checks.push(&rows))?;
        checks.finish()
    };
    let others = || {
        let mut rejects = sink("rejects")?;
        parts.for_each("rejects", None, Ok, |rows| rejects.push(&rows))?;
        rejects.finish()?;
        let mut metrics = sink("metrics")?;
        metrics.push(&dictionary(knowledge).into_frame().map_err(|source| Error::table("metrics", source))?)?;
        metrics.finish()?;
        coverage::make(knowledge, &lineage, &reports, folder)
    };
    let wide = || wide::make(knowledge, (&reports, &told), folder);
    let (checked, (made, widened)) = rayon::join(checks, || rayon::join(others, wide));
    checked.and(made).and(widened)
}

/// Makes the checks over two years again from published facts; the others stay as they are.
///
/// # Errors
/// When a table cannot be read or written.
pub fn check_years(knowledge: &Knowledge, facts: &Path, folder: &Path) -> Result<(), Error> {
    let lineage = Lineage::of(&knowledge.gazetteer);
    let over_years = knowledge.rules.checks.iter().filter(|rule| !rule.before.is_empty());
    let is_one = over_years.fold(lit(false), |any, rule| any.or(col("check").eq(lit(rule.id.clone()))));
    let mut checks = Sink::create(&knowledge.catalogue, folder, "checks")?;
    for rows in files::stretches("checks", &facts.join("checks.parquet"), &|rows| rows.filter(is_one.clone().not()))? {
        checks.push(&rows?)?;
    }
    let reports = speakers::load(knowledge, facts)?;
    let told = Told::gather(knowledge, facts, &reports, &two_years::operands(knowledge), folder)?;
    two_years::check(knowledge, &lineage, (&reports, &told), |rows| checks.push(&rows))?;
    checks.finish()
}

/// The metric dictionary.
fn dictionary(knowledge: &Knowledge) -> Columns {
    let catalogue = &knowledge.catalogue;
    let mut table = Columns::new(schema::fixed("metrics"));
    for (number, metric) in catalogue.metrics.iter().enumerate() {
        let feeds = |series: &&crate::knowledge::Series| {
            series.from.iter().any(|alternative| alternative.sum.iter().any(|id| usize::from(*id) == number))
        };
        let series: Vec<&str> = catalogue.series.iter().filter(feeds).map(|series| series.id.as_str()).collect();
        let parent = metric.parent.map(|parent| catalogue.metric(parent).id);
        let relation = parent.map(|_| if metric.sums { "=" } else { "<=" });
        table.push(&[
            ("metric", Cell::text(metric.id)),
            ("zh", Cell::text(metric.zh)),
            ("en", Cell::text(metric.en)),
            ("unit", Cell::text(metric.unit)),
            ("type", Cell::text(metric.kind.name())),
            ("parent", Cell::maybe(parent)),
            ("relation", Cell::maybe(relation)),
            ("forms", Cell::text(metric.forms)),
            ("section", Cell::text(metric.section.name())),
            ("series", Cell::made((!series.is_empty()).then(|| series.join(" ")))),
        ]);
    }
    table
}
