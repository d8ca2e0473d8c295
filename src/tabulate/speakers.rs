//! The reports that speak for places, read back from the published facts.

use std::path::Path;

use polars::prelude::{DataFrame, DataType, PolarsResult, col, lit};

use super::copies::own_name;
use super::files;
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::{Format, Level, Scope};

/// A report that is no copy. Those of the whole corpus are in memory.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) report_id: Box<str>,
    /// None when it is not told.
    pub(super) level: Option<Level>,
    /// The place that it speaks for: a code of the level's digits; for a department, of its government.
    pub(super) code: Option<u32>,
    pub(super) county: Option<u32>,
    /// Whether it sums up the bodies below, or is of its body alone; none when it does not say.
    pub(super) scope: Option<Scope>,
    /// The name of a department without those of its places; empty when it is not told.
    pub(super) own_name: Box<str>,
    /// Whether no later restatement replaces it.
    pub(super) speaks: bool,
    pub(super) year: i16,
    pub(super) format: Format,
    pub(super) published: Option<i32>,
    pub(super) checks_run: u32,
    pub(super) checks_failed: u32,
}

/// The reports in the order of their paths.
///
/// # Errors
/// When they cannot be read.
pub(super) fn load(knowledge: &Knowledge, facts: &Path) -> Result<Vec<Report>, Error> {
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
    let speaks = col("document_class").eq(lit("report")).and(col("report_year").is_not_null());
    let query = files::scan("reports", &[facts.join("reports.parquet")])?.filter(speaks).select(names.map(col));
    query.collect().and_then(|frame| read(knowledge, &frame)).map_err(|source| Error::table("reports", source))
}

fn read(knowledge: &Knowledge, frame: &DataFrame) -> PolarsResult<Vec<Report>> {
    let text = |name: &str| frame.column(name)?.str();
    let codes = [text("province_code")?, text("prefecture_code")?, text("county_code")?, text("township_code")?];
    let names = [text("province")?, text("prefecture")?, text("county")?];
    let (ids, levels, formats) = (text("report_id")?, text("issuer_level")?, text("format")?);
    let (kinds, issuers, scopes) = (text("duplicate_kind")?, text("issuer")?, text("scope")?);
    let published = frame.column("published")?.cast(&DataType::Int32)?;
    let published = published.i32()?;
    let years = frame.column("report_year")?.i16()?;
    let count = |name: &str| frame.column(name)?.cast(&DataType::UInt32);
    let (run, failed) = (count("checks_run")?, count("checks_failed")?);
    let (run, failed) = (run.u32()?, failed.u32()?);
    let format = |name: &str| {
        let form = u8::try_from(knowledge.forms.find(name)?).ok()?;
        Some(Format::Form(form))
    };
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
            report_id: ids.get(at).unwrap_or_default().into(),
            level,
            code,
            county: codes[2].get(at).and_then(|code| code.parse().ok()),
            scope: scopes.get(at).and_then(Scope::from_name),
            own_name: own_name(issuers.get(at).unwrap_or_default(), &names.map(|names| names.get(at))).into(),
            speaks: kinds.get(at).is_none(),
            year: years.get(at).unwrap_or(0),
            format: formats.get(at).and_then(format).unwrap_or_default(),
            published: published.get(at),
            checks_run: run.get(at).unwrap_or(0),
            checks_failed: failed.get(at).unwrap_or(0),
        });
    }
    Ok(reports)
}
