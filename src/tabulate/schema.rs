//! The tables and their columns: what `nianbao schema` prints, every Parquet file holds and `datapackage.json` describes.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::knowledge::{Catalogue, CheckRule, Knowledge, Metric, MetricKind, Series};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// 16-bit integer.
    Int16,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Integer,
    /// 64-bit float.
    Number,
    /// True or false.
    Boolean,
    /// Calendar day.
    Date,
    /// Number of one of a few words: only in the parts of a run.
    Code,
}

impl Type {
    /// The published name, as in a Frictionless table schema.
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "string",
            Type::Int16 | Type::Int32 | Type::Integer | Type::Code => "integer",
            Type::Number => "number",
            Type::Boolean => "boolean",
            Type::Date => "date",
        }
    }
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Unit of its numbers.
    pub unit: String,
    /// What it means.
    pub en: String,
    /// What it means.
    pub zh: String,
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name; the file is `<name>.parquet`.
    pub name: &'static str,
    /// The columns that no two rows share.
    pub key: Vec<&'static str>,
    /// What a row is.
    pub en: &'static str,
    /// What a row is.
    pub zh: &'static str,
    /// Its columns in order, as templates where the name holds a brace.
    pub columns: Vec<Column>,
}

/// Table, column, type, unit, English, Chinese.
const LINES: &str = include_str!("../../data/tables.tsv");

/// The tables whose columns are fixed, in the order of `data/tables.tsv`.
static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut tables: Vec<Table> = Vec::new();
    for line in LINES.lines().skip(1) {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let [table, name, kind, unit, en, zh] = fields.as_slice() else { continue };
        // The first line of a table describes it; the column of units names its key.
        if *kind == "table" {
            let key = unit.split_whitespace().collect();
            tables.push(Table { name: table, key, en, zh, columns: Vec::new() });
            continue;
        }
        let kind = match *kind {
            "int16" => Type::Int16,
            "int32" => Type::Int32,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "date" => Type::Date,
            _ => Type::Text,
        };
        let [name, unit, en, zh] = [name, unit, en, zh].map(|field| (*field).to_owned());
        if let Some(last) = tables.last_mut().filter(|last| last.name == *table) {
            last.columns.push(Column { name, kind, unit, en, zh });
        }
    }
    tables
});

/// Names of all tables.
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

/// The columns of a table as `data/tables.tsv` has them; empty for an unknown name.
pub fn fixed(table: &str) -> &'static [Column] {
    TABLES.iter().find(|known| known.name == table).map_or(&[], |table| &table.columns)
}

/// All columns of a table: a column called {series} or {metric} stands for one of each.
pub fn columns(catalogue: &Catalogue, table: &str) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for column in fixed(table) {
        if column.name == SERIES {
            let companions: Vec<&Column> = fixed(table).iter().filter(|column| column.name.contains(SERIES)).collect();
            for series in &catalogue.series {
                columns.extend(companions.iter().map(|column| of_series(column, series)));
            }
        } else if column.name.contains(SERIES) {
            // Already there, beside its series.
        } else if column.name == METRIC {
            for metric in &catalogue.metrics {
                // A series and a metric may share a name; the series comes first and is the one that is published.
                if columns.iter().all(|known| known.name != metric.id) {
                    columns.push(of_metric(metric));
                }
            }
        } else {
            columns.push(column.clone());
        }
    }
    columns
}

/// Columns that name a row of another table: column, table, its column.
const REFERENCES: [(&str, &str, &str); 3] = [
    ("report_id", "reports", "report_id"),
    ("other_report_id", "reports", "report_id"),
    ("metric", "metrics", "metric"),
];

/// What `datapackage.json` says: every table, column and check in English and Chinese, as a Frictionless Data Package.
pub fn package(knowledge: &Knowledge) -> Value {
    let resource = |table: &Table| {
        let columns = columns(&knowledge.catalogue, table.name);
        let points = |(name, table, key): (&str, &str, &str)| json!({ "fields": name, "reference": { "resource": table, "fields": key } });
        let references = REFERENCES
            .into_iter()
            .filter(|(name, other, _)| *other != table.name && columns.iter().any(|column| column.name == *name));
        let references: Vec<Value> = references.map(points).collect();
        let mut fields: Vec<Value> = columns.iter().map(described).collect();
        for field in fields.iter_mut().filter(|field| table.name == "checks" && field["name"] == "check") {
            let category = |rule: &CheckRule| json!({ "value": rule.id, "label": rule.en, "label_zh": rule.zh });
            field["categories"] = knowledge.rules.checks.iter().map(category).collect();
        }
        json!({
            "name": table.name,
            "path": format!("{}.parquet", table.name),
            "profile": "data-resource",
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "description": table.en,
            "description_zh": table.zh,
            "schema": {
                "fields": fields,
                "primaryKey": table.key,
                "foreignKeys": references,
                "missingValues": [""],
            },
        })
    };
    let mut package = json!({ "profile": "data-package", "name": "nianbao" });
    for line in LINES.lines() {
        if let [_, name, "package", _, en, zh] = line.split('\t').collect::<Vec<_>>().as_slice() {
            package[*name] = json!(en);
            package[format!("{name}_zh")] = json!(zh);
        }
    }
    package["resources"] = TABLES.iter().map(resource).collect();
    package
}

/// A column as Frictionless has it, with what it has not: a unit, and the Chinese.
fn described(column: &Column) -> Value {
    let mut field = json!({ "name": column.name, "type": column.kind.name() });
    let more = [("description", &column.en), ("description_zh", &column.zh), ("unit", &column.unit)];
    for (name, text) in more.into_iter().filter(|(_, text)| !text.is_empty()) {
        field[name] = json!(text);
    }
    field
}

/// The same for a Parquet file's own metadata: what it is, and its columns by name.
pub fn metadata(catalogue: &Catalogue, table: &str) -> Vec<(String, String)> {
    let Some(found) = TABLES.iter().find(|known| known.name == table) else { return Vec::new() };
    let fields: Vec<Value> = columns(catalogue, table).iter().map(described).collect();
    let pairs = [("description", found.en), ("description_zh", found.zh)].map(|(name, text)| (name, text.to_owned()));
    let columns = ("columns", Value::from(fields).to_string());
    pairs.into_iter().chain([columns]).map(|(name, text)| (format!("nianbao.{name}"), text)).collect()
}

/// Stands for the name of a series.
const SERIES: &str = "{series}";

/// Stands for the name of a metric.
const METRIC: &str = "{metric}";

fn of_series(column: &Column, series: &Series) -> Column {
    let own = column.name == SERIES;
    let kind = match column.kind {
        _ if own && series.decimal => Type::Number,
        _ if own => Type::Integer,
        kind => kind,
    };
    let described = |text: &str, name: &str| if own { name.to_owned() } else { text.replace(SERIES, name) };
    Column {
        name: column.name.replace(SERIES, &series.id),
        kind,
        unit: if own { series.unit.clone() } else { String::new() },
        en: described(&column.en, &series.en),
        zh: described(&column.zh, &series.zh),
    }
}

fn of_metric(metric: &Metric) -> Column {
    let kind = match metric.kind {
        MetricKind::Count | MetricKind::Signed => Type::Integer,
        MetricKind::Amount | MetricKind::Percent => Type::Number,
    };
    let [name, unit, en, zh] = [metric.id, metric.unit, metric.en, metric.zh].map(str::to_owned);
    Column { name, kind, unit, en, zh }
}
