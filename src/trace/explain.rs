//! Why a cell of a wide table has its value: every document that could speak, every statement, and the order that chose.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{Expr, col, lit};

use super::{Build, Row, cell};
use crate::config::nearest;
use crate::error::Error;
use crate::extract::Rank;
use crate::knowledge::{Catalogue, Gazetteer, Knowledge, Series};
use crate::model::{Basis, Section, TOTAL};

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
        let metrics = catalogue.metrics.iter().map(|metric| metric.id);
        let known = catalogue.series.iter().map(|series| series.id.as_str()).chain(metrics);
        let like = nearest(name, known).map_or(String::new(), |like| format!("; did you mean {like}?"));
        return Err(Error::Usage(format!(
            "no metric and no series is called {name}{like} `nianbao schema counties` lists them"
        )));
    }
    let all = build.rows("reports", about(asked))?;
    let unsettled = build.rows("reports", unsettled(asked))?;
    let (mut page, mut empty) = (String::new(), Vec::new());
    for code in &asked.places {
        let documents: Vec<&Row> = all.iter().filter(|row| place_of(row) == code.to_string()).collect();
        let possible: Vec<&Row> = unsettled.iter().filter(|row| is_candidate(row, *code)).collect();
        let name = full_name(&knowledge.gazetteer, *code, asked.year);
        if documents.is_empty() && possible.is_empty() {
            empty.push((name, *code));
            continue;
        }
        let _ = writeln!(page, "{name}, {}", asked.year);
        list(&mut page, &documents);
        list_possible(&mut page, &possible);
        let mut statements = Vec::new();
        for document in documents.iter().copied().filter(|document| cell(document, "document_class") != "duplicate") {
            let own = col("report_id").eq(lit(cell(document, "report_id").to_owned()));
            statements.push((document, build.rows("observations", own)?));
        }
        let (table, key) = if *code > 999_999 { ("townships", "township_code") } else { ("counties", "county_code") };
        let row = build.rows(table, col(key).eq(lit(code.to_string())).and(col("report_year").eq(lit(asked.year))))?;
        let row = row.first().cloned().unwrap_or_default();
        if let Some(metric) = metric {
            let _ = writeln!(page, "  {metric} = {}", row.get(metric).map_or("nothing", String::as_str));
            metric_of(&mut page, catalogue, metric, &statements);
        }
        for one in &series {
            series_of(&mut page, catalogue, (one, &row), &statements, asked.metric.is_some());
        }
    }
    for (name, code) in empty {
        let _ = writeln!(page, "no document of {} for the own government of {name}", asked.year);
        let own = build.cells("reports", governed(code), &[col("report_year")])?;
        let mut years: Vec<&str> = own.iter().map(|row| cell(row, "report_year")).collect();
        years.sort_unstable();
        years.dedup();
        let _ = match years.as_slice() {
            [] => writeln!(page, "  the dataset has none of any other year either"),
            years => writeln!(page, "  the dataset has documents of {}", years.join(", ")),
        };
    }
    Ok(page)
}

/// A place with those around it and its code.
fn full_name(gazetteer: &Gazetteer, code: u32, year: i16) -> String {
    let levels = [10_000_000, 100_000, 1_000, 1].map(|unit| code / unit);
    let levels = if code > 999_999 { levels } else { [code / 10_000, code / 100, code, 0] };
    let names = levels.iter().filter(|code| **code > 0).filter_map(|code| gazetteer.name(*code, Some(year)));
    format!("{} ({code})", names.collect::<Vec<_>>().join(" "))
}

/// Documents of the places' own governments about a year, copies and restatements included.
fn about(asked: &Cell) -> Expr {
    let places = asked.places.iter().map(|code| governed(*code)).fold(lit(false), Expr::or);
    places.and(col("report_year").eq(lit(asked.year)))
}

/// Documents of a place's own government.
fn governed(code: u32) -> Expr {
    let (column, level) = if code > 999_999 { ("township_code", "township") } else { ("county_code", "county") };
    col(column).eq(lit(code.to_string())).and(col("issuer_level").eq(lit(level)))
}

/// Reports about a year that may be of several places.
fn unsettled(asked: &Cell) -> Expr {
    let report = col("document_class").eq(lit("report")).and(col("report_year").eq(lit(asked.year)));
    report.and(col("place_candidates").is_not_null())
}

/// Whether a place is among those that a report may be of.
fn is_candidate(report: &Row, code: u32) -> bool {
    let code = code.to_string();
    cell(report, "place_candidates").split(|one: char| !one.is_ascii_digit()).any(|candidate| candidate == code)
}

/// The code of the place whose government a document is of.
fn place_of(document: &Row) -> &str {
    cell(document, if cell(document, "issuer_level") == "township" { "township_code" } else { "county_code" })
}

fn speaks(document: &Row) -> bool {
    cell(document, "document_class") == "report" && !document.contains_key("duplicate_kind")
}

fn list(page: &mut String, documents: &[&Row]) {
    let _ = writeln!(page, "  documents");
    for document in documents {
        let speaker = documents.iter().find(|other| cell(other, "report_id") == cell(document, "duplicate_of"));
        let why = match (cell(document, "document_class"), cell(document, "duplicate_kind")) {
            (class, "") if class != "report" => format!("no report: {}", cell(document, "class_reason")),
            (_, "") => "speaks: no later one of this body restates it".to_owned(),
            (_, "restated") => {
                let why = speaker.map_or("", |speaker| restated(document, speaker));
                format!("restated by {}{why}", cell(document, "duplicate_of"))
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

fn list_possible(page: &mut String, documents: &[&Row]) {
    for document in documents {
        let [id, published, path] = ["report_id", "published", "path"].map(|name| cell(document, name));
        let candidates = cell(document, "place_candidates");
        let _ = writeln!(page, "    {id}  {published:<10}  {path}\n      its place is not settled: {candidates}");
    }
}

/// Why one of two reports of a body speaks, in the order in which it is asked.
fn restated(document: &Row, speaker: &Row) -> &'static str {
    let [dates, figures] = ["published", "observations"].map(|name| [document, speaker].map(|row| row.get(name)));
    let number = |figure: Option<&String>| figure.and_then(|figure| figure.parse::<u32>().ok());
    match () {
        () if dates[0] < dates[1] && dates[0].is_some() => ", which is published later",
        () if dates[0] < dates[1] => ", which has a date",
        () if number(figures[0]) < number(figures[1]) => ", which has more figures",
        () => ", whose path comes first",
    }
}

/// The line of a series that has a value, and its candidates when it is asked for alone.
fn series_of(
    page: &mut String,
    catalogue: &Catalogue,
    (series, row): (&Series, &Row),
    statements: &[(&Row, Vec<Row>)],
    alone: bool,
) {
    match row.get(&series.id) {
        Some(value) => writeln!(page, "  {} = {value}", series.id),
        None if alone => writeln!(page, "  {} = nothing", series.id),
        None => return,
    }
    .unwrap_or_default();
    let chosen = |metric: &str| {
        let spoken = statements.iter().filter(|(document, _)| speaks(document)).flat_map(|(_, rows)| rows);
        spoken.into_iter().find(|row| {
            let total = ["", TOTAL].contains(&cell(row, "applicant"));
            cell(row, "metric") == metric && cell(row, "chosen") == "true" && total
        })
    };
    for alternative in &series.from {
        let names: Vec<&str> = alternative.sum.iter().map(|metric| catalogue.metric(*metric).id).collect();
        let rows: Option<Vec<&Row>> = names.iter().map(|name| chosen(name)).collect();
        let state = if rows.is_some() { "stated and used" } else { "not stated" };
        let terms: Vec<String> = match &rows {
            Some(rows) => names.iter().zip(rows).map(|(name, row)| format!("{name}={}", cell(row, "value"))).collect(),
            None => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        if alone || rows.is_some() {
            let factor =
                if alternative.factor == 1 { String::new() } else { format!(", times {}", alternative.factor) };
            let _ = writeln!(page, "    {}{factor}: {state}", terms.join(" + "));
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
    let states = |row: &&Row| cell(row, "metric") == metric;
    if !statements.iter().flat_map(|(_, rows)| rows).any(|row| states(&row)) {
        let _ = writeln!(page, "      no statement of {metric}");
    }
    for (document, rows) in statements {
        let rows: Vec<&Row> = rows.iter().filter(states).collect();
        for row in &rows {
            let same = || rows.iter().filter(|other| cell(other, "applicant") == cell(row, "applicant"));
            let best = same().find(|other| cell(other, "chosen") == "true");
            let removed = same().find(|other| cell(other, "basis") == Basis::Reviewed.name());
            // Of statements that contradict each other none is chosen, and what they outrank is not either.
            let first = same().min_by_key(|other| rank(other, own));
            let why = match best.or(removed) {
                Some(best) if std::ptr::eq(*best, *row) && best.contains_key("value") => match cell(row, "applicant") {
                    _ if !speaks(document) => "chosen in a document that does not speak".to_owned(),
                    "" | TOTAL => "used".to_owned(),
                    _ => "chosen; wide tables have the total column".to_owned(),
                },
                Some(best) if std::ptr::eq(*best, *row) => {
                    format!("a reviewed correction to no value: {}", cell(best, "label"))
                }
                Some(best) if cell(best, "basis") == Basis::Reviewed.name() => {
                    format!("replaced by a reviewed correction: {}", cell(best, "label"))
                }
                Some(best) => rank(best, own).reason(rank(row, own)).to_owned(),
                None if row.contains_key("value") => match first.filter(|first| rank(first, own) < rank(row, own)) {
                    Some(first) => rank(first, own).reason(rank(row, own)).to_owned(),
                    None => "contradicted by another of the same rank: neither is used".to_owned(),
                },
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
