//! The rows of a shard's batches, until they are one part.

use std::collections::BTreeMap;
use std::sync::Mutex;

use polars::prelude::DataFrame;

use crate::error::Error;
use crate::tabulate::numbered;

/// Rows by table and batch. A shard is read as a whole, and fits into memory.
#[derive(Default)]
pub(super) struct Held(Mutex<BTreeMap<(String, usize), DataFrame>>);

impl Held {
    pub(super) fn keep(&self, table: &str, batch: usize, rows: DataFrame) {
        if let Ok(mut held) = self.0.lock() {
            held.insert((table.to_owned(), batch), rows);
        }
    }

    /// Gives up the rows of a table, one batch behind the other; documents are numbered through them. `counts` says how
    /// many numbers each batch gives away.
    pub(super) fn take(&self, table: &str, counts: &[usize]) -> Result<DataFrame, Error> {
        let fault = |source| Error::table(table, source);
        let (mut all, mut first): (Option<DataFrame>, usize) = (None, 0);
        for (batch, count) in counts.iter().enumerate() {
            let rows = self.0.lock().ok().and_then(|mut held| held.remove(&(table.to_owned(), batch)));
            let rows = rows.ok_or_else(|| Error::Run(format!("the rows of {table} are lost: read the shard again")))?;
            let rows = numbered(rows, first).map_err(fault)?;
            match &mut all {
                None => all = Some(rows),
                Some(all) => _ = all.vstack_mut_owned(rows).map_err(fault)?,
            }
            first += count;
        }
        let mut all = all.unwrap_or_default();
        all.rechunk_mut();
        Ok(all)
    }
}
