//! What the page of a build says, counted from its published tables. No table is in memory as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::{Expr, NamedFrom, Series, col, lit, when};

use super::outliers::{self, Outliers};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::tabulate::files::{self, Row};

/// Documents that a list names; how many more there are is said.
pub(super) const NAMED: usize = 50;

/// Failed checks of one rule that are shown.
const EXAMPLES: usize = 8;

/// All that the page says but the books.
pub(super) struct Survey {
    pub(super) levels: ByYear,
    pub(super) forms: ByYear,
    pub(super) encodings: ByYear,
    /// Of counties and townships.
    pub(super) coverage: BTreeMap<String, Coverage>,
    /// Reports that state a metric, by its id.
    pub(super) metrics: BTreeMap<String, usize>,
    /// By the rule's id.
    pub(super) checks: BTreeMap<String, Checked>,
    pub(super) outliers: Outliers,
    /// Reports whose place is not settled.
    pub(super) unplaced: Listed,
    /// Documents with damage, by its kind.
    pub(super) damage: BTreeMap<String, usize>,
    pub(super) rejects: Listed,
    /// Documents that are named above, by their ids.
    pub(super) documents: BTreeMap<String, Row>,
}

/// Counts of kinds of reports in each year.
#[derive(Debug, Default)]
pub(super) struct ByYear {
    /// All years from the first to the last.
    pub(super) years: Vec<i16>,
    /// Kinds, the most frequent first, with a count for each year.
    pub(super) kinds: Vec<(String, Vec<usize>)>,
}

/// Places that have a report, and places that exist, by province and year.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub(super) years: BTreeSet<i16>,
    pub(super) provinces: BTreeMap<String, BTreeMap<i16, Share>>,
}

/// So many of so many.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Share {
    pub(super) part: usize,
    pub(super) whole: usize,
}

/// What became of a check.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Some that failed: `report_id`, detail and the others of the table.
    pub(super) examples: Vec<Row>,
}

/// Some rows, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) all: usize,
    pub(super) rows: Vec<Row>,
}

impl Survey {
    /// Counts what the tables in a folder say.
    pub(super) fn of(knowledge: &Knowledge, folder: &Path) -> Result<Survey, Error> {
        let by_year = |kind| by_year(folder, kind);
        let encoding = when(col("encoding").is_null()).then(col("media_type")).otherwise(col("encoding"));
        let (checks, outliers) = rayon::join(|| checks(folder), || outliers::find(knowledge, folder));
        let (checks, outliers) = (checks?, outliers?);
        let examples = checks.values().flat_map(|checked| &checked.examples);
        let named = examples.filter_map(|row| row.get("report_id").cloned());
        let named = named.chain(outliers.farthest.iter().map(|one| one.report_id.clone())).collect();
        Ok(Survey {
            levels: by_year(col("issuer_level"))?,
            forms: by_year(col("format"))?,
            encodings: by_year(encoding)?,
            coverage: coverage(folder)?,
            metrics: metrics(folder)?,
            checks,
            outliers,
            unplaced: listed(folder, "reports", &is_report().and(is_unplaced()))?,
            damage: damage(folder)?,
            rejects: listed(folder, "rejects", &lit(true))?,
            documents: documents(folder, &named)?,
        })
    }
}

impl ByYear {
    fn of(counts: &BTreeMap<Vec<String>, usize>) -> ByYear {
        let mut kinds: BTreeMap<&str, BTreeMap<i16, usize>> = BTreeMap::new();
        for (key, count) in counts {
            let [year, kind] = key.as_slice() else { continue };
            let Ok(year) = year.parse() else { continue };
            let kind = if kind.is_empty() { "not_told" } else { kind };
            *kinds.entry(kind).or_default().entry(year).or_default() += count;
        }
        let years = || kinds.values().flat_map(BTreeMap::keys).copied();
        let years: Vec<i16> =
            years().min().zip(years().max()).map_or(Vec::new(), |(first, last)| (first..=last).collect());
        let each = |(kind, counts): (&&str, &BTreeMap<i16, usize>)| {
            let numbers = years.iter().map(|year| counts.get(year).copied().unwrap_or(0)).collect();
            ((*kind).to_owned(), numbers)
        };
        let mut kinds: Vec<(String, Vec<usize>)> = kinds.iter().map(each).collect();
        kinds.sort_by_key(|(_, numbers)| std::cmp::Reverse(numbers.iter().sum::<usize>()));
        ByYear { years, kinds }
    }
}

fn is_report() -> Expr {
    col("document_class").eq(lit("report"))
}

fn is_unplaced() -> Expr {
    col("county_code").is_null().and(col("province_code").is_null())
}

fn by_year(folder: &Path, kind: Expr) -> Result<ByYear, Error> {
    let counts = files::grouped(folder, "reports", &is_report(), &[col("report_year"), kind.alias("kind")])?;
    Ok(ByYear::of(&counts))
}

fn coverage(folder: &Path) -> Result<BTreeMap<String, Coverage>, Error> {
    let by = ["level", "province", "report_year", "status"].map(col);
    let mut levels: BTreeMap<String, Coverage> = BTreeMap::new();
    for (key, count) in files::grouped(folder, "coverage", &lit(true), &by)? {
        let [level, province, year, status] = key.as_slice() else { continue };
        let Ok(year) = year.parse() else { continue };
        let coverage = levels.entry(level.clone()).or_default();
        coverage.years.insert(year);
        let share = coverage.provinces.entry(province.clone()).or_default().entry(year).or_default();
        share.whole += count;
        share.part += if status == "found" { count } else { 0 };
    }
    // A province of which there is nothing says nothing.
    for coverage in levels.values_mut() {
        coverage.provinces.retain(|_, years| years.values().any(|share| share.part > 0));
    }
    Ok(levels)
}

fn metrics(folder: &Path) -> Result<BTreeMap<String, usize>, Error> {
    // A metric has one chosen value, and where there are applicants one for each of them.
    let whole = col("applicant").is_null().or(col("applicant").eq(lit("total")));
    let stated = col("chosen").and(col("value").is_not_null()).and(whole);
    let counts = files::grouped(folder, "observations", &stated, &[col("metric")])?;
    Ok(counts.into_iter().filter_map(|(key, count)| Some((key.into_iter().next()?, count))).collect())
}

fn checks(folder: &Path) -> Result<BTreeMap<String, Checked>, Error> {
    let mut checks: BTreeMap<String, Checked> = BTreeMap::new();
    for (key, count) in files::grouped(folder, "checks", &lit(true), &["check", "status"].map(col))? {
        let [check, status] = key.as_slice() else { continue };
        let checked = checks.entry(check.clone()).or_default();
        match status.as_str() {
            "pass" => checked.passed += count,
            "fail" => checked.failed += count,
            _ => {}
        }
    }
    let failed = col("status").eq(lit("fail"));
    for row in files::first_of_each(folder, "checks", "check", &failed, EXAMPLES)? {
        if let Some(checked) = row.get("check").and_then(|check| checks.get_mut(check)) {
            checked.examples.push(row);
        }
    }
    Ok(checks)
}

fn damage(folder: &Path) -> Result<BTreeMap<String, usize>, Error> {
    let mut damage = BTreeMap::new();
    for (key, count) in files::grouped(folder, "reports", &col("damage").is_not_null(), &[col("damage")])? {
        for kind in key.iter().flat_map(|kinds| kinds.split(',')) {
            *damage.entry(kind.to_owned()).or_default() += count;
        }
    }
    Ok(damage)
}

fn listed(folder: &Path, table: &str, which: &Expr) -> Result<Listed, Error> {
    let query = || Ok(files::scan(table, &[folder.join(format!("{table}.parquet"))])?.filter(which.clone()));
    let rows = files::rows(table, query()?.limit(u32::try_from(NAMED).unwrap_or(u32::MAX)))?;
    Ok(Listed { all: files::count(table, query()?)?, rows })
}

/// What is told of some documents; of copies the one that is kept.
fn documents(folder: &Path, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Row>, Error> {
    let ids = Series::new("ids".into(), ids.iter().map(String::as_str).collect::<Vec<_>>());
    let named = col("report_id").is_in(lit(ids).implode(false), false).and(is_report());
    let columns = ["report_id", "path", "title", "issuer", "report_year"].map(col);
    let query = files::scan("reports", &[folder.join("reports.parquet")])?.filter(named).select(columns);
    let rows = files::rows("reports", query)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.get("report_id")?.clone(), row))).collect())
}
