//! The reports that speak for places, and their chosen figures, read back from the published facts.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, IntoColumn, IntoLazy, JoinArgs, JoinType, NamedFrom, PolarsResult, Series, col, lit,
};

use super::files;
use crate::knowledge::Knowledge;
use crate::model::{Bound, Level, MetricId};

/// A report that is no copy.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) report_id: String,
    /// None when it is not told.
    pub(super) level: Option<Level>,
    /// The place that it speaks for: a code of the level's digits; for a department, of its government.
    pub(super) code: Option<u32>,
    pub(super) county: Option<u32>,
    /// Whether no later restatement replaces it.
    pub(super) speaks: bool,
    pub(super) year: i16,
    pub(super) format: String,
    pub(super) published: Option<i32>,
    pub(super) checks_run: i64,
    pub(super) checks_failed: i64,
}

/// Figures of one report that the wide tables use.
pub(super) type Chosen = BTreeMap<MetricId, (i64, Bound)>;

/// The reports in the order of their paths.
pub(super) fn load(path: &Path) -> PolarsResult<Vec<Report>> {
    let names = [
        "report_id",
        "document_class",
        "duplicate_kind",
        "issuer_level",
        "province_code",
        "prefecture_code",
        "county_code",
        "township_code",
        "report_year",
        "format",
        "published",
        "checks_run",
        "checks_failed",
    ];
    let query = files::scan("reports", &[path.to_owned()])
        .map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
    let speaks = col("document_class").eq(lit("report")).and(col("report_year").is_not_null());
    let frame = query.filter(speaks).select(names.map(col)).collect()?;
    let text = |name: &str| frame.column(name)?.str();
    let codes = [text("province_code")?, text("prefecture_code")?, text("county_code")?, text("township_code")?];
    let (ids, levels, formats) = (text("report_id")?, text("issuer_level")?, text("format")?);
    let kinds = text("duplicate_kind")?;
    let published = frame.column("published")?.cast(&DataType::Int32)?;
    let published = published.i32()?;
    let number = |name: &str| frame.column(name)?.cast(&DataType::Int64);
    let (years, run, failed) = (number("report_year")?, number("checks_run")?, number("checks_failed")?);
    let (years, run, failed) = (years.i64()?, run.i64()?, failed.i64()?);
    let mut reports = Vec::with_capacity(frame.height());
    for at in 0..frame.height() {
        let code = |level: usize| codes[level].get(at).and_then(|code| code.parse().ok());
        let (level, code) = match levels.get(at) {
            Some("province") => (Some(Level::Province), code(0)),
            Some("prefecture") => (Some(Level::Prefecture), code(1)),
            Some("county") => (Some(Level::County), code(2)),
            Some("township") => (Some(Level::Township), code(3)),
            level => (level.and_then(Level::from_name), code(2).or_else(|| code(1)).or_else(|| code(0))),
        };
        reports.push(Report {
            report_id: ids.get(at).unwrap_or_default().to_owned(),
            level,
            code,
            county: codes[2].get(at).and_then(|code| code.parse().ok()),
            speaks: kinds.get(at).is_none(),
            year: years.get(at).and_then(|year| i16::try_from(year).ok()).unwrap_or(0),
            format: formats.get(at).unwrap_or_default().to_owned(),
            published: published.get(at),
            checks_run: run.get(at).unwrap_or(0),
            checks_failed: failed.get(at).unwrap_or(0),
        });
    }
    Ok(reports)
}

/// The chosen figures of some reports, in their order; applicant metrics by their total column.
pub(super) fn chosen(
    knowledge: &Knowledge,
    path: &Path,
    reports: &[Report],
    chunk: &[usize],
) -> PolarsResult<Vec<Chosen>> {
    let ids: Vec<&str> = chunk.iter().map(|at| reports[*at].report_id.as_str()).collect();
    let rows: Vec<u32> = (0..).take(chunk.len()).collect();
    let columns =
        vec![Series::new("report_id".into(), ids).into_column(), Series::new("row".into(), rows).into_column()];
    let wanted = DataFrame::new(chunk.len(), columns)?.lazy();
    let query = files::scan("observations", &[path.to_owned()])
        .map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
    let used = col("chosen")
        .and(col("value").is_not_null())
        .and(col("applicant").is_null().or(col("applicant").eq(lit("total"))));
    let frame = query
        .filter(used)
        .select([col("report_id"), col("metric"), col("value"), col("bound")])
        .join(wanted, [col("report_id")], [col("report_id")], JoinArgs::new(JoinType::Inner))
        .collect()?;
    let (rows, metrics, bounds) =
        (frame.column("row")?.u32()?, frame.column("metric")?.str()?, frame.column("bound")?.str()?);
    let values = frame.column("value")?.f64()?;
    let mut chosen = vec![Chosen::new(); chunk.len()];
    for at in 0..frame.height() {
        let (Some(row), Some(metric), Some(value)) = (rows.get(at), metrics.get(at), values.get(at)) else { continue };
        let (Some(metric), Some(figures)) = (knowledge.catalogue.find(metric), chosen.get_mut(row as usize)) else {
            continue;
        };
        let bound = match bounds.get(at) {
            Some("at_least") => Bound::AtLeast,
            Some("about") => Bound::About,
            _ => Bound::Exact,
        };
        figures.insert(metric, (ten_thousandths(value), bound));
    }
    Ok(chosen)
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "undoes the one conversion to Float64, exactly below 2^53"
)]
fn ten_thousandths(value: f64) -> i64 {
    (value * 10_000.0).round() as i64
}
