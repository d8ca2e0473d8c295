//! What changed between two builds: every cell of the wide tables, with its cause.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{col, lit};

use super::{Build, Row, cell};
use crate::error::Error;

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
pub fn diff(old: &Path, new: &Path) -> Result<Difference, Error> {
    let sides = [Side::open(old)?, Side::open(new)?];
    let mut page = String::new();
    let mut counts: BTreeMap<(&str, Cause), usize> = BTreeMap::new();
    let years: BTreeSet<i16> = sides.iter().flat_map(|side| side.years.keys().copied()).collect();
    for (table, key) in TABLES {
        // A year at a time bounds the memory.
        for year in &years {
            let [mut before, after] = [sides[0].table(table, key, *year)?, sides[1].table(table, key, *year)?];
            for (name, row) in &after {
                let gone = before.remove(name).unwrap_or_default();
                cells(&mut page, &mut counts, (table, name, *year, &sides), [&gone, row]);
            }
            for (name, gone) in &before {
                cells(&mut page, &mut counts, (table, name, *year, &sides), [gone, &Row::new()]);
            }
        }
    }
    if counts.is_empty() {
        page.push_str("nothing changed\n");
    }
    for ((table, cause), count) in &counts {
        let _ = writeln!(page, "{count} cells of {table} changed by {}", cause.name());
    }
    let unexplained =
        counts.iter().filter(|((_, cause), _)| *cause == Cause::Unexplained).map(|(_, count)| count).sum();
    Ok(Difference { page, unexplained })
}

/// Writes the cells in which two rows differ, each with its cause.
fn cells<'t>(
    page: &mut String,
    counts: &mut BTreeMap<(&'t str, Cause), usize>,
    (table, name, year, sides): (&'t str, &str, i16, &[Side; 2]),
    rows: [&Row; 2],
) {
    let columns: BTreeSet<&String> = rows[0].keys().chain(rows[1].keys()).collect();
    for column in columns {
        let values = rows.map(|row| row.get(column));
        if values[0] == values[1] {
            continue;
        }
        let cause = cause(sides, column, rows, year);
        *counts.entry((table, cause)).or_default() += 1;
        let [old, new] = values.map(|value| value.map_or("-", String::as_str));
        let _ = writeln!(page, "{table} {name} {year} {column}: {old} → {new} ({})", cause.name());
    }
}

/// Why a cell of two rows differs.
fn cause(sides: &[Side; 2], column: &str, rows: [&Row; 2], year: i16) -> Cause {
    let other_rules = sides[0].rules != sides[1].rules;
    let spoke = rows.map(|row| cell(row, "report_id"));
    let is_known = |id: &&str| !id.is_empty() && sides.iter().all(|side| side.reports.contains(*id));
    let documents = || sides.iter().map(|side| side.years.get(&year).cloned().unwrap_or_default());
    let other_documents = || !documents().is_sorted_by(|one, other| one == other);
    // Of the report that speaks; of all reports of the year where none does, as in a sum.
    let reviewed = |side: &Side| -> Vec<String> {
        let all = side.reviewed.get(&year).into_iter().flatten();
        all.filter(|line| line.starts_with(spoke[0])).cloned().collect()
    };
    let of_same_documents = || match () {
        () if other_rules => Cause::Rules,
        () if reviewed(&sides[0]) != reviewed(&sides[1]) => Cause::Overlay,
        () => Cause::Unexplained,
    };
    match () {
        () if other_rules && OF_PLACES.contains(&column) => Cause::Places,
        // A document that only one of the builds has, or has under this place only.
        () if spoke.iter().any(|id| !id.is_empty() && !is_known(id)) => Cause::Input,
        () if spoke[0] == spoke[1] && !spoke[0].is_empty() && !OF_OTHERS.contains(&column) => of_same_documents(),
        () if other_documents() => Cause::Input,
        () => of_same_documents(),
    }
}

/// One of the builds.
struct Side {
    build: Build,
    /// Fingerprint of the program, its rules and places.
    rules: String,
    /// The names of all documents.
    reports: BTreeSet<String>,
    /// The documents about each year.
    years: BTreeMap<i16, BTreeSet<String>>,
    /// The reviewed corrections of each year: document, metric, applicant, value.
    reviewed: BTreeMap<i16, BTreeSet<String>>,
}

impl Side {
    fn open(dataset: &Path) -> Result<Side, Error> {
        let build = Build::open(dataset)?;
        let columns = ["report_id", "path", "report_year"].map(col);
        let (mut reports, mut years) = (BTreeSet::new(), BTreeMap::<i16, BTreeSet<String>>::new());
        for row in build.cells("reports", col("report_year").is_not_null(), &columns)? {
            let year = cell(&row, "report_year").parse().unwrap_or(0);
            let document = format!("{} {}", cell(&row, "report_id"), cell(&row, "path"));
            years.entry(year).or_default().insert(document);
            reports.insert(cell(&row, "report_id").to_owned());
        }
        let mut reviewed = BTreeMap::<i16, BTreeSet<String>>::new();
        for row in build.rows("observations", col("basis").eq(lit("reviewed")))? {
            let year = cell(&row, "report_year").parse().unwrap_or(0);
            let words = ["report_id", "metric", "applicant", "value"].map(|name| cell(&row, name));
            reviewed.entry(year).or_default().insert(words.join(" "));
        }
        Ok(Side { rules: build.field("rules"), build, reports, years, reviewed })
    }

    /// The rows of a table about a year by the rest of their key.
    fn table(&self, table: &str, key: &str, year: i16) -> Result<BTreeMap<String, Row>, Error> {
        let rows = self.build.rows(table, col("report_year").eq(lit(year)))?;
        Ok(rows.into_iter().map(|row| (cell(&row, key).to_owned(), row)).collect())
    }
}
