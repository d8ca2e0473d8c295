//! What the page of a build says, counted from its published tables. No table is in memory as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::{DataFrame, Expr, NamedFrom, PolarsResult, Series, col, lit, when};

use super::outliers::{self, Outliers};
use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::model::TOTAL;
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
    /// Documents that are neither reports nor copies: why, and which.
    pub(super) reasons: BTreeMap<String, usize>,
    pub(super) others: Listed,
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
    /// In the order of their codes, as everywhere in China.
    pub(super) provinces: Vec<(String, BTreeMap<i16, Share>)>,
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
        let others = || rayon::join(|| checks(folder), || outliers::find(knowledge, folder));
        let (coverage, (checks, outliers)) = rayon::join(|| coverage(folder), others);
        let (coverage, checks, outliers) = (coverage?, checks?, outliers?);
        let examples = checks.values().flat_map(|checked| &checked.examples);
        let named = examples.filter_map(|row| row.get("report_id").cloned());
        let named = named.chain(outliers.farthest.iter().map(|one| one.report_id.clone())).collect();
        let reports = Reports::count(folder)?;
        Ok(Survey {
            levels: ByYear::of(&reports.levels),
            forms: ByYear::of(&reports.forms),
            encodings: ByYear::of(&reports.encodings),
            coverage,
            metrics: metrics(folder)?,
            checks,
            outliers,
            unplaced: Listed { all: reports.unplaced, rows: first(folder, "reports", is_report().and(is_unplaced()))? },
            damage: reports.damage,
            others: Listed { all: reports.others.values().sum(), rows: first(folder, "reports", is_other())? },
            reasons: reports.others,
            rejects: Listed { all: files::height(folder, "rejects")?, rows: first(folder, "rejects", lit(true))? },
            documents: documents(folder, &named)?,
        })
    }
}

/// Counts of reports by year and kind, of damaged documents, and of reports whose place is not settled.
#[derive(Default)]
struct Reports {
    levels: BTreeMap<(i16, String), usize>,
    forms: BTreeMap<(i16, String), usize>,
    encodings: BTreeMap<(i16, String), usize>,
    damage: BTreeMap<String, usize>,
    /// Documents that are no reports, by the reason.
    others: BTreeMap<String, usize>,
    unplaced: usize,
}

impl Reports {
    fn count(folder: &Path) -> Result<Reports, Error> {
        let encoding = when(col("encoding").is_null()).then(col("media_type")).otherwise(col("encoding"));
        let [year, level, form, damage] = ["report_year", "issuer_level", "format", "damage"].map(col);
        let reason = when(is_other()).then(col("class_reason")).otherwise(lit(""));
        let flags = [is_report().alias("report"), is_unplaced().alias("unplaced"), reason.alias("reason")];
        let [report, unplaced, reason] = flags;
        let by = [report, unplaced, reason, year, level, form, encoding.alias("coded"), damage];
        let mut counts = Reports::default();
        for (key, count) in files::grouped(folder, "reports", &lit(true), &by)? {
            let [report, unplaced, reason, year, level, form, encoding, damage] = key.as_slice() else { continue };
            if !reason.is_empty() {
                *counts.others.entry(reason.clone()).or_default() += count;
            }
            for kind in damage.split(',').filter(|kind| !kind.is_empty()) {
                *counts.damage.entry(kind.to_owned()).or_default() += count;
            }
            if report != "true" {
                continue;
            }
            counts.unplaced += if unplaced == "true" { count } else { 0 };
            let Ok(year) = year.parse() else { continue };
            let Reports { levels, forms, encodings, .. } = &mut counts;
            for (counts, kind) in [(levels, level), (forms, form), (encodings, encoding)] {
                *counts.entry((year, kind.clone())).or_default() += count;
            }
        }
        Ok(counts)
    }
}

impl ByYear {
    fn of(counts: &BTreeMap<(i16, String), usize>) -> ByYear {
        let mut kinds: BTreeMap<&str, BTreeMap<i16, usize>> = BTreeMap::new();
        for ((year, kind), count) in counts {
            let kind = if kind.is_empty() { "not_told" } else { kind };
            *kinds.entry(kind).or_default().entry(*year).or_default() += count;
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

fn is_other() -> Expr {
    col("document_class").eq(lit("not_report"))
}

fn is_unplaced() -> Expr {
    col("county_code").is_null().and(col("province_code").is_null())
}

fn coverage(folder: &Path) -> Result<BTreeMap<String, Coverage>, Error> {
    let mut levels: BTreeMap<String, Coverage> = BTreeMap::new();
    let mut add = |frame: &DataFrame| -> PolarsResult<()> {
        let text = |name: &str| frame.column(name)?.str();
        let (of_level, provinces, statuses) = (text("level")?, text("province")?, text("status")?);
        let rows =
            of_level.iter().zip(provinces.iter()).zip(statuses.iter()).zip(frame.column("report_year")?.i16()?.iter());
        // Hundreds of thousands of rows, of which those of one province stand together.
        let mut rows =
            rows.filter_map(|(((level, province), status), year)| Some((level?, province?, status?, year?))).peekable();
        while let Some((level, province, ..)) = rows.peek().copied() {
            let coverage = levels.entry(level.to_owned()).or_default();
            let known = coverage.provinces.iter().position(|(name, _)| name == province);
            let at = known.unwrap_or(coverage.provinces.len());
            if known.is_none() {
                coverage.provinces.push((province.to_owned(), BTreeMap::new()));
            }
            let years = &mut coverage.provinces[at].1;
            while let Some((.., status, year)) = rows.next_if(|(of, within, ..)| *of == level && *within == province) {
                let share = years.entry(year).or_default();
                share.whole += 1;
                share.part += usize::from(status == "found");
            }
        }
        Ok(())
    };
    for frame in files::pieces(folder, "coverage", &["level", "province", "report_year", "status"])? {
        add(&frame?).map_err(|source| Error::table("coverage", source))?;
    }
    // A province of which there is nothing says nothing.
    for coverage in levels.values_mut() {
        coverage.years = coverage.provinces.iter().flat_map(|(_, years)| years.keys()).copied().collect();
        coverage.provinces.retain(|(_, years)| years.values().any(|share| share.part > 0));
    }
    Ok(levels)
}

fn metrics(folder: &Path) -> Result<BTreeMap<String, usize>, Error> {
    // A metric has one chosen value, and where there are applicants one for each of them.
    let whole = col("applicant").is_null().or(col("applicant").eq(lit(TOTAL)));
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

/// The first rows that a condition keeps.
fn first(folder: &Path, table: &str, which: Expr) -> Result<Vec<Row>, Error> {
    let rows = files::scan(table, &[folder.join(format!("{table}.parquet"))])?.filter(which);
    files::rows(table, rows.limit(u32::try_from(NAMED).unwrap_or(u32::MAX)))
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
