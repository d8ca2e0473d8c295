//! The reports that speak for places, and their chosen figures, read back from the published facts.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use polars::prelude::{DataFrame, DataType, Expr, LazyFrame, PolarsResult, col, lit};

use super::copies::own_name;
use super::files;
use crate::check::years::{Figure, Figures};
use crate::error::Error;
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

/// Figures of one report that the wide tables use, sorted by metric. Those of many reports are in memory at a time, so
/// they stand in one piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen(Vec<(i64, MetricId, Bound)>);

impl Chosen {
    fn place(&self, metric: MetricId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&metric, |(_, known, _)| *known)
    }

    fn insert(&mut self, metric: MetricId, value: i64, bound: Bound) {
        match self.place(metric) {
            Ok(at) => self.0[at] = (value, metric, bound),
            Err(at) => self.0.insert(at, (value, metric, bound)),
        }
    }

    pub(super) fn get(&self, metric: MetricId) -> Option<(i64, Bound)> {
        let (value, _, bound) = self.0.get(self.place(metric).ok()?)?;
        Some((*value, *bound))
    }

    /// Metrics and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (MetricId, i64)> {
        self.0.iter().map(|(value, metric, _)| (*metric, *value))
    }
}

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
) -> Result<Vec<Chosen>, Error> {
    let total = col("applicant").is_null().or(col("applicant").eq(lit("total")));
    let mut chosen = vec![Chosen::default(); chunk.len()];
    stated(knowledge, path, (reports, chunk), &total, |row, stated| {
        chosen[row].insert(stated.metric, stated.value, stated.bound);
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
) -> Result<Vec<Figures>, Error> {
    let names: Vec<&str> = metrics.iter().map(|metric| knowledge.catalogue.metric(*metric).id).collect();
    let wanted = names.iter().fold(lit(false), |any, name| any.or(col("metric").eq(lit(*name))));
    // What is said of another year is no figure of this one.
    let wanted = wanted.and(col("stated_year").is_null());
    let column = |name: &str| knowledge.cells.applicants.iter().position(|applicant| applicant.id == name);
    let mut figures = vec![Figures::default(); chunk.len()];
    stated(knowledge, path, (reports, chunk), &wanted, |row, stated| {
        let applicant = stated.applicant.and_then(column).and_then(|at| ApplicantId::try_from(at).ok());
        let number = stated.id.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let figure = Figure { value: stated.value, bound: stated.bound, number };
        figures[row].insert((stated.metric, applicant), figure);
    })?;
    Ok(figures)
}

/// A chosen observation.
struct Stated<'o> {
    id: &'o str,
    metric: MetricId,
    applicant: Option<&'o str>,
    /// In ten-thousandths.
    value: i64,
    bound: Bound,
}

/// Calls with each chosen observation of some reports and the report's place among them.
fn stated(
    knowledge: &Knowledge,
    path: &Path,
    (reports, chunk): (&[Report], &[usize]),
    which: &Expr,
    mut each: impl FnMut(usize, &Stated<'_>),
) -> Result<(), Error> {
    let rows: HashMap<&str, usize> =
        chunk.iter().enumerate().map(|(row, at)| (reports[*at].report_id.as_str(), row)).collect();
    let used = || col("chosen").and(col("value").is_not_null()).and(which.clone());
    let columns = ["report_id", "observation_id", "metric", "applicant", "value", "bound"];
    let query = |all: LazyFrame| all.filter(used()).select(columns.map(col));
    for stretch in files::stretches("observations", path, &query)? {
        of_frame(knowledge, &stretch?, &rows, &mut each).map_err(|source| Error::table("observations", source))?;
    }
    Ok(())
}

fn of_frame(
    knowledge: &Knowledge,
    frame: &DataFrame,
    rows: &HashMap<&str, usize>,
    each: &mut impl FnMut(usize, &Stated<'_>),
) -> PolarsResult<()> {
    let text = |name: &str| frame.column(name)?.str();
    let (reports, ids, metrics) = (text("report_id")?, text("observation_id")?, text("metric")?);
    let (applicants, bounds, values) = (text("applicant")?, text("bound")?, frame.column("value")?.f64()?);
    // The figures of a report stand together.
    let mut last: Option<(&str, Option<usize>)> = None;
    for at in 0..frame.height() {
        let (Some(report), Some(id), Some(metric), Some(value)) =
            (reports.get(at), ids.get(at), metrics.get(at), values.get(at))
        else {
            continue;
        };
        let row = match last {
            Some((known, row)) if known == report => row,
            _ => rows.get(report).copied(),
        };
        last = Some((report, row));
        let (Some(row), Some(metric)) = (row, knowledge.catalogue.find(metric)) else { continue };
        let bound = match bounds.get(at) {
            Some("at_least") => Bound::AtLeast,
            Some("about") => Bound::About,
            _ => Bound::Exact,
        };
        each(row, &Stated { id, metric, applicant: applicants.get(at), value: ten_thousandths(value), bound });
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
