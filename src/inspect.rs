//! One document for a person: identity, every figure with its words, every check. The debugger of the rules.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::identify;
use crate::knowledge::Knowledge;
use crate::number;
use crate::parse::fold::Page;
use crate::record::{Record, Status};
use crate::tabulate::columns::objects;
use crate::tabulate::facts::{DOCUMENT, FIGURES, Facts, SKETCH, WORDS};
use crate::tabulate::likeness::Likeness;
use crate::tabulate::spelling::Spelling;

/// Places of a vote that are listed.
const PLACES: usize = 3;

/// Words of a quotation that are shown in the table, in characters.
const SHOWN: usize = 44;

/// The record as `{"report": …, "observations": […], "checks": […]}` with the column names of the tables.
pub fn as_json(knowledge: &Knowledge, record: &Record) -> Value {
    let mut facts = Facts::default();
    facts.record(knowledge, record, Likeness::of(knowledge, record), 0);
    let spelling = Spelling::new(knowledge);
    let rows = || -> Option<[Vec<Value>; 3]> {
        let [reports, observations, checks, _] = facts.into_frames().ok()?;
        let observations = spelling.observations(&observations, &reports).ok()?;
        let checks = spelling.checks(&checks, &reports).ok()?;
        // The parts of a run have a few columns more than are published.
        let reports = reports.drop_many([DOCUMENT, WORDS, FIGURES, SKETCH]);
        Some([objects(&reports).ok()?, objects(&observations).ok()?, objects(&checks).ok()?])
    };
    let [mut reports, observations, checks] = rows().unwrap_or_default();
    json!({ "report": reports.pop().unwrap_or_default(), "observations": observations, "checks": checks })
}

/// The record as a page of text.
pub fn as_text(knowledge: &Knowledge, record: &Record) -> String {
    let value = as_json(knowledge, record);
    let report = &value["report"];
    let mut page = String::new();
    let mut line = |name: &str, fields: &[&str]| {
        let shown: Vec<String> = fields.iter().filter_map(|field| printed(&report[*field])).collect();
        if !shown.is_empty() {
            let _ = writeln!(page, "{name:<12} {}", shown.join("  "));
        }
    };
    line("title", &["title"]);
    line("class", &["document_class", "class_reason"]);
    line("issuer", &["issuer_level", "issuer"]);
    line("place", &["province", "prefecture", "county", "township", "township_code"]);
    line("place by", &["place_basis", "place_candidates"]);
    line("year", &["report_year", "year_basis", "year_conflict"]);
    line("published", &["published"]);
    line("format", &["format", "media_type", "script"]);
    line("encoding", &["encoding", "encoding_basis", "decode_errors"]);
    line("report_id", &["report_id"]);
    page.push_str(&votes(knowledge, record));
    let _ = writeln!(page, "\n{:>4}  {:<34} {:>12}  {:<12} words", "n", "metric", "value", "basis");
    for (at, observation) in record.observations.iter().enumerate() {
        let metric = knowledge.catalogue.metric(observation.metric).id;
        let applicant = observation.applicant.and_then(|at| knowledge.cells.applicants.get(usize::from(at)));
        let name = applicant.map_or(metric.to_owned(), |applicant| format!("{metric}@{}", applicant.id));
        let sign = match observation.bound {
            crate::model::Bound::Exact => "",
            crate::model::Bound::AtLeast => ">=",
            crate::model::Bound::About => "~",
        };
        let number = observation.value.map_or("-".to_owned(), |value| format!("{sign}{}", number::print(value)));
        let words: String = visible(record.document.words(observation.quote))
            .split_whitespace()
            .collect::<String>()
            .chars()
            .take(SHOWN)
            .collect();
        let mark = if observation.chosen { ' ' } else { '-' };
        let _ = writeln!(page, "{at:>4}{mark} {name:<34} {number:>12}  {:<12} {words}", observation.basis.name());
    }
    if record.observations.iter().any(|observation| !observation.chosen && observation.value.is_some()) {
        let _ = writeln!(page, "   - stated more than once, or without a value: the wide tables do not use it");
    }
    let assessed = record.checks.iter().filter(|check| check.status != Status::NotAssessable).count();
    let failed: Vec<_> = record.checks.iter().filter(|check| check.status == Status::Fail).collect();
    let _ = writeln!(page, "\n{assessed} checks assessed, {} failed", failed.len());
    for check in failed {
        let rule = &knowledge.rules.checks[usize::from(check.check)];
        let _ = writeln!(page, "  {:<8} {}\n           {}", rule.id, rule.en, check.detail);
    }
    page
}

/// What spoke for the class, the year and the place.
pub fn votes(knowledge: &Knowledge, record: &Record) -> String {
    let folded = Page::new(&knowledge.variants, &record.document);
    let votes = identify::votes(knowledge, &record.document, &folded, &record.source.path);
    let mut page = String::new();
    let sum: i32 = votes.class.iter().map(|(_, weight)| weight).sum();
    let least = knowledge.titles.weights.report;
    let evidence: Vec<String> = votes.class.iter().map(|(name, weight)| format!("{name} {weight:+}")).collect();
    let _ = writeln!(page, "\nvotes\n  class  {sum} (a report has {least})  {}", evidence.join(", "));
    for (basis, year) in votes.year {
        let _ = writeln!(page, "  year   {basis:<13} {year}");
    }
    for vote in votes.place {
        let name = |code: &u32| knowledge.gazetteer.name(*code, record.identity.year).unwrap_or_default();
        let codes: Vec<String> = vote
            .codes
            .iter()
            .take(PLACES)
            .map(|code| format!("{code} {}", above(knowledge, record, *code) + name(code)))
            .collect();
        let more = vote.codes.len().saturating_sub(PLACES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let weight = vote.weight.map_or(String::new(), |weight| format!(" (+{weight})"));
        let codes = if codes.is_empty() { "no known place".to_owned() } else { codes.join(", ") };
        let _ = writeln!(page, "  place  {:<13} {} → {codes}{more}{weight}", vote.basis, visible(&vote.words));
    }
    page
}

/// The name of the county, or else of the prefecture, that a place lies in.
fn above(knowledge: &Knowledge, record: &Record, code: u32) -> String {
    let outer = match code {
        0..=9_999 => return String::new(),
        10_000..=999_999 => code / 100,
        _ => code / 1_000,
    };
    knowledge.gazetteer.name(outer, record.identity.year).unwrap_or_default().to_owned()
}

/// Marks that change the direction of a terminal's line are shown as what they are.
fn visible(text: &str) -> String {
    let hidden = |character: char| matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}');
    text.chars()
        .map(|character| if hidden(character) || character.is_control() { '\u{FFFD}' } else { character })
        .collect()
}

fn printed(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(visible(text)),
        other => Some(other.to_string()),
    }
}
