//! `docs/tables.md`, `docs/metrics.md` and `docs/checks.md` are written from what `datapackage.json` is made of. `UPDATE=1` writes them again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Section;
use nianbao::tabulate::schema;

const NOTE: &str = "Written by `UPDATE=1 cargo test --release --test suite docs`; do not edit.";

/// Text in a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn tables(knowledge: &Knowledge) -> String {
    let mut page = format!(
        "# The tables\n\n{NOTE}\n\nThe same stands in `datapackage.json` of every build and in the metadata of every Parquet file. `{{series}}` and `{{metric}}` stand for one column of each: they are listed in [metrics.md](metrics.md).\n"
    );
    let package = schema::package(knowledge);
    for resource in package["resources"].as_array().unwrap() {
        let text = |name: &str| resource[name].as_str().unwrap();
        let key: Vec<String> = resource["schema"]["primaryKey"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| format!("`{}`", name.as_str().unwrap()))
            .collect();
        let (name, en, zh) = (text("name"), text("description"), text("description_zh"));
        write!(page, "\n## {name}\n\n{en}  \n{zh}\n\nKey: {}\n\n", key.join(", ")).unwrap();
        page.push_str("| column | type | unit | meaning | 含义 |\n|---|---|---|---|---|\n");
        for column in schema::fixed(name) {
            let [unit, en, zh] = [&column.unit, &column.en, &column.zh].map(|text| cell(text));
            // What stands for many columns has the type of each.
            let kind = if column.name.ends_with('}') { "integer or number" } else { column.kind.name() };
            writeln!(page, "| `{}` | {kind} | {unit} | {en} | {zh} |", column.name).unwrap();
        }
    }
    page
}

fn metrics(knowledge: &Knowledge) -> String {
    let catalogue = &knowledge.catalogue;
    let mut page = format!(
        "# Series and metrics\n\n{NOTE}\n\n## Series\n\nWhat the forms of all years can be compared by: one column each in counties, townships and years. The first alternative whose metrics are all stated gives the value.\n\n| series | unit | meaning | 含义 | from |\n|---|---|---|---|---|\n"
    );
    for series in &catalogue.series {
        let sum = |sum: &[u16]| {
            sum.iter().map(|id| format!("`{}`", catalogue.metric(*id).id)).collect::<Vec<_>>().join(" + ")
        };
        let from: Vec<String> = series.from.iter().map(|alternative| sum(&alternative.sum)).collect();
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            series.id,
            series.unit,
            cell(&series.en),
            cell(&series.zh),
            from.join("; else ")
        )
        .unwrap();
    }
    page.push_str("\n## Metrics\n\nWhat a cell or a sentence states, by the section of a report in which it stands. A part adds up to its whole (=) or stays below it (≤).\n");
    for (section, name) in Section::NAMES {
        let all: Vec<_> = catalogue.metrics.iter().filter(|metric| metric.section == section).collect();
        if all.is_empty() {
            continue;
        }
        write!(
            page,
            "\n### {name}\n\n| metric | unit | meaning | 含义 | part of | forms |\n|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for metric in all {
            let sign = if metric.sums { "=" } else { "≤" };
            let parent =
                metric.parent.map_or(String::new(), |parent| format!("{sign} `{}`", catalogue.metric(parent).id));
            let [unit, en, zh] = [metric.unit, metric.en, metric.zh].map(cell);
            writeln!(page, "| `{}` | {unit} | {en} | {zh} | {parent} | {} |", metric.id, metric.forms).unwrap();
        }
    }
    page
}

fn checks(knowledge: &Knowledge) -> String {
    let mut page = format!(
        "# The checks\n\n{NOTE}\n\nWhat figures must obey. A check never changes a value. *column*: once for each applicant; *row*: once for each metric that applicants share; *report*: over the values in use; *sentence*: over one list of a sentence; *pair*: of a report with another, `other_report_id`. A *hard* check that fails is a misprint or a misreading; a *bound* is a value beyond what it is a part of; a *soft* one may fail for a good reason; *validity* is doubt about the report itself.\n\n| check | over | severity | meaning | 含义 |\n|---|---|---|---|---|\n"
    );
    for rule in &knowledge.rules.checks {
        let [en, zh] = [&rule.en, &rule.zh].map(|text| cell(text));
        writeln!(page, "| `{}` | {} | {} | {en} | {zh} |", rule.id, rule.scope.name(), rule.severity).unwrap();
    }
    page
}

#[test]
fn the_dictionary_in_docs_is_current() {
    let knowledge = embedded().unwrap();
    let pages = [("tables", tables(&knowledge)), ("metrics", metrics(&knowledge)), ("checks", checks(&knowledge))];
    for (name, page) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"));
        if std::env::var_os("UPDATE").is_some() {
            nianbao::publish::write(&path, &page).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "docs/{name}.md is not what the data say: UPDATE=1 writes it again");
    }
}
