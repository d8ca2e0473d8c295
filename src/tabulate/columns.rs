//! Rows on their way to a table: typed columns that grow together.

use jiff::civil::date;
use polars::prelude::{Column as PolarsColumn, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series};
use serde_json::{Map, Value};

use super::schema::{Column, Type};
use crate::model::Day;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Integer(Option<i64>),
    /// A number, in ten-thousandths.
    Number(Option<i64>),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(Option<Day>),
    /// A day as days since 1970.
    Days(Option<i32>),
}

impl Cell {
    /// Text that is there.
    pub fn text(text: &str) -> Cell {
        Cell::Text(Some(text.to_owned()))
    }

    /// Text that may be missing.
    pub fn maybe(text: Option<&str>) -> Cell {
        Cell::Text(text.map(str::to_owned))
    }

    /// A count.
    pub fn count(count: usize) -> Cell {
        Cell::Integer(i64::try_from(count).ok())
    }
}

#[derive(Debug, Clone)]
enum Data {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<i64>>),
    Boolean(Vec<bool>),
    Date(Vec<Option<i32>>),
}

/// The rows of one table.
#[derive(Debug, Clone)]
pub struct Columns {
    names: Vec<String>,
    types: Vec<Type>,
    data: Vec<Data>,
    rows: usize,
}

impl Columns {
    /// No rows yet.
    pub fn new(columns: &[Column]) -> Columns {
        let data = columns.iter().map(|column| match column.kind {
            Type::Text => Data::Text(Vec::new()),
            Type::Int16 | Type::Int32 | Type::Integer => Data::Integer(Vec::new()),
            Type::Number => Data::Number(Vec::new()),
            Type::Boolean => Data::Boolean(Vec::new()),
            Type::Date => Data::Date(Vec::new()),
        });
        Columns {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            types: columns.iter().map(|column| column.kind).collect(),
            data: data.collect(),
            rows: 0,
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Makes room for so many more rows.
    pub fn reserve(&mut self, rows: usize) {
        for data in &mut self.data {
            match data {
                Data::Text(data) => data.reserve(rows),
                Data::Integer(data) | Data::Number(data) => data.reserve(rows),
                Data::Boolean(data) => data.reserve(rows),
                Data::Date(data) => data.reserve(rows),
            }
        }
    }

    /// Adds a row: every column once, in any order; what is not given is null.
    ///
    /// # Panics
    /// When a column is unknown or has another type: a fault of this program that its first test shows.
    pub fn push(&mut self, row: &mut [(&str, Cell)]) {
        // Rows come in the order of the columns, so the next name is looked for behind the last one first.
        let mut next = 0;
        for (name, cell) in row {
            let behind = self.names.iter().skip(next).position(|known| known == name).map(|at| at + next);
            let at = behind.or_else(|| self.names.iter().position(|known| known == name));
            next = at.map_or(0, |at| at + 1);
            let Some(data) = at.and_then(|at| self.data.get_mut(at)) else { unknown(name) };
            match (data, std::mem::replace(cell, Cell::Boolean(false))) {
                (Data::Text(data), Cell::Text(text)) => data.push(text),
                (Data::Integer(data), Cell::Integer(number)) => data.push(number),
                (Data::Number(data), Cell::Number(number)) => data.push(number),
                (Data::Boolean(data), Cell::Boolean(truth)) => data.push(truth),
                (Data::Date(data), Cell::Date(day)) => data.push(day.map(days)),
                (Data::Date(data), Cell::Days(days)) => data.push(days),
                _ => unknown(name),
            }
        }
        self.rows += 1;
        for data in &mut self.data {
            data.fill(self.rows);
        }
    }

    /// Adds the rows of another.
    pub fn append(&mut self, other: Columns) {
        for (mine, theirs) in self.data.iter_mut().zip(other.data) {
            match (mine, theirs) {
                (Data::Text(mine), Data::Text(theirs)) => mine.extend(theirs),
                (Data::Integer(mine), Data::Integer(theirs)) | (Data::Number(mine), Data::Number(theirs)) => {
                    mine.extend(theirs);
                }
                (Data::Boolean(mine), Data::Boolean(theirs)) => mine.extend(theirs),
                (Data::Date(mine), Data::Date(theirs)) => mine.extend(theirs),
                _ => unknown("append"),
            }
        }
        self.rows += other.rows;
    }

    /// The rows as a frame.
    ///
    /// # Errors
    /// Never in practice: the columns have one length.
    pub fn into_frame(self) -> PolarsResult<DataFrame> {
        let rows = self.rows;
        let columns = self.names.into_iter().zip(self.types).zip(self.data);
        let columns = columns.map(|((name, kind), data)| data.into_column(&name, kind));
        DataFrame::new(rows, columns.collect::<PolarsResult<Vec<_>>>()?)
    }

    /// The rows as JSON objects.
    pub fn json(&self) -> Vec<Value> {
        let row = |at: usize| {
            let pairs = self.names.iter().zip(&self.data).map(|(name, data)| (name.clone(), data.json(at)));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        (0..self.rows).map(row).collect()
    }
}

#[expect(clippy::panic, reason = "a column that tables.tsv does not have is a fault of this program, not of its input")]
fn unknown(name: &str) -> ! {
    panic!("data/tables.tsv has no such column, or another type: {name}")
}

impl Data {
    fn fill(&mut self, rows: usize) {
        match self {
            Data::Text(data) => data.resize(rows, None),
            Data::Integer(data) | Data::Number(data) => data.resize(rows, None),
            Data::Boolean(data) => data.resize(rows, false),
            Data::Date(data) => data.resize(rows, None),
        }
    }

    fn into_column(self, name: &str, kind: Type) -> PolarsResult<PolarsColumn> {
        let name = name.into();
        let series = match self {
            Data::Text(data) => Series::new(name, data),
            Data::Integer(data) => match kind {
                Type::Int16 => Series::new(name, data).cast(&DataType::Int16)?,
                Type::Int32 => Series::new(name, data).cast(&DataType::Int32)?,
                Type::Text | Type::Integer | Type::Number | Type::Boolean | Type::Date => Series::new(name, data),
            },
            Data::Number(data) => {
                Series::new(name, data.into_iter().map(|number| number.map(float)).collect::<Vec<_>>())
            }
            Data::Boolean(data) => Series::new(name, data),
            Data::Date(data) => Series::new(name, data).cast(&DataType::Date)?,
        };
        Ok(series.into_column())
    }

    fn json(&self, at: usize) -> Value {
        match self {
            Data::Text(data) => data.get(at).cloned().flatten().into(),
            Data::Integer(data) => data.get(at).copied().flatten().into(),
            Data::Number(data) => data.get(at).copied().flatten().map(float).into(),
            Data::Boolean(data) => data.get(at).copied().into(),
            Data::Date(data) => data.get(at).copied().flatten().and_then(printed_day).into(),
        }
    }
}

/// Ten-thousandths as the nearest float: the one place where a value becomes one.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "published values are Float64; exact below 2^53"
)]
pub fn float(ten_thousandths: i64) -> f64 {
    ten_thousandths as f64 / 10_000.0
}

/// Days since 1970.
fn days(day: Day) -> i32 {
    day.since(date(1970, 1, 1)).map_or(0, |span| span.get_days())
}

fn printed_day(days: i32) -> Option<String> {
    let day = date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).ok()?;
    Some(day.to_string())
}
