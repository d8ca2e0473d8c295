//! Rows of an earlier run's parts become rows of a new one.

use std::collections::BTreeMap;

use polars::prelude::{
    DataFrame, IdxCa, IdxSize, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult, StringChunked, col, lit,
};

use super::cache::Cache;
use crate::error::Error;
use crate::tabulate::facts::DOCUMENT;
use crate::tabulate::files;

/// A document whose rows are there already.
#[derive(Debug, Clone)]
pub(super) struct Reused {
    /// Its number in the new part.
    pub(super) number: usize,
    /// The old part, and its number there.
    pub(super) at: (usize, usize),
    /// Its path, when that is another.
    pub(super) path: Option<String>,
}

/// The rows of a table of one part: those that were just made and those of documents that were read before, by number;
/// `empty` has the columns.
///
/// # Errors
/// When an old part cannot be read.
pub(super) fn gather(
    cache: &Cache,
    table: &str,
    (empty, fresh): (DataFrame, Vec<DataFrame>),
    reused: &[Reused],
) -> Result<DataFrame, Error> {
    let fault = |source| Error::table(table, source);
    let mut by_part: BTreeMap<usize, Vec<&Reused>> = BTreeMap::new();
    for one in reused {
        by_part.entry(one.at.0).or_default().push(one);
    }
    let mut frames = vec![empty];
    for (part, reused) in by_part {
        let old = files::read(table, &cache.path(table, part), None)?;
        frames.push(renewed(&old, &reused).map_err(fault)?);
    }
    let mixed = !reused.is_empty();
    frames.extend(fresh);
    let rows = stacked(frames).map_err(fault)?;
    if mixed { in_order(rows).map_err(fault) } else { Ok(rows) }
}

fn wide(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The rows of an old part that are used again, under their new numbers and paths: those of one document may be used
/// for several, which have the same bytes.
fn renewed(old: &DataFrame, reused: &[&Reused]) -> PolarsResult<DataFrame> {
    let numbers: Vec<Option<i64>> = old.column(DOCUMENT)?.i64()?.iter().collect();
    let (mut rows, mut owners) = (Vec::new(), Vec::new());
    for one in reused {
        let number = Some(wide(one.at.1));
        let (first, end) =
            (numbers.partition_point(|known| *known < number), numbers.partition_point(|known| *known <= number));
        rows.extend((first..end).filter_map(|row| IdxSize::try_from(row).ok()));
        owners.extend((first..end).map(|_| *one));
    }
    let mut new = old.take(&IdxCa::from_vec("rows".into(), rows))?;
    if let Ok(paths) = new.column("path").and_then(|column| column.str()) {
        let paths = owners.iter().zip(paths.iter()).map(|(one, path)| one.path.as_deref().or(path));
        let paths = StringChunked::from_iter_options("path".into(), paths).into_column();
        new.with_column(paths)?;
    }
    let numbers: Vec<i64> = owners.iter().map(|one| wide(one.number)).collect();
    new.with_column(Int64Chunked::from_vec(DOCUMENT.into(), numbers).into_column())?;
    Ok(new)
}

/// Rows by the numbers of their documents; within a document they are in order already.
pub(super) fn in_order(rows: DataFrame) -> PolarsResult<DataFrame> {
    let numbers: Vec<Option<i64>> = rows.column(DOCUMENT)?.i64()?.iter().collect();
    if numbers.is_sorted() {
        return Ok(rows);
    }
    let mut order: Vec<IdxSize> = (0..).take(numbers.len()).collect();
    order.sort_by_key(|at| numbers[*at as usize]);
    rows.take(&IdxCa::from_vec("order".into(), order))
}

/// The rows of several frames in one piece.
fn stacked(frames: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    let mut frames = frames.into_iter();
    let mut all = frames.next().unwrap_or_default();
    frames.try_for_each(|frame| all.vstack_mut_owned(frame).map(|_| ()))?;
    all.rechunk_mut();
    Ok(all)
}

/// Whether a part has a report among these.
///
/// # Errors
/// When the part cannot be read.
pub(super) fn has_any(cache: &Cache, part: usize, ids: &[&str]) -> Result<bool, Error> {
    let fault = |source| Error::table("reports", source);
    let is_one = ids.iter().fold(lit(false), |any, id| any.or(col("report_id").eq(lit((*id).to_owned()))));
    let reports = files::scan("reports", &[cache.path("reports", part)])?;
    Ok(reports.filter(is_one).select([col("report_id")]).collect().map_err(fault)?.height() > 0)
}
