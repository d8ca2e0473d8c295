//! The parts of a run, read one after the other: no table is in memory as a whole.

use std::path::Path;

use polars::prelude::{DataFrame, IntoColumn, PolarsResult};
use rayon::prelude::*;

use super::facts::DOCUMENT;
use super::files;
use crate::error::Error;

/// Parts that are read at the same time.
const AHEAD: usize = 2;

/// The parts of a run.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'r> {
    /// Where they lie.
    pub folder: &'r Path,
    /// How many numbers of documents each of them gives away.
    pub counts: &'r [usize],
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
        mut each: impl FnMut(T) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let mut first = 0;
        let mut parts: Vec<(usize, usize)> = Vec::with_capacity(self.counts.len());
        for (number, count) in self.counts.iter().enumerate() {
            parts.push((number, first));
            first += count;
        }
        let one = |(number, first): &(usize, usize)| {
            let frame = files::read(table, &files::part(self.folder, table, *number), columns)?;
            numbered(frame, *first).and_then(&read).map_err(|source| Error::table(table, source))
        };
        let mut ready: Vec<T> = Vec::new();
        for some in parts.chunks(AHEAD) {
            let before = std::mem::take(&mut ready);
            let deal = || before.into_iter().try_for_each(&mut each);
            let (dealt, read) = rayon::join(deal, || some.par_iter().map(one).collect::<Result<Vec<T>, Error>>());
            dealt?;
            ready = read?;
        }
        ready.into_iter().try_for_each(each)
    }
}

/// The number of a document in its part becomes its number among all.
fn numbered(mut frame: DataFrame, first: usize) -> PolarsResult<DataFrame> {
    let Ok(numbers) = frame.column(DOCUMENT).and_then(|column| column.i64().cloned()) else { return Ok(frame) };
    let numbers = numbers + i64::try_from(first).unwrap_or(i64::MAX);
    frame.with_column(numbers.into_column())?;
    Ok(frame)
}
