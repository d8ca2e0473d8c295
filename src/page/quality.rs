//! The page of a build: what was read, what it covers, what does not add up, what to look at.

use std::collections::BTreeMap;
use std::path::Path;

use maud::{Markup, html};

use super::changes::Changes;
use super::survey::{Checked, Coverage, Listed, Share, Survey};
use super::words::{both, count, say};
use super::{chart, page};
use crate::error::Error;
use crate::knowledge::{CheckRule, Knowledge};
use crate::tabulate::books::Books;
use crate::tabulate::files::Row;

/// Shades of a map, from nothing to all.
const SHADES: usize = 8;

/// What a build says of itself.
pub struct Head<'a> {
    /// Its name.
    pub build_id: &'a str,
    /// What became of every document.
    pub books: &'a Books,
    /// Reports whose place is settled.
    pub placed: usize,
    /// Rejects by reason.
    pub reasons: &'a BTreeMap<String, usize>,
    /// Rows of each table.
    pub rows: &'a BTreeMap<String, usize>,
    /// Reviewed corrections that were applied, and those that no longer fit.
    pub corrections: (usize, &'a [String]),
}

/// What a page says of the build before.
pub enum Since {
    /// Nothing, so that the page depends on its build alone.
    Untold,
    /// There was none.
    Nothing,
    /// What changed since.
    Build(Box<Changes>),
}

/// The page of a build, but for what changed since the one before.
pub struct Quality<'a> {
    knowledge: &'a Knowledge,
    head: Head<'a>,
    survey: Survey,
}

impl Quality<'_> {
    /// Counts what the tables in a folder say.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn of<'a>(knowledge: &'a Knowledge, folder: &Path, head: Head<'a>) -> Result<Quality<'a>, Error> {
        Ok(Quality { knowledge, head, survey: Survey::of(knowledge, folder)? })
    }

    /// The page; what it says of changes is all that may differ between two pages of one build.
    pub fn page(&self, since: &Since) -> String {
        let Quality { knowledge, head, survey } = self;
        let coverage = html! { @for (level, of_level) in &survey.coverage { (coverage(level, of_level)) } };
        let forms = html! {
            (chart::bars("reports_by_form", &survey.forms))
            (chart::bars("reports_by_encoding", &survey.encodings))
        };
        let changes = match since {
            Since::Untold => html! { p { (say("changes_elsewhere")) " " code { "nianbao diff OLD NEW" } } },
            Since::Nothing => html! { p { (say("first_build")) } },
            Since::Build(changes) => changes.section(head, survey),
        };
        let sections = [
            ("books", books(head, &survey.rejects)),
            ("changes", changes),
            ("years", chart::bars("reports_by_level", &survey.levels)),
            ("coverage", coverage),
            ("forms", forms),
            ("metrics", metrics(knowledge, &survey.metrics, head.books.reports)),
            ("checks", checks(knowledge, survey)),
            ("outliers", outliers(knowledge, survey)),
            ("places", unplaced(&survey.unplaced, head)),
            ("damage", damage(&survey.damage)),
        ];
        page("quality", &format!("build {}", head.build_id), None, &sections)
    }
}

fn books(head: &Head<'_>, rejects: &Listed) -> Markup {
    let Books { walked, reports, not_reports, duplicates, rejected } = *head.books;
    let tiles = [
        ("documents", walked),
        ("reports", reports),
        ("placed", head.placed),
        ("others", not_reports),
        ("copies", duplicates),
        ("rejected", rejected),
    ];
    let (applied, stale) = head.corrections;
    html! {
        dl.tiles { @for (id, number) in tiles { div { dt { (say(id)) } dd { (count(number)) } } } }
        p.sum {
            (say("balance")) ": "
            (count(walked)) " = " (count(reports)) " + " (count(not_reports)) " + " (count(duplicates)) " + " (count(rejected))
        }
        @if applied + stale.len() > 0 {
            p { (say("corrections")) " " (count(applied)) ". " @if !stale.is_empty() { (say("stale")) } }
            ul { @for one in stale { li { (one) } } }
        }
        div.pair {
            div { (amounts("rows_of_tables", ("table", "rows"), head.rows)) }
            @if rejected > 0 { div {
                (amounts("rejects_by_reason", ("reason", "documents"), head.reasons))
                (list(rejects, &["path", "reason", "detail"]))
            } }
        }
    }
}

/// A table of names and counts.
fn amounts(title: &str, (name, number): (&str, &str), amounts: &BTreeMap<String, usize>) -> Markup {
    html! {
        h3 { (say(title)) }
        table {
            thead { tr { th scope="col" { (say(name)) } th.number scope="col" { (say(number)) } } }
            tbody { @for (name, amount) in amounts { tr { th scope="row" { code { (name) } } td.number { (count(*amount)) } } } }
        }
    }
}

/// Rows behind a fold, and how many more there are.
pub(super) fn list(listed: &Listed, columns: &[&str]) -> Markup {
    html! {
        @if listed.all > 0 { details {
            summary { (say("first_of")) " " (count(listed.rows.len())) " / " (count(listed.all)) }
            div.wide { table {
                thead { tr { @for column in columns { th scope="col" { (say(column)) } } } }
                tbody { @for row in &listed.rows { tr { @for column in columns { td { (cell(row, column)) } } } } }
            } }
        } }
    }
}

fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).map_or("", String::as_str)
}

/// A map of provinces and years: how many of the places of a level have a report.
fn coverage(level: &str, coverage: &Coverage) -> Markup {
    html! {
        h3 { (say(level)) }
        @if coverage.provinces.is_empty() { p.none { (say("nothing")) } } @else {
            p.none { (say("coverage_caption")) }
            div.wide { table.map {
                thead { tr {
                    th scope="col" { (say("province")) }
                    @for year in &coverage.years { th scope="col" { (year) } }
                } }
                tbody { @for (province, years) in &coverage.provinces { tr {
                    th scope="row" { (province) }
                    @for year in &coverage.years { (shaded(years.get(year).copied().unwrap_or_default())) }
                } } }
            } }
        }
    }
}

/// A square of the map: dark where nearly all have a report, a dot where none has one, a dash where there is no such place.
fn shaded(share: Share) -> Markup {
    let Share { part, whole } = share;
    if whole == 0 {
        return html! { td.shade { "–" } };
    }
    let shade = if part == 0 { 0 } else { (part * (SHADES - 1)).div_ceil(whole) };
    let percent = match part * 100 / whole {
        0 if part == 0 => "·".to_owned(),
        0 => "<1".to_owned(),
        percent => percent.to_string(),
    };
    html! { td class={ "shade shade" (shade) } title={ (part) " / " (whole) } { (percent) } }
}

/// How many reports state a metric, the most frequent first; what none states is said too.
fn metrics(knowledge: &Knowledge, stated: &BTreeMap<String, usize>, reports: usize) -> Markup {
    /// Before the fold.
    const SHOWN: usize = 30;
    let mut metrics: Vec<_> = knowledge.catalogue.metrics.iter().collect();
    let number = |id: &str| stated.get(id).copied().unwrap_or(0);
    metrics.sort_by_key(|metric| std::cmp::Reverse(number(metric.id)));
    let told = metrics.partition_point(|metric| number(metric.id) > 0);
    let row = |metric: &crate::knowledge::Metric| {
        html! { tr {
            th scope="row" { code { (metric.id) } }
            td { (both(metric.en, metric.zh)) }
            td.number { (count(number(metric.id))) }
            td { meter min="0" max=(reports) value=(number(metric.id)) {} }
        } }
    };
    let table = |some: &[&crate::knowledge::Metric]| {
        html! { div.wide { table {
            thead { tr { @for id in ["metric", "meaning", "reports", "share"] { th scope="col" { (say(id)) } } } }
            tbody { @for metric in some { (row(metric)) } }
        } } }
    };
    let (first, rest) = metrics.split_at(told.min(SHOWN));
    html! {
        p { (say("metrics_stated")) " " (count(told)) " / " (count(metrics.len())) }
        (table(first))
        @if !rest.is_empty() { details { summary { (say("all_others")) " (" (count(rest.len())) ")" } (table(rest)) } }
    }
}

fn checks(knowledge: &Knowledge, survey: &Survey) -> Markup {
    // Several rules of one id say the same of different forms or levels.
    let mut rules: BTreeMap<&str, Vec<&CheckRule>> = BTreeMap::new();
    for rule in &knowledge.rules.checks {
        let same = rules.entry(&rule.id).or_default();
        if same.iter().all(|known| known.en != rule.en) {
            same.push(rule);
        }
    }
    let assessed = |id: &str| survey.checks.get(id).filter(|one| one.passed + one.failed > 0);
    let never: Vec<&str> = rules.keys().copied().filter(|id| assessed(id).is_none()).collect();
    let mut rules: Vec<_> = rules.into_iter().filter_map(|(id, same)| Some((same, assessed(id)?))).collect();
    rules.sort_by_key(|(_, checked)| std::cmp::Reverse(checked.failed));
    let (failed, held) = rules.split_at(rules.partition_point(|(_, checked)| checked.failed > 0));
    html! {
        (of_rules(failed))
        @if !held.is_empty() { details { summary { (say("always_held")) " (" (count(held.len())) ")" } (of_rules(held)) } }
        p { (say("never_assessed")) " " @for id in never { code { (id) } " " } }
        (documents(survey))
    }
}

/// Rules of one id each, with what became of them.
fn of_rules(rules: &[(Vec<&CheckRule>, &Checked)]) -> Markup {
    html! {
        div.wide { table {
            thead { tr { @for id in ["check", "meaning", "severity", "passed", "failed", "share_failed"] { th scope="col" { (say(id)) } } } }
            tbody { @for (same, checked) in rules { @if let Some(first) = same.first() { tr {
                th scope="row" { code.whole { (first.id) } }
                td { @for rule in same { div { (both(&rule.en, &rule.zh)) } } (examples(checked)) }
                td.whole { (say(&first.severity)) }
                td.number { (count(checked.passed)) }
                td.number { (count(checked.failed)) }
                td { meter.failed min="0" max=(checked.passed + checked.failed) value=(checked.failed) {} }
            } } } }
        } }
    }
}

/// Some failures of a check, with links to their documents.
fn examples(checked: &Checked) -> Markup {
    html! {
        @if !checked.examples.is_empty() { details {
            summary { (say("first_of")) " " (count(checked.examples.len())) " / " (count(checked.failed)) }
            ul { @for row in &checked.examples {
                @let id = cell(row, "report_id");
                li { a href={ "#d" (id) } { (id) } " " code { (cell(row, "detail")) } }
            } }
        } }
    }
}

/// The documents that are named above.
fn documents(survey: &Survey) -> Markup {
    html! {
        h3 { (say("documents_named")) }
        p { (say("look_at_one")) " " code { "nianbao inspect FILE --html report.html" } }
        details open[survey.documents.len() <= 40] {
            summary { (count(survey.documents.len())) }
            div.wide { table {
                thead { tr { @for id in ["report_id", "year", "title", "path"] { th scope="col" { (say(id)) } } } }
                tbody { @for (id, row) in &survey.documents { tr id={ "d" (id) } {
                    th scope="row" { code.whole { (id) } }
                    td { (cell(row, "report_year")) }
                    td { (cell(row, "title")) }
                    td.path { (cell(row, "path")) }
                } } }
            } }
        }
    }
}

fn outliers(knowledge: &Knowledge, survey: &Survey) -> Markup {
    let outliers = &survey.outliers;
    let place = |code: &str, year: i16| {
        let code = code.parse().ok()?;
        knowledge.gazetteer.name(code, Some(year)).map(str::to_owned)
    };
    let name = |id: &str| knowledge.catalogue.series.iter().find(|series| series.id == id);
    html! {
        p { (say("outliers_are")) " " (count(outliers.far)) " / " (count(outliers.compared)) }
        @if !outliers.farthest.is_empty() { div.wide { table {
            thead { tr { @for id in ["place", "year", "series", "value", "usual", "score", "report_id"] { th scope="col" { (say(id)) } } } }
            tbody { @for one in &outliers.farthest { tr {
                th scope="row" { (place(&one.code, one.year).unwrap_or_default()) " " small { (one.code) } }
                td { (one.year) }
                td { code { (one.series) } @if let Some(series) = name(&one.series) { " " (both(&series.en, &series.zh)) } }
                td.number { (one.value) }
                td.number { (format!("{:.0}", one.median)) }
                td.number { (format!("{:+.1}", one.score)) }
                td { a href={ "#d" (one.report_id) } { (one.report_id) } }
            } } }
        } } }
    }
}

fn unplaced(unplaced: &Listed, head: &Head<'_>) -> Markup {
    html! {
        p { (say("unplaced_are")) " " (count(unplaced.all)) " / " (count(head.books.reports)) }
        (list(unplaced, &["title", "issuer", "place_candidates", "path"]))
    }
}

fn damage(damage: &BTreeMap<String, usize>) -> Markup {
    html! {
        p { (say("damage_is")) }
        @if damage.is_empty() { p.none { (say("nothing")) } } @else { (amounts("damage_by_kind", ("kind", "documents"), damage)) }
    }
}
