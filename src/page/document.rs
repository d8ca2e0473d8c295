//! The page of one document: every figure marked in its own words, with what was made of it; sums that do not add up are
//! drawn between their operands.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::page;
use super::words::{both, broken, count, say};
use crate::inspect;
use crate::knowledge::Knowledge;
use crate::model::{Block, BlockKind, Observation, Span};
use crate::number;
use crate::record::{CheckResult, Record, Status};
use crate::tabulate::schema;

/// Draws the sums. Nothing else runs: the browser is told its hash.
const SCRIPT: &str = include_str!("document.js");

/// Columns of an observation that the list shows.
const SHOWN: [&str; 9] =
    ["bound", "unit", "basis", "section", "stated_year", "label", "attachment", "rule", "observation_id"];

/// A record as a page.
pub fn document(knowledge: &Knowledge, record: &Record) -> String {
    let rows = inspect::as_json(knowledge, record);
    let text = Text::of(record);
    let sections = [
        ("facts", facts(&rows["report"], &inspect::votes(knowledge, record))),
        ("sums", sums(knowledge, record)),
        (
            "text",
            html! {
                div.beside {
                    div.text { (text.blocks()) }
                    aside aria-label="figures" { (figures(knowledge, record, &rows["observations"])) }
                }
                svg #lines aria-hidden="true" {}
                script { (PreEscaped(SCRIPT)) }
            },
        ),
    ];
    let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    page("document", &record.source.path, Some(&hash), &sections)
}

/// What is known of the document as a whole.
fn facts(report: &Value, votes: &str) -> Markup {
    let told = schema::fixed("reports").iter().filter(|column| !report[&column.name].is_null());
    html! {
        dl.facts { @for column in told {
            div { dt { code { (column.name) } } dd title=(column.en) { (shown(&report[&column.name])) } }
        } }
        details { summary { (say("votes")) } pre { (votes) } }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The checks: those that failed first, each with links to its operands.
fn sums(knowledge: &Knowledge, record: &Record) -> Markup {
    let of = |status| record.checks.iter().filter(move |check| check.status == status);
    let list = |checks: &[&CheckResult]| html! { ul.sums { @for check in checks { (sum(knowledge, check)) } } };
    let (failed, passed): (Vec<_>, Vec<_>) = (of(Status::Fail).collect(), of(Status::Pass).collect());
    html! {
        p { (say("failed")) ": " (count(failed.len())) ". " (say("passed")) ": " (count(passed.len())) "." }
        (list(&failed))
        @if !passed.is_empty() { details { summary { (say("passed")) } (list(&passed)) } }
    }
}

fn sum(knowledge: &Knowledge, check: &CheckResult) -> Markup {
    let rule = &knowledge.rules.checks[usize::from(check.check)];
    let operands: Vec<String> = operands(&check.detail).map(|(_, at, _)| at.to_owned()).collect();
    let sign = rule.kind.broken().filter(|_| check.status == Status::Fail);
    let sides = check.left.zip(check.right).zip(sign).map(|((left, right), sign)| (left, sign, right));
    html! {
        li.fail[check.status == Status::Fail] data-operands=(operands.join(" ")) tabindex="0" {
            code { (rule.id) } " " (both(&rule.en, &rule.zh)) br; code.detail { (linked(&check.detail)) }
            @if let Some((left, sign, right)) = sides { ": " strong { (number::print(left)) " " (sign) " " (number::print(right)) } }
        }
    }
}

/// The operands of a formula: what stands before one, its number among the observations, and where it ends.
fn operands(detail: &str) -> impl Iterator<Item = (&str, &str, usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let open = start + detail.get(start..)?.find('[')?;
        let close = open + detail.get(open..)?.find(']')?;
        let (before, at) = (detail.get(start..open)?, detail.get(open + 1..close)?);
        start = close + 1;
        Some((before, at, start))
    })
}

/// A formula whose operands lead to their words.
fn linked(detail: &str) -> Markup {
    let operands: Vec<_> = operands(detail).collect();
    let end = operands.last().map_or(0, |(.., end)| *end);
    html! {
        @for (before, at, _) in &operands { (broken(before)) a href={ "#m" (at) } { "[" (at) "]" } }
        (detail.get(end..).unwrap_or_default())
    }
}

/// Every observation with what was made of it.
fn figures(knowledge: &Knowledge, record: &Record, rows: &Value) -> Markup {
    let value = |one: &Observation| one.value.map_or("–".to_owned(), number::print);
    html! {
        @if record.observations.iter().any(|one| !one.chosen) { p.none { (say("unused_are")) } }
        ol.figures start="0" { @for (at, one) in record.observations.iter().enumerate() {
            @let (row, metric) = (&rows[at], knowledge.catalogue.metric(one.metric));
            li id={ "o" (at) } .unused[!one.chosen] {
                @let name = html! { code { (broken(metric.id)) @if let Some(applicant) = row["applicant"].as_str() { "@" (applicant) } } };
                // A blank cell has no words to be led to.
                @if one.quote.start < one.quote.end { a href={ "#m" (at) } { (name) } } @else { (name) }
                " " strong { (value(one)) } " " small { (both(metric.en, metric.zh)) }
                dl { @for name in SHOWN { @if !row[name].is_null() { dt { (name) } dd { (shown(&row[name])) } } } }
            }
        } }
    }
}

/// The reading text with its figures.
struct Text<'r> {
    record: &'r Record,
    /// Where figures begin and end, with their numbers, by where they begin.
    marks: Vec<(Span, usize)>,
    /// Bytes of the longest.
    longest: u32,
}

impl<'r> Text<'r> {
    fn of(record: &'r Record) -> Text<'r> {
        let mut marks: Vec<(Span, usize)> = record.observations.iter().map(|one| one.quote).zip(0..).collect();
        marks.sort_unstable();
        let longest = marks.iter().map(|(mark, _)| mark.end - mark.start).max().unwrap_or(0);
        Text { record, marks, longest }
    }

    /// Paragraphs and tables in the order of the text, and between them what is in neither.
    fn blocks(&self) -> Markup {
        let document = &self.record.document;
        let table = |block: &Block| match block.kind {
            BlockKind::Cell { table, .. } => Some(table),
            BlockKind::Paragraph => None,
        };
        let mut end = 0;
        let mut between = |start: u32, next: u32| {
            let gap = Span { start: end.min(start), end: start };
            end = end.max(next);
            html! { @if !document.words(gap).trim().is_empty() { p { (self.marked(gap)) } } }
        };
        html! {
            @for blocks in document.blocks.chunk_by(|one, next| table(one).is_some() && table(one) == table(next)) {
                @let (first, last) = (blocks[0].span, blocks[blocks.len() - 1].span);
                (between(first.start, last.end))
                @if table(&blocks[0]).is_some() { (self.table(blocks)) } @else { p { (self.marked(first)) } }
            }
            (between(u32::try_from(document.text.len()).unwrap_or(u32::MAX), 0))
        }
    }

    /// Cells in their rows and columns.
    fn table(&self, blocks: &[Block]) -> Markup {
        let mut rows: BTreeMap<u32, BTreeMap<u32, (Span, u32)>> = BTreeMap::new();
        for block in blocks {
            if let BlockKind::Cell { row, col, colspan, .. } = block.kind {
                rows.entry(row).or_default().insert(col, (block.span, colspan.max(1)));
            }
        }
        html! {
            div.wide { table.printed { @for cells in rows.values() { (self.row(cells)) } } }
        }
    }

    /// One row; where a cell from above reaches down, or there is none, a gap.
    fn row(&self, cells: &BTreeMap<u32, (Span, u32)>) -> Markup {
        let mut end = 0;
        let mut gap = |col: u32, colspan: u32| {
            let gap = col.saturating_sub(end);
            end = col + colspan;
            gap
        };
        html! { tr { @for (col, (span, colspan)) in cells {
            @let gap = gap(*col, *colspan);
            @if gap > 0 { td.gap colspan=(gap) {} }
            td colspan=(colspan) { (self.marked(*span)) }
        } } }
    }

    /// The words of a span, its figures marked; where several share words, the mark leads to the first.
    fn marked(&self, span: Span) -> Markup {
        let first = self.marks.partition_point(|(mark, _)| mark.start.saturating_add(self.longest) < span.start);
        let behind = self.marks.partition_point(|(mark, _)| mark.start < span.end);
        let near = self.marks.get(first..behind).unwrap_or_default();
        let inside: Vec<&(Span, usize)> = near.iter().filter(|(mark, _)| span.start < mark.end).collect();
        let mut borders: Vec<u32> = inside.iter().flat_map(|(mark, _)| [mark.start, mark.end]).collect();
        borders.extend([span.start, span.end]);
        borders.retain(|border| (span.start..=span.end).contains(border));
        borders.sort_unstable();
        borders.dedup();
        html! {
            @for pair in borders.windows(2) {
                @let piece = Span { start: pair[0], end: pair[1] };
                @let words = self.record.document.words(piece);
                @let of: Vec<usize> = inside.iter().filter(|(mark, _)| mark.start <= piece.start && piece.end <= mark.end).map(|(_, at)| *at).collect();
                @match of.first() {
                    None => (words),
                    Some(first) => a.mark href={ "#o" (first) } {
                        @for at in &of { @if self.begins(*at, piece) { i id={ "m" (at) } {} } }
                        (words)
                    },
                }
            }
        }
    }

    /// Whether a piece is the first of a figure's words.
    fn begins(&self, at: usize, piece: Span) -> bool {
        self.record.observations.get(at).is_some_and(|one| one.quote.start == piece.start)
    }
}
