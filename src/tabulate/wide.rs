//! Counties, townships and years: one row a place and year, from the report that speaks for it.
//!
//! Reads the published facts only, so that the wide tables can be made again without reading the corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::{Expr, LazyFrame, SortMultipleOptions, UnionArgs, col, concat, lit};

use super::columns::{Cell, Columns};
use super::facts::{Places, series_value};
use super::sink::Sink;
use super::speakers::{self, Report};
use super::told::{Chosen, Told};
use super::{files, schema};
use crate::error::Error;
use crate::knowledge::{Knowledge, MetricKind};
use crate::model::{Bound, Level};
use crate::report::format_name;

/// The tables that are made here.
pub const TABLES: [&str; 3] = ["counties", "townships", "years"];

/// Rows that are on their way to a table at a time: they have hundreds of columns.
const ROWS: usize = 1_000;

/// Sums of one year and level.
#[derive(Default, Clone)]
struct Year {
    reports: i64,
    places: BTreeSet<u32>,
    /// Reports of departments and others, which are no places.
    bodies: i64,
    checks_run: i64,
    checks_failed: i64,
    series: Vec<(i64, i64)>,
}

/// Which rows to make again; the others stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// First and last report year.
    pub years: Option<(i16, i16)>,
    /// Codes of places; a code stands for all places in it.
    pub places: Vec<u32>,
}

/// Makes counties, townships and years again from `facts` (reports and observations) into `folder`.
///
/// # Errors
/// When a table cannot be read or written.
pub fn make_again(knowledge: &Knowledge, facts: &Path, folder: &Path, scope: &Scope) -> Result<(), Error> {
    let reports = speakers::load(knowledge, facts)?;
    let told = Told::gather(knowledge, facts, &reports, &BTreeSet::new(), folder)?;
    make(knowledge, (&reports, &told), folder)?;
    if *scope != Scope::default() {
        TABLES.into_iter().try_for_each(|table| merge(knowledge, (facts, folder), table, scope))?;
    }
    Ok(())
}

/// Makes counties, townships and years.
///
/// # Errors
/// When a table cannot be written, or figures cannot be read.
pub(super) fn make(knowledge: &Knowledge, (reports, told): (&[Report], &Told), folder: &Path) -> Result<(), Error> {
    let mut wide = Wide::new(knowledge, reports);
    let sink = |table| Sink::create(&knowledge.catalogue, folder, table);
    let rows = wide.order(reports);
    // One table after the other: rows of hundreds of columns wait for each.
    for (table, level) in [("counties", Level::County), ("townships", Level::Township)] {
        let mut sink = sink(table)?;
        for some in of_level(&rows, level).chunks(ROWS) {
            let made = wide.rows(table, some, (reports, told))?;
            sink.push(&made.into_frame().map_err(|source| Error::table(table, source))?)?;
        }
        sink.finish()?;
    }
    let others = rows.iter().filter(|row| !matches!(row.level, Some(Level::County | Level::Township)));
    for at in others.filter_map(|row| row.report) {
        wide.count(&reports[at as usize], &told.chosen(at as usize)?);
    }
    let mut years = sink("years")?;
    years.push(&wide.years().into_frame().map_err(|source| Error::table("years", source))?)?;
    years.finish()
}

/// The rows of a level, by which they are sorted.
fn of_level(rows: &[Row], level: Level) -> &[Row] {
    let start = rows.partition_point(|row| row.level < Some(level));
    let end = rows.partition_point(|row| row.level <= Some(level));
    rows.get(start..end).unwrap_or_default()
}

/// How many rows of a table are in the scope; all of one that has no years and places.
///
/// # Errors
/// When the table cannot be read.
pub fn count(folder: &Path, table: &str, scope: &Scope) -> Result<usize, Error> {
    let rows = files::scan(table, &[folder.join(format!("{table}.parquet"))])?;
    let rows = if TABLES.contains(&table) { rows.filter(scope.rows_of(table)) } else { rows };
    files::count(table, rows)
}

/// The column of a table's rows that is no year.
fn key(table: &str) -> &'static str {
    match table {
        "counties" => "county_code",
        "townships" => "township_code",
        _ => "issuer_level",
    }
}

impl Scope {
    /// The rows of a table that are in it; years have no places.
    fn rows_of(&self, table: &str) -> Expr {
        let mut inside = lit(true);
        if let Some((first, last)) = self.years {
            let year = || col("report_year");
            inside = inside.and(year().gt_eq(lit(first))).and(year().lt_eq(lit(last)));
        }
        if !self.places.is_empty() && table != "years" {
            let place = |code: &u32| col(key(table)).str().starts_with(lit(code.to_string()));
            inside = inside.and(self.places.iter().map(place).fold(lit(false), |any, one| any.or(one)));
        }
        inside
    }
}

/// Keeps the rows outside the scope as the current table has them.
fn merge(knowledge: &Knowledge, (facts, folder): (&Path, &Path), table: &str, scope: &Scope) -> Result<(), Error> {
    let [old, new] = [facts, folder].map(|at| at.join(format!("{table}.parquet")));
    if !old.exists() {
        return Ok(());
    }
    let inside = scope.rows_of(table);
    let kept = files::scan(table, &[old])?.filter(inside.clone().not());
    let made = files::scan(table, &[new])?.filter(inside);
    let keys = if table == "years" { ["report_year", key(table)] } else { [key(table), "report_year"] };
    let order = SortMultipleOptions::default().with_maintain_order(true);
    let joined = concat([kept, made], UnionArgs::default()).map(|all| all.sort(keys, order));
    let joined = joined.and_then(LazyFrame::collect).map_err(|source| Error::table(table, source))?;
    let mut sink = Sink::create(&knowledge.catalogue, folder, table)?;
    sink.push(&joined)?;
    sink.finish()
}

/// One row of a wide table, or one report that has none but counts for its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    level: Option<Level>,
    code: Option<u32>,
    year: i16,
    /// The report that speaks; none for a county that did not report itself but whose departments or townships did.
    report: Option<u32>,
}

struct Wide<'a> {
    knowledge: &'a Knowledge,
    years: BTreeMap<(i16, Option<Level>), Year>,
    /// Reports of departments and townships by county and year: departments, townships.
    below: BTreeMap<(u32, i16), (i64, BTreeSet<u32>)>,
    /// Level, place and year of all documents of a place's own government, restated ones included; sorted.
    found: Vec<(Level, u32, i16)>,
    columns: BTreeMap<&'static str, Vec<schema::Column>>,
    /// Names of the columns that say how exact a series is.
    bound_names: Vec<String>,
}

impl<'a> Wide<'a> {
    fn new(knowledge: &'a Knowledge, reports: &[Report]) -> Wide<'a> {
        let mut below: BTreeMap<(u32, i16), (i64, BTreeSet<u32>)> = BTreeMap::new();
        let place = |report: &Report| Some((report.level?, report.code?, report.year));
        let mut found: Vec<_> = reports.iter().filter_map(place).collect();
        found.sort_unstable();
        for report in reports {
            let Some(county) = report.county.filter(|_| report.speaks) else { continue };
            match (report.level, report.code) {
                (Some(Level::Department), _) => below.entry((county, report.year)).or_default().0 += 1,
                (Some(Level::Township), Some(code)) => {
                    below.entry((county, report.year)).or_default().1.insert(code);
                }
                _ => {}
            }
        }
        let columns =
            ["counties", "townships", "years"].map(|table| (table, schema::columns(&knowledge.catalogue, table)));
        let bound_names = knowledge.catalogue.series.iter().map(|series| format!("{}__bound", series.id)).collect();
        let columns = columns.into_iter().collect();
        Wide { knowledge, years: BTreeMap::new(), below, found, columns, bound_names }
    }

    fn table(&self, name: &str) -> Columns {
        Columns::new(self.columns.get(name).map_or(&[], Vec::as_slice))
    }

    /// Adds a report to its year, at its own level and over all levels.
    fn count(&mut self, report: &Report, figures: &Chosen) {
        for level in report.level.map(Some).into_iter().chain([None]) {
            let year = self.years.entry((report.year, level)).or_default();
            year.reports += 1;
            year.series.resize(self.knowledge.catalogue.series.len(), (0, 0));
            match report.code {
                _ if matches!(report.level, Some(Level::Department | Level::Other)) => year.bodies += 1,
                Some(code) if report.level.is_some() => {
                    year.places.insert(code);
                }
                // A report of no known place or level may repeat one that has both: it is counted, not added up.
                _ => continue,
            }
            year.checks_run += i64::from(report.checks_run);
            year.checks_failed += i64::from(report.checks_failed);
            for (series, (sum, count)) in self.knowledge.catalogue.series.iter().zip(&mut year.series) {
                if let Some((value, _)) = series_value(series, |metric| figures.get(metric)) {
                    *sum = sum.saturating_add(value);
                    *count += 1;
                }
            }
        }
    }

    /// All rows, sorted by level, place and year.
    fn order(&self, reports: &[Report]) -> Vec<Row> {
        let speakers = (0..).zip(reports).filter(|(_, report)| report.speaks);
        let speaking = |(at, report): (u32, &Report)| {
            let Report { level, code, year, .. } = *report;
            Row { level, code, year, report: Some(at) }
        };
        let mut rows: Vec<Row> = speakers.map(speaking).collect();
        rows.sort_unstable();
        let speaks = |county: u32, of: i16| {
            let sought = (Some(Level::County), Some(county), of);
            rows.binary_search_by_key(&sought, |Row { level, code, year, .. }| (*level, *code, *year)).is_ok()
        };
        let silent = self.below.keys().filter(|(county, year)| !speaks(*county, *year));
        let silent = silent.map(|(county, year)| Row {
            level: Some(Level::County),
            code: Some(*county),
            year: *year,
            report: None,
        });
        let silent: Vec<Row> = silent.collect();
        rows.extend(silent);
        rows.sort_unstable();
        rows
    }

    /// Some rows of counties or of townships, whose reports are counted for their years.
    fn rows(&mut self, table: &str, rows: &[Row], (reports, told): (&[Report], &Told)) -> Result<Columns, Error> {
        let mut made = self.table(table);
        for row in rows {
            let Some(at) = row.report.map(|at| at as usize) else {
                self.county(&mut made, row.code, row.year, None);
                continue;
            };
            let (report, figures) = (&reports[at], told.chosen(at)?);
            self.count(report, &figures);
            match report.level {
                Some(Level::Township) => self.township(&mut made, report, &figures),
                _ => self.county(&mut made, report.code, report.year, Some((report, &figures))),
            }
        }
        Ok(made)
    }

    fn county(&self, table: &mut Columns, code: Option<u32>, year: i16, own: Option<(&Report, &Chosen)>) {
        let Some(code) = code else { return };
        let places = Places::of_code(self.knowledge, Some(code), Some(year));
        let (departments, townships) = self.below.get(&(code, year)).cloned().unwrap_or_default();
        let row = vec![
            ("county_code", Cell::made(Some(code.to_string()))),
            ("report_year", Cell::Integer(Some(i64::from(year)))),
            ("county", Cell::maybe(places.name(2))),
            ("prefecture", Cell::maybe(places.name(1))),
            ("prefecture_code", Cell::maybe(places.code(1))),
            ("province", Cell::maybe(places.name(0))),
            ("province_code", Cell::maybe(places.code(0))),
            ("departments_reporting", Cell::Integer(Some(departments))),
            ("townships_reporting", Cell::count(townships.len())),
            ("townships_known", Cell::count(self.knowledge.gazetteer.count(Level::Township, year, Some(code)))),
            ("reports", self.found_for(Level::County, code, year)),
        ];
        self.push(table, row, own);
    }

    fn township(&mut self, table: &mut Columns, report: &Report, figures: &Chosen) {
        let Some(code) = report.code else { return };
        let places = Places::of_code(self.knowledge, Some(code), Some(report.year));
        let row = vec![
            ("township_code", Cell::made(Some(code.to_string()))),
            ("report_year", Cell::Integer(Some(i64::from(report.year)))),
            ("township", Cell::maybe(places.name(3))),
            ("county", Cell::maybe(places.name(2))),
            ("county_code", Cell::maybe(places.code(2))),
            ("prefecture", Cell::maybe(places.name(1))),
            ("prefecture_code", Cell::maybe(places.code(1))),
            ("province", Cell::maybe(places.name(0))),
            ("province_code", Cell::maybe(places.code(0))),
            ("reports", self.found_for(Level::Township, code, report.year)),
        ];
        self.push(table, row, Some((report, figures)));
    }

    /// Adds the report's own columns, the series and the metrics to a row, and the row to the table.
    fn push<'r>(&'r self, table: &mut Columns, mut row: Vec<(&'r str, Cell<'r>)>, own: Option<(&'r Report, &Chosen)>) {
        let catalogue = &self.knowledge.catalogue;
        let Some((report, figures)) = own else {
            table.push(&row);
            return;
        };
        row.push(("report_id", Cell::text(&report.report_id)));
        row.push(("scope", Cell::maybe(report.scope.map(crate::model::Scope::name))));
        row.push(("format", Cell::text(format_name(self.knowledge, report.format))));
        row.push(("published", Cell::Days(report.published)));
        row.push(("checks_run", Cell::Integer(Some(report.checks_run.into()))));
        row.push(("checks_failed", Cell::Integer(Some(report.checks_failed.into()))));
        for (series, bound_name) in catalogue.series.iter().zip(&self.bound_names) {
            let Some((value, bound)) = series_value(series, |metric| figures.get(metric)) else { continue };
            row.push((&series.id, number(series.decimal, value)));
            if bound != Bound::Exact {
                row.push((bound_name, Cell::text(bound.name())));
            }
        }
        for (metric, value) in figures.iter() {
            let metric = catalogue.metric(metric);
            if catalogue.series.iter().all(|series| series.id != metric.id) {
                row.push((metric.id, number(matches!(metric.kind, MetricKind::Amount | MetricKind::Percent), value)));
            }
        }
        table.push(&row);
    }

    fn found_for(&self, level: Level, code: u32, year: i16) -> Cell<'static> {
        let sought = (level, code, year);
        let before = self.found.partition_point(|place| *place < sought);
        Cell::count(self.found.partition_point(|place| *place <= sought) - before)
    }

    fn years(&self) -> Columns {
        let mut table = self.table("years");
        let names: Vec<String> =
            self.knowledge.catalogue.series.iter().map(|series| format!("{}__n", series.id)).collect();
        let mut years: Vec<_> = self.years.iter().collect();
        years.sort_by_key(|((year, level), _)| (*year, level.map_or("all", Level::name)));
        for ((report_year, level), year) in years {
            let level_name = level.map_or("all", Level::name);
            let places = i64::try_from(year.places.len()).unwrap_or(i64::MAX) + year.bodies;
            let known = self.known(*report_year, *level);
            let mut row: Vec<(&str, Cell<'_>)> = vec![
                ("report_year", Cell::Integer(Some(i64::from(*report_year)))),
                ("issuer_level", Cell::text(level_name)),
                ("reports", Cell::Integer(Some(year.reports))),
                ("places_reporting", Cell::Integer(Some(places))),
                ("places_known", Cell::Integer(known)),
                (
                    "coverage",
                    Cell::Number(known.filter(|known| *known > 0).map(|known| places * crate::number::ONE / known)),
                ),
                ("checks_run", Cell::Integer(Some(year.checks_run))),
                ("checks_failed", Cell::Integer(Some(year.checks_failed))),
            ];
            for ((series, (sum, count)), name) in self.knowledge.catalogue.series.iter().zip(&year.series).zip(&names) {
                // A county's report may sum up its townships': over all levels there are counts, and no sums.
                if *count > 0 && level.is_some() {
                    row.push((&series.id, number(series.decimal, *sum)));
                }
                row.push((name, Cell::Integer(Some(*count))));
            }
            table.push(&row);
        }
        table
    }

    /// Places of a level alive in a year.
    fn known(&self, year: i16, level: Option<Level>) -> Option<i64> {
        let level = level.filter(|level| !matches!(level, Level::Department | Level::Other))?;
        i64::try_from(self.knowledge.gazetteer.count(level, year, None)).ok()
    }
}

/// Counts are published as integers, money and shares as numbers.
fn number(decimal: bool, value: i64) -> Cell<'static> {
    if decimal { Cell::Number(Some(value)) } else { Cell::Integer(Some(value / crate::number::ONE)) }
}
