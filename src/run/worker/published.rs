//! Rows as they are published, in one flat table: for engines that stream them on.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int16Array, Int32Array, Int64Array, StringArray};
use arrow_schema::{DataType, Field};
use polars::prelude::{Column, DataFrame, PolarsResult};

use crate::error::Error;
use crate::knowledge::Knowledge;
use crate::tabulate::facts::{DOCUMENT, Facts};
use crate::tabulate::schema::{self, Type};
use crate::tabulate::sink::dtype;
use crate::tabulate::spelling::Spelling;

/// Tables of which every row is one of an answer, and what such a row is called.
const KINDS: [(&str, &str); 3] = [("reports", "report"), ("observations", "observation"), ("checks", "check")];

/// Before the columns of the tables: which document, the how manieth row of it, and how it was read.
const OWN: [(&str, Type); 5] =
    [("path", Type::Text), ("seq", Type::Int32), ("status", Type::Text), ("error", Type::Text), ("kind", Type::Text)];

/// All columns: those of the three tables, each name once.
fn columns() -> Vec<(&'static str, Type)> {
    let mut columns = OWN.to_vec();
    for column in KINDS.into_iter().flat_map(|(table, _)| schema::fixed(table)) {
        if columns.iter().all(|(name, _)| *name != column.name) {
            columns.push((column.name.as_str(), column.kind));
        }
    }
    columns
}

/// The columns as Arrow has them.
pub(super) fn fields() -> Vec<Field> {
    let kind = |kind| match kind {
        Type::Text | Type::Code => DataType::Utf8,
        Type::Int16 => DataType::Int16,
        Type::Int32 => DataType::Int32,
        Type::Integer => DataType::Int64,
        Type::Number => DataType::Float64,
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date32,
    };
    columns().into_iter().map(|(name, of)| Field::new(name, kind(of), true)).collect()
}

/// The rows of some documents: first all that tell of a document, then all figures, all checks, and what was not read.
pub(super) fn rows(knowledge: &Knowledge, facts: Facts, paths: &[&str]) -> Result<Vec<ArrayRef>, Error> {
    let fault = |source| Error::table("an answer", source);
    let [reports, observations, checks, rejects] = facts.into_frames()?;
    let spelling = Spelling::new(knowledge);
    let tables = || -> PolarsResult<[(Vec<usize>, DataFrame); 4]> {
        Ok([
            (numbers(&reports)?, reports.clone()),
            (numbers(&observations)?, spelling.observations(&observations, &reports)?),
            (numbers(&checks)?, spelling.checks(&checks, &reports)?),
            (numbers(&rejects)?, rejects.clone()),
        ])
    };
    let tables = tables().map_err(fault)?;
    let own = Own::of(&tables, paths).map_err(fault)?;
    let arrays = columns().into_iter().map(|(name, kind)| match own.column(name) {
        Some(array) => Ok(array),
        None => joined(&tables, name, kind),
    });
    arrays.collect::<PolarsResult<Vec<_>>>().map_err(fault)
}

/// The document of each row.
fn numbers(rows: &DataFrame) -> PolarsResult<Vec<usize>> {
    Ok(rows
        .column(DOCUMENT)?
        .i64()?
        .iter()
        .map(|number| number.and_then(|one| usize::try_from(one).ok()).unwrap_or(0))
        .collect())
}

/// The columns that no table has.
struct Own {
    paths: Vec<String>,
    seqs: Vec<i32>,
    statuses: Vec<String>,
    errors: Vec<Option<String>>,
    kinds: Vec<&'static str>,
}

impl Own {
    fn of(tables: &[(Vec<usize>, DataFrame); 4], paths: &[&str]) -> PolarsResult<Own> {
        let mut own = Own { paths: vec![], seqs: vec![], statuses: vec![], errors: vec![], kinds: vec![] };
        let mut given = vec![0; paths.len()];
        for (at, (documents, rows)) in tables.iter().enumerate() {
            let kind = KINDS.get(at).map(|(_, kind)| *kind);
            let told = |name: &str| rows.column(name)?.str().cloned();
            let lost = if kind.is_none() { Some((told("reason")?, told("detail")?)) } else { None };
            for (row, document) in documents.iter().enumerate() {
                let text = |of: Option<&str>| of.unwrap_or_default().to_owned();
                own.paths.push(text(paths.get(*document).copied()));
                own.seqs.push(given[*document]);
                given[*document] += 1;
                own.kinds.push(kind.unwrap_or("reject"));
                let (status, error) = lost.as_ref().map_or_else(
                    || ("ok".to_owned(), None),
                    |(reasons, details)| (text(reasons.get(row)), details.get(row).map(str::to_owned)),
                );
                own.statuses.push(status);
                own.errors.push(error);
            }
        }
        Ok(own)
    }

    fn column(&self, name: &str) -> Option<ArrayRef> {
        Some(match name {
            "path" => Arc::new(StringArray::from_iter_values(&self.paths)),
            "seq" => Arc::new(Int32Array::from(self.seqs.clone())),
            "status" => Arc::new(StringArray::from_iter_values(&self.statuses)),
            "error" => Arc::new(StringArray::from_iter(&self.errors)),
            "kind" => Arc::new(StringArray::from_iter_values(&self.kinds)),
            _ => return None,
        })
    }
}

/// A column of all tables, one behind the other; nulls where a table has it not.
fn joined(tables: &[(Vec<usize>, DataFrame); 4], name: &str, kind: Type) -> PolarsResult<ArrayRef> {
    let (mut all, has): (Vec<Column>, _) = (Vec::new(), |at: usize| {
        KINDS.get(at).is_some_and(|(table, _)| schema::fixed(table).iter().any(|column| column.name == name))
    });
    for (at, (_, rows)) in tables.iter().enumerate() {
        all.push(match rows.column(name) {
            Ok(column) if has(at) => column.clone(),
            _ => Column::full_null(name.into(), rows.height(), &dtype(kind)),
        });
    }
    let mut all = all.into_iter();
    let mut whole = all.next().unwrap_or_default();
    all.try_for_each(|column| whole.append(&column).map(|_| ()))?;
    array(&whole, kind)
}

fn array(column: &Column, kind: Type) -> PolarsResult<ArrayRef> {
    Ok(match kind {
        Type::Text | Type::Code => Arc::new(column.str()?.iter().collect::<StringArray>()),
        Type::Int16 => Arc::new(column.i16()?.iter().collect::<Int16Array>()),
        Type::Int32 => Arc::new(column.i32()?.iter().collect::<Int32Array>()),
        Type::Integer => Arc::new(column.i64()?.iter().collect::<Int64Array>()),
        Type::Number => Arc::new(column.f64()?.iter().collect::<Float64Array>()),
        Type::Boolean => Arc::new(column.bool()?.iter().collect::<BooleanArray>()),
        Type::Date => Arc::new(column.date()?.physical().iter().collect::<Date32Array>()),
    })
}
