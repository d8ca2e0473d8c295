//! What changed between two builds: every cell of the wide tables, with its cause.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{col, lit};

use super::{Build, Row, cell};
use crate::error::Error;
use crate::knowledge::{Catalogue, Knowledge};

/// Tables that are compared, each with what its key has beside the year.
const TABLES: [(&str, &str); 3] =
    [("counties", "county_code"), ("townships", "township_code"), ("years", "issuer_level")];

/// Columns that tell of other documents than the one that speaks.
const OF_OTHERS: [&str; 3] = ["reports", "departments_reporting", "townships_reporting"];

/// Columns that the gazetteer fills.
const OF_PLACES: [&str; 9] = [
    "county",
    "prefecture",
    "province",
    "township",
    "county_code",
    "prefecture_code",
    "province_code",
    "townships_known",
    "places_known",
];

/// Why a cell changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Documents came, went or changed.
    Input,
    /// The program or its rules read the same document otherwise.
    Rules,
    /// The gazetteer knows the place otherwise.
    Places,
    /// Reviewed corrections came, went or changed.
    Overlay,
    /// Nothing that is known.
    Unexplained,
}

impl Cause {
    fn name(self) -> &'static str {
        match self {
            Cause::Input => "input",
            Cause::Rules => "rules",
            Cause::Places => "places",
            Cause::Overlay => "overlay",
            Cause::Unexplained => "unexplained",
        }
    }
}

/// What two builds differ in.
pub struct Difference {
    /// One line a cell, and a summary.
    pub page: String,
    /// Cells that nothing explains: a fault.
    pub unexplained: usize,
}

/// Compares two builds.
///
/// # Errors
/// When one of them is no dataset.
pub fn diff(knowledge: &Knowledge, old: &Path, new: &Path) -> Result<Difference, Error> {
    let sides = [Side::open(old)?, Side::open(new)?];
    let feeds = feeds(&knowledge.catalogue);
    let mut page = String::new();
    let mut counts: BTreeMap<(&str, Cause), usize> = BTreeMap::new();
    let years: BTreeSet<i16> = sides.iter().flat_map(|side| side.years.keys().copied()).collect();
    for (table, key) in TABLES {
        // A year at a time bounds the memory.
        for year in &years {
            let [mut before, after] = [sides[0].table(table, key, *year)?, sides[1].table(table, key, *year)?];
            for (name, row) in &after {
                let gone = before.remove(name).unwrap_or_default();
                cells(&mut page, &mut counts, ((table, key), name, *year), (&sides, &feeds), [&gone, row]);
            }
            for (name, gone) in &before {
                cells(&mut page, &mut counts, ((table, key), name, *year), (&sides, &feeds), [gone, &Row::new()]);
            }
        }
    }
    if counts.is_empty() {
        page.push_str("nothing changed\n");
    }
    for ((table, cause), count) in &counts {
        let by = if *cause == Cause::Unexplained { ", " } else { " by " };
        let _ = writeln!(page, "{count} cells of {table} changed{by}{}", cause.name());
    }
    let unexplained =
        counts.iter().filter(|((_, cause), _)| *cause == Cause::Unexplained).map(|(_, count)| count).sum();
    Ok(Difference { page, unexplained })
}

/// Writes the cells in which two rows differ, each with its cause.
fn cells<'t>(
    page: &mut String,
    counts: &mut BTreeMap<(&'t str, Cause), usize>,
    ((table, key), name, year): ((&'t str, &str), &str, i16),
    (sides, feeds): (&[Side; 2], &Feeds<'_>),
    rows: [&Row; 2],
) {
    let columns: BTreeSet<&String> = rows[0].keys().chain(rows[1].keys()).collect();
    for column in columns.into_iter().filter(|column| ![key, "report_year"].contains(&column.as_str())) {
        let values = rows.map(|row| row.get(column));
        if values[0] == values[1] {
            continue;
        }
        let metrics = feeds.get(column.as_str()).map_or(&[][..], Vec::as_slice);
        let cause = cause(sides, (column, metrics), rows, year);
        *counts.entry((table, cause)).or_default() += 1;
        let [old, new] = values.map(|value| value.map_or("-", String::as_str));
        let _ = writeln!(page, "{table} {name} {year} {column}: {old} → {new} ({})", cause.name());
    }
}

/// The metrics that feed each column of figures.
type Feeds<'c> = BTreeMap<String, Vec<&'c str>>;

fn feeds(catalogue: &Catalogue) -> Feeds<'_> {
    let mut feeds: Feeds<'_> = catalogue.metrics.iter().map(|metric| (metric.id.to_owned(), vec![metric.id])).collect();
    for series in &catalogue.series {
        let metrics = series.from.iter().flat_map(|alternative| &alternative.sum);
        let metrics: Vec<&str> = metrics.map(|metric| catalogue.metric(*metric).id).collect();
        for column in ["", "__bound", "__n"] {
            feeds.insert(format!("{}{column}", series.id), metrics.clone());
        }
    }
    feeds
}

/// Why a cell of two rows differs.
fn cause(sides: &[Side; 2], (column, metrics): (&str, &[&str]), rows: [&Row; 2], year: i16) -> Cause {
    let other_rules = sides[0].rules != sides[1].rules;
    let spoke = rows.map(|row| cell(row, "report_id"));
    let versions = |id: &str| [0, 1].map(|side| sides[side].reports.get(id));
    let is_same = |id: &&str| matches!(versions(id), [Some(one), Some(other)] if one == other);
    let documents = |side: usize| sides[side].years.get(&year);
    // Of the report that speaks; of all reports of the year where none does, as in a sum.
    let reviewed = |side: usize| -> Vec<&str> {
        let all = metrics.iter().filter_map(|metric| sides[side].reviewed.get(&(year, (*metric).to_owned()))).flatten();
        all.filter(|(report, _)| spoke[side].is_empty() || report == spoke[side])
            .map(|(_, value)| value.as_str())
            .collect()
    };
    let of_same_documents = if other_rules { Cause::Rules } else { Cause::Unexplained };
    match () {
        () if other_rules && OF_PLACES.contains(&column) => Cause::Places,
        () if reviewed(0) != reviewed(1) => Cause::Overlay,
        // A document that only one of the builds has, or has under this place only, or with another attachment.
        () if spoke.iter().any(|id| !id.is_empty() && !is_same(id)) => Cause::Input,
        () if spoke[0] == spoke[1] && !spoke[0].is_empty() && !OF_OTHERS.contains(&column) => of_same_documents,
        () if documents(0) != documents(1) => Cause::Input,
        () => of_same_documents,
    }
}

/// One of the builds.
struct Side {
    build: Build,
    /// Fingerprint of the program, its rules and places.
    rules: String,
    /// All documents, each with the names of its attachments.
    reports: BTreeMap<String, String>,
    /// The documents about each year.
    years: BTreeMap<i16, BTreeSet<String>>,
    /// The reviewed corrections by year and metric: document, and applicant with value.
    reviewed: BTreeMap<(i16, String), BTreeSet<(String, String)>>,
}

impl Side {
    fn open(dataset: &Path) -> Result<Side, Error> {
        let build = Build::open(dataset)?;
        let columns = ["report_id", "path", "report_year", "attachments"].map(col);
        let attached = build.cells("reports", col("class_reason").eq(lit("attachment")), &columns)?;
        let attached: BTreeMap<&str, &str> =
            attached.iter().map(|row| (cell(row, "path"), cell(row, "report_id"))).collect();
        let (mut reports, mut years) = (BTreeMap::new(), BTreeMap::<i16, BTreeSet<String>>::new());
        for row in build.cells("reports", col("report_year").is_not_null(), &columns)? {
            let paths = cell(&row, "attachments").split(',');
            let tables: Vec<&str> = paths.filter_map(|path| attached.get(path).copied()).collect();
            let [id, path] = ["report_id", "path"].map(|name| cell(&row, name));
            let document = format!("{id} {path} {}", tables.join(" "));
            years.entry(cell(&row, "report_year").parse().unwrap_or(0)).or_default().insert(document);
            // Of the same bytes in several places, the one that is kept is that with attachments.
            let known = reports.entry(id.to_owned()).or_insert_with(String::new);
            *known = tables.join(" ").max(std::mem::take(known));
        }
        let mut reviewed = BTreeMap::<(i16, String), BTreeSet<(String, String)>>::new();
        for row in build.rows("observations", col("basis").eq(lit("reviewed")))? {
            let key = (cell(&row, "report_year").parse().unwrap_or(0), cell(&row, "metric").to_owned());
            let value = format!("{} {}", cell(&row, "applicant"), cell(&row, "value"));
            reviewed.entry(key).or_default().insert((cell(&row, "report_id").to_owned(), value));
        }
        Ok(Side { rules: build.field("rules"), build, reports, years, reviewed })
    }

    /// The rows of a table about a year by the rest of their key.
    fn table(&self, table: &str, key: &str, year: i16) -> Result<BTreeMap<String, Row>, Error> {
        let rows = self.build.rows(table, col("report_year").eq(lit(year)))?;
        Ok(rows.into_iter().map(|row| (cell(&row, key).to_owned(), row)).collect())
    }
}
