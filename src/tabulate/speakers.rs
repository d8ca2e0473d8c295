//! The reports that speak for places, and their chosen figures, read back from the published facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, Expr, IntoColumn, IntoLazy, JoinArgs, JoinType, NamedFrom, PolarsResult, Series, col, lit,
};

use super::copies::own_name;
use super::files;
use crate::check::years::{Figure, Figures};
use crate::knowledge::Knowledge;
use crate::model::{ApplicantId, Bound, Level, MetricId};

/// A report that is no copy.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) report_id: String,
    /// None when it is not told.
    pub(super) level: Option<Level>,
    /// The place that it speaks for: a code of the level's digits; for a department, of its government.
    pub(super) code: Option<u32>,
    pub(super) county: Option<u32>,
    /// Whether it sums up the bodies below, or is of its body alone; empty when it does not say.
    pub(super) scope: String,
    /// The name of a department without those of its places; empty when it is not told.
    pub(super) own_name: String,
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
        "issuer",
        "scope",
        "province",
        "prefecture",
        "county",
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
    let names = [text("province")?, text("prefecture")?, text("county")?];
    let (ids, levels, formats) = (text("report_id")?, text("issuer_level")?, text("format")?);
    let (kinds, issuers, scopes) = (text("duplicate_kind")?, text("issuer")?, text("scope")?);
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
            scope: scopes.get(at).unwrap_or_default().to_owned(),
            own_name: own_name(issuers.get(at).unwrap_or_default(), &names.map(|names| names.get(at))),
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
    let total = col("applicant").is_null().or(col("applicant").eq(lit("total")));
    let frame = stated(path, reports, chunk, total)?;
    let mut chosen = vec![Chosen::new(); chunk.len()];
    for_each(knowledge, &frame, |row, metric, value, bound, _| {
        if let Some(figures) = chosen.get_mut(row) {
            figures.insert(metric, (value, bound));
        }
    })?;
    Ok(chosen)
}

/// The chosen figures of some reports for some metrics, with all their columns.
pub(super) fn figures(
    knowledge: &Knowledge,
    path: &Path,
    reports: &[Report],
    chunk: &[usize],
    metrics: &BTreeSet<MetricId>,
) -> PolarsResult<Vec<Figures>> {
    let names: Vec<&str> = metrics.iter().map(|metric| knowledge.catalogue.metric(*metric).id).collect();
    let wanted = names.iter().fold(lit(false), |any, name| any.or(col("metric").eq(lit(*name))));
    // What is said of another year is no figure of this one.
    let wanted = wanted.and(col("stated_year").is_null());
    let frame = stated(path, reports, chunk, wanted)?;
    let (applicants, ids) = (frame.column("applicant")?.str()?, frame.column("observation_id")?.str()?);
    let column = |name: &str| knowledge.cells.applicants.iter().position(|applicant| applicant.id == name);
    let mut figures = vec![Figures::new(); chunk.len()];
    for_each(knowledge, &frame, |row, metric, value, bound, at| {
        let applicant = applicants.get(at).and_then(column).and_then(|at| ApplicantId::try_from(at).ok());
        let number = ids.get(at).and_then(|id| id.rsplit('/').next()?.parse().ok()).unwrap_or(0);
        if let Some(figures) = figures.get_mut(row) {
            figures.insert((metric, applicant), Figure { value, bound, number });
        }
    })?;
    Ok(figures)
}

/// The chosen observations of some reports, each with the report's place among them.
fn stated(path: &Path, reports: &[Report], chunk: &[usize], which: Expr) -> PolarsResult<DataFrame> {
    let ids: Vec<&str> = chunk.iter().map(|at| reports[*at].report_id.as_str()).collect();
    let rows: Vec<u32> = (0..).take(chunk.len()).collect();
    let columns =
        vec![Series::new("report_id".into(), ids).into_column(), Series::new("row".into(), rows).into_column()];
    let wanted = DataFrame::new(chunk.len(), columns)?.lazy();
    let query = files::scan("observations", &[path.to_owned()])
        .map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
    let used = col("chosen").and(col("value").is_not_null()).and(which);
    let columns = ["report_id", "observation_id", "metric", "applicant", "value", "bound"];
    let query = query.filter(used).select(columns.map(col));
    query.join(wanted, [col("report_id")], [col("report_id")], JoinArgs::new(JoinType::Inner)).collect()
}

/// Calls with the report's place, the metric, the value in ten-thousandths, the bound and the row.
fn for_each(
    knowledge: &Knowledge,
    frame: &DataFrame,
    mut each: impl FnMut(usize, MetricId, i64, Bound, usize),
) -> PolarsResult<()> {
    let (rows, metrics, bounds) =
        (frame.column("row")?.u32()?, frame.column("metric")?.str()?, frame.column("bound")?.str()?);
    let values = frame.column("value")?.f64()?;
    for at in 0..frame.height() {
        let (Some(row), Some(metric), Some(value)) = (rows.get(at), metrics.get(at), values.get(at)) else { continue };
        let Some(metric) = knowledge.catalogue.find(metric) else { continue };
        let bound = match bounds.get(at) {
            Some("at_least") => Bound::AtLeast,
            Some("about") => Bound::About,
            _ => Bound::Exact,
        };
        each(row as usize, metric, ten_thousandths(value), bound, at);
    }
    Ok(())
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "undoes the one conversion to Float64, exactly below 2^53"
)]
fn ten_thousandths(value: f64) -> i64 {
    (value * 10_000.0).round() as i64
}
