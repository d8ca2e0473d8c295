//! What a build has that the one before it has not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use maud::{Markup, html};
use polars::prelude::{JoinArgs, JoinType, LazyFrame, col, lit};
use serde_json::Value;

use super::quality::{Head, list};
use super::survey::{Listed, NAMED, Survey};
use super::words::{count, say};
use crate::error::Error;
use crate::knowledge::FINGERPRINT;
use crate::tabulate::files;

/// What differs between two builds.
pub struct Changes {
    /// What the older one says of itself.
    before: Value,
    /// Documents that only the newer one has, those that both have with other bytes, and those that only the older one has.
    added: Listed,
    changed: Listed,
    gone: Listed,
    /// Failures of each check in the older one.
    failed: BTreeMap<String, usize>,
}

impl Changes {
    /// From an older build to the tables in a folder.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn between(old: &Path, new: &Path) -> Result<Changes, Error> {
        let path = old.join("manifest.json");
        let manifest = std::fs::read_to_string(&path).map_err(|source| Error::io("read", &path, source))?;
        let failed = files::grouped(old, "checks", &col("status").eq(lit("fail")), &[col("check")])?;
        Ok(Changes {
            before: serde_json::from_str(&manifest).map_err(|source| Error::io("read", &path, source.into()))?,
            added: only(new, old)?,
            changed: changed(new, old)?,
            gone: only(old, new)?,
            failed: failed.into_iter().filter_map(|(key, count)| Some((key.into_iter().next()?, count))).collect(),
        })
    }

    pub(super) fn section(&self, head: &Head<'_>, survey: &Survey) -> Markup {
        let books = |name: &str| number(&self.before["books"][name]);
        let now = [
            ("documents", "walked", head.books.walked),
            ("reports", "reports", head.books.reports),
            ("others", "not_reports", head.books.not_reports),
            ("copies", "duplicates", head.books.duplicates),
            ("rejected", "rejected", head.books.rejected),
        ];
        let amounts = now.map(|(word, name, now)| (say(word), books(name), now));
        let rows = head
            .rows
            .iter()
            .map(|(table, now)| (html! { code { (table) } }, number(&self.before["rows"][table]), *now));
        let checks: BTreeSet<&String> = self.failed.keys().chain(survey.checks.keys()).collect();
        let checks = checks.into_iter().map(|check| {
            let before = self.failed.get(check).copied().unwrap_or(0);
            (html! { code { (check) } }, before, survey.checks.get(check).map_or(0, |checked| checked.failed))
        });
        html! {
            p { (say("since")) " " code { (self.before["build_id"].as_str().unwrap_or_default()) } ". " (say("every_cell")) " " code { "nianbao diff OLD NEW" } }
            @if self.before["rules"] != FINGERPRINT { p { strong { (say("other_rules")) } } }
            (compared("h_books", &amounts))
            @for (word, listed) in [("added", &self.added), ("changed", &self.changed), ("gone", &self.gone)] {
                h3 { (say(word)) ": " (count(listed.all)) }
                (list(listed, &COLUMNS))
            }
            (compared("rows_of_tables", &differing(rows)))
            (compared("failures_by_check", &differing(checks)))
        }
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// A name, how many there were, how many there are.
type Amount = (Markup, usize, usize);

fn differing(amounts: impl Iterator<Item = Amount>) -> Vec<Amount> {
    amounts.filter(|(_, before, now)| before != now).collect()
}

fn compared(title: &str, amounts: &[Amount]) -> Markup {
    html! {
        h3 { (say(title)) }
        @if amounts.is_empty() { p.none { (say("no_change")) } } @else { table {
            thead { tr { th {} @for id in ["before", "now", "difference"] { th.number scope="col" { (say(id)) } } } }
            tbody { @for (name, before, now) in amounts { tr {
                th scope="row" { (name) }
                td.number { (count(*before)) }
                td.number { (count(*now)) }
                td.number { @if now < before { "−" (count(before - now)) } @else if now > before { "+" (count(now - before)) } @else { "0" } }
            } } }
        } }
    }
}

/// What is told of a document.
const COLUMNS: [&str; 4] = ["report_id", "report_year", "title", "path"];

fn reports(build: &Path) -> Result<LazyFrame, Error> {
    Ok(files::scan("reports", &[build.join("reports.parquet")])?.select(COLUMNS.map(col)))
}

/// Documents of one build where another has none.
fn only(build: &Path, other: &Path) -> Result<Listed, Error> {
    listed(reports(build)?.join(reports(other)?, [col("path")], [col("path")], JoinArgs::new(JoinType::Anti)))
}

/// Documents of one build where another has other bytes.
fn changed(build: &Path, other: &Path) -> Result<Listed, Error> {
    let on = || [col("path"), col("report_id")];
    let others = reports(build)?.join(reports(other)?, on(), on(), JoinArgs::new(JoinType::Anti));
    listed(others.join(reports(other)?, [col("path")], [col("path")], JoinArgs::new(JoinType::Semi)))
}

fn listed(rows: LazyFrame) -> Result<Listed, Error> {
    let sorted = rows.clone().sort(["path"], polars::prelude::SortMultipleOptions::default());
    let rows_named = files::rows("reports", sorted.limit(u32::try_from(NAMED).unwrap_or(u32::MAX)))?;
    Ok(Listed { all: files::count("reports", rows)?, rows: rows_named })
}
