//! Files whose tables a report beside them speaks: they are no reports of their own, and their figures stand once.

use polars::prelude::{Expr, LazyFrame, NamedFrom, PolarsResult, Series, col, lit, when};

use super::facts::DOCUMENT;
use crate::error::Error;

/// Numbers of the documents that are attached to a report.
pub(super) fn find(reports: LazyFrame, observations: LazyFrame) -> Result<Series, Error> {
    numbers(reports, observations).map_err(|source| Error::table("reports", source))
}

fn numbers(reports: LazyFrame, observations: LazyFrame) -> PolarsResult<Series> {
    let named = observations.filter(col("attachment").is_not_null()).select([col("attachment").unique()]).collect()?;
    let paths = named.column("attachment")?.as_materialized_series().clone();
    if paths.is_empty() {
        return Ok(Series::new(DOCUMENT.into(), Vec::<i64>::new()));
    }
    let is_named = col("path").is_in(lit(paths).implode(false), false);
    let found = reports.filter(is_named).select([col(DOCUMENT)]).collect()?;
    Ok(found.column(DOCUMENT)?.as_materialized_series().clone())
}

/// Whether a row is an attached document's.
pub(super) fn is_one(attached: &Series) -> Expr {
    if attached.is_empty() { lit(false) } else { col(DOCUMENT).is_in(lit(attached.clone()).implode(false), false) }
}

/// Rows of reports, those of attached documents with the class that they have: not a report.
pub(super) fn told(rows: LazyFrame, attached: &Series) -> LazyFrame {
    let is_reports = |rows: &mut LazyFrame| rows.collect_schema().is_ok_and(|schema| schema.contains("document_class"));
    let mut rows = rows;
    if attached.is_empty() || !is_reports(&mut rows) {
        return rows;
    }
    let tell = |column: &str, value: &str| {
        when(is_one(attached)).then(lit(value.to_owned())).otherwise(col(column)).alias(column)
    };
    rows.with_columns([tell("document_class", "not_report"), tell("class_reason", "attachment")])
}
