//! The parts of a run, read one after the other: no table is in memory as a whole.

use std::path::Path;

use polars::prelude::{DataFrame, IntoColumn, PolarsResult};
use rayon::prelude::*;

use super::facts::DOCUMENT;
use super::files;
use crate::error::Error;

/// Parts that are read at the same time.
const AHEAD: usize = 1;

/// The parts of a run.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'r> {
    /// Where they lie.
    pub folder: &'r Path,
    /// How many numbers of documents each of them gives away.
    pub counts: &'r [usize],
}

/// One of them.
struct Part {
    number: usize,
    /// What its documents' numbers begin with among all.
    first: usize,
}

impl Parts<'_> {
    /// Gives what `read` makes of each part of a table to `each`, in order; documents are numbered through all parts.
    /// Parts are read while those before them are dealt with.
    ///
    /// # Errors
    /// Those of `read` and `each`, and when a part cannot be read.
    pub fn for_each<T: Send>(
        &self,
        table: &str,
        columns: Option<&[&str]>,
        read: impl Fn(DataFrame) -> PolarsResult<T> + Sync,
        each: impl FnMut(T) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let one = |part: &Part| {
            let rows = self.read(part, table, columns)?;
            read(rows).map_err(|source| Error::table(table, source))
        };
        self.in_order(one, each)
    }

    /// The same, with some columns of the reports whose rows these are.
    ///
    /// # Errors
    /// Those of `read` and `each`, and when a part cannot be read.
    pub fn for_each_of_reports<T: Send>(
        &self,
        table: &str,
        told: &[&str],
        read: impl Fn(DataFrame, &DataFrame) -> PolarsResult<T> + Sync,
        each: impl FnMut(T) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let one = |part: &Part| {
            let reports = self.read(part, "reports", Some(told))?;
            read(self.read(part, table, None)?, &reports).map_err(|source| Error::table(table, source))
        };
        self.in_order(one, each)
    }

    fn read(&self, part: &Part, table: &str, columns: Option<&[&str]>) -> Result<DataFrame, Error> {
        let rows = files::read(table, &files::part(self.folder, table, part.number), columns)?;
        numbered(rows, part.first).map_err(|source| Error::table(table, source))
    }

    fn in_order<T: Send>(
        &self,
        one: impl Fn(&Part) -> Result<T, Error> + Sync,
        mut each: impl FnMut(T) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let mut first = 0;
        let mut parts: Vec<Part> = Vec::with_capacity(self.counts.len());
        for (number, count) in self.counts.iter().enumerate() {
            parts.push(Part { number, first });
            first += count;
        }
        let mut ready: Vec<T> = Vec::new();
        for some in parts.chunks(AHEAD) {
            let before = std::mem::take(&mut ready);
            let deal = || before.into_iter().try_for_each(&mut each);
            let (dealt, read) = rayon::join(deal, || some.par_iter().map(&one).collect::<Result<Vec<T>, Error>>());
            dealt?;
            ready = read?;
        }
        ready.into_iter().try_for_each(each)
    }
}

/// The number of a document in its part becomes its number among all, which begin with `first` there.
///
/// # Errors
/// Never in practice: the numbers are whole.
pub fn numbered(mut frame: DataFrame, first: usize) -> PolarsResult<DataFrame> {
    let Ok(numbers) = frame.column(DOCUMENT).and_then(|column| column.i64().cloned()) else { return Ok(frame) };
    let numbers = numbers + i64::try_from(first).unwrap_or(i64::MAX);
    frame.with_column(numbers.into_column())?;
    Ok(frame)
}
