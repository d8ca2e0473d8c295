//! The page of a build: what was read, what it covers, what does not add up, what to look at.

use std::collections::BTreeMap;
use std::path::Path;

use maud::{Markup, html};

use super::changes::Changes;
use super::survey::{Checked, Coverage, Listed, Share, Survey};
use super::words::{both, broken, count, is_said, say};
use super::{chart, page};
use crate::error::Error;
use crate::knowledge::{CheckKind, CheckRule, Knowledge};
use crate::tabulate::books::Books;
use crate::tabulate::files::Row;

/// Shades of a map, from nothing to all.
const SHADES: usize = 8;

/// Rows that are printed on paper with the page, though they are behind a fold.
const FEW: usize = 20;

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
            ("books", books(head, survey)),
            ("changes", changes),
            ("years", html! { (chart::bars("reports_by_level", &survey.levels)) p.none { (say("restated_too")) } }),
            ("coverage", coverage),
            ("forms", forms),
            ("metrics", metrics(knowledge, &survey.metrics, head.books.reports)),
            ("checks", checks(knowledge, survey)),
            ("outliers", outliers(knowledge, survey)),
            ("places", unplaced(knowledge, &survey.unplaced, head)),
            ("damage", damage(&survey.damage)),
        ];
        page("quality", head.build_id, None, &sections)
    }
}

fn books(head: &Head<'_>, survey: &Survey) -> Markup {
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
                (list(&survey.rejects, &["path", "reason", "detail"]))
            } }
            @if not_reports > 0 { div {
                (amounts("others_by_reason", ("class_reason", "documents"), &survey.reasons))
                (list(&survey.others, &["path", "class_reason", "title"]))
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
            tbody { @for (name, amount) in amounts { tr { th scope="row" { (named(name)) } td.number { (count(*amount)) } } } }
        }
    }
}

/// How many are behind a fold, of how many.
fn shown_of(shown: usize, all: usize) -> Markup {
    html! { @if shown == all { (say("all_of")) " " (count(all)) } @else { (say("first_of")) " " (count(shown)) " / " (count(all)) } }
}

/// Rows behind a fold, and how many more there are.
pub(super) fn list(listed: &Listed, columns: &[&str]) -> Markup {
    html! {
        @if listed.all > 0 { details.few[listed.all <= FEW] {
            summary { (shown_of(listed.rows.len(), listed.all)) }
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
    // To the nearest whole number, but neither nothing nor all where it is not.
    let percent = match (part * 200 + whole) / (whole * 2) {
        _ if part == 0 => "·".to_owned(),
        0 => "<1".to_owned(),
        100 if part < whole => ">99".to_owned(),
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
            th scope="row" { code { (broken(metric.id)) } }
            td { (both(metric.en, metric.zh)) }
            td.number { (count(number(metric.id))) }
            td.minor { meter min="0" max=(reports) value=(number(metric.id)) {} }
        } }
    };
    let table = |some: &[&crate::knowledge::Metric]| {
        html! { div.wide { table {
            thead { tr { @for id in ["metric", "meaning", "reports", "share"] { th.minor[id == "share"] scope="col" { (say(id)) } } } }
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
        p.none { (say("severity_is")) " " (say("restated_too")) }
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
            thead { tr { @for id in ["check", "meaning", "severity", "passed", "failed", "share_failed"] { th.minor[["severity", "share_failed"].contains(&id)] scope="col" { (say(id)) } } } }
            tbody { @for (same, checked) in rules { @if let Some(first) = same.first() { tr {
                th scope="row" { code.whole { (first.id) } }
                td { @for rule in same { div { (both(&rule.en, &rule.zh)) } } (examples(first, checked)) }
                td.whole.minor { (say(&first.severity)) }
                // It is put to sentences that name another year, and to no other.
                @let told = first.kind != CheckKind::Stale;
                td.number { @if told { (count(checked.passed)) } @else { "–" } }
                td.number { (count(checked.failed)) }
                td.minor { @if told { meter.failed min="0" max=(checked.passed + checked.failed) value=(checked.failed) {} } }
            } } } }
        } }
    }
}

/// Some failures of a check, with links to their documents.
fn examples(rule: &CheckRule, checked: &Checked) -> Markup {
    let sides = |row: &Row| Some((row.get("left")?.clone(), rule.kind.broken()?, row.get("right")?.clone()));
    html! {
        @if !checked.examples.is_empty() { details.few {
            summary { (shown_of(checked.examples.len(), checked.failed)) }
            ul { @for row in &checked.examples {
                @let id = cell(row, "report_id");
                li { a href={ "#d" (id) } { (id) } " " code { (broken(cell(row, "detail"))) }
                    @if let Some((left, sign, right)) = sides(row) { ": " strong { (left) " " (sign) " " (right) } }
                }
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
            summary { (say("all_of")) " " (count(survey.documents.len())) }
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

fn unplaced(knowledge: &Knowledge, unplaced: &Listed, head: &Head<'_>) -> Markup {
    let name = |code: &str| {
        let number: u32 = code.parse().unwrap_or_default();
        // A town with its county, of which there is but one.
        let around = Some(number / 1_000).filter(|_| number > 999_999);
        let names = around.into_iter().chain([number]).filter_map(|code| knowledge.gazetteer.name(code, None));
        format!("{} {code}", names.collect::<Vec<_>>().join(" "))
    };
    let mut named = Listed { all: unplaced.all, rows: unplaced.rows.clone() };
    for candidates in named.rows.iter_mut().filter_map(|row| row.get_mut("place_candidates")) {
        *candidates = candidates.split(',').map(name).collect::<Vec<_>>().join(", ");
    }
    html! {
        p { (say("unplaced_are")) " " (count(unplaced.all)) " / " (count(head.books.reports)) }
        (list(&named, &["title", "issuer", "place_candidates", "path"]))
    }
}

/// An id, with what it means where that has words.
fn named(id: &str) -> Markup {
    html! { code { (broken(id)) } @if is_said(&format!("is_{id}")) { " " (say(&format!("is_{id}"))) } }
}

fn damage(damage: &BTreeMap<String, usize>) -> Markup {
    html! {
        p { (say("damage_is")) }
        @if damage.is_empty() { p.none { (say("nothing")) } } @else { (amounts("damage_by_kind", ("kind", "documents"), damage)) }
    }
}
