//! The tables and their columns: what `nianbao schema` prints and every Parquet file holds.

use std::sync::LazyLock;

use crate::knowledge::{Catalogue, MetricKind};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// 64-bit integer.
    Integer,
    /// 64-bit float.
    Number,
    /// True or false.
    Boolean,
    /// Calendar day.
    Date,
}

impl Type {
    /// The published name, as in a Frictionless table schema.
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "string",
            Type::Integer => "integer",
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
    /// Its columns in order, without the series and metrics of the wide tables.
    pub columns: Vec<Column>,
}

/// The tables whose columns are fixed, in the order of `data/tables.tsv`.
static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut tables: Vec<Table> = Vec::new();
    for line in include_str!("../../data/tables.tsv").lines().skip(1) {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let [table, name, kind, unit, en, zh] = fields.as_slice() else { continue };
        let kind = match *kind {
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "date" => Type::Date,
            _ => Type::Text,
        };
        if tables.last().is_none_or(|last| last.name != *table) {
            tables.push(Table { name: table, columns: Vec::new() });
        }
        let [name, unit, en, zh] = [name, unit, en, zh].map(|field| (*field).to_owned());
        if let Some(last) = tables.last_mut() {
            last.columns.push(Column { name, kind, unit, en, zh });
        }
    }
    tables
});

/// Names of all tables.
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

/// The fixed columns of a table; empty for an unknown name.
pub fn fixed(table: &str) -> &'static [Column] {
    TABLES.iter().find(|known| known.name == table).map_or(&[], |table| &table.columns)
}

/// All columns of a table: the wide ones also have the series and, but for years, every metric.
pub fn columns(catalogue: &Catalogue, table: &str) -> Vec<Column> {
    let mut columns = fixed(table).to_vec();
    if !matches!(table, "counties" | "townships" | "years") {
        return columns;
    }
    for series in &catalogue.series {
        let kind = if series.decimal { Type::Number } else { Type::Integer };
        let (id, unit) = (series.id.clone(), series.unit.clone());
        columns.push(Column { name: id.clone(), kind, unit, en: series.en.clone(), zh: series.zh.clone() });
        if table == "years" {
            let en = format!("places that state {id}");
            columns.push(Column {
                name: format!("{id}__n"),
                kind: Type::Integer,
                unit: String::new(),
                en,
                zh: format!("载明 {id} 的地方数", id = series.zh),
            });
        } else {
            let en = format!("how exact {id} is where it is not exact");
            columns.push(Column {
                name: format!("{id}__bound"),
                kind: Type::Text,
                unit: String::new(),
                en,
                zh: format!("{}的精确程度（非精确时）", series.zh),
            });
        }
    }
    if table != "years" {
        for metric in &catalogue.metrics {
            let kind = match metric.kind {
                MetricKind::Count | MetricKind::Signed => Type::Integer,
                MetricKind::Amount | MetricKind::Percent => Type::Number,
            };
            let [name, unit, en, zh] = [metric.id, metric.unit, metric.en, metric.zh].map(str::to_owned);
            // A series and a metric may share a name; the series comes first and is the one that is published.
            if columns.iter().all(|column| column.name != name) {
                columns.push(Column { name, kind, unit, en, zh });
            }
        }
    }
    columns
}
