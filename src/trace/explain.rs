//! Why a cell of a wide table has its value: every document that could speak, every statement, and the order that chose.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{Expr, col, lit};

use super::{Build, Row, cell};
use crate::error::Error;
use crate::extract::Rank;
use crate::knowledge::{Catalogue, Knowledge, Series};
use crate::model::{Basis, Section};

/// Which cells are asked for.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Codes of places, of 6 or 9 digits.
    pub places: Vec<u32>,
    /// The report year.
    pub year: i16,
    /// A metric or a series; all series without it.
    pub metric: Option<String>,
}

/// The page that explains.
///
/// # Errors
/// When there is no such dataset, metric or place.
pub fn explain(knowledge: &Knowledge, dataset: &Path, asked: &Cell) -> Result<String, Error> {
    let build = Build::open(dataset)?;
    let catalogue = &knowledge.catalogue;
    let series: Vec<&Series> = match &asked.metric {
        None => catalogue.series.iter().collect(),
        Some(name) => catalogue.series.iter().filter(|series| series.id == *name).collect(),
    };
    let metric = asked.metric.as_deref().filter(|_| series.is_empty());
    if let Some(name) = metric.filter(|name| catalogue.find(name).is_none()) {
        return Err(Error::Usage(format!(
            "no metric and no series is called {name}; `nianbao schema counties` lists them"
        )));
    }
    let mut page = String::new();
    for code in &asked.places {
        let documents = build.rows("reports", about(*code, asked.year))?;
        let name = knowledge.gazetteer.name(*code, Some(asked.year)).unwrap_or("unknown");
        let _ = writeln!(page, "{name} ({code}), {}", asked.year);
        if documents.is_empty() {
            let _ = writeln!(page, "  no document of this place's own government and year");
            continue;
        }
        list(&mut page, &documents);
        let mut statements = Vec::new();
        for document in documents.iter().filter(|document| document.contains_key("report_id")) {
            let own = col("report_id").eq(lit(cell(document, "report_id").to_owned()));
            statements.push((document, build.rows("observations", own)?));
        }
        if let Some(metric) = metric {
            metric_of(&mut page, catalogue, metric, &statements);
        }
        for one in &series {
            series_of(&mut page, catalogue, one, &statements, asked.metric.is_some());
        }
    }
    Ok(page)
}

/// Documents of a place's own government about a year, copies and restatements included.
fn about(code: u32, year: i16) -> Expr {
    let (column, level) = if code > 999_999 { ("township_code", "township") } else { ("county_code", "county") };
    let place = col(column).eq(lit(code.to_string())).and(col("issuer_level").eq(lit(level)));
    place.and(col("report_year").eq(lit(year)))
}

fn speaks(document: &Row) -> bool {
    cell(document, "document_class") == "report" && !document.contains_key("duplicate_kind")
}

fn list(page: &mut String, documents: &[Row]) {
    let _ = writeln!(page, "  documents");
    for document in documents {
        let why = match (cell(document, "document_class"), cell(document, "duplicate_kind")) {
            (class, "") if class != "report" => format!("no report: {}", cell(document, "class_reason")),
            (_, "") => "speaks: no later one of this body restates it".to_owned(),
            (_, "restated") => {
                format!("restated by {}, published later or with more figures", cell(document, "duplicate_of"))
            }
            (_, "summary") => {
                format!("sums up the area, and the body's own report speaks: {}", cell(document, "duplicate_of"))
            }
            (_, kind) => format!("{kind}: a copy of {}", cell(document, "duplicate_of")),
        };
        let mark = if speaks(document) { '*' } else { ' ' };
        let (id, path) = (cell(document, "report_id"), cell(document, "path"));
        let _ = writeln!(page, "  {mark} {id}  {:<10}  {path}\n      {why}", cell(document, "published"));
    }
}

/// The line of a series that has a value, and its candidates when it is asked for alone.
fn series_of(page: &mut String, catalogue: &Catalogue, series: &Series, statements: &[(&Row, Vec<Row>)], alone: bool) {
    let chosen = |metric: &str| {
        let spoken = statements.iter().filter(|(document, _)| speaks(document)).flat_map(|(_, rows)| rows);
        spoken.into_iter().find(|row| {
            let total = ["", "total"].contains(&cell(row, "applicant"));
            cell(row, "metric") == metric && cell(row, "chosen") == "true" && total
        })
    };
    for alternative in &series.from {
        let names: Vec<&str> = alternative.sum.iter().map(|metric| catalogue.metric(*metric).id).collect();
        let rows: Option<Vec<&Row>> = names.iter().map(|name| chosen(name)).collect();
        let state = if rows.is_some() { "is stated and used" } else { "is not stated" };
        let terms: Vec<String> = match &rows {
            Some(rows) => names.iter().zip(rows).map(|(name, row)| format!("{name}={}", cell(row, "value"))).collect(),
            None => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        if alone || rows.is_some() {
            let _ = writeln!(page, "  {:<24} {} {state}", series.id, terms.join(" + "));
        }
        if alone {
            names.iter().for_each(|name| metric_of(page, catalogue, name, statements));
        }
        if rows.is_some() {
            return;
        }
    }
}

/// Every statement of a metric, and what decided between it and the chosen one.
fn metric_of(page: &mut String, catalogue: &Catalogue, metric: &str, statements: &[(&Row, Vec<Row>)]) {
    let own = catalogue.find(metric).map(|metric| catalogue.metric(metric).section);
    for (document, rows) in statements {
        let rows: Vec<&Row> = rows.iter().filter(|row| cell(row, "metric") == metric).collect();
        for row in &rows {
            let same = |other: &&&Row| cell(other, "applicant") == cell(row, "applicant");
            let best = rows.iter().filter(same).find(|other| cell(other, "chosen") == "true");
            let why = match best {
                Some(best) if std::ptr::eq(*best, *row) => match cell(row, "applicant") {
                    _ if !speaks(document) => "chosen in a document that does not speak".to_owned(),
                    "" | "total" => "used".to_owned(),
                    _ => "chosen; wide tables have the total column".to_owned(),
                },
                Some(best) if cell(best, "basis") == "reviewed" => {
                    format!("replaced by a reviewed correction: {}", cell(best, "label"))
                }
                Some(best) => rank(best, own).reason(rank(row, own)).to_owned(),
                None if row.contains_key("value") => {
                    "contradicted by another of the same rank: neither is used".to_owned()
                }
                None => format!("no value: {}", cell(row, "basis")),
            };
            let mark = if why == "used" { '*' } else { ' ' };
            let value = row.get("value").map_or("-", String::as_str);
            let (id, basis) = (cell(row, "observation_id"), cell(row, "basis"));
            let name = [metric, cell(row, "applicant")].join(if row.contains_key("applicant") { "@" } else { "" });
            let _ =
                writeln!(page, "    {mark} {name} = {value}  {basis}  “{}”\n        {id}: {why}", cell(row, "quote"));
        }
    }
}

fn rank(row: &Row, own: Option<Section>) -> Rank {
    let basis = Basis::from_name(cell(row, "basis")).unwrap_or(Basis::Illegible);
    let is_own = own.is_some_and(|own| own.name() == cell(row, "section"));
    Rank::new(basis, row.contains_key("value"), row.contains_key("stated_year"), cell(row, "bound") == "exact", is_own)
}
