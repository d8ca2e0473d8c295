//! Rows on their way to a table: typed columns that grow together.

use std::borrow::Cow;

use jiff::civil::date;
use polars::prelude::{
    AnyValue, BooleanChunkedBuilder, ChunkedBuilder, Column as PolarsColumn, DataFrame, DataType, Float64Type,
    Int16Type, Int32Type, Int64Type, IntoColumn, IntoSeries, PolarsResult, PrimitiveChunkedBuilder,
    StringChunkedBuilder, UInt16Type,
};
use serde_json::{Map, Value};

use super::schema::{Column, Type};
use crate::model::Day;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Text.
    Text(Option<Cow<'a, str>>),
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
    /// The number of a word.
    Code(Option<usize>),
}

impl<'a> Cell<'a> {
    /// Text that is there.
    pub fn text(text: &'a str) -> Cell<'a> {
        Cell::Text(Some(Cow::Borrowed(text)))
    }

    /// Text that may be missing.
    pub fn maybe(text: Option<&'a str>) -> Cell<'a> {
        Cell::Text(text.map(Cow::Borrowed))
    }

    /// Text that was made for this cell, or is missing.
    pub fn made(text: Option<String>) -> Cell<'a> {
        Cell::Text(text.map(Cow::Owned))
    }

    /// A count.
    pub fn count(count: usize) -> Cell<'a> {
        Cell::Integer(i64::try_from(count).ok())
    }
}

/// The cells of a column, as they will be stored.
enum Data {
    Text(StringChunkedBuilder),
    Int16(PrimitiveChunkedBuilder<Int16Type>),
    Int32(PrimitiveChunkedBuilder<Int32Type>),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Number(PrimitiveChunkedBuilder<Float64Type>),
    Boolean(BooleanChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Code(PrimitiveChunkedBuilder<UInt16Type>),
}

/// The rows of one table.
pub struct Columns {
    names: Vec<String>,
    data: Vec<Data>,
    /// Which columns of the last row were given.
    given: Vec<bool>,
    rows: usize,
}

impl Columns {
    /// No rows yet.
    pub fn new(columns: &[Column]) -> Columns {
        Columns::with_capacity(columns, 0)
    }

    /// The same with room for some.
    pub fn with_capacity(columns: &[Column], rows: usize) -> Columns {
        Columns {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            data: columns.iter().map(|column| Data::new(column, rows)).collect(),
            given: vec![false; columns.len()],
            rows: 0,
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row: every column once, in any order; what is not given is null.
    ///
    /// # Panics
    /// When a column is unknown or has another type: a fault of this program that its first test shows.
    pub fn push(&mut self, row: &[(&str, Cell<'_>)]) {
        self.given.fill(false);
        // Rows come in the order of the columns, so the next name is looked for behind the last one first.
        let mut next = 0;
        for (name, cell) in row {
            let behind = self.names.iter().skip(next).position(|known| known == name).map(|at| at + next);
            let at = behind.or_else(|| self.names.iter().position(|known| known == name));
            next = at.map_or(0, |at| at + 1);
            match at.and_then(|at| self.data.get_mut(at).zip(self.given.get_mut(at))) {
                Some((data, given)) if !*given => {
                    *given = true;
                    data.push(name, cell);
                }
                _ => unknown(name),
            }
        }
        for (data, _) in self.data.iter_mut().zip(&self.given).filter(|(_, given)| !**given) {
            data.push_nothing();
        }
        self.rows += 1;
    }

    /// Adds a row: every column, in the order of the columns.
    ///
    /// # Panics
    /// When there are more or fewer, or one has another type: a fault of this program that its first test shows.
    pub fn push_whole<const COLUMNS: usize>(&mut self, row: &[Cell<'_>; COLUMNS]) {
        if self.data.len() != COLUMNS {
            unknown("another number of columns");
        }
        for ((data, name), cell) in self.data.iter_mut().zip(&self.names).zip(row) {
            data.push(name, cell);
        }
        self.rows += 1;
    }

    /// The rows as a frame.
    ///
    /// # Errors
    /// Never in practice: the columns have one length.
    pub fn into_frame(self) -> PolarsResult<DataFrame> {
        let columns = self.data.into_iter().zip(self.names).map(|(data, name)| data.into_column(name));
        DataFrame::new(self.rows, columns.collect::<PolarsResult<Vec<_>>>()?)
    }
}

/// Rows as JSON objects.
///
/// # Errors
/// Never in practice: the columns have one length.
pub fn objects(frame: &DataFrame) -> PolarsResult<Vec<Value>> {
    let row = |at: usize| {
        let cell = |column: &PolarsColumn| Ok((column.name().to_string(), value(&column.get(at)?)));
        let cells: PolarsResult<Map<_, _>> = frame.columns().iter().map(cell).collect();
        Ok(Value::Object(cells?))
    };
    (0..frame.height()).map(row).collect()
}

#[expect(clippy::panic, reason = "a column that tables.tsv does not have is a fault of this program, not of its input")]
fn unknown(name: &str) -> ! {
    panic!("data/tables.tsv has no such column, or another type: {name}")
}

impl Data {
    fn new(column: &Column, rows: usize) -> Data {
        let name = || column.name.as_str().into();
        match column.kind {
            Type::Text => Data::Text(StringChunkedBuilder::new(name(), rows)),
            Type::Int16 => Data::Int16(PrimitiveChunkedBuilder::new(name(), rows)),
            Type::Int32 => Data::Int32(PrimitiveChunkedBuilder::new(name(), rows)),
            Type::Integer => Data::Integer(PrimitiveChunkedBuilder::new(name(), rows)),
            Type::Number => Data::Number(PrimitiveChunkedBuilder::new(name(), rows)),
            Type::Boolean => Data::Boolean(BooleanChunkedBuilder::new(name(), rows)),
            Type::Date => Data::Date(PrimitiveChunkedBuilder::new(name(), rows)),
            Type::Code => Data::Code(PrimitiveChunkedBuilder::new(name(), rows)),
        }
    }

    fn push(&mut self, name: &str, cell: &Cell<'_>) {
        match (self, cell) {
            (Data::Text(data), Cell::Text(text)) => data.append_option(text.as_deref()),
            (Data::Int16(data), Cell::Integer(number)) => {
                data.append_option(number.and_then(|number| i16::try_from(number).ok()));
            }
            (Data::Int32(data), Cell::Integer(number)) => {
                data.append_option(number.and_then(|number| i32::try_from(number).ok()));
            }
            (Data::Integer(data), Cell::Integer(number)) => data.append_option(*number),
            (Data::Number(data), Cell::Number(number)) => data.append_option(number.map(float)),
            (Data::Boolean(data), Cell::Boolean(truth)) => data.append_value(*truth),
            (Data::Date(data), Cell::Date(day)) => data.append_option(day.map(days)),
            (Data::Date(data), Cell::Days(days)) => data.append_option(*days),
            (Data::Code(data), Cell::Code(number)) => {
                data.append_option(number.and_then(|number| u16::try_from(number).ok()));
            }
            _ => unknown(name),
        }
    }

    /// Null; false where there is no third.
    fn push_nothing(&mut self) {
        match self {
            Data::Text(data) => data.append_null(),
            Data::Int16(data) => data.append_null(),
            Data::Int32(data) | Data::Date(data) => data.append_null(),
            Data::Code(data) => data.append_null(),
            Data::Integer(data) => data.append_null(),
            Data::Number(data) => data.append_null(),
            Data::Boolean(data) => data.append_value(false),
        }
    }

    fn into_column(self, name: String) -> PolarsResult<PolarsColumn> {
        let series = match self {
            Data::Text(data) => data.finish().into_series(),
            Data::Int16(data) => data.finish().into_series(),
            Data::Int32(data) => data.finish().into_series(),
            Data::Integer(data) => data.finish().into_series(),
            Data::Number(data) => data.finish().into_series(),
            Data::Boolean(data) => data.finish().into_series(),
            Data::Date(data) => data.finish().into_series().cast(&DataType::Date)?,
            Data::Code(data) => data.finish().into_series(),
        };
        Ok(series.with_name(name.into()).into_column())
    }
}

/// A cell as JSON.
fn value(value: &AnyValue<'_>) -> Value {
    match value {
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Int16(number) => (*number).into(),
        AnyValue::Int32(number) => (*number).into(),
        AnyValue::Int64(number) => (*number).into(),
        AnyValue::Float64(number) => (*number).into(),
        AnyValue::Boolean(truth) => (*truth).into(),
        AnyValue::Date(days) => printed_day(*days).into(),
        _ => Value::Null,
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
